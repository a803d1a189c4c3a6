"""What people noted about mail to somebody, and what programs may make of it: consent only tightens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from edits import OTHER, Broken, Lost, Typed
from elements import Elements
from vendor import CONSENT, STRICTNESS

OPTED_IN, UNASKED, OPTED_OUT = STRICTNESS


@dataclass(frozen=True)
class Noted:
    """A person noted that somebody wants mail or none, or took that away. run: the runs begun by then."""

    consent: str
    at: float
    run: int


@dataclass(repr=False)
class Consents(Elements):
    """Consent holds three words alone, so that a value does not tell who noted it: times and runs do."""

    noted: dict[tuple[str, int], list[Noted]] = field(default_factory=dict)
    softened: set[tuple[str, int]] = field(default_factory=set)  # where a person took an opt-out away
    carried: dict[tuple[str, int], float] = field(default_factory=dict)  # when a program wrote an opt-out there
    learnt: set[tuple[str, int]] = field(default_factory=set)  # of these, what a run that ended well has recorded
    refuted: dict[tuple[str, int], float] = field(default_factory=dict)  # the time of one that was taken away then
    ignoring: bool = True  # the file leaves opt-outs where they are

    # ---- people

    def note_consent(self, side: str, rec: int, before: str, after: str, at: float) -> None:
        """A person noted that somebody wants mail or none, or took that away."""
        place = (side, rec)
        self.noted.setdefault(place, []).append(Noted(after, at, self.run))
        if before == OPTED_OUT:
            self.softened.add(place)
            if place in self.learnt:
                self.refuted[place] = self.carried[place]

    def note_merged(self, side: str, loser: int, winner: int, at: float) -> None:
        """Whoever merges two lets the winner's consent stand for both."""
        lost, kept = (str(self.vendors[side].row_of(rec).values[CONSENT]) for rec in (loser, winner))
        super().note_merged(side, loser, winner, at)
        if lost != kept:
            self.note_consent(side, winner, lost, kept, at)

    def note_read(self, at: float) -> None:
        """A run ended well: what programs wrote is recorded."""
        super().note_read(at)
        self.learnt |= set(self.carried)

    # ---- programs

    def check_consent(self, side: str, rec: int, before: str, after: str) -> None:
        """A program wrote, whoever asked for it and whatever the file says of conflicts."""
        if before == after:
            return
        if STRICTNESS.index(after) < STRICTNESS.index(before):
            raise Broken(f"consent only tightens: {side} {rec} was {before!r}, and is {after!r}")
        if self.ignoring and not self.undoing:
            raise Broken(f"an opt-out stays where the file says so: {side} {rec} is {after!r}")
        outs = [n.at for s, r, n in self._notes(side, rec) if n.consent == OPTED_OUT]
        if not outs:
            raise Broken(f"provenance: nobody opted out, but {side} {rec} is {after!r}")
        again = [n.at for s, r, n in self._notes(side, rec) if s == OTHER[side] and n.consent == OPTED_OUT]
        gone = self.refuted.get((side, rec), -1.0)
        if self.trusting and not self.undoing and max(again, default=gone) < gone:
            raise Broken(f"an opt-in is not reverted: {side} {rec} was {before!r}, and is {after!r} once more")
        self._outvoted(side, rec, before)
        self.carried[side, rec] = self.vendors[side].now()
        self.learnt.discard((side, rec))

    def _outvoted(self, side: str, rec: int, before: str) -> None:
        """An opt-in, the first one there, that no run had seen yet lost to an opt-out: people are to be told."""
        notes = self.noted.get((side, rec), [Noted(UNASKED, 0.0, 0)])
        last, earlier = notes[-1], [n.consent for n in notes if n.run < notes[-1].run]
        new = last.run + 1 == self.run and OPTED_IN not in earlier  # else it may be what a run had settled
        if before == last.consent == OPTED_IN and new and not self.undoing:
            typed = Typed(-1, self.who[side, rec], side, rec, CONSENT, OPTED_IN, last.at, 0, None)
            self.lost.append(Lost(typed, OPTED_IN, 0, self.run))

    def _notes(self, side: str, rec: int) -> list[tuple[str, int, Noted]]:
        """Everything that people noted of somebody."""
        family = self.family_of(side, rec)
        return [(s, r, n) for (s, r), notes in self.noted.items() for n in notes if self.family_of(s, r) == family]

    # ---- at rest

    def explains_consent(self, left: int, right: int, why: str, excused: Collection[tuple[str, str]]) -> bool:
        """An opt-out is carried to everybody but whose opt-out a person took away; neither policy nor loss holds it."""
        if why in ("held", "ledger_lost"):
            return False
        if why != "consent":
            return ("*", why) in excused
        places = {"left": left, "right": right}
        shown = {s: self.vendors[s].row_of(rec).values[CONSENT] for s, rec in places.items()}
        without = [s for s in places if shown[s] != OPTED_OUT]
        if len(without) != 1:
            return bool(self._notes("left", left))
        return any((without[0], rec) in self.softened for rec in self._once(without[0], places[without[0]]))
