"""include/schemas: one JSON file an account, in a fixed order and form, so that a change is a readable difference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from contactsync.contact import Kind
from contactsync.errors import ConfigError, Place
from contactsync.model.app import FieldInfo
from contactsync.model.snapshot import Snapshot

FOLDER = "schemas"
AGAIN = "take it anew: contactsync snapshot"


def account_mark(account: str) -> str:
    """Stands for an account's id in a file that many people read: some ids are a person's address."""
    return hashlib.sha256(account.encode()).hexdigest()[:16]


def path_of(folder: Path, connection: str) -> Path:
    """Where the snapshot of a connection lies in that folder."""
    return folder / f"{quote(connection, safe='')}.json"


def text_of(snapshot: Snapshot) -> str:
    """The whole file; fields in the order of their names."""
    data = {
        "connection": snapshot.connection,
        "app": snapshot.app,
        "account": snapshot.account,
        "fields": [_field(f) for f in sorted(snapshot.fields, key=lambda f: f.name)],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _field(field: FieldInfo) -> dict[str, Any]:
    said: dict[str, Any] = {"name": field.name, "title": field.title, "kind": field.kind.value}
    if field.identity:
        said["id"] = field.identity
    if not field.writable:
        said["writable"] = False
    if field.needs_year:
        said["needs_year"] = True
    more = {"max_items": field.max_items, "max_length": field.max_length, "choices": list(field.choices) or None}
    return {**said, **{key: value for key, value in more.items() if value is not None}}


def read_snapshots(folder: Path) -> dict[str, Snapshot]:
    """By connection; {} where there is no such folder. Errors: ConfigError for a file that is none."""
    found = (read_snapshot(path) for path in sorted(folder.glob("*.json")))
    return {snapshot.connection: snapshot for snapshot in found}


def read_snapshot(path: Path) -> Snapshot:
    """Errors: ConfigError with the line, where it can be told."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        place = Place(path, error.lineno)
        raise ConfigError(f"is not valid JSON: {error.msg}.", place=place, next_step=AGAIN) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"cannot be read ({type(error).__name__}).", place=Place(path), next_step=AGAIN) from None
    try:
        fields = tuple(_read(one) for one in data["fields"])
        return Snapshot(str(data["connection"]), str(data["app"]), str(data["account"]), fields)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        wrong = f"is no snapshot of an account ({type(error).__name__})."
        raise ConfigError(wrong, place=Place(path, 1), next_step=AGAIN) from None


def _read(data: Mapping[str, Any]) -> FieldInfo:
    name = str(data["name"])
    return FieldInfo(
        name,
        Kind(data["kind"]),
        str(data["title"]),
        writable=bool(data.get("writable", True)),
        max_items=_number(data.get("max_items")),
        max_length=_number(data.get("max_length")),
        choices=tuple(str(choice) for choice in data.get("choices", ())),
        needs_year=bool(data.get("needs_year", False)),
        identity=str(data.get("id", "")),
    )


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def changes(before: Snapshot | None, now: Snapshot) -> Iterator[str]:
    """What is not as it was, one line each."""
    if before is None:
        yield f"new: {len(now.fields)} fields"
        return
    if (before.app, before.account) != (now.app, now.account):
        yield "leads to another account than before"
    old, new = ({f.name: f for f in one.fields} for one in (before, now))
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"+ {name} ({new[name].kind})"
        elif name not in new:
            yield f"- {name}"
        else:
            yield from (f"~ {name} {change}" for change in _changed(old[name], new[name]))


def _changed(old: FieldInfo, new: FieldInfo) -> Iterator[str]:
    if old.identity and new.identity and old.identity != new.identity:
        yield "was deleted and made anew: it is another field, empty at first"
    gone = [choice for choice in old.choices if choice not in new.choices]
    come = [choice for choice in new.choices if choice not in old.choices]
    yield from (f"choices: - {choice}" for choice in gone)
    yield from (f"choices: + {choice}" for choice in come)
    if not gone and not come and old.choices != new.choices:
        yield "choices: in another order"
    for key in ("title", "kind", "writable", "max_items", "max_length", "needs_year"):
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            yield f"{key}: {_said(was)} -> {_said(now)}"


def _said(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value is not None else "none"
