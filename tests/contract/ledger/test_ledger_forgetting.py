"""Tombstones, and erasing what is stored of some contacts: theirs goes whole, nobody else's goes with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from contactsync.errors import FenceLost
from contactsync.ledger.store import Ledger
from contactsync.model.decisions import Decided, Verdict
from contactsync.model.exchange import State
from contactsync.model.forgotten import Tombstone, Traces
from contactsync.model.ledger import FoldBatch
from contactsync.model.link import LinkSide, LinkStatus
from contactsync.model.plan import Conflict, Hold, HoldReason, Outcome
from contactsync.model.spec import Side
from ledger_rows import RUN, SYNC, WHEN, a_known, a_link, a_lock, planned

LEFT, RIGHT = Side.LEFT, Side.RIGHT
BESIDE = "same as left:l1, r1234 and others"


def a_tombstone(number: int = 1, **changes: Any) -> Tombstone:
    return Tombstone(**{"kind": "left", "hash": number, "person": "someone", "since": WHEN, **changes})


def test_tombstones_are_added_once_replaced_and_lifted_by_person(ledger: Ledger) -> None:
    fence = a_lock(ledger)
    first, other = a_tombstone(1), a_tombstone(-(2**63), kind="email", person="else")
    ledger.bury(SYNC, [first, other], fence=fence)
    ledger.bury(SYNC, [a_tombstone(1, person="again", since=WHEN + timedelta(days=1))], fence=fence)
    assert set(ledger.forgotten(SYNC)) == {first, other}
    assert ledger.forgotten("another sync") == ()
    ledger.lift(SYNC, ["someone"], fence=fence)
    assert ledger.forgotten(SYNC) == (other,)
    ledger.replace_tombstones(SYNC, [first], fence=fence)
    assert ledger.forgotten(SYNC) == (first,)


def test_only_who_holds_the_lock_forgets(ledger: Ledger) -> None:
    stale = a_lock(ledger) - 1
    for use in (
        lambda: ledger.bury(SYNC, [a_tombstone()], fence=stale),
        lambda: ledger.replace_tombstones(SYNC, [], fence=stale),
        lambda: ledger.lift(SYNC, ["someone"], fence=stale),
        lambda: ledger.erase(SYNC, Traces(frozenset({(LEFT, "l1")})), fence=stale),
    ):
        with pytest.raises(FenceLost):
            use()
    assert ledger.forgotten(SYNC) == ()


def test_an_artefact_is_known_by_what_it_was(ledger: Ledger) -> None:
    assert ledger.became("a") is None
    ledger.note_rewritten("a", "b")
    ledger.note_rewritten("a", "c")
    ledger.note_rewritten("c", "d")
    assert (ledger.became("a"), ledger.became("c")) == ("c", "d")


def full(ledger: Ledger, sync_id: str = SYNC) -> int:
    """Two linked persons, l1 and l2, each with everything that can be stored of one; 2's hold names l1."""
    fence = ledger.take_lock(sync_id, "owner", ended=lambda _: False).fence
    ledger.start_run(sync_id, RUN, "cli")
    batch = FoldBatch(
        links=[a_link(n) for n in (1, 2)],
        known=[
            (side, a_known(f"{side[0]}{n}", link_id=f"link-{n}", keys={"email": (n,)}))
            for n in (1, 2)
            for side in (LEFT, RIGHT)
        ],
        holds=[
            Hold(LEFT, "l1", HoldReason.CONFLICT, "held", "link-1", "nickname"),
            Hold(
                LEFT,
                "l2",
                HoldReason.AMBIGUOUS,
                "same as left:l1, r1234 and others",
                candidates=("left:l1", "right:r2"),
            ),
        ],
        conflicts=[Conflict(f"link-{n}", "nickname", LEFT, "Ada", "Uma", "", "", "rule") for n in (1, 2)],
        verdicts=[Verdict("l1", "r9", same=False), Verdict("l2", "r9", same=False)],
        decided=[Decided("conflict left:l1", "left", "maria", "link-1"), Decided("conflict left:l2", "left", "maria")],
    )
    ledger.fold(sync_id, RUN, batch, fence=fence)
    planned_in(ledger, sync_id)
    return fence


def planned_in(ledger: Ledger, sync_id: str) -> None:
    if sync_id == SYNC:
        planned(ledger, "k1", source_id="l1", target_id="")
        planned(ledger, "k2", source_id="l2", link_id="link-2", target_id="r2")
        planned(ledger, "k3", source_id="l3", target_id="")
        ledger.settle(SYNC, [Outcome("k3", State.NOT_SENT, reason="what was found (left:l1) is linked")])


def rows(ledger: Ledger, sync_id: str = SYNC) -> dict[str, list[dict[str, Any]]]:
    return {name: [row for row in held if row.get("sync_id") == sync_id] for name, held in ledger.dump().items()}


