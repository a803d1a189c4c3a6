"""Pairs of own fields: what their fields are, the column of each, and what they leave to the default mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from contactsync.contact import Kind, column_name, kind_of
from contactsync.mapping.parts import rest_of
from contactsync.model.app import FieldInfo
from contactsync.model.spec import SIDES, Direction, FieldPair, Holding, PairSpec, Side, SyncSpec


@dataclass(frozen=True)
class OwnPair:
    """One pair with the fields that it names.

    column   what it is read into, on both sides
    kind     of that column: a list's kind, else text, whatever the kinds of the fields
    element  single values are compared as elements of this kind: one is picked from a list, or is a slot of one
    """

    spec: PairSpec
    column: str
    kind: Kind
    left: FieldInfo
    right: FieldInfo
    element: Kind | None = None

    def own(self, side: Side) -> FieldInfo:
        """The field of a side; for the parts of a name, one that stands for the whole."""
        return self.left if side is Side.LEFT else self.right

    def picks(self, side: Side) -> bool:
        """True where an element is picked from a list of that side."""
        return self.spec.pick is not None and self.own(side).kind.several


def own_pairs(spec: SyncSpec, fields: Mapping[Side, Sequence[FieldInfo]]) -> tuple[OwnPair, ...]:
    """The pairs of a sync. A field that is not among `fields` is taken for a custom one that holds text."""
    known = {side: {f.name: f for f in fields[side]} for side in SIDES}
    return tuple(
        _own_pair(pair, _field(pair.left, known[Side.LEFT]), _field(pair.right, known[Side.RIGHT]))
        for pair in spec.fields.pairs
    )


def _field(names: Sequence[str], known: Mapping[str, FieldInfo]) -> FieldInfo:
    found = [known.get(name) or FieldInfo(name, Kind.TEXT, name, custom=True) for name in names]
    if len(found) == 1:
        return found[0]
    return FieldInfo(" + ".join(names), title="Name", writable=all(f.writable for f in found))


def _own_pair(spec: PairSpec, left: FieldInfo, right: FieldInfo) -> OwnPair:
    title = f"{' + '.join(spec.left)} <-> {' + '.join(spec.right)}"
    lists = [f.kind for f in (left, right) if f.kind.several]
    if len(lists) == 2 and spec.pick is None:
        return OwnPair(spec, column_name(title, lists[0]), lists[0], left, right)
    slots = [kind_of(f.contact) for f in (left, right) if f.slot]
    element = next((kind for kind in (*lists, *slots) if kind.several), None)
    column = column_name(title, element, one=True) if element else title
    return OwnPair(spec, column, Kind.TEXT, left, right, element)


def direction_of(pair: PairSpec, spec: SyncSpec) -> Direction:
    """Which way the pair may flow: its own direction within that of the sync."""
    return spec.direction if pair.direction in (None, Direction.BOTH) else Direction(pair.direction or "")


def field_pairs(spec: SyncSpec, pairs: Iterable[OwnPair]) -> tuple[FieldPair, ...]:
    """The pairs as the deciding functions know them."""
    return tuple(
        FieldPair(
            pair.column,
            pair.kind,
            _holding(pair.left, several=pair.kind.several),
            _holding(pair.right, several=pair.kind.several),
            direction_of(pair.spec, spec),
            pair.spec.conflicts or spec.conflicts,
            pair.spec.clear_blanks,
            pair.spec.shorten,
        )
        for pair in pairs
    )


def _holding(own: FieldInfo, *, several: bool) -> Holding:
    if several:
        return Holding(own.writable, own.max_items, own.max_length, own.holds_label, own.holds_primary)
    return Holding(own.writable, max_length=own.max_length)


def paired_fields(pairs: Sequence[OwnPair], side: Side, fields: Sequence[FieldInfo]) -> tuple[FieldInfo, ...]:
    """The own fields of a side with the columns of pairs: what a pair takes whole is out of the default mapping.

    Of a list from which pairs pick, the rest stays there. What stands for the rest, for a picked element or for a whole
    name is a field of its own (mapping.parts takes them apart and together).
    """
    whole = {pair.own(side).name: pair.column for pair in pairs if not pair.picks(side)}
    picked = {pair.own(side).name for pair in pairs if pair.picks(side)}
    parts = {name for pair in pairs if len(names := pair.spec.names(side)) > 1 for name in names}
    kept = [replace(f, name=rest_of(f.name)) if f.name in picked else _placed(f, whole, parts) for f in fields]
    known = {f.name for f in fields}
    made = [_made(pair, side) for pair in pairs if pair.picks(side) or pair.own(side).name not in known]
    return (*kept, *made)


def _placed(own: FieldInfo, whole: Mapping[str, str], parts: Iterable[str]) -> FieldInfo:
    if own.name in whole:
        return replace(own, contact=whole[own.name], slot="")
    return replace(own, contact="", slot="") if own.name in parts else own


def _made(pair: OwnPair, side: Side) -> FieldInfo:
    own = pair.own(side)
    if pair.picks(side):
        return FieldInfo(pair.column, contact=pair.column, writable=own.writable, max_length=own.max_length)
    name = pair.column if len(pair.spec.names(side)) > 1 else own.name
    return replace(own, name=name, contact=pair.column)
