"""What the key index holds of a contact once an action that was made from it is folded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import pytest
from contactsync.ledger.store import LedgerReader
from contactsync.model.decisions import Verdict, Wish
from contactsync.model.link import Known, Link, Standing
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
        self.apart: Sequence[Verdict] = ()
        self.rows = both(Known("l1", 1, 1, link_id="link-1"), Known("r1", 2, 2, link_id="link-1"))

    def links(self, sync_id: str, ids: Collection[str]) -> list[Link]:
        return [link for link in self.stored if link.id in ids]

    def links_of(self, sync_id: str, side: Side, contact_ids: Collection[str]) -> list[Link]:
        return []

    def known(self, sync_id: str, side: Side, ids: Collection[str]) -> dict[str, Known]:
        return {i: self.rows[side] for i in ids if i == self.rows[side].contact_id}

    def verdicts(self, sync_id: str) -> list[Verdict]:
        return [*self.apart]

    def holds(self, sync_id: str) -> list[tuple[Hold, datetime]]:
        return []


def folding(plan: Plan, reader: LedgerReader) -> Folding:
    found = Folding(SYNC, "salt", MatchSpec(), (a_pair(),), When(2, minutes(2)), reader)
    found.start(plan)
    found.fold([DONE])
    return found


def folded(plan: Plan, *stored: Link) -> dict[Side, int | None]:
    return {side: known.raw for (side, _), known in folding(plan, Remembered(*stored)).known.items()}


def test_of_a_source_that_a_dead_run_had_read_anew_the_next_row_is_looked_at_whatever_it_is_like() -> None:
    assert folded(Plan(), STORED) == {LEFT: None, RIGHT: 22}


def test_a_row_that_the_run_itself_stored_is_known() -> None:
    seen = a_link(a_side("l1", {"company": "Old"}, seen={"company": "New"}), {"company": "Old"})
    plan = Plan(links=(seen,), known=((LEFT, Known("l1", 11, 1, link_id="link-1")),))
    assert folded(plan, STORED) == {LEFT: 11, RIGHT: 22}


# ---- a match by which a run wrote that died before it stored it


def met(rows: dict[Side, Known], *apart: Verdict) -> tuple[Link | None, dict[Side, Known]]:
    """The link of the two, and their rows."""
    reader = Remembered()
    reader.rows, reader.apart = rows, apart
    found = folding(Plan(), reader)
    return found.links.get("link-1"), {side: row for (side, _), row in found.known.items()}


def test_the_two_are_linked_with_what_was_written_and_the_one_it_came_from_is_read_again() -> None:
    link, rows = met(both(Known("l1", 1, 1), Known("r1", 2, 2)))
    assert link is not None
    assert (link.left.contact_id, link.right.contact_id) == ("l1", "r1")
    assert link.left.base == link.right.base == {"company": "New"}
    assert (link.left.standing, link.right.standing) == (Standing.MISSING, Standing.PRESENT)
    assert [rows[side].link_id for side in rows] == ["link-1"] * 2


@pytest.mark.parametrize(
    "rows",
    [
        both(Known("l1", 1, 1, link_id="another"), Known("r1", 2, 2)),
        both(Known("l1", 1, 1), Known("r1", 2, 2, link_id="another")),
        both(Known("l1", 1, 1, tombstone=True), Known("r1", 2, 2)),
        both(Known("l1", 1, 1), Known("r1", 2, 2, wish=Wish.SKIP)),
    ],
    ids=["linked on the left", "linked on the right", "gone", "left out by a person"],
)
def test_whoever_belongs_to_another_by_now_or_is_gone_is_matched_anew(rows: dict[Side, Known]) -> None:
    link, found = met(rows)
    assert link is None
    assert found[RIGHT].raw is None, "so that the next listing of it is news"


def test_persons_who_keep_the_two_apart_are_heard() -> None:
    link, _ = met(both(Known("l1", 1, 1), Known("r1", 2, 2)), Verdict("l1", "r1", same=False))
    assert link is None
