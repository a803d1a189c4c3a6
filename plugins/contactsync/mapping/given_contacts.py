"""Contacts as tests in a sync file write them: contact fields, custom fields and the app's own ones.

{names: {given: Uma}, emails: [uma@example.org], custom: {cf_tier: Gold}, own: {lead_score: 80}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contactsync.contact import ADDRESS_PARTS, FIELDS, GROUPS, Kind
from contactsync.mapping.problems import KeyPath, shown, wrong
from contactsync.model.exchange import OwnValue
from contactsync.model.file_tests import GivenContact

CUSTOM, OWN, NAMES = "custom", "own", "names"
PLAIN_FIELDS = tuple(name for name in FIELDS if not name.startswith(f"{NAMES}."))
TOP_WORDS = (NAMES, *PLAIN_FIELDS, CUSTOM, OWN)
NAME_PARTS = tuple(name.partition(".")[2] for name in GROUPS[NAMES])
MOST = 20  # contacts of one side, and elements of one list
LONGEST = 10_000

_STEP = "Write for example {names: {given: Uma, family: Beispiel}, emails: [uma@example.org]}."


def given_contacts(data: Any) -> tuple[GivenContact, ...]:
    """One contact, or a list of several. Errors: PydanticCustomError at the key that is wrong."""
    if not isinstance(data, list):
        return (given_contact(data),)
    _check_length(data, ())
    return tuple(given_contact(one, (n,)) for n, one in enumerate(data))


def given_contact(data: Any, at: KeyPath = ()) -> GivenContact:
    """One contact. Errors: PydanticCustomError at the key that is wrong."""
    if not isinstance(data, dict) or not data:
        raise wrong(f"needs the fields of a contact. This is {shown(data)}.", _STEP, at=at)
    fields: dict[str, OwnValue] = {}
    own: dict[str, OwnValue] = {}
    for word, value in data.items():
        if word == OWN:
            own.update(_own_fields(value, (*at, OWN)))
        elif word == CUSTOM:
            own.update({f"{CUSTOM}.{key}": _own(v, (*at, CUSTOM, key)) for key, v in _keys(value, (*at, CUSTOM))})
        elif word == NAMES:
            fields.update(_names(value, (*at, NAMES)))
        elif word in PLAIN_FIELDS:
            fields[word] = _value(FIELDS[word], value, (*at, word))
        else:
            raise wrong("is no contact field.", "Use one of these.", allowed=TOP_WORDS, word=word, at=(*at, word))
    return GivenContact(fields, own)


def _keys(value: Any, at: KeyPath) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict) or not value:
        raise wrong(f"must hold keys (`field: value`). This is {shown(value)}.", "Indent them below it.", at=at)
    yield from value.items()


def _own_fields(value: Any, at: KeyPath) -> Mapping[str, OwnValue]:
    out: dict[str, OwnValue] = {}
    for name, inner in _keys(value, at):
        if name.startswith(f"{CUSTOM}."):
            key = name.partition(".")[2]
            raise wrong("is a custom field.", f"Write it as {CUSTOM}: {{{key}: ...}}.", at=(*at, name))
        out[name] = _own(inner, (*at, name))
    return out


def _names(value: Any, at: KeyPath) -> Mapping[str, OwnValue]:
    out: dict[str, OwnValue] = {}
    for part, text in _keys(value, at):
        if part not in NAME_PARTS:
            raise wrong("is no part of a name.", "Use one of these.", allowed=NAME_PARTS, word=part, at=(*at, part))
        out[f"{NAMES}.{part}"] = _text(text, (*at, part))
    return out


def _value(kind: Kind, value: Any, at: KeyPath) -> OwnValue:
    if not kind.several:
        return _text(value, at)
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong(f"holds several values. This is {shown(value)}.", "Write it as [one, two].", at=at)
    return _items(value, at, address=kind is Kind.ADDRESSES)


def _own(value: Any, at: KeyPath) -> OwnValue:
    """A value of an own field; whether it is one or several is the app's to say."""
    return _items(value, at, address=False) if isinstance(value, list) else _text(value, at)


def _text(value: Any, at: KeyPath) -> str:
    """Text, number or boolean as text; null and '' = known to be empty."""
    return "" if value is None or value == "" else _filled(value, at)


def _filled(value: Any, at: KeyPath) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        message = f"must be 1 to {LONGEST} characters of text. This is {shown(value)}."
        raise wrong(message, "Write one text, in quotes where it holds signs.", at=at)
    return value


def _items(value: list[Any], at: KeyPath, *, address: bool) -> list[dict[str, Any]]:
    if len(value) > MOST:
        raise wrong(f"has {len(value)} entries; at most {MOST} are allowed.", "Shorten the list.", at=at)
    return [_address(one, (*at, n)) if address else _item(one, (*at, n)) for n, one in enumerate(value)]


def _item(value: Any, at: KeyPath) -> dict[str, Any]:
    """`x`, or {value: x, label: work, primary: true}."""
    if not isinstance(value, dict):
        return {"value": _filled(value, at)}
    allowed = ("value", "label", "primary")
    _check_words(value, allowed, at)
    if "value" not in value:
        raise wrong("needs a value.", "Write {value: ..., label: ...}.", allowed=allowed, at=at)
    return {"value": _filled(value["value"], (*at, "value")), **_attributes(value, at)}


def _address(value: Any, at: KeyPath) -> dict[str, Any]:
    """{street: ..., city: ..., label: home}."""
    step = "Write for example {street: Musterweg 1, city: Berlin, label: home}."
    if not isinstance(value, dict) or not value:
        raise wrong(f"needs the parts of an address. This is {shown(value)}.", step, at=at)
    _check_words(value, (*ADDRESS_PARTS, "label", "primary"), at)
    parts = {part: _text(value[part], (*at, part)) for part in ADDRESS_PARTS if part in value}
    if not any(parts.values()):
        raise wrong("needs a part of an address beside its label.", step, allowed=ADDRESS_PARTS, at=at)
    return {"value": parts, **_attributes(value, at)}


def _attributes(value: Mapping[str, Any], at: KeyPath) -> dict[str, Any]:
    found: dict[str, Any] = {"label": _text(value["label"], (*at, "label"))} if "label" in value else {}
    if "primary" in value:
        if not isinstance(value["primary"], bool):
            step = "Write true or false, without quotes."
            raise wrong(f"must be true or false. This is {shown(value['primary'])}.", step, at=(*at, "primary"))
        found["primary"] = value["primary"]
    return found


def _check_words(value: Mapping[str, Any], allowed: tuple[str, ...], at: KeyPath) -> None:
    for word in value:
        if word not in allowed:
            raise wrong("unknown key.", "Use one of these.", allowed=allowed, word=word, at=(*at, word))


def _check_length(data: list[Any], at: KeyPath) -> None:
    if not 1 <= len(data) <= MOST:
        raise wrong(f"has {len(data)} entries; 1 to {MOST} are allowed.", "Add one, or shorten the list.", at=at)
