"""What each side of a sync is mapped by, once its apps are known: the fields that flow and those that keys need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from contactsync.contact import KEY_COLUMNS, fold
from contactsync.mapping.leaves import CUSTOM
from contactsync.mapping.lenses import Form, forms_of
from contactsync.mapping.pairs import OwnPair, direction_of, own_pairs, paired_fields
from contactsync.mapping.parts import Parts, PickedList, Picking, WholeName
from contactsync.mapping.side_map import SideMap
from contactsync.model.app import FieldInfo
from contactsync.model.spec import SIDES, MatchSpec, Pick, Side, SyncSpec

Fields = Mapping[Side, Sequence[FieldInfo]]
_OF_KEYS = {
    "email": ("emails",),
    "phone": ("phones", "names.given", "names.family"),  # names must not contradict a phone match
    "full_name": ("names.given", "names.family", "names.full"),
    "company": ("company",),
}


def side_map(
    spec: SyncSpec,
    side: Side,
    fields: Fields,
    mapped: Sequence[str],
    beside: Sequence[FieldInfo] = (),
    named: Iterable[str] = (),
    *,
    any_custom: bool = False,
) -> SideMap:
    """How one side is read and written.

    fields      each side's own fields, those that pairs name among them
    mapped      columns that flow
    beside      own fields that actions and deletions write beside the mapping, under columns of their own
    named       contact fields that templates name
    any_custom  a custom field that a contact does not show is empty there
    """
    own = own_pairs(spec, fields)
    free = {s: paired_fields(own, s, fields[s]) for s in SIDES}
    keys = _key_fields(spec.match, fields[side], free[side], mapped)
    columns = dict.fromkeys((*mapped, *(f.contact for f in beside), *named, *(f.contact for f in keys)))
    return SideMap(
        fields=(*free[side], *beside, *keys),
        columns=tuple(columns),
        region=spec.match.default_region,
        forms=_forms(spec, own, side),
        parts=Parts(
            lists=_lists(spec, own, side, fields[side], free[side.other]),
            names=tuple(WholeName(pair.column, pair.spec.names(side)) for pair in own if _is_name(pair, side)),
            blank=_blank(own, side, fields[side]) if any_custom else (),
        ),
    )


def _is_name(pair: OwnPair, side: Side) -> bool:
    return len(pair.spec.names(side)) > 1


def _forms(spec: SyncSpec, own: Iterable[OwnPair], side: Side) -> dict[str, Form]:
    zone, region = ZoneInfo(spec.dag.timezone), spec.match.default_region
    found = {pair.column: forms_of(pair, direction_of(pair.spec, spec), zone, region) for pair in own}
    return {column: forms[side] for column, forms in found.items() if forms}


def _lists(
    spec: SyncSpec, own: Iterable[OwnPair], side: Side, fields: Sequence[FieldInfo], other: Sequence[FieldInfo]
) -> tuple[PickedList, ...]:
    """The lists of a side that pairs pick from."""
    picked: dict[str, list[Picking]] = {}
    for pair in own:
        if pair.picks(side):
            wanted = pair.spec.pick or Pick()
            # Of two lists the label is that of the one that holds several.
            pick = Pick() if pair.own(side).max_items == 1 and pair.picks(side.other) else wanted
            picked.setdefault(pair.own(side).name, []).append(Picking(pair.column, pick))
    known = {f.name: f for f in fields}
    return tuple(
        PickedList(
            name,
            known[name].kind,
            spec.match.default_region,
            known[name].holds_label,
            known[name].holds_primary,
            tuple(pickings),
            frozenset(fold(f.slot) for f in other if f.slot and f.contact == known[name].contact),
        )
        for name, pickings in picked.items()
        if name in known
    )


def _blank(own: Iterable[OwnPair], side: Side, fields: Sequence[FieldInfo]) -> tuple[str, ...]:
    named = {name for pair in own for name in pair.spec.names(side) if name.startswith(CUSTOM)}
    declared = {f.name for f in fields if not f.custom}
    return tuple(sorted(named - declared))


def _key_fields(
    match: MatchSpec, fields: Sequence[FieldInfo], free: Collection[FieldInfo], mapped: Collection[str]
) -> tuple[FieldInfo, ...]:
    """Own fields that match keys need whole, where the mapping does not show them so."""
    needed = dict.fromkeys(name for key in match.keys for part in key for name in _OF_KEYS[part])
    found = []
    for name in needed:
        own = [f for f in fields if f.contact == name]
        if name not in mapped or any(f not in free for f in own):
            found += [replace(f, contact=KEY_COLUMNS[name]) for f in own]
    return tuple(found)
