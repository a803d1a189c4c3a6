"""What befalls accounts, their settings and the ledger, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from contactsync.model.rules import FIELD, Compare, Condition, Join, Rule
from contactsync.model.spec import SIDES, ConflictPolicy, DeletionPolicy, Direction, FieldsSpec, Side, Unsubscribes
from scene import PAIRS, Scene
from vendor import CONSENT
from vendor_kinds import KINDS


class Mishaps(Scene):
    """Requests fail, ids move, the file and the accounts change, the ledger is lost."""

    def expire(self, side: str) -> None:
        """The vendor accepts no cursor that it has given so far."""
        self.vendors[Side(side)].expire()

    def bad_listing(self, side: str, fault: str) -> None:
        """The next listing fails, or shows too little."""
        self.faults[Side(side)].pulls[:] = [fault]

    def bad_write(self, side: str, fault: str) -> None:
        """The next write fails, or its answer is lost."""
        self.touched = True
        self.faults[Side(side)].pushes[:] = [fault]

    def rename(self, side: str, pick: int) -> None:
        """The vendor gives a contact another id."""
        if (row := self._picked(side, pick)) is not None:
            self.touched = True
            self.oracle.renamed.append(side)
            self.vendors[Side(side)].rename(row.rec)

    def merge(self, side: str, pick: int, into: int) -> None:
        """Somebody merges two contacts: who they are is for a person to say from now on."""
        loser, winner = self._picked(side, pick), self._picked(side, into)
        if loser is None or winner is None or loser.rec == winner.rec:
            return
        self._typing()
        self.oracle.note_merged(side, loser.rec, winner.rec, self.clock.seconds())
        self.vendors[Side(side)].merge(loser.rec, winner.rec)

    # ---- changes of the file and of the accounts

    def policy(self, conflicts: str) -> None:
        """The file names another winner."""
        self._respell(conflicts=ConflictPolicy(conflicts))

    def deleting(self, deletions: str) -> None:
        """The file says something else of deletions."""
        self._respell(deletions=dict.fromkeys(SIDES, DeletionPolicy(deletions)))

    def fields(self, exclude: Sequence[str]) -> None:
        """The file leaves out other fields."""
        self.unmapped = {*exclude, *(self.unmapped & {CONSENT})}
        own = {name for pair in PAIRS for name in pair.left}
        pairs = tuple(pair for pair in PAIRS if not self.unmapped & {*pair.left})
        self._respell(fields=FieldsSpec(exclude=tuple(n for n in exclude if n not in own), pairs=pairs))

    def unsubscribes(self, what: str) -> None:
        """The file says what becomes of an opt-out."""
        self.unmapped = (self.unmapped - {CONSENT}) | ({CONSENT} if what == "ignore" else set())
        self._respell(unsubscribes=Unsubscribes(what))

    def direction(self, direction: str) -> None:
        """The file opens other directions."""
        self._respell(direction=Direction(direction), rules=self._rules(Direction(direction)))

    def filter(self, side: str, name: str) -> None:
        """The file lets through only contacts of a side that hold something in this field; '' = all of them."""
        self.filters[Side(side)] = name
        self._respell(rules=self._rules(self.rig.spec.direction))

    def _rules(self, direction: Direction) -> dict[Side, tuple[Rule, ...]]:
        return {s: (_let_in(name),) for s, name in self.filters.items() if name and direction.open_from(s)}

    def schema(self, side: str, kind: str) -> None:
        """The account's administrator changes what its fields hold."""
        self.refits = True
        self.touched = True
        fresh, vendor = KINDS[kind], self.vendors[Side(side)]
        before = vendor.traits  # what it offers is asked once a day
        vendor.traits = replace(
            vendor.traits,
            forms=fresh.forms,
            refuses=fresh.refuses,
            lengths=fresh.lengths,
            choices=fresh.choices,
            needs=fresh.needs,
            spells=fresh.spells,
        )
        bound = {*fresh.choices, *fresh.lengths, *before.choices, *before.lengths}
        self.excused |= {(name, why) for name in bound for why in ("held", "not_representable")}
        self._note_setting()

    def _respell(self, **changes: Any) -> None:
        self.touched = True
        self.rig.spec = replace(self.rig.spec, **changes)
        self._note_setting()

    # ---- the ledger

    def backup(self) -> None:
        """Somebody keeps a copy of the ledger."""
        self.kept, self.kept_at = self.rig.snapshot(), self.clock.seconds()

    def restore(self) -> None:
        """The ledger is as it was at the last backup: what it listed since is no longer there."""
        if self.kept:
            self.touched = True
            self.rig.restore(self.kept)
            self.happened.restored += 1
            self.oracle.lost.clear()
            self.oracle.forgotten.append((self.kept_at, self.clock.seconds()))
            self.excused |= {("*", why) for why in ("ledger_lost", "held", "unproven")}
            self.oracle.trusting = False


def _let_in(name: str) -> Rule:
    return Rule("let in", (Condition(Join.LEAF, FIELD, name, Compare.EMPTY, ("false",)),))
