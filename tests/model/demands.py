"""What must be true of two accounts that are at rest, and of any value and any edit that lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from consents import Consents
from edits import OTHER, Broken, saw, token
from vendor import CONSENT, SEVERAL, SINGLE, primary, same


class Demands(Consents):
    """Asked about accounts and ledger as they are."""

    # ---- at any time

    def check_value(self, side: str, rec: int, name: str, value: str) -> None:
        """Somebody typed this for that person and field, or what a vendor makes of it."""
        typed = self.typed.get(token(value))
        right = typed is not None and typed.name == name and self.family[typed.person] == self.family_of(side, rec)
        if not right or typed is None or not typed.text.lower().startswith(value.rstrip(".").lower()):
            raise Broken(f"provenance: {name} of {side} {rec} is {value!r}, which nobody typed for it")

    def check_lost(self, logged: Collection[tuple[str, str, str]]) -> None:
        """Every value that lost did so to a later edit of somebody who saw it, or is listed as a conflict.

        logged: (field, side, value) of every conflict that people are shown
        """
        for lost in self.lost:
            winner = self.typed.get(lost.winner)
            if lost.winner == lost.typed.serial:
                raise Broken(f"provenance: what the other app made of a value is carried back: {lost}")
            if winner is not None and saw(lost.typed, winner, ""):
                continue
            if (lost.typed.name, lost.typed.side, lost.stored) in logged:
                continue
            raise Broken(f"no lost edit: {lost} is in no list of conflicts")

    # ---- at rest

    def check_pair(self, left: int, right: int, apart: Mapping[str, str], excused: Collection[tuple[str, str]]) -> None:
        """Two linked contacts hold the same, but for fields that are listed with a reason.

        apart: field -> reason; excused: (field, reason) that this history can explain
        """
        rows = {"left": self.vendors["left"].row_of(left).values, "right": self.vendors["right"].row_of(right).values}
        if self.family_of("left", left) != self.family_of("right", right):
            raise Broken(f"nobody is mistaken for another: left {left} and right {right} are linked")
        if not any(self.lets(side, dict(row)) for side, row in rows.items()):
            return
        for name in (*SINGLE, *SEVERAL, CONSENT):
            here, there = rows["left"][name], rows["right"][name]
            if name in apart:
                self._explained(left, right, name, apart[name], excused)
            elif not self._alike(name, here, there):
                raise Broken(f"both sides become equal: {name} is {here!r} and {there!r}, with no reason given")

    def _alike(self, name: str, left: object, right: object) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return left == right
        told = all(name in vendor.traits.primaries for vendor in self.vendors.values())
        here, there = ({same(e): told and e == primary(e) for e in row} for row in (left, right))  # type: ignore[attr-defined]
        return here == there

    def _explained(self, left: int, right: int, name: str, why: str, excused: Collection[tuple[str, str]]) -> None:
        if why == "not mapped":
            return
        if name == CONSENT and self.explains_consent(left, right, why, excused):
            return
        if name != CONSENT and ((name, why) in excused or ("*", why) in excused):
            return
        if why == "blank_kept":
            for side, rec in (("left", left), ("right", right)):
                if not self.vendors[side].row_of(rec).values[name] and self._emptied(side, rec, name):
                    return
        if why in ("held", "not_representable") and not self._fits(left, right, name):
            return
        if why == "held" and name == "emails" and self._collides(left, right):
            return
        raise Broken(f"both sides become equal: {name} of left {left} is apart ({why}), which nothing explains")

    def _fits(self, left: int, right: int, name: str) -> bool:
        """What each side has in this field, the other declares to hold."""
        for side, rec in (("left", left), ("right", right)):
            value = self.vendors[side].row_of(rec).values[name]
            if isinstance(value, str) and not self.vendors[OTHER[side]].traits.offers(name, value):
                return False
        return True

    def _collides(self, left: int, right: int) -> bool:
        """Somebody else on one side has an address that this contact has on the other: it is not given twice."""
        for side, rec, partner in (("left", left, right), ("right", right, left)):
            there = {same(e) for e in self.vendors[OTHER[side]].row_of(partner).values["emails"]}
            others = (row for row in self.vendors[side].rows.values() if row.rec != rec)
            if any(there & {same(e) for e in row.values["emails"]} for row in others):
                return True
        return False

    def _emptied(self, side: str, rec: int, name: str) -> bool:
        """A person took the value, or the last element, away there."""
        places = [(side, r) for r in self._once(side, rec)]
        last = [self.last.get((*place, name)) for place in places]
        out = any((s, r) in places for (n, _), when in self.removed.items() if n == name for _, s, r in when)
        return out or any(one is not None and not one.text for one in last)

    def check_people(self, linked: Collection[tuple[str, int]], held: Collection[tuple[str, int]]) -> None:
        """Everybody who may be is on both sides; who is not is listed."""
        for side, vendor in self.vendors.items():
            for rec in vendor.recs():
                family = self.family_of(side, rec)
                if (side, rec) in linked or (side, rec) in held or not self.alone(family):
                    continue
                if family in self.untold or not self.lets(side, dict(vendor.row_of(rec).values)):
                    continue
                if any(d.side == OTHER[side] and self.family[d.person] == family for d in self.deleted):
                    continue
                raise Broken(f"everybody is on both sides: {side} {rec} (person {self.who[side, rec]}) has no partner")
