"""Every own field of one side, with what it is mapped to, or why not: what `contactsync fields` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contactsync.contact import CONSENT
from contactsync.mapping.defaults import owned, pair_fields, wanted
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
    return tuple(_listed(spec, side, apps, fields, flowing, own) for own in fields[side])


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
