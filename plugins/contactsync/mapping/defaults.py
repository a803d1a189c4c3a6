"""Which fields flow between two apps, by default and by pairs, and what each side can hold of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contactsync.contact import CONSENT, FIELDS, GROUPS, kind_of
from contactsync.mapping.pairs import field_pairs, own_pairs, paired_fields
from contactsync.model.app import FieldInfo
from contactsync.model.spec import FieldPair, FieldsSpec, Holding, Side, SyncSpec, Unsubscribes


def pair_fields(spec: SyncSpec, left: Sequence[FieldInfo], right: Sequence[FieldInfo]) -> tuple[FieldPair, ...]:
    """All that flows: contact fields that both apps have and at least one can be written to, in the order people read
    them, then the pairs of the file, which take their own fields out of these."""
    own = own_pairs(spec, {Side.LEFT: left, Side.RIGHT: right})
    free = (paired_fields(own, Side.LEFT, left), paired_fields(own, Side.RIGHT, right))
    return (*_by_default(spec, *free), *field_pairs(spec, own))


def _by_default(spec: SyncSpec, left: Sequence[FieldInfo], right: Sequence[FieldInfo]) -> Iterator[FieldPair]:
    for name in FIELDS if spec.fields.defaults else ():
        own_left, own_right = owned(left, name), owned(right, name)
        if not own_left or not own_right or not wanted(name, spec.fields):
            continue
        if name == CONSENT and spec.unsubscribes is not Unsubscribes.CARRY:
            continue
        held_left, held_right = holding(own_left), holding(own_right)
        if held_left.writable or held_right.writable:
            yield FieldPair(name, kind_of(name), held_left, held_right, spec.direction, spec.conflicts)


def wanted(name: str, chosen: FieldsSpec) -> bool:
    """True where `only` and `exclude` leave the field in; both may name groups (names)."""
    inside = not chosen.only or any(name in GROUPS.get(word, (word,)) for word in chosen.only)
    return inside and not any(name in GROUPS.get(word, (word,)) for word in chosen.exclude)


def holding(own: Sequence[FieldInfo]) -> Holding:
    """What the own fields of one contact field can hold together; several with slots are one slot each."""
    first = own[0]
    slots = tuple(f.slot for f in own if f.slot)
    if slots:
        return Holding(all(f.writable for f in own), len(slots), first.max_length, True, False, slots)
    return Holding(first.writable, first.max_items, first.max_length, first.holds_label, first.holds_primary)


def owned(fields: Sequence[FieldInfo], name: str) -> list[FieldInfo]:
    """The own fields that a contact field is made of: its slots, else the first that has it."""
    owned = [f for f in fields if f.contact == name]
    return [f for f in owned if f.slot] or owned[:1]
