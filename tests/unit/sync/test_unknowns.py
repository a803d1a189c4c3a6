"""Creates of which nobody knows whether they happened: found again, proven absent, or still unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from contactsync.model.app import Adopt
from contactsync.model.exchange import State, Verb
from contactsync.model.plan import MADE_AND_GONE, MAY_BE_GONE, NEVER_HAPPENED, JournalRow, Outcome
from contactsync.sync.readings import Reading
from contactsync.sync.unknowns import Settling, Strangers, Told, settle_unknown
from factories import LEFT, RIGHT, a_reading, a_row, a_shown, an_intent, both, minutes

LAG = timedelta(minutes=5)
LATER = 5.1
GHOST = frozenset({"r9"})
NOBODY: Strangers = {}


def settled(
    adopt: Adopt,
    reading: Reading,
    row: JournalRow | None = None,
    told: Told | None = None,
    strangers: Strangers = NOBODY,
) -> Settling:
    readings = both(a_reading(LEFT, began_at=minutes(60)), reading)
    told = told or Told(looked_up=("k1",))
    return settle_unknown([row or a_row()], readings, both(adopt, adopt), both(LAG, LAG), both({}, strangers), told)


def listing(after: float = LATER, **changes: Any) -> Reading:
    return a_reading(RIGHT, began_at=minutes(after), **changes)


def is_never(settling: Settling) -> bool:
    return [(o.state, o.reason) for o in settling.settled] == [(State.NOT_SENT, NEVER_HAPPENED)]


def is_unknown(settling: Settling) -> bool:
    return not settling.settled and len(settling.unknown) == 1


LOOKED_UP = pytest.mark.parametrize("adopt", [Adopt.CLIENT_ID, Adopt.UNIQUE_KEY])


@LOOKED_UP
def test_what_a_look_up_found_is_adopted_however_early(adopt: Adopt) -> None:
    found = a_shown("r9", {"company": "x"}, version="7")
    (outcome,) = settled(adopt, listing(0), told=Told(found={"k1": found})).settled
    assert (outcome.state, outcome.target_id, outcome.version) == (State.ADOPTED, "r9", "7")
    assert outcome.values == {"company": "x"}
    assert not outcome.created


@LOOKED_UP
def test_an_empty_look_up_settles_only_after_a_later_listing(adopt: Adopt) -> None:
    assert is_unknown(settled(adopt, listing(5)))
    assert is_never(settled(adopt, listing(LATER)))


@LOOKED_UP
def test_without_a_look_up_nothing_is_proven(adopt: Adopt) -> None:
    assert is_unknown(settled(adopt, listing(), told=Told()))


@LOOKED_UP
def test_a_stranger_may_be_the_result(adopt: Adopt) -> None:
    assert is_unknown(settled(adopt, listing(), strangers={"r9": None}))
    assert is_unknown(settled(adopt, listing(), strangers={"r9": minutes(1)}))  # shown by an earlier listing already
    assert is_never(settled(adopt, listing(), strangers={"r9": minutes(-1)}))


def test_several_records_with_the_key_are_for_a_person() -> None:
    assert is_unknown(settled(Adopt.UNIQUE_KEY, listing(), told=Told(looked_up=("k1",), several=("k1",))))


@pytest.mark.parametrize("adopt", Adopt)
def test_a_marked_record_is_adopted(adopt: Adopt) -> None:
    shown = a_shown("r9", {"company": "x"}, marker=("k0", "k1"), version="v2", raw=7)
    (outcome,) = settled(adopt, listing(0, shown=[shown])).settled
    assert (outcome.state, outcome.target_id) == (State.ADOPTED, "r9")
    assert (outcome.raw, outcome.version, outcome.values) == (7, "v2", {"company": "x"})


def test_a_marked_create_is_given_up_after_two_complete_later_listings() -> None:
    once = settled(Adopt.MARKER, listing(complete=True))
    assert is_unknown(once)
    assert once.listed == ("k1",)
    assert is_never(settled(Adopt.MARKER, listing(complete=True), a_row(listings=1)))


def test_listings_that_prove_nothing_are_not_counted() -> None:
    for reading in (
        listing(5, complete=True),
        listing(complete=False),
        listing(complete=True, ghosts=frozenset({"r9"})),
    ):
        for listings in (0, 1):
            settling = settled(Adopt.MARKER, reading, a_row(listings=listings))
            assert is_unknown(settling)
            assert settling.listed == ()


REPEATED_BY_LISTINGS = pytest.mark.parametrize("adopt", [Adopt.UNIQUE_KEY, Adopt.MARKER])


def as_kept(row: JournalRow, settling: Settling) -> JournalRow:
    """The row as the ledger keeps it after that run."""
    return replace(row, outcome=next((o for o in settling.doubted if o.key == row.intent.key), row.outcome))


@REPEATED_BY_LISTINGS
def test_somebody_unknown_who_was_deleted_may_have_been_the_result(adopt: Adopt) -> None:
    row = a_row(listings=1)
    settling = settled(adopt, listing(complete=True, ghosts=GHOST), row)
    assert is_unknown(settling)
    (doubt,) = settling.doubted
    assert (doubt.key, doubt.state) == ("k1", State.UNKNOWN)
    assert doubt.reason.startswith(MAY_BE_GONE)
    assert "r9" in doubt.reason


@REPEATED_BY_LISTINGS
def test_the_doubt_stays_and_a_person_decides_what_would_else_be_repeated(adopt: Adopt) -> None:
    row = a_row(listings=1)
    row = as_kept(row, settled(adopt, listing(0, ghosts=GHOST), row))
    later = settled(adopt, listing(complete=True), row)
    (outcome,) = later.settled
    assert (outcome.state, outcome.reason) == (State.NOT_SENT, row.outcome.reason)
    assert not later.unknown


@REPEATED_BY_LISTINGS
def test_a_doubtful_create_that_is_found_is_adopted_like_any(adopt: Adopt) -> None:
    row = as_kept(a_row(), settled(adopt, listing(ghosts=GHOST)))
    (outcome,) = settled(adopt, listing(shown=[a_shown("r8", marker=("k1",))]), row).settled
    assert (outcome.state, outcome.target_id) == (State.ADOPTED, "r8")


def test_a_job_that_still_runs_keeps_its_address_when_it_is_doubted() -> None:
    row = a_row(outcome=Outcome("k1", State.ACCEPTED, job={"id": "7"}))
    (doubt,) = settled(Adopt.MARKER, listing(ghosts=GHOST), row).doubted
    assert (doubt.state, doubt.job) == (State.ACCEPTED, {"id": "7"})


OWN = Told(looked_up=("k1",), own_ids={"k1": "r9"})


@pytest.mark.parametrize("reading", [{"ghosts": GHOST}, {"gone": GHOST}])
@pytest.mark.parametrize("after", [0, LATER])
def test_a_create_under_our_own_id_that_was_deleted_is_adopted_and_not_repeated(
    reading: dict[str, Any], after: float
) -> None:
    (outcome,) = settled(Adopt.CLIENT_ID, listing(after, **reading), told=OWN).settled
    assert (outcome.state, outcome.target_id, outcome.reason) == (State.ADOPTED, "r9", MADE_AND_GONE)


def test_our_own_id_in_a_listing_adopts_also_where_it_moved() -> None:
    shown = a_shown("r8", {"company": "x"})
    for reading in (listing(shown=[a_shown("r9")]), listing(shown=[shown], moved={"r9": "r8"}, ghosts=GHOST)):
        (outcome,) = settled(Adopt.CLIENT_ID, reading, told=OWN).settled
        assert (outcome.state, outcome.target_id) == (State.ADOPTED, next(iter(reading.shown)))


def test_who_else_was_deleted_says_nothing_about_our_own_id() -> None:
    assert is_never(settled(Adopt.CLIENT_ID, listing(ghosts=frozenset({"r1"})), told=OWN))


def test_where_nothing_can_be_adopted_a_person_decides() -> None:
    assert is_unknown(settled(Adopt.NONE, listing(complete=True), a_row(listings=9)))


def test_a_request_of_unknown_time_is_never_proven_absent() -> None:
    assert is_unknown(settled(Adopt.CLIENT_ID, listing(), a_row(sent_at=None)))


def test_only_creates_are_settled_here() -> None:
    for verb in (Verb.UPDATE, Verb.DELETE):
        assert settled(Adopt.CLIENT_ID, listing(), a_row(an_intent(verb=verb))) == Settling()


def test_each_side_is_settled_by_its_own_listing() -> None:
    readings = both(a_reading(LEFT, began_at=minutes(60)), a_reading(RIGHT, began_at=minutes(1)))
    adopt, lag, nobody = both(Adopt.CLIENT_ID, Adopt.CLIENT_ID), both(LAG, LAG), both({}, {})
    rows = [a_row(an_intent(s, Verb.CREATE, key=s.value, link_id=None)) for s in (LEFT, RIGHT)]
    settling = settle_unknown(rows, readings, adopt, lag, nobody, Told(looked_up=("left", "right")))
    assert [o.key for o in settling.settled] == ["left"]
    assert [r.intent.key for r in settling.unknown] == ["right"]
