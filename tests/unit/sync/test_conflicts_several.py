"""One field with several values: element by element, each side against its own base, as far as a side can hold it."""

from __future__ import annotations

import time

import pytest
from contactsync.contact import Element, decode, encode
from contactsync.model.link import Apart, ApartReason
from contactsync.model.plan import HoldReason
from contactsync.model.spec import ConflictPolicy, FieldPair, Holding, Side
from contactsync.sync.conflicts import Settled, settle
from factories import (
    FREE,
    FULL,
    LABELS,
    LEFT,
    ONE_WAY,
    RIGHT,
    SLOTS,
    a_pair,
    a_state,
    both,
    ids,
    labels,
    listed,
    primaries,
)

NOTHING = listed()


def several(
    base: tuple[str | None, str | None], now: tuple[str, str], pair: FieldPair | None = None, **changes: object
) -> Settled:
    return settle(a_state(base, now, pair or a_pair("emails"), **changes))


def both_had(*elements: str) -> tuple[str, str]:
    return listed(*elements), listed(*elements)


PLAIN = a_pair("tags", FREE, FREE)
ANY_SIDE = pytest.mark.parametrize("side", [LEFT, RIGHT])


def as_seen_from(side: Side, mine: str, theirs: str) -> tuple[str, str]:
    return (mine, theirs) if side is LEFT else (theirs, mine)


# ---- added, removed, edited


@ANY_SIDE
def test_what_a_side_added_is_added_to_the_others_own_list(side: Side) -> None:
    base = as_seen_from(side, listed("a"), listed("a", "own"))
    now = as_seen_from(side, listed("a", "new"), listed("a", "own"))
    settled = several(base, now, PLAIN)
    assert settled.write == {side.other: listed("a", "new", "own")}
    assert settled.touched == {side.other: ("new",)}


@ANY_SIDE
def test_what_a_side_removed_is_removed_there_too(side: Side) -> None:
    settled = several(both_had("a", "b"), as_seen_from(side, listed("a"), listed("a", "b")), PLAIN)
    assert settled.write == {side.other: listed("a")}
    assert settled.touched == {side.other: ("b",)}


@ANY_SIDE
def test_a_new_label_is_carried(side: Side) -> None:
    settled = several(
        both_had("a/home", "b/work"), as_seen_from(side, listed("a/old", "b/work"), listed("a/home", "b/work"))
    )
    assert settled.write == {side.other: listed("a/old", "b/work")}
    assert settled.touched == {side.other: ("a",)}


def test_both_sides_changes_meet() -> None:
    settled = several(both_had("a", "b"), (listed("a", "l"), listed("b", "r")), PLAIN)
    assert settled.write == {LEFT: listed("l", "r"), RIGHT: listed("l", "r")}


def test_each_side_is_measured_by_its_own_base() -> None:
    """The left never took `x`; that it is not there is no removal."""
    settled = several((listed("a"), listed("a", "x")), (listed("a", "new"), listed("a", "x")), PLAIN)
    assert settled.write == {RIGHT: listed("a", "new", "x")}


def test_without_bases_both_lists_are_united() -> None:
    settled = several((None, None), (listed("a", "b"), listed("b", "c")), PLAIN)
    assert settled.write == {LEFT: listed("a", "b", "c"), RIGHT: listed("a", "b", "c")}
    assert settled.base == {LEFT: listed("b"), RIGHT: listed("b")}


@ANY_SIDE
def test_an_element_removed_here_and_edited_there_is_kept_on_both(side: Side) -> None:
    now = as_seen_from(side, listed("b/work"), listed("a/private", "b/work"))
    settled = several(both_had("a/home", "b/work"), now)
    assert settled.write == {side: listed("a/private", "b/work")}


@ANY_SIDE
def test_both_added_the_same_the_winners_label_stands_and_the_loser_is_logged(side: Side) -> None:
    policy = ConflictPolicy(side.value)
    now = as_seen_from(side, listed("a/mine"), listed("a/theirs"))
    settled = several(both_had(), now, a_pair("emails", conflicts=policy))
    assert settled.write == {side.other: listed("a/mine")}
    assert settled.loser is side.other


