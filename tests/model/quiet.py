"""What has to be true once nothing is left to do, as the oracle is asked about it."""

from __future__ import annotations

from contactsync.model.link import LinkStatus
from contactsync.model.spec import SIDES, Direction, Side
from contactsync.model.unfit import as_typed
from scene import Scene
from vendor import SINGLE


def _own(column: str) -> str:
    """The vendors' field behind a column: a pair's is named after both sides' fields."""
    return column.partition(" <-> ")[0]


class Quiet(Scene):
    """Two quiet accounts, and what the ledger says of them."""

    def check(self) -> None:
        """Everything that has to be true of quiet accounts."""
        oracle = self.oracle
        oracle.check_lost(self._conflicts())
        held = self._held()
        linked: set[tuple[str, int]] = set()
        # People who edit a field in turn three times a day look like two apps that do.
        calmed = {(h.link_id, h.field) for h, _ in self.rig.ledger.holds(self.rig.spec.id) if h.reason == "flipping"}
        for link in self.rig.ledger.all_links(self.rig.spec.id):
            rows = [self.vendors[s].rows.get(link.side(s).contact_id) for s in SIDES]
            if link.status is LinkStatus.LIVE and all(rows):
                left, right = (row.rec for row in rows if row is not None)
                linked |= {("left", left), ("right", right)}
                oracle.paired |= linked
                apart = {_own(name): why.reason.value for name, why in link.apart.items()}
                apart |= dict.fromkeys(self.unmapped, "not mapped")
                held_fields = {(_own(name), "held") for at, name in calmed if at == link.id}
                oracle.check_pair(left, right, apart, self.excused | held_fields)
                if oracle.alone(oracle.family_of("left", left)):
                    oracle.met.add(oracle.family_of("left", left))
        if self.rig.spec.direction is Direction.BOTH:
            oracle.check_people(linked, held)
        for side in SIDES:
            for row in self.vendors[side].rows.values():
                for name in SINGLE:
                    if row.values[name]:
                        oracle.check_value(side.value, row.rec, name, str(row.values[name]))

    def _conflicts(self) -> set[tuple[str, str, str]]:
        logged = set()
        for _, _, c in self.rig.ledger.conflicts(self.rig.spec.id):
            logged |= {(_own(c.field), s, as_typed(v or "")) for s, v in (("left", c.left), ("right", c.right))}
        return logged

    def _held(self) -> dict[tuple[str, int], str]:
        held = {}
        for hold, _ in self.rig.ledger.holds(self.rig.spec.id):
            row = self.vendors[hold.side].rows.get(hold.contact_id)
            if row is not None:
                held[hold.side.value, row.rec] = hold.reason.value
        for entry in filter(self._for_a_person, self.rig.ledger.unfolded(self.rig.spec.id)):
            source = entry.intent.side.other
            row = self.vendors[source].rows.get(entry.intent.source_id)
            if row is not None:
                held[source.value, row.rec] = "unknown"
        return held | self._kept_apart()

    def _kept_apart(self) -> dict[tuple[str, int], str]:
        """Whom an undo took for two persons: neither matched nor made for, until somebody says otherwise."""
        if not self.parting:
            return {}
        told = [v for v in self.rig.ledger.verdicts(self.rig.spec.id) if not v.same]
        ids = [(Side.LEFT, v.left_id) for v in told] + [(Side.RIGHT, v.right_id) for v in told]
        rows = [(s, row) for s, i in ids if (row := self.vendors[s].rows.get(i)) is not None]
        return {(s.value, row.rec): "kept apart" for s, row in rows}
