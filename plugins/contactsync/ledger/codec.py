"""JSON text of the ledger: the parts of a row that are never looked up."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any, TypeVar

from contactsync.contact import Values
from contactsync.ledger.damage import check_fields, check_kind, damaged
from contactsync.ledger.instants import to_text
from contactsync.model.exchange import Json
from contactsync.model.link import Apart, ApartReason, Link
from contactsync.model.spec import Side
from contactsync.model.stages import ArtefactRef

T = TypeVar("T")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime):
        return to_text(value)
    raise TypeError(f"the ledger cannot keep a {type(value).__name__}")


# Keys sorted: equal contents give equal text, so that two dumps can be compared. ASCII: a raw card may hold lone
# surrogates or NUL, which PostgreSQL refuses as text.
to_json = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_plain).encode
_decode = json.JSONDecoder().decode


def from_json(text: str, *kinds: type) -> Any:
    """What `to_json` wrote, of one of these kinds (none = an object).

    Errors: LedgerDamaged, without the text, which is contacts' data.
    """
    try:
        held = _decode(text)
    except (json.JSONDecodeError, RecursionError) as error:
        words = f"{error.msg} at character {error.pos}" if isinstance(error, json.JSONDecodeError) else "it has no end"
        raise damaged(words) from None
    check_kind(held, kinds or (dict,))
    return held


def values_from_json(text: str) -> Values:
    """A mapping of texts. Errors: LedgerDamaged."""
    held: Values = from_json(text)
    for value in held.values():
        check_kind(value, (str,), "a value")
    return held


def ref_from_json(text: str) -> Json:
    """Where an artefact lies. Errors: LedgerDamaged; TypeError where it has other fields."""
    held: Json = from_json(text)
    check_fields(ArtefactRef, held)
    return vars(ArtefactRef(**held))


def pack(value: Any, columns: Collection[str]) -> str:
    """JSON of a dataclass without the fields that have a column of their own, and without defaults."""
    defaults = _defaults(type(value))
    kept = {name: getattr(value, name) for name in defaults if name not in columns}
    return to_json({name: held for name, held in kept.items() if held != defaults[name]})


def unpack(cls: type[T], text: str, *, times: Collection[str] = (), tuples: Collection[str] = (), **columns: Any) -> T:
    """The dataclass back. times: fields that are datetimes; tuples: fields that are tuples, or map to them.

    Errors: LedgerDamaged; TypeError where it has no such field.
    """
    held = from_json(text)
    check_fields(cls, held)
    for name in times:
        if name in held:
            held[name] = datetime.fromisoformat(held[name])
    for name in tuples:
        if name in held:
            held[name] = _tuples(held[name])
    return cls(**held, **columns)


def _tuples(held: Any) -> Any:
    return {key: _tuple(values) for key, values in held.items()} if isinstance(held, dict) else _tuple(held)


def _tuple(held: Any) -> tuple[Any, ...]:
    check_kind(held, (list,))
    return tuple(held)


def _defaults(cls: type[Any]) -> dict[str, Any]:
    return {f.name: f.default_factory() if f.default_factory is not MISSING else f.default for f in fields(cls)}


def pack_apart(apart: Mapping[str, Apart]) -> str:
    """The fields apart of a link."""
    return to_json({name: {**_decode(pack(one, ("reason",))), "reason": one.reason} for name, one in apart.items()})


def unpack_apart(text: str) -> dict[str, Apart]:
    """The fields apart back."""
    return {} if text == "{}" else {name: _apart(held) for name, held in from_json(text).items()}


def pack_rules(one: Link) -> str:
    """What a link remembers of rules: matched when last shown, and entered."""
    return to_json({name: getattr(one, name) for name in ("matching", "entered") if getattr(one, name)})


def unpack_rules(text: str) -> dict[str, Any]:
    """The fields `matching` and `entered` of a link back."""
    if text == "{}":
        return {}
    held = from_json(text)
    matching = {Side(side): _tuple(names) for side, names in held.get("matching", {}).items()}
    return {"matching": matching, "entered": {Side(side): made for side, made in held.get("entered", {}).items()}}


def _apart(held: dict[str, Any]) -> Apart:
    check_fields(Apart, held)
    dropped = {Side(side): _tuple(ids) for side, ids in held.pop("dropped", {}).items()}
    return Apart(reason=ApartReason(held.pop("reason")), dropped=dropped, **held)