@ANY_SIDE
def test_a_winner_without_a_label_takes_the_losers(side: Side) -> None:
    now = as_seen_from(side, listed("a/"), listed("a/theirs"))
    settled = several(both_had(), now, a_pair("emails", conflicts=ConflictPolicy(side.value)))
    assert settled.write == {side: listed("a/theirs")}
    assert settled.loser is None


@ANY_SIDE
def test_the_same_label_changed_on_both_sides_is_a_conflict(side: Side) -> None:
    now = as_seen_from(side, listed("a/mine"), listed("a/theirs"))
    settled = several(both_had("a/old"), now, a_pair("emails", conflicts=ConflictPolicy(side.value)))
    assert settled.write == {side.other: listed("a/mine")}
    assert settled.loser is side.other


def test_under_hold_a_label_changed_on_both_sides_is_held() -> None:
    settled = several(
        both_had("a/old"), (listed("a/x"), listed("a/y")), a_pair("emails", conflicts=ConflictPolicy.HOLD)
    )
    assert settled.write == {}
    assert settled.held is HoldReason.CONFLICT


def test_changes_of_different_attributes_are_no_conflict() -> None:
    """Left made it primary, right renamed it: both want the same element, but nobody loses."""
    pair = a_pair("emails", FULL, FULL, conflicts=ConflictPolicy.HOLD)
    base = listed(Element("a", "a", "home", False))
    left, right = listed(Element("a", "a", "home", True)), listed(Element("a", "a", "work", False))
    settled = several((base, base), (left, right), pair)
    both = listed(Element("a", "a", "work", True))
    assert settled.write == {LEFT: both, RIGHT: both}
    assert settled.held is settled.loser is None


def test_different_additions_are_no_conflict_even_under_hold() -> None:
    settled = several(
        both_had("a"), (listed("a", "l"), listed("a", "r")), a_pair("tags", FREE, FREE, conflicts=ConflictPolicy.HOLD)
    )
    assert set(settled.write) == {LEFT, RIGHT}
    assert settled.held is settled.loser is None


def test_the_raw_text_of_an_element_is_carried_when_it_was_retyped() -> None:
    before, after = Element("+4930123456", "030 123456"), Element("+4930123456", "+49 30 123456")
    settled = several((listed(before), listed(before)), (listed(after), listed(before)), a_pair("phones", FREE, FREE))
    assert settled.write == {RIGHT: listed(after)}


# ---- what stays apart


def test_a_list_emptied_on_one_side_clears_nothing() -> None:
    settled = several(both_had("a", "b"), (NOTHING, listed("a", "b")), PLAIN)
    assert settled.write == settled.base == {}
    assert settled.apart == Apart(ApartReason.BLANK_KEPT, NOTHING, listed("a", "b"))


@ANY_SIDE
@pytest.mark.parametrize("reason", [ApartReason.BLANK_KEPT, ApartReason.HELD, ApartReason.REFUSED])
def test_a_list_that_is_as_it_was_again_is_apart_no_longer(side: Side, reason: ApartReason) -> None:
    base = as_seen_from(side, encode([Element("a", "a")]), encode([Element("a", "a", primary=False)]))
    apart = Apart(reason, *as_seen_from(side, NOTHING, base[0] if side is RIGHT else base[1]))
    assert several(base, base, apart=apart) == Settled()


def test_what_still_differs_stays_apart_though_both_are_as_they_were_settled() -> None:
    base = (listed("a"), listed("a", "b"))
    apart = Apart(ApartReason.UNDONE, listed("a", "c"), listed("a", "b"))
    assert several(base, base, PLAIN, apart=apart).apart == apart


def test_removals_that_together_would_empty_both_lists_clear_nothing() -> None:
    settled = several(both_had("a", "b"), (listed("a"), listed("b")), PLAIN)
    assert settled.write == {}
    assert settled.apart is not None
    assert settled.apart.reason is ApartReason.BLANK_KEPT


