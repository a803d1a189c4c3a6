"""One field with one value: what is carried, what wins, what is left alone, and when that ends."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from contactsync.model.link import Apart, ApartReason
from contactsync.model.plan import HoldReason
from contactsync.model.spec import SIDES, ConflictPolicy, Direction, Holding, Side
from contactsync.sync.conflicts import FieldState, Settled, settle
from factories import LEFT, ONE_WAY, POLICIES, RIGHT, a_pair, a_state, both

BASE = ("old", "old")


def changed(left: str, right: str, **changes: object) -> Settled:
    """Both sides held `old`."""
    return settle(a_state(BASE, (left, right), **changes))


def pair(**changes: object) -> Mapping[str, object]:
    return {"pair": a_pair(**changes)}


# ---- one side changed


@pytest.mark.parametrize(("now", "target"), [(("new", "old"), RIGHT), (("old", "new"), LEFT)])
def test_an_edit_on_one_side_is_carried_over(now: tuple[str, str], target: Side) -> None:
    settled = changed(*now)
    assert settled == Settled(write={target: "new"})


def test_nothing_follows_where_nothing_changed() -> None:
    assert settle(a_state(("left", "right"), ("left", "right"))) == Settled()


@pytest.mark.parametrize("value", ["new", ""])
def test_both_changed_to_the_same_moves_both_bases_and_writes_nothing(value: str) -> None:
    assert changed(value, value) == Settled(base={LEFT: value, RIGHT: value})


@pytest.mark.parametrize("now", [(None, "new"), ("new", None), (None, None), (None, "")])
def test_a_field_that_a_side_did_not_say_is_not_written_and_keeps_its_bases(now: tuple[str | None, str | None]) -> None:
    apart = Apart(ApartReason.HELD, "a", "b")
    assert settle(a_state(BASE, now)) == Settled()
    assert settle(a_state((None, None), now, apart=apart, retry=True)) == Settled(apart=apart)


@pytest.mark.parametrize("now", [("", "old"), ("old", "")])
def test_a_blank_never_clears_the_other_side(now: tuple[str, str]) -> None:
    settled = changed(*now)
    assert settled.write == settled.base == {}
    assert settled.apart == Apart(ApartReason.BLANK_KEPT, *now)


def test_a_value_too_long_for_the_other_app_is_held_and_not_cut() -> None:
    settled = changed("a long value", "old", **pair(right=Holding(max_length=5)))
    assert settled.write == {}
    assert settled.held is HoldReason.TOO_LONG
    assert settled.apart == Apart(ApartReason.NOT_REPRESENTABLE, "a long value", "old")
    assert "12" in settled.rule
    assert "5" in settled.rule
    assert "long value" not in settled.rule


# ---- both changed


@pytest.mark.parametrize(
    ("policy", "newer", "winner"),
    [
        (ConflictPolicy.LEFT, RIGHT, LEFT),
        (ConflictPolicy.RIGHT, LEFT, RIGHT),
        (ConflictPolicy.NEWEST, RIGHT, RIGHT),
        (ConflictPolicy.NEWEST, LEFT, LEFT),
        (ConflictPolicy.NEWEST, None, LEFT),
    ],
)
def test_the_policy_names_the_winner_and_the_loser_is_logged(
    policy: ConflictPolicy, newer: Side | None, winner: Side
) -> None:
    settled = changed("L", "R", **pair(conflicts=policy), newer=newer)
    assert settled.write == {winner.other: "L" if winner is LEFT else "R"}
    assert settled.loser is winner.other
    assert policy.value in settled.rule


def test_under_hold_nobody_wins() -> None:
    settled = changed("L", "R", **pair(conflicts=ConflictPolicy.HOLD))
    assert settled.write == {}
    assert settled.loser is None
    assert settled.held is HoldReason.CONFLICT
    assert settled.apart == Apart(ApartReason.HELD, "L", "R")


def test_a_winner_that_is_blank_clears_nothing_and_beats_nobody() -> None:
    settled = changed("", "R")
    assert settled.write == {}
    assert settled.loser is None
    assert settled.apart == Apart(ApartReason.BLANK_KEPT, "", "R")


def test_a_loser_that_is_blank_is_filled_and_logged() -> None:
    settled = changed("L", "")
    assert settled.write == {RIGHT: "L"}
    assert settled.loser is RIGHT


# ---- first match


@pytest.mark.parametrize(("now", "target"), [(("x", ""), RIGHT), (("", "x"), LEFT)])
@pytest.mark.parametrize("hold_first", [False, True])
def test_at_first_match_blanks_are_filled_both_ways(now: tuple[str, str], target: Side, *, hold_first: bool) -> None:
    assert settle(a_state((None, None), now, hold_first=hold_first)) == Settled(write={target: "x"})


def test_at_first_match_the_preferred_side_wins_and_the_loser_is_logged() -> None:
    settled = settle(a_state((None, None), ("L", "R"), a_pair(conflicts=ConflictPolicy.RIGHT)))
    assert settled.write == {LEFT: "R"}
    assert settled.loser is LEFT
    assert settled.rule.startswith("first match")


def test_at_first_match_differences_can_be_held() -> None:
    settled = settle(a_state((None, None), ("L", "R"), hold_first=True))
    assert settled.write == {}
    assert settled.held is HoldReason.CONFLICT


LOST = Apart(ApartReason.LEDGER_LOST, "L", "R")


def test_what_differed_when_the_ledger_was_lost_is_held_with_both_values_as_bases() -> None:
    settled = settle(a_state((None, "old"), ("L", "R"), lost=True))
    assert (settled.write, settled.held) == ({}, HoldReason.CONFLICT)
    assert (settled.base, settled.apart) == (both("L", "R"), LOST)


@pytest.mark.parametrize("retry", [False, True])
@pytest.mark.parametrize("lost", [False, True])
def test_it_waits_also_over_complete_reads(*, retry: bool, lost: bool) -> None:
    base = (None, None) if lost else ("L", "R")
    assert settle(a_state(base, ("L", "R"), apart=LOST, retry=retry, lost=lost)) == Settled(apart=LOST)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("side", SIDES)
def test_an_edit_of_one_side_decides_it_whatever_the_policy(side: Side, policy: ConflictPolicy) -> None:
    now = ("new", "R") if side is LEFT else ("L", "new")
    settled = settle(a_state(("L", "R"), now, a_pair(conflicts=policy), apart=LOST))
    assert settled == Settled(write={side.other: "new"})


def test_equal_values_at_first_match_become_the_bases() -> None:
    assert settle(a_state((None, None), ("x", "x"))) == Settled(base={LEFT: "x", RIGHT: "x"})


@pytest.mark.parametrize("base", [(None, "old"), ("old", None)])
def test_a_base_on_one_side_only_is_no_base(base: tuple[str | None, str | None]) -> None:
    settled = settle(a_state(base, ("L", "R")))
    assert settled.rule.startswith("first match")
    assert settle(a_state(base, ("x", ""))).write == {RIGHT: "x"}


# ---- one way


def one_way(now: tuple[str, str], apart: Apart | None = None) -> FieldState:
    return a_state(BASE, now, a_pair(direction=ONE_WAY), apart=apart)


def test_the_receivers_edit_is_left_alone() -> None:
    settled = settle(one_way(("old", "mine")))
    assert settled == Settled(apart=Apart(ApartReason.ONE_WAY, "old", "mine"), skipped=True)


def test_the_receivers_edit_stays_apart_while_only_the_receiver_edits() -> None:
    apart = Apart(ApartReason.ONE_WAY, "old", "mine")
    assert settle(one_way(("old", "mine too"), apart)) == Settled(apart=apart)


@pytest.mark.parametrize("mine", ["mine", ""])
def test_when_the_sender_changes_the_receivers_value_a_blank_too_is_logged_and_replaced(mine: str) -> None:
    settled = settle(one_way(("new", mine), Apart(ApartReason.ONE_WAY, "old", mine)))
    assert settled.write == {RIGHT: "new"}
    assert settled.loser is RIGHT
    assert "one direction" in settled.rule


def test_a_sender_that_is_cleared_beats_nobody() -> None:
    settled = settle(one_way(("", "mine"), Apart(ApartReason.ONE_WAY, "old", "mine")))
    assert settled.write == {}
    assert settled.loser is None
    assert settled.apart == Apart(ApartReason.BLANK_KEPT, "", "mine")


def test_a_side_that_cannot_be_written_only_sends() -> None:
    state = {"pair": a_pair(left=Holding(writable=False), conflicts=ConflictPolicy.HOLD)}
    assert changed("old", "R", **state).apart == Apart(ApartReason.ONE_WAY, "old", "R")
    assert changed("L", "R", **state).write == {RIGHT: "L"}


def test_where_no_direction_is_open_nothing_is_written() -> None:
    state = {"pair": a_pair(left=Holding(writable=False), direction=Direction.RIGHT_TO_LEFT)}
    for now in (("L", "R"), ("L", "old"), ("old", "R"), ("L", "")):
        settled = changed(*now, **state)
        assert settled.write == {}
        assert settled.loser is None


# ---- fields apart


STAYING = [r for r in ApartReason if r is not ApartReason.ONE_WAY]


@pytest.mark.parametrize("reason", STAYING)
def test_a_field_apart_stays_so_while_nobody_changes_it(reason: ApartReason) -> None:
    apart = Apart(reason, "L", "R")
    assert changed("L", "R", apart=apart) == Settled(apart=apart)


def test_what_a_receiver_was_edited_to_waits_until_it_may_send() -> None:
    apart = Apart(ApartReason.ONE_WAY, "old", "R")
    assert changed("old", "R", apart=apart, **pair(direction=ONE_WAY)) == Settled(apart=apart)
    assert changed("old", "R", apart=apart) == Settled(write={LEFT: "R"})
    made = Apart(ApartReason.ONE_WAY, "L", "R")  # so from the beginning: nobody edited it
    assert settle(a_state(("L", "R"), ("L", "R"), apart=made)) == Settled(apart=made)


@pytest.mark.parametrize("reason", STAYING)
def test_an_apart_ends_when_a_side_changes_the_field(reason: ApartReason) -> None:
    settled = settle(a_state(("L", "R"), ("new", "R"), apart=Apart(reason, "L", "R")))
    assert settled.write == {RIGHT: "new"}
    assert settled.apart is None


def test_an_edit_after_an_undo_lists_the_value_that_it_replaces_unseen() -> None:
    settled = settle(a_state(("L", "R"), ("new", "R"), apart=Apart(ApartReason.UNDONE, "L", "R")))
    assert settled == Settled(write={RIGHT: "new"}, loser=RIGHT, rule="edited after an undo")
    assert settle(a_state(("L", ""), ("new", ""), apart=Apart(ApartReason.UNDONE, "L", ""))).loser is None


@pytest.mark.parametrize("reason", ApartReason)
def test_an_apart_ends_when_both_sides_are_equal(reason: ApartReason) -> None:
    settled = changed("x", "x", apart=Apart(reason, "L", "R"))
    assert settled == Settled(base={LEFT: "x", RIGHT: "x"})


@pytest.mark.parametrize("reason", ApartReason)
def test_only_what_was_held_or_refused_is_tried_again_when_told(reason: ApartReason) -> None:
    settled = changed("new", "old", apart=Apart(reason, "new", "old"), retry=True)
    tried = reason in (ApartReason.HELD, ApartReason.REFUSED, ApartReason.ONE_WAY)  # one-way: it may send
    assert settled.write == ({RIGHT: "new"} if tried else {})


def test_when_an_apart_ends_the_side_that_differs_from_what_was_remembered_is_carried() -> None:
    apart = Apart(ApartReason.UNDONE, "restored", "R")
    back_to_base = a_state(("L", "R"), ("L", "R"), apart=apart)
    assert settle(back_to_base).write == {RIGHT: "L"}


def test_after_an_apart_the_values_are_compared_with_each_other_too() -> None:
    """Left was held apart; now right changed as well: neither may silently replace the other."""
    settled = changed("L", "R2", apart=Apart(ApartReason.HELD, "L", "old"))
    assert settled.write == {RIGHT: "L"}
    assert settled.loser is RIGHT
