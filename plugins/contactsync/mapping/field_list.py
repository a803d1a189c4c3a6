"""Every own field of one side, with what it is mapped to, or why not: what `contactsync fields` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contactsync.contact import CONSENT
from contactsync.mapping.defaults import owned, pair_fields, wanted
from contactsync.mapping.pairs import OwnPair, own_pairs, paired_fields
from contactsync.model.app import AppInfo, FieldInfo
from contactsync.model.spec import FieldPair, Side, SyncSpec, Unsubscribes


@dataclass(frozen=True)
class Listed:
    """One own field.

    mapped   the contact field it is part of, or `pair`; '' = none
    partner  the other side's own fields, joined
    flow     '<->', '->' (left to right), '<-', '' = nothing
    why      why nothing flows
    """

    field: FieldInfo
    mapped: str = ""
    partner: str = ""
    flow: str = ""
    why: str = ""


Fields = Mapping[Side, Sequence[FieldInfo]]


def listed(spec: SyncSpec, side: Side, apps: Mapping[Side, AppInfo], fields: Fields) -> tuple[Listed, ...]:
    """The fields of a side in the app's order. fields: each side's own ones, as its account has them."""
    flowing = {p.field: p for p in pair_fields(spec, fields[Side.LEFT], fields[Side.RIGHT])}
    own = own_pairs(spec, fields)
    free = {s: paired_fields(own, s, fields[s]) for s in fields}
    rows = zip(fields[side], free[side], strict=False)  # what stands for parts comes behind the fields themselves
    return tuple(_with_pairs(spec, side, apps, free, flowing, own, one, left) for one, left in rows)


def _with_pairs(
    spec: SyncSpec,
    side: Side,
    apps: Mapping[Side, AppInfo],
    free: Fields,
    flowing: Mapping[str, FieldPair],
    own: Sequence[OwnPair],
    field: FieldInfo,
    left: FieldInfo,
) -> Listed:
    """A field of a pair; of a list from which pairs pick, the rest is mapped by default."""
    mine = [pair for pair in own if field.name in pair.spec.names(side)]
    rest = replace(_listed(spec, side, apps, free, flowing, left), field=field)
    if not mine:
        return rest
    partner = ", ".join(" + ".join(pair.spec.names(side.other)) for pair in mine)
    flow = flow_of(flowing[mine[0].column])
    found = Listed(field, "pair", partner, flow, "" if flow else _closed(spec, flowing[mine[0].column], apps))
    if not mine[0].picks(side) or not rest.flow:
        return found
    return replace(found, mapped=f"pair, {rest.mapped}", partner=f"{partner}, {rest.partner}")


def _listed(
    spec: SyncSpec,
    side: Side,
    apps: Mapping[Side, AppInfo],
    fields: Fields,
    flowing: Mapping[str, FieldPair],
    own: FieldInfo,
) -> Listed:
    pair = flowing.get(own.contact)
    if pair is None:
        return Listed(own, why=_unmapped(spec, own, apps[side.other], fields[side.other]))
    if own not in owned(fields[side], own.contact):
        return Listed(own, why=f"{own.contact} is another field's part")
    mapped = f"{own.contact} ({own.slot})" if own.slot else own.contact
    partner = ", ".join(f.name for f in owned(fields[side.other], own.contact))
    flow = flow_of(pair)
    return Listed(own, mapped, partner, flow, "" if flow else _closed(spec, pair, apps))


def flow_of(pair: FieldPair) -> str:
    """Which way it flows, as an arrow between left and right; '' = neither."""
    ways = (pair.open_from(Side.LEFT), pair.open_from(Side.RIGHT))
    return {(True, True): "<->", (True, False): "->", (False, True): "<-"}.get(ways, "")


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
    return "both apps only let it be read"