def test_a_receivers_own_elements_are_left_alone_and_the_senders_still_arrive() -> None:
    pair = a_pair("tags", FREE, FREE, direction=ONE_WAY)
    settled = several(both_had("a"), (listed("a", "l"), listed("a", "r")), pair)
    assert settled.write == {RIGHT: listed("a", "l", "r")}
    assert settled.apart is not None
    assert settled.apart.reason is ApartReason.ONE_WAY
    assert settled.skipped


def test_one_way_a_first_match_settles_what_both_sides_have() -> None:
    """So that the sender's later removal of it is one."""
    pair = a_pair("tags", FREE, FREE, direction=ONE_WAY)
    settled = several((None, None), (listed("a"), listed("a", "r")), pair)
    assert settled.base == {LEFT: listed("a"), RIGHT: listed("a")}
    assert settled.write == {}


@pytest.mark.parametrize("policy", ConflictPolicy)
def test_one_way_the_sender_wins_whatever_the_policy(policy: ConflictPolicy) -> None:
    pair = a_pair("emails", direction=ONE_WAY, conflicts=policy)
    settled = several(both_had("a/old"), (listed("a/sent"), listed("a/mine")), pair)
    assert settled.write == {RIGHT: listed("a/sent")}
    assert settled.loser is RIGHT


def test_at_first_match_different_lists_can_be_held() -> None:
    settled = several((None, None), (listed("a"), listed("b")), PLAIN, hold_first=True)
    assert settled.held is HoldReason.CONFLICT
    assert several((None, None), (listed("a"), NOTHING), PLAIN, hold_first=True).write == {RIGHT: listed("a")}


def test_at_first_match_different_labels_can_be_held() -> None:
    settled = several((None, None), (listed("a/x"), listed("a/y")), hold_first=True)
    assert settled.held is HoldReason.CONFLICT
    assert settled.write == {}


def test_lists_that_differed_when_the_ledger_was_lost_wait_and_only_edits_of_them_are_carried() -> None:
    had = (listed("a", "l"), listed("a", "r"))
    settled = several((None, None), had, PLAIN, lost=True)
    assert (settled.write, settled.held, settled.base) == ({}, HoldReason.CONFLICT, both(*had))
    assert settled.apart is not None
    edited = several(had, (listed("l", "new"), had[1]), PLAIN, apart=settled.apart)
    assert edited.write == {RIGHT: listed("new", "r")}
    assert edited.apart == Apart(ApartReason.LEDGER_LOST, listed("l", "new"), listed("new", "r"))
    agreed = several(had, (had[0], had[0]), PLAIN, apart=settled.apart)
    assert (agreed.write, agreed.apart) == ({}, None)
    joined = several(had, (listed("a", "l", "r"), listed("a", "r", "l")), PLAIN, apart=settled.apart)
    assert (joined.write, joined.apart) == ({}, None)


# ---- what a side can hold


@ANY_SIDE
def test_a_side_without_labels_never_changes_one(side: Side) -> None:
    pair = a_pair("emails", *as_seen_from(side, FREE, LABELS))  # type: ignore[arg-type]
    base = as_seen_from(side, listed("a", "b"), listed("a/home", "b/work"))
    retyped = listed(Element("a", "A"), "b", "new")
    settled = several(base, as_seen_from(side, retyped, listed("a/home", "b/work")), pair)
    assert labels(settled.write[side.other]) == {"a": "home", "b": "work", "new": ""}


@ANY_SIDE
def test_a_label_changed_where_the_other_side_has_none_moves_the_base_and_writes_nothing(side: Side) -> None:
    pair = a_pair("emails", *as_seen_from(side, LABELS, FREE))  # type: ignore[arg-type]
    base = as_seen_from(side, listed("a/home"), listed("a"))
    settled = several(base, as_seen_from(side, listed("a/work"), listed("a")), pair)
    assert settled.write == {}
    assert settled.apart is None
    assert settled.base == {side: listed("a/work")}


@pytest.mark.parametrize(("brought", "kept"), [("new", "home"), ("new/home", "home")])
def test_an_element_that_replaces_another_keeps_its_label(brought: str, kept: str) -> None:
    mine = FREE if "/" not in brought else LABELS
    gone = "old" if "/" not in brought else "old/home"
    settled = several(
        (listed(gone), listed("old/home")), (listed(brought), listed("old/home")), a_pair("emails", mine, LABELS)
    )
    assert labels(settled.write[RIGHT]) == {"new": kept}


