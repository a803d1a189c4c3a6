"""What the key index holds of a contact once an action that was made from it is folded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from contactsync.ledger.store import LedgerReader
from contactsync.model.link import Known, Link
from contactsync.model.plan import Hold, Plan
from contactsync.model.spec import MatchSpec, Side
from contactsync.record import Folding
from contactsync.sync.fold import When
from factories import LEFT, RIGHT, SYNC, a_link, a_pair, a_row, a_side, an_intent, an_outcome, both, minutes

INTENT = an_intent(source={"company": "New"}, before={"company": "Old"}, patch={"company": "New"})
DONE = a_row(INTENT, outcome=an_outcome(values={"company": "New"}, raw=22))
STORED = a_link({"company": "Old"}, {"company": "Old"})


class Remembered(LedgerReader):
    """One link and its two contacts."""

    def __init__(self, *stored: Link) -> None:
        self.stored = stored
        self.rows = both(Known("l1", 1, 1, link_id="link-1"), Known("r1", 2, 2, link_id="link-1"))

    def links(self, sync_id: str, ids: Collection[str]) -> list[Link]:
        return [link for link in self.stored if link.id in ids]

    def links_of(self, sync_id: str, side: Side, contact_ids: Collection[str]) -> list[Link]:
        return []

    def known(self, sync_id: str, side: Side, ids: Collection[str]) -> dict[str, Known]:
        return {i: self.rows[side] for i in ids if i == self.rows[side].contact_id}

    def holds(self, sync_id: str) -> list[tuple[Hold, datetime]]:
        return []


def folded(plan: Plan, *stored: Link) -> dict[Side, int | None]:
    folding = Folding(SYNC, "salt", MatchSpec(), (a_pair(),), When(2, minutes(2)), Remembered(*stored))
    folding.start(plan)
    folding.fold([DONE])
    return {side: known.raw for (side, _), known in folding.known.items()}


def test_of_a_source_that_a_dead_run_had_read_anew_the_next_row_is_looked_at_whatever_it_is_like() -> None:
    assert folded(Plan(), STORED) == {LEFT: None, RIGHT: 22}


def test_a_row_that_the_run_itself_stored_is_known() -> None:
    seen = a_link(a_side("l1", {"company": "Old"}, seen={"company": "New"}), {"company": "Old"})
    plan = Plan(links=(seen,), known=((LEFT, Known("l1", 11, 1, link_id="link-1")),))
    assert folded(plan, STORED) == {LEFT: 11, RIGHT: 22}


def test_whom_a_run_wrote_that_died_before_it_stored_the_match_is_looked_at_anew() -> None:
    assert folded(Plan())[RIGHT] is None
