"""Consent only tightens: every pair of what was and what is, on both sides."""

from __future__ import annotations

import itertools

import pytest
from contactsync.contact import OPTED_IN, OPTED_OUT
from contactsync.model.link import ApartReason
from contactsync.model.spec import SIDES, ConflictPolicy, Direction, Side
from contactsync.sync.conflicts import settle
from contactsync.sync.consent import loosens
from factories import a_pair, a_state

VALUES = ("", OPTED_IN, OPTED_OUT)
KNOWN = tuple(itertools.product(VALUES, repeat=4))
ANYTHING = (*KNOWN, *((None, None, left, right) for left, right in itertools.product(VALUES, repeat=2)))


def settled(was, now, **changes):
    return settle(a_state(was, now, a_pair("consent", **changes)))


@pytest.mark.parametrize("policy", ConflictPolicy)
@pytest.mark.parametrize("case", ANYTHING)
def test_nothing_but_an_opt_out_is_ever_written(case, policy) -> None:
    found = settled(case[:2], case[2:], conflicts=policy)
    assert set(found.write.values()) <= {OPTED_OUT}
    assert all(case[2:][SIDES.index(side)] != OPTED_OUT for side in found.write), "it is written where it was not"


@pytest.mark.parametrize("case", ANYTHING)
def test_an_opt_out_that_is_new_goes_to_the_other_side(case) -> None:
    was, now = case[:2], case[2:]
    found = settled(was, now)
    for side, other in ((0, 1), (1, 0)):
        fresh = now[side] == OPTED_OUT and was[side] != OPTED_OUT
        if fresh and now[other] != OPTED_OUT:
            assert found.write == {SIDES[other]: OPTED_OUT}


@pytest.mark.parametrize("case", ANYTHING)
def test_sides_mirror_each_other(case) -> None:
    there, back = settled(case[:2], case[2:]), settled(case[1::-1], case[:1:-1])
    assert {s.other: text for s, text in there.write.items()} == dict(back.write)


@pytest.mark.parametrize("case", KNOWN)
def test_what_is_not_carried_is_settled_and_stays_quiet(case) -> None:
    found = settled(case[:2], case[2:])
    if found.write or case[2] == case[3]:
        return
    assert found.apart is not None
    assert found.apart.reason is ApartReason.CONSENT
    bases = tuple(found.base[side] for side in SIDES)
    again = settle(a_state(bases, case[2:], a_pair("consent"), apart=found.apart))
    assert not again.write
    assert again.apart == found.apart


@pytest.mark.parametrize(
    ("now", "text", "looser"),
    [
        (OPTED_OUT, "", True),
        (OPTED_OUT, OPTED_IN, True),
        ("", OPTED_IN, True),
        ("", OPTED_OUT, False),
        (OPTED_IN, OPTED_OUT, False),
        (OPTED_IN, "", False),
        ("words of nobody", OPTED_IN, False),
        (OPTED_OUT, "words of nobody", True),
    ],
)
def test_what_makes_somebody_easier_to_write_to(now: str, text: str, looser: bool) -> None:
    assert loosens(now, text) is looser


def test_who_had_opted_in_meanwhile_is_logged_as_the_loser() -> None:
    found = settled(("", ""), (OPTED_IN, OPTED_OUT), conflicts=ConflictPolicy.LEFT)
    assert (found.write, found.loser) == ({Side.LEFT: OPTED_OUT}, Side.LEFT)
    assert "an opt-out wins" in found.rule


def test_a_closed_direction_carries_no_opt_out() -> None:
    found = settled(("", ""), ("", OPTED_OUT), direction=Direction.LEFT_TO_RIGHT)
    assert not found.write
    assert found.apart is not None
    assert found.apart.reason is ApartReason.ONE_WAY