def test_an_element_that_replaces_the_primary_one_is_primary_where_only_the_target_knows() -> None:
    pair = a_pair("emails", FREE, FULL)
    settled = several((listed("old"), listed("old/home*")), (listed("new"), listed("old/home*")), pair)
    assert settled.write == {RIGHT: listed("new/home*")}


# ---- slots


def slotted(left_base: str, right_base: str, left: str, right: str, **changes: object) -> Settled:
    return several((left_base, right_base), (left, right), a_pair("phones", SLOTS, LABELS), **changes)


def test_an_element_goes_to_the_slot_of_its_label_else_to_a_free_one() -> None:
    settled = slotted(NOTHING, NOTHING, NOTHING, listed("1/home", "2/mobile"))
    assert labels(settled.write[LEFT]) == {"1": "work", "2": "mobile"}


def test_what_finds_no_slot_is_named_and_offered_again_when_the_field_changes() -> None:
    full, three = listed("1/mobile", "2/work"), listed("1/mobile", "2/work", "3/home")
    settled = slotted(full, full, full, three)
    assert settled.write == {}
    assert settled.base == {RIGHT: three}
    assert settled.apart == Apart(ApartReason.NOT_REPRESENTABLE, full, three, {LEFT: ("3",)})

    waiting = slotted(full, three, full, three, apart=settled.apart)
    assert waiting == Settled(apart=settled.apart)

    freed = slotted(full, three, listed("2/work"), three, apart=settled.apart)
    assert labels(freed.write[LEFT]) == {"2": "work", "3": "mobile"}
    assert ids(freed.write[RIGHT]) == ["2", "3"]


def test_a_label_that_names_no_slot_does_not_touch_the_slot() -> None:
    both = listed("1/mobile")
    settled = slotted(both, both, both, listed("1/home"))
    assert settled.write == {}
    assert settled.base == {RIGHT: listed("1/home")}


def test_retyping_a_number_reaches_the_slot_whatever_its_label_is() -> None:
    before, after = Element("1", "1", "home"), Element("1", "(1)", "home")
    settled = slotted(listed("1/mobile"), listed(before), listed("1/mobile"), listed(after))
    assert decode(settled.write[LEFT]) == (Element("1", "(1)", "mobile"),)


def test_retyping_and_moving_into_a_taken_slot_keeps_the_slot_and_takes_the_text() -> None:
    base = listed("1/mobile", "2/work")
    now = listed(Element("1", "(1)", "work"), "2/work")
    settled = slotted(base, base, base, now)
    assert decode(settled.write[LEFT]) == (Element("1", "(1)", "mobile"), Element("2", "2", "work"))


def test_two_numbers_can_change_slots_with_each_other() -> None:
    base, swapped = listed("1/mobile", "2/work"), listed("1/work", "2/mobile")
    assert slotted(base, base, swapped, base).write == {RIGHT: swapped}
    assert slotted(base, base, base, swapped).write == {LEFT: swapped}


def test_slots_do_not_rename_a_label_they_have_no_place_for() -> None:
    """At first match, or after a lost ledger: `home` was typed by somebody, the slot was only the place left."""
    settled = slotted(None, None, listed("1/work"), listed("1/home"))  # type: ignore[arg-type]
    assert settled.write == {}
    assert settled.loser is None


def test_a_replaced_number_in_a_slot_keeps_the_others_label() -> None:
    settled = slotted(listed("1/work"), listed("1/home"), listed("9/work"), listed("1/home"))
    assert settled.write == {RIGHT: listed("9/home")}


def test_both_slots_replaced_at_once_keep_both_labels() -> None:
    left, right = listed("1/mobile", "2/work"), listed("1/mobile", "2/home")
    settled = slotted(left, right, listed("8/mobile", "9/work"), right)
    assert settled.write == {RIGHT: listed("8/mobile", "9/home")}