def test_everything_of_a_contact_goes_and_nothing_of_others(ledger: Ledger) -> None:
    fence = full(ledger)
    full(ledger, "another sync")
    before = rows(ledger)
    theirs = rows(ledger, "another sync")
    ledger.erase(SYNC, Traces(frozenset({(LEFT, "l1"), (RIGHT, "r1")})), fence=fence)
    after = rows(ledger)
    for table in ("link", "link_side", "link_value", "known", "key_hash", "hold", "conflict", "verdict"):
        assert 2 * len(after[table]) == len(before[table]), table
    assert [row["op_key"] for row in after["journal"]] == ["k2", "k3"]
    assert "l1" not in repr(after), "nobody names it any more"
    (hold,) = [h for h, _ in ledger.holds(SYNC)]
    assert (hold.detail, hold.candidates) == ("same as left:(forgotten), r1234 and others", ("right:r2",))
    assert [d.what for _, _, d in ledger.decisions(SYNC)] == ["conflict left:l2", "conflict left:(forgotten)"]
    assert rows(ledger, "another sync") == theirs
    ledger.erase(SYNC, Traces(frozenset({(LEFT, "l1"), (RIGHT, "r1")})), fence=fence)
    assert rows(ledger) == after, "again changes nothing"


@pytest.mark.parametrize("uid", ["zoe-left", "zoe quixwort", "Quixwort, Zoe", "zoe (Quixwort)", "O'Quixwort", "z.q"])
def test_an_id_goes_from_texts_whatever_it_is_made_of(ledger: Ledger, uid: str) -> None:
    fence = a_lock(ledger)
    words = [f"match left:{uid}", f"left:{uid} was linked with right:r1", f"same as left:{uid}'s", f"(left:{uid})."]
    words += [f"it is '{uid}'", f"{uid}: no match key"] if len(uid) > 3 else []
    ledger.fold(SYNC, RUN, FoldBatch(decided=[Decided(one, "left", "maria") for one in words]), fence=fence)
    ledger.erase(SYNC, Traces(frozenset({(LEFT, uid)})), fence=fence)
    told = [d.what for _, _, d in ledger.decisions(SYNC)]
    assert len(told) == len(words)
    assert all("(forgotten)" in one and uid not in one for one in told), told


def test_a_longer_id_is_somebody_else(ledger: Ledger) -> None:
    fence = a_lock(ledger)
    words = ["match left:zoe-left-2", "match left:zoe-left.vcf", "match left:a-zoe-left", "match right:zoe-left"]
    ledger.fold(SYNC, RUN, FoldBatch(decided=[Decided(one, "left", "maria") for one in words]), fence=fence)
    ledger.erase(SYNC, Traces(frozenset({(LEFT, "zoe-left")})), fence=fence)
    assert sorted(d.what for _, _, d in ledger.decisions(SYNC)) == sorted(words)


def test_the_same_id_on_the_other_side_is_somebody_else(ledger: Ledger) -> None:
    fence = a_lock(ledger)
    twins = [a_link(1, left=LinkSide("x"), right=LinkSide("y")), a_link(2, left=LinkSide("y"), right=LinkSide("x"))]
    ledger.fold(SYNC, RUN, FoldBatch(links=twins, known=[(LEFT, a_known("x")), (RIGHT, a_known("x"))]), fence=fence)
    ledger.erase(SYNC, Traces(frozenset({(LEFT, "x")})), fence=fence)
    assert [k.id for k in ledger.all_links(SYNC)] == ["link-2"]
    assert list(ledger.known(SYNC, RIGHT, ["x"])) == ["x"]


def test_a_link_alone_may_go_and_whoever_was_in_it_stands_alone(ledger: Ledger) -> None:
    fence = a_lock(ledger)
    old = a_link(1, status=LinkStatus.CLOSED)
    ledger.fold(SYNC, RUN, FoldBatch(links=[old], known=[(LEFT, a_known("l1", link_id="link-1"))]), fence=fence)
    ledger.erase(SYNC, Traces(links=frozenset({"link-1"})), fence=fence)
    assert ledger.all_links(SYNC) == []
    assert ledger.known(SYNC, LEFT, ["l1"])["l1"].link_id is None


def test_what_names_a_text_is_found_whatever_stands_around_it(ledger: Ledger) -> None:
    fence = a_lock(ledger)
    quoted = '[{"id":"zoë@example.org","value":"Zoë@example.org"}]'
    links = [
        a_link(1, left=LinkSide("l1", {"emails": quoted})),
        a_link(2, right=LinkSide("r2", {}, {"emails": quoted})),
    ]
    ledger.fold(SYNC, RUN, FoldBatch(links=[*links, a_link(3)]), fence=fence)
    planned(ledger, "k1", patch={"emails": quoted})
    planned(ledger, "k2")
    assert [k.id for k in ledger.links_naming(SYNC, "zoë@example.org")] == ["link-1", "link-2"]
    assert [r.intent.key for r in ledger.intents_naming(SYNC, "zoë@example.org")] == ["k1"]
    assert ledger.links_naming(SYNC, "%") == []


def test_every_id_of_every_table_is_known(ledger: Ledger) -> None:
    full(ledger)
    assert ledger.every_id(SYNC) == {
        *((LEFT, f"l{n}") for n in (1, 2, 3)),
        *((RIGHT, f"r{n}") for n in (1, 2, 9)),
    }


def test_compacting_keeps_everything_that_is_there(ledger: Ledger) -> None:
    full(ledger)
    before = ledger.dump()
    ledger.compact()
    assert ledger.dump() == before
