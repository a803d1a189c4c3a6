"""What a run may change without a person."""

from __future__ import annotations

from typing import Any

import pytest
from contactsync.model.exchange import Verb
from contactsync.model.plan import Intent, Plan
from contactsync.model.spec import Limit, Limits, Side
from contactsync.sync.guards import allowed, exceeded, flipping
from contactsync.sync.readings import Reading
from factories import LEFT, RIGHT, a_reading, a_row, an_intent, both

NO_LIMIT = Limit()
WIDE = Limits(NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT)


def judged(
    *intents: Intent, limits: Limits = WIDE, known: int = 100, has_links: bool = True, **reading: Any
) -> tuple[str, ...]:
    readings: dict[Side, Reading] = {s: a_reading(s) for s in Side}
    if reading:
        readings[LEFT] = a_reading(LEFT, **reading)
    return exceeded(Plan(intents=intents), limits, both(known, known), readings, has_links=has_links)


def some(count: int, verb: Verb, side: Side = RIGHT, **changes: Any) -> list[Intent]:
    return [an_intent(side, verb, key=f"k{n}", **changes) for n in range(count)]


@pytest.mark.parametrize(
    ("limit", "size", "most"),
    [
        (Limit(5, 5), 100, 5),
        (Limit(5, 5), 1000, 50),
        (Limit(50, 20), 10, 50),
        (Limit(None, 50), 10, 5),
        (Limit(20, None), 1000, 20),
        (Limit(0, None), 1000, 0),
        (Limit(), 10, None),
    ],
)
def test_a_limit_is_the_larger_of_count_and_percent(limit: Limit, size: int, most: float | None) -> None:
    assert allowed(limit, size) == most


@pytest.mark.parametrize("verb", Verb)
def test_what_is_over_its_limit_is_said_with_side_and_number(verb: Verb) -> None:
    limits = Limits(*[Limit(3)] * 3, blanked=NO_LIMIT)
    assert judged(*some(3, verb), limits=limits) == ()
    (problem,) = judged(*some(4, verb), limits=limits)
    assert f"4 {verb}s" in problem
    assert "right" in problem
    assert "3" in problem


def test_each_side_has_its_own_limit() -> None:
    limits = Limits(deletes=Limit(2))
    assert judged(*some(2, Verb.DELETE, LEFT), *some(2, Verb.DELETE, RIGHT), limits=limits) == ()
    assert len(judged(*some(3, Verb.DELETE, LEFT), *some(3, Verb.DELETE, RIGHT), limits=limits)) == 2


def test_a_first_run_creates_and_fills_without_limit_but_deletes_and_blanks_within_it() -> None:
    limits = Limits(creates=Limit(1), updates=Limit(1), deletes=Limit(1), blanked=Limit(1))
    fills = some(9, Verb.UPDATE, patch={"company": "x"}, before={"company": ""})
    assert judged(*some(9, Verb.CREATE), *fills, limits=limits, has_links=False) == ()
    blanks = some(9, Verb.UPDATE, patch={"company": ""}, before={"company": "x"})
    assert len(judged(*some(9, Verb.DELETE), *blanks, limits=limits, has_links=False)) == 2


def test_only_a_field_that_held_something_is_blanked() -> None:
    limits = Limits(NO_LIMIT, NO_LIMIT, NO_LIMIT, blanked=Limit(0))
    blank = an_intent(patch={"company": "", "emails": "[]"}, before={"company": "x", "emails": "[]"})
    (problem,) = judged(blank, limits=limits)
    assert problem.startswith("1 blanked")
    assert judged(an_intent(patch={"company": "y"}, before={"company": "x"}), limits=limits) == ()


@pytest.mark.parametrize(("rows", "fine"), [(50, True), (49, False), (0, False), (100, True)])
def test_a_complete_listing_of_under_half_of_the_known_contacts_stops_the_run(rows: int, *, fine: bool) -> None:
    assert bool(judged(complete=True, rows=rows)) is not fine
    assert judged(complete=False, rows=rows) == ()


@pytest.mark.parametrize(("rows", "words"), [(0, "listed no contact at all; 100"), (7, "listed only 7 contacts; 100")])
def test_how_short_a_listing_is_stands_in_the_problem(rows: int, words: str) -> None:
    (problem,) = judged(complete=True, rows=rows)
    assert words in problem


def test_an_empty_account_of_which_nothing_is_known_is_fine() -> None:
    assert judged(complete=True, rows=0, known=0) == ()


def test_a_field_rewritten_in_turn_three_times_flips() -> None:
    def write(side: Side, field: str = "company", link: str = "link-1") -> Any:
        return a_row(an_intent(side, link_id=link, patch={field: "x"}))

    assert flipping([write(LEFT), write(RIGHT), write(LEFT)]) == {("link-1", "company")}
    assert flipping([write(LEFT), write(LEFT), write(RIGHT)]) == frozenset()
    assert flipping([write(LEFT), write(RIGHT, "notes"), write(LEFT, link="link-2")]) == frozenset()
