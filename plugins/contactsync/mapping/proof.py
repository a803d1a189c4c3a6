"""Pairs proven by round trips: what each value becomes on the other side, and what of it would come back (core 16).

A value is read on its side, written to the other, read there again, and given back. Pure; values come from
mapping.samples or from real contacts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from contactsync.contact import ONE, Kind, is_empty, normal_text, one_value
from contactsync.mapping.conversions import converted
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.fates import Fate, Loss, Own, PairProof, WayProof
from contactsync.mapping.normal_values import normal
from contactsync.mapping.pairs import OwnPair, own_pairs
from contactsync.mapping.side_map import SideMap
from contactsync.mapping.side_maps import Fields, side_map
from contactsync.mapping.transforms import TRANSFORMS
from contactsync.model.exchange import OwnValue
from contactsync.model.spec import SIDES, FieldPair, Side, SyncSpec
from contactsync.model.unfit import unfit_in

Values = Callable[[OwnPair, Side], Iterable[Own]]
"""Own fields of one side that a pair is tried with."""


_MALFORMED = (TypeError, ValueError, AttributeError, KeyError)


def prove(spec: SyncSpec, fields: Fields, values: Values) -> tuple[PairProof, ...]:
    """Every pair, each way that it flows. fields: each side's own ones, those that pairs name among them."""
    flowing = {p.field: p for p in pair_fields(spec, fields[Side.LEFT], fields[Side.RIGHT])}
    zone = ZoneInfo(spec.dag.timezone)
    proofs = []
    for place, pair in enumerate(own_pairs(spec, fields)):
        trial = _Trial(pair, flowing[pair.column], _maps(spec, fields, pair), zone)
        sides = [side for side in SIDES if trial.flow.open_from(side)]
        ways = tuple(trial.way(side, values(pair, side)) for side in sides)
        proofs.append(PairProof(place, pair, ways, len(ways) == len(SIDES), pair.spec.lossy))
    return tuple(proofs)


def _maps(spec: SyncSpec, fields: Fields, pair: OwnPair) -> dict[Side, SideMap]:
    """How both sides read and write the pair's column; what can only be read is given back all the same."""
    maps = {side: side_map(spec, side, fields, (pair.column,)) for side in SIDES}
    return {s: replace(m, fields=tuple(replace(f, writable=True) for f in m.fields)) for s, m in maps.items()}


@dataclass(frozen=True)
class _Trial:
    pair: OwnPair
    flow: FieldPair
    maps: Mapping[Side, SideMap]
    zone: ZoneInfo

    def way(self, source: Side, values: Iterable[Own]) -> WayProof:
        tried, fates = 0, []
        for own in values:
            try:
                column = self._read(source, own)
                fate = self._fate(source, own, column) if column else None
            except _MALFORMED:
                column, fate = None, Fate(Loss.HELD, "it has an unexpected form", own)
            tried += bool(fate) or not is_empty(column or "")
            fates += [fate] if fate else []
        return WayProof(source, tried, tuple(fates))

    def _read(self, side: Side, own: Own, held: str = "") -> str | None:
        elements = {self.pair.column: held} if held else {}
        return self.maps[side].contact(own, elements).get(self.pair.column)

    def _fate(self, source: Side, own: Own, column: str) -> Fate | None:
        if is_empty(column):
            return None
        if marked := unfit_in(column):
            return Fate(Loss.HELD, marked.words, own)
        sent, why = self._fitted(source, column)
        if sent is None:
            return Fate(Loss.HELD, why, own)
        there = self.maps[source.other].own({self.pair.column: sent}, {}, {}, ())
        shown = self._read(source.other, there, sent)
        if not self.pair.kind.several and shown != sent:
            return Fate(Loss.BROKEN, "the other side would show it as another value", own, there)
        back = self._given_back(source, sent, own, column)
        if self.pair.kind.several or self._same(source, own, back):
            return None
        return Fate(Loss.LOST, why or self._why(), own, back)

    def _fitted(self, source: Side, column: str) -> tuple[str | None, str]:
        """What is sent of it, None = nothing; why it is not all."""
        most = self.flow.holding(source.other).max_length
        text = one_value(column) if self.pair.column.startswith(ONE) else column
        if self.pair.kind.several or most is None or len(text) <= most:
            return column, ""
        if not self.flow.shorten:
            return None, f"the other side holds {most} characters"
        return normal_text(column[:most]), f"it is shortened to {most} characters"

    def _given_back(self, source: Side, sent: str, own: Own, column: str) -> Own:
        name = self.pair.column
        return self.maps[source].own({name: sent}, own, {name: column}, {name})

    # ---- what is the same

    def _same(self, source: Side, before: Own, after: Own) -> bool:
        names = self.pair.spec.names(source)
        return all(self._alike(source, before.get(name, ""), after.get(name, "")) for name in names)

    def _alike(self, source: Side, before: OwnValue, after: OwnValue) -> bool:
        if not isinstance(before, str) or not isinstance(after, str):
            return before == after
        if max(len(self.pair.spec.left), len(self.pair.spec.right)) > 1:
            return before.split() == after.split()  # names are compared in single spaces
        return self._meant(source, before) == self._meant(source, after)

    def _meant(self, source: Side, text: str) -> str:
        """The value that a text is: 12.50 in a text field that is paired with a number is 12.5."""
        kind = self.pair.own(source).kind
        meant = kind if kind is not Kind.TEXT or self.pair.spec.options else self._next_kind(source)
        try:
            return converted(text, kind, meant, self.zone)
        except ValueError:
            return normal(text, kind)

    def _next_kind(self, source: Side) -> Kind:
        """The kind that the first step of the way takes."""
        steps = [TRANSFORMS[name] for name in self.pair.spec.transforms]
        if not steps:
            return self.pair.own(source.other).kind
        return steps[0].takes if source is Side.LEFT or not self.flow.open_from(Side.LEFT) else steps[-1].gives

    def _why(self) -> str:
        names = [name for name in self.pair.spec.transforms if TRANSFORMS[name].inverse is None]
        if names:
            return f"{' and '.join(names)} takes something away that does not come back"
        return "two choices become one" if self.pair.spec.options else "it would come back as another value"
