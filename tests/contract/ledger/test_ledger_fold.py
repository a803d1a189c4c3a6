"""Folding: links, key index, holds and conflicts, in one transaction that may be repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from contactsync.ledger.store import Ledger
from contactsync.model.decisions import Verdict
from contactsync.model.exchange import State
from contactsync.model.ledger import FoldBatch, KeyMember
from contactsync.model.link import Apart, ApartReason, Link, LinkSide, LinkStatus, Standing
from contactsync.model.plan import Conflict, Hold, HoldReason, Outcome
from contactsync.model.spec import Side
from ledger_rows import RUN, SYNC, WHEN, a_known, a_link, a_lock, sent
from ledger_servers import Clock

LEFT, RIGHT = Side.LEFT, Side.RIGHT
FULL_LINK = Link(
    id="link-1",
    left=LinkSide(
        "l1",
        base={"nickname": "Ada", "notes": ""},
        seen={"nickname": "Adå \x00 \ud800", "notes": ""},
        standing=Standing.MISSING,
        version='W/"3"',
        modified_at=WHEN,
        ref={"href": "/a.vcf", "deep": [1, {"x": None}]},
        observed_at=WHEN + timedelta(microseconds=1),
        own_version='W/"2"',
        own_at=WHEN,
    ),
    right=LinkSide("r1", base={"nickname": "Ada"}, seen={"nickname": "Ada"}),
    status=LinkStatus.PARTED,
    version=3,
    apart={
        "nickname": Apart(ApartReason.HELD, "Ada", None, {LEFT: ("b", "a")}),
        "notes": Apart(ApartReason.ONE_WAY, "", ""),
    },
    scope={LEFT: True, RIGHT: False},
    due_run=4,
    due_at=WHEN,
    attempts=2,
)
HOLD = Hold(LEFT, "l1", HoldReason.AMBIGUOUS, "two of them", "link-1", "emails", ("r1", "r2"))
CONFLICT = Conflict("link-1", "nickname", LEFT, "Ada", "Adå", None, "", "left")


def _fold(ledger: Ledger, run_id: str = RUN, **batch: object) -> None:
    ledger.fold(SYNC, run_id, FoldBatch(**batch), fence=a_lock(ledger))


# ---- links


def test_a_link_comes_back_whole(ledger: Ledger) -> None:
    _fold(ledger, links=[FULL_LINK, a_link(2)])
    assert ledger.links(SYNC, ["link-1", "absent"]) == [FULL_LINK]
    assert ledger.all_links(SYNC) == [FULL_LINK, a_link(2)]
    assert ledger.all_links("other") == []


def test_an_older_link_does_not_overwrite_a_newer_one(ledger: Ledger) -> None:
    newer = a_link(version=5, status=LinkStatus.CLOSED)
    _fold(ledger, links=[newer])
    for version in (4, 5):
        _fold(ledger, links=[a_link(version=version, left=LinkSide("other"))])
        assert ledger.all_links(SYNC) == [newer]
    _fold(ledger, links=[a_link(version=6)])
    assert ledger.all_links(SYNC) == [a_link(version=6)]


def test_a_link_is_of_the_run_that_made_it_whoever_changes_it_later(ledger: Ledger) -> None:
    _fold(ledger, links=[a_link(1), a_link(2)])
    _fold(ledger, "run-2", links=[a_link(2, version=2), a_link(3)])
    made = {run: [one.id for one in ledger.links_made(SYNC, [run])] for run in (RUN, "run-2", "run-3")}
    assert made == {RUN: ["link-1", "link-2"], "run-2": ["link-3"], "run-3": []}
    assert ledger.links_made(SYNC, ["run-2"]) == [a_link(3)]
    assert ledger.links_made("other", [RUN]) == []


def test_links_are_found_by_either_contact_whatever_their_status(ledger: Ledger) -> None:
    _fold(ledger, links=[a_link(number, status=status) for number, status in enumerate(LinkStatus)])
    assert len(ledger.links_of(SYNC, LEFT, [f"l{number}" for number in range(9)])) == len(LinkStatus)
    assert [link.id for link in ledger.links_of(SYNC, RIGHT, ["r2"])] == ["link-2"]
    assert ledger.links_of(SYNC, RIGHT, ["l2"]) == []


def test_due_links_are_open_and_due_by_run_or_time(ledger: Ledger) -> None:
    links = {
        "run": a_link(1, due_run=3),
        "later run": a_link(2, due_run=4),
        "time": a_link(3, due_at=WHEN, status=LinkStatus.PARTED),
        "later time": a_link(4, due_at=WHEN + timedelta(microseconds=1)),
        "closed": a_link(5, due_run=1, due_at=WHEN, status=LinkStatus.CLOSED),
        "never": a_link(6),
    }
    _fold(ledger, links=list(links.values()))
    assert ledger.due_links(SYNC, 3, WHEN) == [links["run"], links["time"]]


def test_missing_links_are_those_to_point_read(ledger: Ledger) -> None:
    gone = LinkSide("l1", standing=Standing.MISSING)
    links = [
        a_link(1, left=gone),
        a_link(2, left=replace(gone, contact_id="l2"), status=LinkStatus.CLOSED),
        a_link(3, right=LinkSide("r3", standing=Standing.MISSING)),
        a_link(4, left=LinkSide("l4", standing=Standing.GONE), status=LinkStatus.PARTED),
    ]
    _fold(ledger, links=links)
    assert ledger.missing_links(SYNC, LEFT) == [links[0]]
    assert ledger.missing_links(SYNC, RIGHT) == [links[2]]


def test_link_ids_are_a_narrow_frame(ledger: Ledger) -> None:
    assert list(ledger.link_ids(SYNC, LEFT).columns) == ["link_id", "contact_id", "status", "standing"]
    _fold(ledger, links=[a_link(2), FULL_LINK])
    frame = ledger.link_ids(SYNC, LEFT)
    assert sorted(frame.itertuples(index=False, name=None)) == [
        ("link-1", "l1", "parted", "missing"),
        ("link-2", "l2", "live", "present"),
    ]


# ---- key index


def test_an_index_row_comes_back_whole(ledger: Ledger) -> None:
    full = a_known(
        raw=-(2**63),
        fingerprint=2**63 - 1,
        link_id="link-1",
        generation=3,
        ref={"etag": "1"},
        due_run=2,
        due_at=WHEN,
        attempts=1,
        first_seen_at=WHEN,
        keys={"email": (5, -3, 5), "phone": (2**63 - 1,)},
    )
    bare = a_known("l2", raw=None, fingerprint=None)
    _fold(ledger, known=[(LEFT, full), (LEFT, bare), (RIGHT, a_known("l1"))])
    assert ledger.known(SYNC, LEFT, ["l1", "l2", "absent"]) == {"l1": full, "l2": bare}
    assert ledger.known_count(SYNC, LEFT) == 2


def test_keys_are_replaced_and_the_first_sight_stays(ledger: Ledger) -> None:
    _fold(ledger, known=[(LEFT, a_known(keys={"email": (1, 2)}, first_seen_at=WHEN))])
    _fold(ledger, known=[(LEFT, a_known(keys={"email": (3,)}, first_seen_at=WHEN + timedelta(days=1)))])
    assert ledger.known(SYNC, LEFT, ["l1"])["l1"] == a_known(keys={"email": (3,)}, first_seen_at=WHEN)


def test_the_whole_index_is_a_narrow_frame_with_exact_numbers(ledger: Ledger) -> None:
    rows = [a_known("l1", raw=2**63 - 1, fingerprint=None, link_id="x"), a_known("l2", raw=None, tombstone=True)]
    _fold(ledger, known=[(LEFT, row) for row in rows])
    frame = ledger.known_frame(SYNC, LEFT).set_index("contact_id")
    assert frame.loc["l1", "raw"] == 2**63 - 1
    assert frame["raw"].isna().tolist() == [False, True]
    assert frame["fingerprint"].isna().tolist() == [True, False]
    assert frame["link_id"].isna().tolist() == [False, True]
    assert frame["tombstone"].tolist() == [False, True]
    empty = ledger.known_frame(SYNC, RIGHT)
    for found in (empty, ledger.known_frame(SYNC, LEFT)):
        assert found.dtypes.astype(str).to_dict() == {
            "contact_id": "str",
            "raw": "Int64",
            "fingerprint": "Int64",
            "link_id": "str",
            "tombstone": "bool",
        }


def test_gone_ids_leave_the_index_but_tombstones_stay(ledger: Ledger) -> None:
    _fold(ledger, known=[(LEFT, a_known("l1", keys={"email": (1,)})), (LEFT, a_known("l2", tombstone=True))])
    _fold(ledger, forgotten=[(LEFT, "l1"), (LEFT, "l2"), (RIGHT, "l2")])
    assert set(ledger.known(SYNC, LEFT, ["l1", "l2"])) == {"l2"}
    assert ledger.known_count(SYNC, LEFT) == 0
    assert ledger.key_members(SYNC, {"email": [1]}) == []


def test_key_members_of_both_sides_without_tombstones(ledger: Ledger) -> None:
    keys = {"email": (7, 8)}
    rows = [
        (LEFT, a_known("l1", keys=keys, link_id="link-1")),
        (RIGHT, a_known("r1", keys=keys)),
        (RIGHT, a_known("r2", keys=keys, tombstone=True)),
        (RIGHT, a_known("r3", keys={"phone": (7,)})),
    ]
    _fold(ledger, known=rows)
    assert ledger.key_members(SYNC, {"email": [7], "phone": [9]}) == [
        KeyMember(LEFT, "l1", "email", 7, "link-1"),
        KeyMember(RIGHT, "r1", "email", 7, None),
    ]


def test_due_contacts_are_due_and_there(ledger: Ledger) -> None:
    rows = [
        a_known("l1", due_run=2),
        a_known("l2", due_run=2, link_id="link-1"),
        a_known("l3", due_at=WHEN),
        a_known("l4", due_run=3),
        a_known("l5", due_run=2, tombstone=True),
    ]
    _fold(ledger, known=[(LEFT, row) for row in rows])
    assert ledger.due_contacts(SYNC, LEFT, 2, WHEN) == rows[:3]
    assert ledger.due_contacts(SYNC, RIGHT, 2, WHEN) == []


def test_more_ids_than_one_statement_holds(ledger: Ledger) -> None:
    count = 1300
    ids = [f"l{number}" for number in range(count)]
    _fold(
        ledger,
        links=[a_link(number) for number in range(count)],
        known=[(LEFT, a_known(one, keys={"email": (number,)})) for number, one in enumerate(ids)],
    )
    assert len(ledger.known(SYNC, LEFT, ids)) == count
    assert len(ledger.links_of(SYNC, LEFT, ids)) == count
    assert len(ledger.links(SYNC, [f"link-{number}" for number in range(count)])) == count
    assert len(ledger.key_members(SYNC, {"email": range(count)})) == count
    _fold(ledger, forgotten=[(LEFT, one) for one in ids])
    assert ledger.known_count(SYNC, LEFT) == 0


# ---- ids that move


def test_a_moved_id_takes_index_link_journal_and_holds_with_it(ledger: Ledger) -> None:
    known = a_known("r1", keys={"email": (1,)}, link_id="link-1", first_seen_at=WHEN)
    _fold(ledger, links=[a_link(1)], known=[(RIGHT, known)], holds=[replace(HOLD, side=RIGHT, contact_id="r1")])
    sent(ledger, "k1")
    ledger.settle(SYNC, [Outcome("k1", State.DONE, target_id="r1")])
    _fold(ledger, rekeyed=[(RIGHT, "r1", "r9")])
    assert ledger.known(SYNC, RIGHT, ["r1", "r9"]) == {"r9": replace(known, contact_id="r9")}
    assert ledger.all_links(SYNC)[0].right.contact_id == "r9"
    assert ledger.journal(SYNC)[0].outcome.target_id == "r9"
    assert [hold.contact_id for hold, _ in ledger.holds(SYNC)] == ["r9"]


def test_a_move_onto_a_known_id_keeps_the_new_row_with_link_and_generation_of_the_old(ledger: Ledger) -> None:
    old = a_known("r1", link_id="link-1", generation=2, keys={"email": (1,)})
    new = a_known("r9", raw=9, keys={"email": (2,)})
    _fold(ledger, known=[(RIGHT, old), (RIGHT, new)])
    _fold(ledger, rekeyed=[(RIGHT, "r1", "r9")])
    assert ledger.known(SYNC, RIGHT, ["r1", "r9"]) == {"r9": replace(new, link_id="link-1", generation=2)}


def test_a_move_onto_a_linked_id_leaves_both_links_to_the_fold(ledger: Ledger) -> None:
    _fold(ledger, links=[a_link(1), a_link(9)])
    merged = a_link(1, version=2, status=LinkStatus.MERGED)
    _fold(ledger, rekeyed=[(RIGHT, "r1", "r9")], links=[merged])
    assert ledger.all_links(SYNC) == [merged, a_link(9)]


@pytest.mark.parametrize("side", Side)
def test_what_a_person_said_of_two_contacts_follows_a_moved_id(ledger: Ledger, side: Side) -> None:
    def said(mine: str, theirs: str, same: bool) -> Verdict:
        return Verdict(*((mine, theirs) if side is LEFT else (theirs, mine)), same)

    before = [said("old", "one", True), said("old", "two", False), said("new", "two", True), said("else", "one", False)]
    _fold(ledger, verdicts=before)
    _fold(ledger, rekeyed=[(side, "old", "new")])
    kept = {said("new", "one", True), said("new", "two", True), said("else", "one", False)}
    assert set(ledger.verdicts(SYNC)) == kept


def test_a_sync_has_links_or_has_none(ledger: Ledger) -> None:
    assert not ledger.has_links(SYNC)
    _fold(ledger, links=[a_link(1)])
    assert ledger.has_links(SYNC)
    assert not ledger.has_links("other")


# ---- holds and conflicts


def test_holds_are_replaced_within_the_scope_and_keep_since(ledger: Ledger, ledger_clock: Clock) -> None:
    began = ledger_clock()
    other, elsewhere = replace(HOLD, field="phones"), replace(HOLD, contact_id="l2")
    _fold(ledger, holds=[HOLD, other, elsewhere])
    later = ledger_clock.advance(hours=1)
    fresh, changed = replace(HOLD, reason=HoldReason.NO_KEY), replace(HOLD, detail="three of them")
    _fold(ledger, hold_scope=[(LEFT, "l1")], holds=[changed, fresh])
    assert ledger.holds(SYNC) == [(changed, began), (elsewhere, began), (fresh, later)]
    _fold(ledger, hold_scope=[(LEFT, "l1"), (LEFT, "l2"), (RIGHT, "l1")])
    assert ledger.holds(SYNC) == []


def test_conflicts_come_newest_first_and_by_run(ledger: Ledger, ledger_clock: Clock) -> None:
    began = ledger_clock()
    unsettled = replace(CONFLICT, field="notes", winner=None)
    _fold(ledger, conflicts=[CONFLICT])
    later = ledger_clock.advance(hours=1)
    _fold(ledger, run_id="run-2", conflicts=[unsettled])
    assert ledger.conflicts(SYNC) == [("run-2", later, unsettled), (RUN, began, CONFLICT)]
    assert ledger.conflicts(SYNC, RUN) == [(RUN, began, CONFLICT)]


# ---- all of it


def _batch() -> FoldBatch:
    return FoldBatch(
        links=[a_link(1, version=2, right=LinkSide("r9")), a_link(2)],
        known=[(LEFT, a_known("l1", keys={"email": (1, 2)})), (RIGHT, a_known("r8", tombstone=True))],
        forgotten=[(LEFT, "l7"), (RIGHT, "r8")],
        rekeyed=[(RIGHT, "r1", "r9")],
        hold_scope=[(LEFT, "l1"), (LEFT, "l3")],
        holds=[HOLD],
        conflicts=[CONFLICT],
        folded=["k1"],
        requeued=["k2"],
    )


@pytest.fixture
def begun(ledger: Ledger) -> Ledger:
    """A ledger with something for every part of the batch."""
    _fold(
        ledger,
        links=[a_link(1)],
        known=[(RIGHT, a_known("r1", keys={"email": (4,)})), (LEFT, a_known("l7"))],
        holds=[replace(HOLD, contact_id="l3"), replace(HOLD, side=RIGHT, contact_id="r1")],
    )
    sent(ledger, "k1", "k2")
    ledger.settle(SYNC, [Outcome("k1", State.DONE, target_id="r1"), Outcome("k2", State.UNKNOWN)])
    return ledger


def test_folding_twice_is_folding_once(begun: Ledger, ledger_clock: Clock) -> None:
    fence = a_lock(begun)
    untouched = begun.dump()
    begun.fold(SYNC, RUN, _batch(), fence=fence)
    once = begun.dump()
    assert once != untouched
    ledger_clock.advance(days=1)
    begun.fold(SYNC, RUN, _batch(), fence=fence)
    assert begun.dump() == once


def test_folding_nothing_changes_nothing(begun: Ledger) -> None:
    fence = a_lock(begun)
    before = begun.dump()
    begun.fold(SYNC, RUN, FoldBatch(), fence=fence)
    assert begun.dump() == before


def test_syncs_do_not_see_each_other(begun: Ledger) -> None:
    before = begun.dump()
    assert begun.all_links("other") == []
    assert begun.unfolded("other") == []
    fence = begun.take_lock("other", "dag-2/run", ended=lambda _: False).fence
    begun.fold("other", RUN, _batch(), fence=fence)
    assert [row for row in begun.dump()["link"] if row["sync_id"] == SYNC] == before["link"]
    assert [row for row in begun.dump()["hold"] if row["sync_id"] == SYNC] == before["hold"]
    assert begun.dump()["journal"] == before["journal"]
