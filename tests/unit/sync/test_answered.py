"""What a person's answer to a hold changes in what is remembered, so that the next run does what follows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contactsync.model.decisions import Answer, Wish
from contactsync.model.link import Apart, ApartReason, Known, Link, LinkStatus, Standing
from contactsync.model.plan import Hold, HoldReason
from contactsync.model.spec import Side
from contactsync.sync.decisions import Change, answered, relinked, unasked, unlinked
from factories import LEFT, RIGHT, a_link, a_side, minutes

KNOWN = Known("l1", 7, 8, link_id="link-1", generation=2, due_run=9, due_at=minutes(9))
LINK = a_link(
    a_side("l1", {"company": "Muster", "job_title": "Clerk"}, seen={"company": "Muster AG"}),
    a_side("r1", {"company": "Muster", "job_title": "Editor"}, seen={"company": "Beispiel"}),
    apart={
        "company": Apart(ApartReason.HELD, "Muster AG", "Beispiel"),
        "job_title": Apart(ApartReason.REFUSED, "Clerk", "Editor"),
    },
    version=4,
    attempts=3,
    due_at=minutes(5),
)


def a_hold(reason: HoldReason = HoldReason.CONFLICT, side: Side = LEFT, field: str = "") -> Hold:
    return Hold(side, "l1" if side is LEFT else "r1", reason, link_id="link-1", field=field)


def test_the_winner_is_written_in_the_next_run_as_if_only_it_had_been_edited() -> None:
    for answer, agreed in ((Answer.LEFT, "Beispiel"), (Answer.RIGHT, "Muster AG")):
        link = answered(a_hold(field="company"), answer, LINK, KNOWN).link
        assert link is not None
        bases = [half.base["company"] for half in (link.left, link.right)]
        seen = [half.seen for half in (link.left, link.right)]
        other = {"company": "Muster AG"} if answer is Answer.LEFT else {"company": "Beispiel"}
        assert bases == [agreed, agreed]
        assert seen == ([other, {}] if answer is Answer.LEFT else [{}, other])
        assert set(link.apart) == {"job_title"}
        assert (link.wish, link.due_run, link.attempts, link.version) == (Wish.NONE, 0, 0, 5)


def test_without_a_field_the_answer_is_for_all_that_are_apart_for_the_holds_reason() -> None:
    held = answered(a_hold(), Answer.LEFT, LINK, KNOWN).link
    refused = answered(a_hold(HoldReason.REFUSED), Answer.KEEP, LINK, KNOWN).link
    assert held is not None
    assert set(held.apart) == {"job_title"}
    assert refused is not None
    assert {f: a.reason for f, a in refused.apart.items()} == {
        "company": ApartReason.HELD,
        "job_title": ApartReason.KEPT,
    }


def test_both_are_kept_as_they_are_until_one_is_edited() -> None:
    link = answered(a_hold(field="company"), Answer.KEEP, LINK, KNOWN).link
    assert link == replace(
        LINK,
        left=replace(LINK.left, base={**LINK.left.base, "company": "Muster AG"}, seen={}),
        right=replace(LINK.right, base={**LINK.right.base, "company": "Beispiel"}, seen={}),
        apart={**LINK.apart, "company": Apart(ApartReason.KEPT, "Muster AG", "Beispiel")},
        version=5,
    )


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_who_reappeared_is_deleted_again_or_taken_for_somebody_new_or_left_alone(side: Side) -> None:
    away = a_side("x1", standing=Standing.GONE)
    closed = replace(LINK, left=away, status=LinkStatus.PARTED) if side is LEFT else replace(LINK, right=away)
    hold = a_hold(HoldReason.REAPPEARED, side)
    deleted = answered(hold, Answer.DELETE, closed, KNOWN)
    assert deleted.link is not None
    assert (deleted.link.side(side).standing, deleted.link.wish) == (Standing.PRESENT, Wish.DELETE)
    assert deleted.link.side(side.other) == closed.side(side.other)
    assert (deleted.link.due_run, deleted.link.attempts, deleted.link.version) == (0, 0, 5)
    tombstone = replace(KNOWN, tombstone=True)
    assert answered(hold, Answer.RECREATE, closed, tombstone) == Change(
        known=replace(tombstone, link_id=None, tombstone=False, generation=3, due_run=0)
    )
    assert answered(hold, Answer.KEEP, closed, KNOWN) == Change(replace(closed, wish=Wish.SKIP, version=5))


def test_the_deleted_one_is_created_anew_from_the_edited_one() -> None:
    found = answered(a_hold(HoldReason.DELETED_AND_EDITED), Answer.RECREATE, LINK, KNOWN)
    assert found == Change(replace(LINK, wish=Wish.CREATE, due_run=0, attempts=0, version=5))
    kept = answered(a_hold(HoldReason.DELETED_AND_EDITED), Answer.KEEP, LINK, KNOWN)
    assert kept == Change(replace(LINK, wish=Wish.SKIP, version=5))


def test_who_has_no_partner_is_created_in_the_next_run_or_left_out_for_good() -> None:
    for hold, link in ((a_hold(HoldReason.NO_KEY), None), (a_hold(HoldReason.UNREADABLE), LINK)):
        new = answered(hold, Answer.RECREATE, link, KNOWN)
        assert new == Change(known=replace(KNOWN, wish=Wish.CREATE, due_run=0, due_at=None))
        out = answered(hold, Answer.SKIP, link, KNOWN)
        assert out == Change(known=replace(KNOWN, wish=Wish.SKIP, due_run=None, due_at=None))


def test_two_persons_after_all_and_one_again() -> None:
    parted = unlinked(replace(LINK, due_run=7))
    assert parted == replace(LINK, status=LinkStatus.PARTED, due_run=None, due_at=None, version=5)
    again = relinked(replace(parted, wish=Wish.SKIP))
    assert again == replace(parted, status=LinkStatus.LIVE, wish=Wish.NONE, due_run=0, attempts=0, version=6)


def test_after_a_backup_was_restored_nothing_is_done_that_a_person_had_asked_of_a_run_since() -> None:
    def left(wish: Wish) -> tuple[Wish, Wish]:
        link: Link = unasked(replace(LINK, wish=wish))
        known: Known = unasked(replace(KNOWN, wish=wish))
        return link.wish, known.wish

    for done in (Wish.DELETE, Wish.CREATE, Wish.RETRY):
        assert left(done) == (Wish.NONE, Wish.NONE)
    for lasting in (Wish.NONE, Wish.SKIP, Wish.NOT_AGAIN):
        assert left(lasting) == (lasting, lasting)
