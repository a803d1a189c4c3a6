"""One contact carried over by a sync's mapping alone: no ledger, no conflicts, no filters."""

from __future__ import annotations

from collections.abc import Mapping

from contactsync.contact import Kind
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.fields import to_contact
from contactsync.mapping.leaves import actions_of, written_field
from contactsync.mapping.loader import SyncDocument
from contactsync.mapping.pairs import own_pairs
from contactsync.mapping.side_map import SideMap
from contactsync.mapping.side_maps import side_map
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import OwnValue
from contactsync.model.rules import Apply, How
from contactsync.model.spec import SIDES, Side
from contactsync.model.templates import fill, placeholders

Carried = Mapping[str, OwnValue]
"""Own fields of a contact."""

_OF_KIND: Mapping[Kind, OwnValue] = {
    Kind.DATE: "2001-02-03",
    Kind.DATETIME: "2001-02-03T10:00:00+00:00",
    Kind.BOOLEAN: "true",
    Kind.EMAILS: [{"value": "sample@example.org"}],
    Kind.PHONES: [{"value": "+4930123456"}],
    Kind.URLS: [{"value": "https://example.org"}],
    Kind.TAGS: [{"value": "Sample"}],
    Kind.ADDRESSES: [{"value": {"city": "Berlin"}}],
}


def sample_contact(file: SyncDocument, side: Side) -> dict[str, OwnValue]:
    """A contact whose fields all hold something, each something else."""
    return {field.name: _sample(n, field) for n, field in enumerate(_fields(file)[side])}


def _sample(n: int, field: FieldInfo) -> OwnValue:
    if field.choices:
        return field.choices[n % len(field.choices)]
    if field.slot:
        return f"+49301234{n:02}"
    if field.kind is Kind.NUMBER:
        return str(100 + n)
    return _OF_KIND.get(field.kind, f"Sample {n}")


def carry(file: SyncDocument, source: Side, contact: Carried) -> dict[str, OwnValue]:
    """What the other side holds once this was carried there; only what flows, or is set with every run."""
    fields = _fields(file)
    pairs = pair_fields(file.spec, fields[Side.LEFT], fields[Side.RIGHT])
    flowing = {pair.field for pair in pairs if pair.open_from(source)}
    patch = {name: text for name, text in _map(file, source).contact(contact, {}).items() if name in flowing}
    return {**_map(file, source.other).own(patch, {}, {}, ()), **_set(file, source, contact)}


def singles_of(file: SyncDocument, side: Side, contact: Carried) -> dict[str, str]:
    """The single values of a contact. Lists, and fields that together are one, are merged element by element."""
    merged = {field.name for field in file.apps[side].fields if field.slot}
    return {name: value for name, value in contact.items() if isinstance(value, str) and name not in merged}


def _set(file: SyncDocument, source: Side, contact: Carried) -> dict[str, OwnValue]:
    """Own fields that rules set with every run."""
    receiver = file.apps[source.other]
    found: dict[str, OwnValue] = {}
    for rule in file.spec.rules.get(source, ()):
        for action in rule.actions:
            info = actions_of(receiver)[action.name]
            if action.apply is Apply.ALWAYS and info.how is How.SET and info.value is None:
                names = placeholders(action.value)
                values = to_contact(contact, file.apps[source].fields, names, file.spec.match.default_region)
                text = fill(action.value, values)
                if text:
                    found.setdefault(written_field(action, receiver).name, text)
    return found


def _fields(file: SyncDocument) -> dict[Side, tuple[FieldInfo, ...]]:
    """Each side's own fields, those that pairs name among them."""
    known = {side: file.apps[side].fields for side in SIDES}
    named = {side: [pair.own(side) for pair in own_pairs(file.spec, known)] for side in SIDES}
    return {side: (*known[side], *_new(named[side], known[side])) for side in SIDES}


def _new(named: list[FieldInfo], known: tuple[FieldInfo, ...]) -> list[FieldInfo]:
    names = {field.name for field in known}
    return [field for field in named if field.custom and field.name not in names]


def _map(file: SyncDocument, side: Side) -> SideMap:
    fields = _fields(file)
    pairs = pair_fields(file.spec, fields[Side.LEFT], fields[Side.RIGHT])
    return side_map(file.spec, side, fields, tuple(pair.field for pair in pairs))
