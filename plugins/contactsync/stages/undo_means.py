"""What a sync can do to take things back: where it may write, what holds consent, who carries a key."""

from __future__ import annotations

from dataclasses import dataclass, field

from contactsync.contact import OPTED_OUT, Values
from contactsync.errors import CursorExpired
from contactsync.mapping.defaults import holding, owned
from contactsync.model.exchange import Record
from contactsync.model.ledger import SyncRow
from contactsync.model.spec import SIDES, Holding, Side
from contactsync.model.undo import UndoOrder
from contactsync.stages.workplace import Workplace
from contactsync.sync.past import Means
from contactsync.sync.readings import key_hashes


def means_of(place: Workplace, row: SyncRow, order: UndoOrder, fields: tuple[str, ...]) -> Means:
    """As the sync's file and its apps are now."""
    caps = {s: place.app(s).info.caps for s in SIDES}
    return Means(
        place.spec.id,
        order.words,
        place.pairs,
        _holding(place),
        fields,
        _tight(place),
        {s: max(c.lag, c.granularity).total_seconds() for s, c in caps.items()},
        _Carriers(place, row),
    )


@dataclass
class _Carriers:
    """Who carries a key: the index knows, and one listing of what changed since tells of those it has not seen yet."""

    place: Workplace
    row: SyncRow
    fresh: dict[Side, dict[str, dict[str, tuple[int, ...]]]] = field(default_factory=dict)

    def __call__(self, side: Side, before: Values, after: Values) -> dict[str, frozenset[str]]:
        """An Owner: match key gained -> who carries it there already."""
        salt, match = self.row.salt, self.place.spec.match
        had = key_hashes(salt, match, before)
        wanted = {key: {*found} - {*had.get(key, ())} for key, found in key_hashes(salt, match, after).items()}
        if not any(wanted.values()):
            return {}
        if side not in self.fresh:
            self.fresh[side] = self._listed(side)
        out = {
            key: {i for i, keys in self.fresh[side].items() if h & {*keys.get(key, ())}} for key, h in wanted.items()
        }
        for member in self.place.reader.key_members(self.place.spec.id, wanted):
            if member.side is side and member.contact_id not in self.fresh[side]:
                out[member.key].add(member.contact_id)
        return {key: frozenset(ids) for key, ids in out.items()}

    def _listed(self, side: Side) -> dict[str, dict[str, tuple[int, ...]]]:
        """The keys of every contact that changed since the last run; the cursor stays where it is."""
        stored, app = self.place.reader.cursor(self.place.spec.id, side), self.place.app(side)
        try:
            pages = list(app.pull(stored.cursor if stored else None))
        except CursorExpired:
            pages = list(app.pull(None))
        keys: dict[str, dict[str, tuple[int, ...]]] = {i: {} for page in pages for i in page.deleted}
        keys.update({r.id: self._keys(side, r) for page in pages for r in page.records})
        return keys

    def _keys(self, side: Side, record: Record) -> dict[str, tuple[int, ...]]:
        try:
            return key_hashes(self.row.salt, self.place.spec.match, self.place.translator(side).decode(record))
        except (TypeError, ValueError, AttributeError, KeyError):
            return {}


def _holding(place: Workplace) -> dict[tuple[Side, str], Holding]:
    """What each side can hold of every column that is read of it, those that only actions write among them."""
    held: dict[tuple[Side, str], Holding] = {}
    for side in SIDES:
        columns = place.columns(side)
        for name in columns:
            own = owned(place.side_map(side).fields, name)
            if own:
                held[side, name] = holding(own)
        held.update({(side, p.field): p.holding(side) for p in place.pairs})
    return held


def _tight(place: Workplace) -> dict[tuple[Side, str], frozenset[str]]:
    """Columns for which an app has an action that loosens consent, with the values that tighten it."""
    tight: dict[tuple[Side, str], frozenset[str]] = {}
    for side in SIDES:
        actions = {a.name: a for a in place.declared(side).actions}
        for loose in (a for a in actions.values() if a.allow):
            back = actions[loose.reverse].value if loose.reverse in actions else None
            for own in (f for f in place.side_map(side).fields if f.name == loose.field):
                tight[side, own.contact] = frozenset({back if back is not None else OPTED_OUT})
    return tight
