"""How the contract's tests read, write and make values, for any app, by what the app declares."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contactsync.apps.base import App
from contactsync.contact import Kind
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import Cursor, Op, OwnValue, Page, Presence, Record, Ref, Result, Verb

_KEYS = itertools.count(1)


# ---- reading


def pulled(pages: Iterator[Page]) -> tuple[dict[str, Record], list[Page]]:
    """Records by id, the later look of one winning, and the pages; exactly the last is marked so."""
    found = list(pages)
    assert [page.last for page in found] == [False] * (len(found) - 1) + [True]
    return {record.id: record for page in found for record in page.records}, found


def everything(app: App) -> tuple[dict[str, Record], Cursor]:
    """A complete pull."""
    records, pages = pulled(app.pull(None))
    assert pages[-1].cursor is not None
    return records, pages[-1].cursor


def fetched(app: App, contact_id: str) -> Record:
    """A point read of somebody who is there."""
    (answer,) = app.fetch([Ref(contact_id)])
    assert answer.presence is Presence.PRESENT
    assert answer.record is not None
    return answer.record


# ---- writing


def create(patch: Mapping[str, OwnValue], **more: Any) -> Op:
    return Op(f"key-{next(_KEYS)}", Verb.CREATE, patch=patch, **more)


def update(record: Record, patch: Mapping[str, OwnValue]) -> Op:
    """As the plan makes it: with what was read."""
    before = {name: record.fields[name] for name in patch if name in record.fields}
    return Op(f"key-{next(_KEYS)}", Verb.UPDATE, record.id, patch, before, record.version, record.ref)


def delete(record: Record) -> Op:
    return Op(f"key-{next(_KEYS)}", Verb.DELETE, record.id, version=record.version, ref=record.ref)


def pushed(app: App, ops: Sequence[Op]) -> dict[str, Result]:
    """Results by key: one for every op, each with an op's key."""
    results = list(app.push(ops))
    assert sorted(r.key for r in results) == sorted(op.key for op in ops)
    return {r.key: r for r in results}


def wrote(app: App, op: Op) -> Result:
    """The result of one op."""
    return pushed(app, [op])[op.key]


# ---- values


def mapped(app: App) -> list[FieldInfo]:
    """What the default mapping writes."""
    return [f for f in app.info.fields if f.contact and f.writable]


def own(app: App, contact_field: str) -> FieldInfo:
    """The app's field of a contact field."""
    return next(f for f in mapped(app) if f.contact == contact_field)


def somebody_new(app: App, given: str = "Ada") -> dict[str, OwnValue]:
    """A patch: a name, and an e-mail that nobody has."""
    n = next(_KEYS)
    return {
        own(app, "names.given").name: given,
        own(app, "names.family").name: f"Beispiel{n}",
        own(app, "emails").name: [element(own(app, "emails"), 0)],
    }


def email_of(app: App, patch: Mapping[str, OwnValue]) -> str:
    items = patch[own(app, "emails").name]
    assert not isinstance(items, str)
    return str(items[0]["value"])


def sample(info: FieldInfo) -> OwnValue:
    """A value that the field can hold, different each time."""
    if info.kind.several:
        return [element(info, n) for n in range(min(2, info.max_items or 2))]
    if info.kind is Kind.DATE:
        return "1990-02-28"
    if info.contact == "phones":
        return f"+49 30 9{next(_KEYS):06}"
    return f"{info.contact.rpartition('.')[2].capitalize()} Ä{next(_KEYS)}"


def element(info: FieldInfo, place: int, label: str = "work") -> dict[str, Any]:
    """One of several values; the first is the primary one."""
    n = next(_KEYS)
    values: dict[Kind, Any] = {
        Kind.EMAILS: f"ada{n}@example.org",
        Kind.PHONES: f"+49 30 8{n:06}",
        Kind.ADDRESSES: {"street": f"Musterweg {n}", "city": "Köln", "postal_code": "50667", "country": "Germany"},
        Kind.URLS: f"https://ada{n}.example/x",
        Kind.TAGS: f"Tag {n}",
    }
    held: dict[str, Any] = {"value": values[info.kind]}
    if info.holds_label:
        held["label"] = label
    if info.holds_primary:
        held["primary"] = place == 0
    return held


def same(value: OwnValue) -> str:
    """A value for comparison: the order of elements says nothing."""
    if isinstance(value, str):
        return value
    return json.dumps(sorted(json.dumps(dict(item), sort_keys=True) for item in value))
