"""Creates of which nobody knows whether they happened: found again, proven absent, or still unknown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from contactsync.model.app import Adopt
from contactsync.model.exchange import State, Verb
from contactsync.model.plan import NEVER_HAPPENED, JournalRow
from contactsync.sync.readings import Reading
from contactsync.sync.unknowns import Settling, Told, settle_unknown
from factories import LEFT, RIGHT, a_reading, a_row, a_shown, an_intent, both, minutes

LAG = timedelta(minutes=5)
LATER = 5.1
NOBODY: tuple[str, ...] = ()


def settled(
    adopt: Adopt,
    reading: Reading,
    row: JournalRow | None = None,
    told: Told | None = None,
    strangers: Collection[str] = NOBODY,
) -> Settling:
    readings = both(a_reading(LEFT, began_at=minutes(60)), reading)
    told = told or Told(looked_up=("k1",))
    return settle_unknown([row or a_row()], readings, both(adopt, adopt), both(LAG, LAG), both((), strangers), told)


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
    assert is_unknown(settled(adopt, listing(), strangers=("r9",)))
    assert is_unknown(settled(adopt, listing(moved={"r9": "r8"})))


def test_several_records_with_the_key_are_for_a_person() -> None:
    assert is_unknown(settled(Adopt.UNIQUE_KEY, listing(), told=Told(looked_up=("k1",), several=("k1",))))


@pytest.mark.parametrize("adopt", Adopt)
def test_a_marked_record_is_adopted(adopt: Adopt) -> None:
    shown = a_shown("r9", {"company": "x"}, marker=("k0", "k1"))
    (outcome,) = settled(adopt, listing(0, shown=[shown])).settled
    assert (outcome.state, outcome.target_id) == (State.ADOPTED, "r9")


def test_a_marked_create_is_given_up_after_two_complete_later_listings() -> None:
    once = settled(Adopt.MARKER, listing(complete=True))
    assert is_unknown(once)
    assert once.listed == ("k1",)
    assert is_never(settled(Adopt.MARKER, listing(complete=True), a_row(listings=1)))


def test_listings_that_prove_nothing_are_not_counted() -> None:
    for reading in (listing(5, complete=True), listing(complete=False), listing(complete=True, moved={"r9": "r8"})):
        for listings in (0, 1):
            settling = settled(Adopt.MARKER, reading, a_row(listings=listings))
            assert is_unknown(settling)
            assert settling.listed == ()


def test_where_nothing_can_be_adopted_a_person_decides() -> None:
    assert is_unknown(settled(Adopt.NONE, listing(complete=True), a_row(listings=9)))


def test_a_request_of_unknown_time_is_never_proven_absent() -> None:
    assert is_unknown(settled(Adopt.CLIENT_ID, listing(), a_row(sent_at=None)))


def test_only_creates_are_settled_here() -> None:
    for verb in (Verb.UPDATE, Verb.DELETE):
        assert settled(Adopt.CLIENT_ID, listing(), a_row(an_intent(verb=verb))) == Settling()


def test_each_side_is_settled_by_its_own_listing() -> None:
    readings = both(a_reading(LEFT, began_at=minutes(60)), a_reading(RIGHT, began_at=minutes(1)))
    adopt, lag, nobody = both(Adopt.CLIENT_ID, Adopt.CLIENT_ID), both(LAG, LAG), both((), ())
    rows = [a_row(an_intent(s, Verb.CREATE, key=s.value, link_id=None)) for s in (LEFT, RIGHT)]
    settling = settle_unknown(rows, readings, adopt, lag, nobody, Told(looked_up=("left", "right")))
    assert [o.key for o in settling.settled] == ["left"]
    assert [r.intent.key for r in settling.unknown] == ["right"]
