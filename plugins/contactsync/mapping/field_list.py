"""Every own field of one side, with what it is mapped to, or why not: what `contactsync fields` shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contactsync.contact import CONSENT
from contactsync.mapping.defaults import owned, pair_fields, wanted
from contactsync.mapping.pairs import own_pairs, paired_fields
from contactsync.mapping.parts import rest_of
from contactsync.model.app import AppInfo, FieldInfo
from contactsync.model.spec import SIDES, FieldPair, PairSpec, Side, SyncSpec, Unsubscribes

Fields = Mapping[Side, Sequence[FieldInfo]]


@dataclass(frozen=True)
class Listed:
    """One own field.

    mapped   the contact field it is part of, its pair, or both where a pair picks from a list; '' = none
    partner  the other side's own fields, joined
    flow     '<->', '->' (left to right), '<-', '' = nothing
    why      why nothing flows
    """

    field: FieldInfo
    mapped: str = ""
    partner: str = ""
    flow: str = ""
    why: str = ""


@dataclass(frozen=True)
class _Mapped:
    """One way in which an own field is mapped."""

    name: str
    partners: tuple[str, ...]
    pair: FieldPair


def listed(spec: SyncSpec, side: Side, apps: Mapping[Side, AppInfo], fields: Fields) -> tuple[Listed, ...]:
    """The fields of a side in the app's order. fields: each side's own ones, as its account has them."""
    return tuple(_listed(spec, side, apps, fields, own) for own in fields[side])


def _listed(spec: SyncSpec, side: Side, apps: Mapping[Side, AppInfo], fields: Fields, own: FieldInfo) -> Listed:
    found = tuple(_mappings(spec, side, fields, own))
    if not found:
        return Listed(own, why=_unmapped(spec, own, apps[side.other], fields[side.other]))
    partner = ", ".join(dict.fromkeys(name for one in found for name in one.partners))
    flow = _flow([one.pair for one in found])
    why = "" if flow else _closed(spec, found[0].pair, apps)
    return Listed(own, ", ".join(one.name for one in found), partner, flow, why)


def _mappings(spec: SyncSpec, side: Side, fields: Fields, own: FieldInfo) -> Iterator[_Mapped]:
    """The pairs that name it, and what the default mapping makes of it or of what they leave."""
    pairs = own_pairs(spec, fields)
    flowing = {p.field: p for p in pair_fields(spec, fields[Side.LEFT], fields[Side.RIGHT])}
    for pair in pairs:
        if own.name in pair.spec.names(side):
            yield _Mapped(_title(pair.spec), pair.spec.names(side.other), flowing[pair.column])
    free = {each: paired_fields(pairs, each, fields[each]) for each in SIDES}
    columns = {p.column for p in pairs}
    for field in free[side]:
        kept = field.name in (own.name, rest_of(own.name)) and field.contact in flowing
        if kept and field.contact not in columns and field in owned(free[side], field.contact):
            partners = tuple(f.name.removesuffix(rest_of("")) for f in owned(free[side.other], field.contact))
            name = f"{field.contact} ({field.slot})" if field.slot else field.contact
            yield _Mapped(name, partners, flowing[field.contact])


def _title(pair: PairSpec) -> str:
    label = f" ({pair.pick.label})" if pair.pick and pair.pick.label else ""
    return f"pair{label}"


def _flow(pairs: Sequence[FieldPair]) -> str:
    ways = [side for side in SIDES if any(pair.open_from(side) for pair in pairs)]
    if len(ways) == len(SIDES):
        return "<->"
    return {Side.LEFT: "->", Side.RIGHT: "<-"}[ways[0]] if ways else ""


def _closed(spec: SyncSpec, pair: FieldPair, apps: Mapping[Side, AppInfo]) -> str:
    receiver = Side.RIGHT if spec.direction.open_from(Side.LEFT) else Side.LEFT
    read_only = "" if pair.holding(receiver).writable else f", where {apps[receiver].title} can only be read"
    return f"direction is {spec.direction}{read_only}"


def _unmapped(spec: SyncSpec, own: FieldInfo, there: AppInfo, others: Sequence[FieldInfo]) -> str:
    name, writable = own.contact, own.writable or any(f.writable for f in others)
    if not name:
        return "not in the default mapping; a pair in fields.pairs can map it" if writable else "can only be read"
    if not spec.fields.defaults:
        return "fields.defaults is false"
    if not wanted(name, spec.fields):
        return f"fields.{'only' if spec.fields.only else 'exclude'} leaves out {name}"
    if not owned(others, name):
        return f"{there.title} has no {name}"
    if name == CONSENT and spec.unsubscribes is not Unsubscribes.CARRY:
        return "unsubscribes is not carry"
    taken = [f.name for f in owned(others, name) for pair in spec.fields.pairs if f.name in _names(pair)]
    return f"a pair takes {', '.join(taken)}" if taken else "both apps only let it be read"


def _names(pair: PairSpec) -> tuple[str, ...]:
    return (*pair.left, *pair.right)