def test_slots_without_a_declared_number_still_overflow() -> None:
    pair = a_pair("phones", Holding(label=True, slots=("mobile",)), LABELS)
    settled = several((NOTHING, NOTHING), (NOTHING, listed("1/mobile", "2/mobile")), pair)
    assert labels(settled.write[LEFT]) == {"1": "mobile"}
    assert settled.dropped == {LEFT: ("2",)}


# ---- capacity


def test_what_a_side_holds_already_keeps_its_place() -> None:
    pair = a_pair("tags", FREE, Holding(max_items=2))
    settled = several(both_had("m"), (listed("a", "b", "m"), listed("m")), pair)
    assert ids(settled.write[RIGHT]) == ["a", "m"]
    assert settled.dropped == {RIGHT: ("b",)}
    assert settled.apart is not None
    assert settled.apart.dropped == {RIGHT: ("b",)}


def test_an_element_too_long_for_a_side_is_left_out_and_the_rest_arrives() -> None:
    settled = several(both_had(), (listed("long one", "ok"), NOTHING), a_pair("tags", FREE, Holding(max_length=4)))
    assert settled.write == {RIGHT: listed("ok")}
    assert settled.dropped == {RIGHT: ("long one",)}


# ---- the primary one


def test_a_new_primary_takes_the_place_of_the_old_one() -> None:
    pair = a_pair("emails", FULL, FULL)
    settled = several(both_had("a/*", "b/"), (listed("a/", "b/*"), listed("a/*", "b/")), pair)
    assert primaries(settled.write[RIGHT]) == ["b"]


@ANY_SIDE
def test_of_two_new_primaries_the_winners_stands_on_both_sides(side: Side) -> None:
    """Not left's choice on the right and right's choice on the left."""
    pair = a_pair("emails", FULL, FULL, conflicts=ConflictPolicy(side.value))
    base = listed(Element("a", "a", "", True), Element("b", "b", "", False), Element("c", "c", "", False))
    mine = listed(Element("a", "a", "", False), Element("b", "b", "", True), Element("c", "c", "", False))
    theirs = listed(Element("a", "a", "", False), Element("b", "b", "", False), Element("c", "c", "", True))
    settled = several((base, base), as_seen_from(side, mine, theirs), pair)
    after = {
        s: settled.write.get(s, now) for s, now in zip((LEFT, RIGHT), as_seen_from(side, mine, theirs), strict=True)
    }
    assert primaries(after[LEFT]) == primaries(after[RIGHT]) == ["b"]


@ANY_SIDE
def test_at_first_match_there_is_one_primary_on_both_sides(side: Side) -> None:
    pair = a_pair("emails", FULL, FULL, conflicts=ConflictPolicy(side.value))
    mine = listed(Element("a", "a", "", True), Element("b", "b", "", False))
    theirs = listed(Element("a", "a", "", False), Element("b", "b", "", True))
    settled = several((None, None), as_seen_from(side, mine, theirs), pair)
    assert settled.write == {side.other: mine}


@ANY_SIDE
def test_a_label_edited_here_and_added_there_ends_the_same_on_both_sides(side: Side) -> None:
    """The other side had not taken the element until somebody typed it there too."""
    base = as_seen_from(side, listed("a/home"), NOTHING)
    for policy, label in ((side, "mine"), (side.other, "theirs")):
        now = as_seen_from(side, listed("a/mine"), listed("a/theirs"))
        settled = several(base, now, a_pair("emails", conflicts=ConflictPolicy(policy.value)))
        assert settled.write == {policy.other: listed(f"a/{label}")}


def test_a_replaced_element_brings_its_own_label_where_its_side_has_labels() -> None:
    """`home` was typed there for the element that goes; nobody said it of the new one."""
    settled = several(both_had("old/"), (listed("new/"), listed("old/home")))
    assert labels(settled.write[RIGHT])["new"] == ""


def test_very_many_elements_are_carried_over_at_once() -> None:
    """Each was compared with each other: ten thousand tags took half a minute."""
    tags = listed(*(f"tag {n}" for n in range(10_000)))
    began = time.process_time()
    settled = several((NOTHING, NOTHING), (tags, NOTHING), PLAIN)
    assert time.process_time() - began < 5
    assert settled.write == {RIGHT: tags}
