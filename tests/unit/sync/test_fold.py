"""What a link is after its action was done, refused, overtaken or not sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contactsync.contact import Element
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Apart, ApartReason, Link, LinkStatus, Standing
from contactsync.model.plan import STILL_THERE, Hold, HoldReason, Intent, Outcome
from contactsync.sync.fold import When, back_off, fold_link, is_pending
from contactsync.sync.link_case import Case
from contactsync.sync.links import decide_link
from contactsync.sync.readings import now_values
from factories import (
    FREE,
    FULL,
    LEFT,
    RIGHT,
    WHEN,
    a_link,
    a_pair,
    a_shown,
    a_side,
    an_intent,
    an_outcome,
    both,
    ids,
    listed,
    minutes,
    some_rules,
)

RUN = When(7, WHEN)
PAIRS = (a_pair("company"), a_pair("notes"), a_pair("tags", FREE, FREE))


def edited(**changes: Any) -> Link:
    """Left changed its company from old to new."""
    base = {"company": "old", "notes": "n"}
    return a_link(
        **{
            "version": 4,
            "left": a_side("l1", base, seen={"company": "new"}, observed_at=WHEN),
            "right": a_side("r1", base, observed_at=WHEN),
            **changes,
        },
    )


UPDATE = an_intent(
    patch={"company": "new"},
    before={"company": "old"},
    source={"company": "new"},
    link_version=4,
    source_observed_at=WHEN,
)


def answered(**values: str) -> Outcome:
    return an_outcome(
        values={"company": "new", "notes": "n", **values}, version="v2", ref={"etag": "2"}, modified_at=minutes(2)
    )


def folded(outcome: Outcome, link: Link | None = None, intent: Intent = UPDATE) -> tuple[Link, tuple[Hold, ...]]:
    return fold_link(link or edited(), intent, outcome, RUN)


# ---- done


def test_a_done_update_moves_both_bases_and_nothing_waits() -> None:
    link, holds = folded(answered())
    assert holds == ()
    for side in (link.left, link.right):
        assert side.base == {"company": "new", "notes": "n"}
        assert side.seen == {}
    assert link.apart == {}
    assert not is_pending(link, PAIRS)


def test_the_target_is_remembered_as_the_answer_showed_it() -> None:
    right = folded(answered())[0].right
    assert (right.version, right.own_version, right.ref) == ("v2", "v2", {"etag": "2"})
    assert (right.observed_at, right.own_at) == (minutes(1), minutes(2))
    assert right.standing is Standing.PRESENT


@pytest.mark.parametrize("outcome", [*(an_outcome(s) for s in State if s is not State.DONE), answered()])
def test_every_fold_raises_the_version_so_that_no_action_is_planned_twice_under_one_key(outcome: Outcome) -> None:
    link, _ = folded(outcome)
    assert link.version == 5
    assert folded(outcome, edited(version=9))[0].version == 10


def test_somebody_elses_edit_in_the_answer_is_a_change_of_the_next_run() -> None:
    link, _ = folded(answered(notes="typed meanwhile"))
    assert link.right.base["notes"] == "n"
    assert link.right.seen == {"notes": "typed meanwhile"}
    assert is_pending(link, PAIRS)
    (intent,) = decide_link(Case(link), some_rules(*PAIRS)).intents
    assert (intent.side, intent.patch) == (LEFT, {"notes": "typed meanwhile"})


def test_a_value_that_came_back_cut_is_apart_and_the_source_keeps_the_whole_one() -> None:
    link, holds = folded(answered(company="ne"))
    assert link.right.base["company"] == "ne"
    assert link.left.base["company"] == "new"
    assert link.apart == {"company": Apart(ApartReason.UNPROVEN, "new", "ne")}
    assert holds == ()
    assert decide_link(Case(link), some_rules(*PAIRS)).intents == ()


def test_what_the_source_showed_later_stays_seen() -> None:
    later = edited(
        left=a_side("l1", {"company": "old", "notes": "n"}, seen={"company": "newer"}, observed_at=minutes(9))
    )
    link, _ = folded(answered(), later)
    assert link.left.base["company"] == "new"
    assert now_values(link.left)["company"] == "newer"


def test_a_view_of_the_source_older_than_the_plan_moves_to_what_the_plan_was_made_from() -> None:
    """As after a run that died between writing and remembering."""
    older = edited(left=a_side("l1", {"company": "old", "notes": "n"}, observed_at=minutes(-9)))
    link, _ = folded(answered(), older)
    assert link.left.base["company"] == now_values(link.left)["company"] == "new"


def test_an_answer_without_values_is_taken_at_its_word() -> None:
    link, _ = folded(an_outcome(values=None))
    assert link.right.base["company"] == "new"


def test_a_done_that_stored_nothing_is_held() -> None:
    link, (hold,) = folded(answered(company="old"))
    assert hold.reason is HoldReason.NOT_STORED
    assert "company" in hold.detail
    assert "new" not in hold.detail
    assert link.apart["company"].reason is ApartReason.REFUSED
    assert link.left.base["company"] == link.right.base["company"] == "old"


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(answered(company="old", notes="edited there"), id="not stored"),
        pytest.param(replace(answered(company="old", notes="edited there"), state=State.ADOPTED), id="unknown"),
        *(
            pytest.param(replace(answered(company="old", notes="edited there"), state=state), id=state.value)
            for state in (State.REFUSED, State.OVERTAKEN, State.NOT_SENT)
        ),
    ],
)
def test_what_was_seen_of_the_target_is_remembered_whatever_came_of_the_write(outcome: Outcome) -> None:
    """The index takes it for shown, so no listing shows it again."""
    link, _ = folded(outcome)
    assert link.right.base == {"company": "old", "notes": "n"}
    assert link.right.seen == {"notes": "edited there"}
    assert (link.right.version, link.right.ref) == ("v2", {"etag": "2"})


def test_one_field_not_stored_does_not_hold_up_the_others() -> None:
    intent = replace(UPDATE, patch={"company": "new", "notes": "m"}, before={"company": "old", "notes": "n"})
    intent = replace(intent, source={"company": "new", "notes": "m"})
    link, (hold,) = folded(answered(company="old", notes="m"), intent=intent)
    assert hold.reason is HoldReason.NOT_STORED
    assert set(link.apart) == {"company"}
    assert link.right.base == {"company": "old", "notes": "m"}


def test_a_found_again_update_that_shows_something_else_is_for_a_person() -> None:
    link, (hold,) = folded(replace(answered(company="other"), state=State.ADOPTED))
    assert hold.reason is HoldReason.UNKNOWN_OUTCOME
    assert link.apart["company"].reason is ApartReason.UNPROVEN


def test_an_unanswered_update_that_changed_nothing_where_somebody_was_since_is_not_said_to_be_answered() -> None:
    link, (hold,) = folded(replace(answered(company="old"), state=State.ADOPTED))
    assert hold.reason is HoldReason.UNKNOWN_OUTCOME
    assert link.apart["company"] == Apart(ApartReason.UNPROVEN, "new", "old")


def test_a_done_update_ends_the_apart_of_its_field() -> None:
    link, _ = folded(answered(), edited(apart={"company": Apart(ApartReason.REFUSED, "new", "old")}))
    assert link.apart == {}


# ---- fields of several values


def of_tags(left: str, right: str, base: str, **intent: Any) -> tuple[Link, Intent]:
    sides = {
        "left": a_side("l1", {"tags": base}, seen={"tags": left}, observed_at=WHEN),
        "right": a_side("r1", {"tags": base}, seen={"tags": right}, observed_at=WHEN),
    }
    given = {"source": {"tags": left}, "before": {"tags": right}, "source_observed_at": WHEN, **intent}
    return a_link(**sides), an_intent(**given)


def test_only_the_elements_written_move() -> None:
    """Left's `b` went over; what right added meanwhile is still right's own news."""
    link, intent = of_tags(
        listed("a", "b"), listed("a", "r"), listed("a"), patch={"tags": listed("a", "b", "r")}, touched={"tags": ("b",)}
    )
    after, _ = folded(an_outcome(values={"tags": listed("a", "b", "r")}), link, intent)
    assert ids(after.right.base["tags"]) == ids(after.left.base["tags"]) == ["a", "b"]
    assert now_values(after.right)["tags"] == listed("a", "b", "r")
    assert is_pending(after, PAIRS)


def test_an_element_that_the_target_rewrote_becomes_its_base() -> None:
    """Sent `b`, came back as `B1`: not an edit to carry back."""
    link, intent = of_tags(
        listed("a", "b"), listed("a"), listed("a"), patch={"tags": listed("a", "b")}, touched={"tags": ("b",)}
    )
    after, _ = folded(an_outcome(values={"tags": listed("a", "b1")}), link, intent)
    assert ids(after.right.base["tags"]) == ["a", "b1"]
    assert ids(after.left.base["tags"]) == ["a", "b"]
    assert after.apart["tags"].reason is ApartReason.UNPROVEN
    assert decide_link(Case(after), some_rules(*PAIRS)).intents == ()


def test_two_writes_of_one_plan_settle_one_field_on_both_sides() -> None:
    left, right, merged = listed("a", "l"), listed("a", "r"), listed("a", "l", "r")
    link, to_right = of_tags(left, right, listed("a"), patch={"tags": merged}, touched={"tags": ("l",)})
    _, to_left = of_tags(left, right, listed("a"), patch={"tags": merged}, touched={"tags": ("r",)}, side=LEFT)
    to_left = replace(to_left, source_id="r1", target_id="l1", source={"tags": right}, before={"tags": left})
    for order in ((to_right, to_left), (to_left, to_right)):
        after = link
        for intent in order:
            after, _ = folded(an_outcome(target_id=intent.target_id, values={"tags": merged}), after, intent)
        assert after.left.base["tags"] == after.right.base["tags"] == merged
        assert after.left.seen == after.right.seen == {}


def test_what_the_target_cannot_take_is_remembered_with_the_apart() -> None:
    link, intent = of_tags(
        listed("a", "b"),
        listed(),
        listed(),
        patch={"tags": listed("a")},
        touched={"tags": ("a",)},
        dropped={"tags": ("b",)},
    )
    after, _ = folded(an_outcome(values={"tags": listed("a")}), link, intent)
    assert after.apart == {"tags": Apart(ApartReason.NOT_REPRESENTABLE, listed("a", "b"), listed("a"), {RIGHT: ("b",)})}


@pytest.mark.parametrize("reason", [ApartReason.ONE_WAY, ApartReason.BLANK_KEPT])
def test_a_field_that_stays_apart_beside_its_write_remembers_what_the_target_holds_now(reason: ApartReason) -> None:
    link, intent = of_tags(
        listed("a", "b"), listed("a", "r"), listed("a"), patch={"tags": listed("a", "b", "r")}, touched={"tags": ("b",)}
    )
    link = replace(link, apart={"tags": Apart(reason, listed("a", "b"), listed("a", "r"))})
    after, _ = folded(
        an_outcome(values={"tags": listed("a", "b", "r")}), link, replace(intent, apart={"tags": reason.value})
    )
    assert after.apart == {"tags": Apart(reason, listed("a", "b"), listed("a", "b", "r"))}


# ---- not done


def test_a_refusal_makes_its_fields_apart_and_is_held_with_the_vendors_words() -> None:
    link, (hold,) = folded(an_outcome(State.REFUSED, reason="too many"))
    assert link.apart == {"company": Apart(ApartReason.REFUSED, "new", "old")}
    assert (hold.reason, hold.side, hold.contact_id, hold.detail) == (HoldReason.REFUSED, LEFT, "l1", "too many")
    assert link.left.base == link.right.base == {"company": "old", "notes": "n"}
    assert link.due_run is None


def test_a_refusal_does_not_forget_what_waited_for_a_place() -> None:
    link = edited(apart={"company": Apart(ApartReason.NOT_REPRESENTABLE, "x", "y", {RIGHT: ("b",)})})
    assert folded(an_outcome(State.REFUSED), link)[0].apart["company"].dropped == {RIGHT: ("b",)}


def test_overtaken_remembers_what_the_target_holds_and_plans_again_next_run() -> None:
    link, holds = folded(an_outcome(State.OVERTAKEN, values={"company": "theirs", "notes": "n"}, version="v3"))
    assert holds == ()
    assert link.right.base["company"] == "old"
    assert link.right.seen == {"company": "theirs"}
    assert link.right.version == "v3"
    assert link.right.own_version is None
    assert link.due_run == 8


def test_overtaken_by_its_disappearance_is_asked_for_by_id() -> None:
    link, _ = folded(an_outcome(State.OVERTAKEN, values=None))
    assert link.right.standing is Standing.MISSING
    assert link.due_run == 8


def test_what_was_not_sent_is_tried_again_after_one_two_four_runs_and_at_the_latest_after_a_day() -> None:
    link, due = edited(), []
    for _ in range(4):
        link, _ = folded(an_outcome(State.NOT_SENT), link)
        due.append((link.due_run or 0) - RUN.run_seq)
        assert link.due_at == minutes(24 * 60)
    assert due == [1, 2, 4, 8]
    assert link.left.seen == {"company": "new"}
    assert folded(answered(), link)[0].attempts == 0


def test_the_back_off_is_bounded() -> None:
    assert back_off(10**6, RUN)[0] - RUN.run_seq <= 5000


def test_one_side_done_does_not_forget_that_the_other_was_not_sent() -> None:
    waiting, _ = folded(an_outcome(State.NOT_SENT))
    other = an_intent(LEFT, patch={"notes": "m"}, before={"notes": "n"}, source={"notes": "m"}, link_version=4)
    after, _ = folded(an_outcome(target_id="l1", values={"company": "new", "notes": "m"}), waiting, other)
    assert after.due_run == 8


# ---- deletes

DELETE = an_intent(verb=Verb.DELETE, before={"company": "old"}, link_version=4)


def orphan() -> Link:
    return edited(left=a_side("l1", {"company": "old"}, standing=Standing.GONE))


def test_a_done_delete_closes_the_link() -> None:
    link, _ = folded(an_outcome(), replace(orphan(), attempts=3, wish="retry"), DELETE)
    assert (link.status, link.attempts, link.wish) == (LinkStatus.CLOSED, 0, "")
    assert link.right.standing is Standing.GONE


def test_a_refused_delete_parts_the_link_and_is_held() -> None:
    link, (hold,) = folded(an_outcome(State.REFUSED, reason="may not"), orphan(), DELETE)
    assert link.status is LinkStatus.PARTED
    assert hold.reason is HoldReason.REFUSED


def test_a_delete_whose_source_is_still_there_asks_for_it_by_id() -> None:
    link, holds = folded(an_outcome(State.NOT_SENT, reason=STILL_THERE), orphan(), DELETE)
    assert link.left.standing is Standing.MISSING
    assert link.status is LinkStatus.LIVE
    assert holds == ()


def test_a_delete_overtaken_by_an_edit_leaves_the_edited_contact() -> None:
    outcome = an_outcome(State.OVERTAKEN, values={"company": "edited"})
    link, _ = folded(outcome, orphan(), DELETE)
    assert link.status is LinkStatus.LIVE
    decision = decide_link(Case(link), some_rules(a_pair("company")))
    assert decision.intents == ()
    assert decision.link.status is LinkStatus.PARTED
    assert decision.holds[0].reason is HoldReason.DELETED_AND_EDITED


def test_an_attribute_that_waits_for_the_other_write_is_not_taken_for_settled() -> None:
    """Left renamed it, right retyped it; only the write to the left was done: the new name must still go over."""
    before, renamed, retyped = (Element("1", v, n) for v, n in (("1", "home"), ("1", "work"), ("(1)", "home")))
    both_done = listed(Element("1", "(1)", "work"))
    rules = some_rules(a_pair("phones"))
    halves = [a_side(i, {"phones": listed(before)}) for i in ("l1", "r1")]
    shown = both(a_shown("l1", {"phones": listed(renamed)}), a_shown("r1", {"phones": listed(retyped)}))
    decision = decide_link(Case(a_link(*halves), shown), rules)
    to_left, to_right = sorted(decision.intents, key=lambda i: i.side)
    link, _ = folded(an_outcome(State.NOT_SENT), decision.link, to_right)
    link, _ = folded(an_outcome(target_id="l1", values={"phones": both_done}), link, to_left)
    again = decide_link(Case(link), rules)
    assert [(i.side, i.patch) for i in again.intents] == [(RIGHT, {"phones": both_done})]


def freed() -> tuple[Link, Intent, Intent]:
    """Left has two places: b waited for one. Left removes a: a goes there, b comes here, two writes of one plan."""
    two, three = replace(FREE, max_items=2), listed("a", "b", "c")
    pair = a_pair("tags", two, FREE)
    apart = {"tags": Apart(ApartReason.NOT_REPRESENTABLE, listed("a", "c"), three, {LEFT: ("b",)})}
    link = a_link({"tags": listed("a", "c")}, {"tags": three}, apart=apart)
    decision = decide_link(Case(link, {LEFT: a_shown("l1", {"tags": listed("c")})}), some_rules(pair))
    to_left, to_right = sorted(decision.intents, key=lambda i: i.side)
    return decision.link, to_left, to_right


@pytest.mark.parametrize("state", [State.NOT_SENT, State.REFUSED])
@pytest.mark.parametrize("left_first", [True, False])
def test_what_waits_for_a_place_still_does_after_the_other_write(state: State, *, left_first: bool) -> None:
    link, to_left, to_right = freed()
    outcomes = [(to_left, an_outcome(state, target_id="l1")), (to_right, an_outcome(values={"tags": listed("b", "c")}))]
    for intent, outcome in outcomes if left_first else outcomes[::-1]:
        link, _ = folded(outcome, link, intent)
    rules = some_rules(a_pair("tags", replace(FREE, max_items=2), FREE), retry=True)
    again = decide_link(Case(link), rules)
    assert [(i.side, i.patch) for i in again.intents] == [(LEFT, {"tags": listed("b", "c")})]


def test_when_both_writes_are_done_nothing_stays_apart() -> None:
    link, to_left, to_right = freed()
    for intent in (to_right, to_left):
        target_id = "l1" if intent is to_left else "r1"
        link, _ = folded(an_outcome(target_id=target_id, values={"tags": listed("b", "c")}), link, intent)
    assert link.apart == {}
    assert not is_pending(link, PAIRS)


@pytest.mark.parametrize("state", [State.NOT_SENT, State.REFUSED, State.OVERTAKEN])
def test_a_kept_element_is_still_kept_when_its_return_has_to_be_tried_again(state: State) -> None:
    """Left removed it, right renamed it: it is to return to the left, however often that takes."""
    rules = some_rules(a_pair("phones"), retry=True)
    halves = [a_side(i, {"phones": listed("1/home", "2/")}) for i in ("l1", "r1")]
    shown = both(a_shown("l1", {"phones": listed("2/")}), a_shown("r1", {"phones": listed("1/work", "2/")}))
    decision = decide_link(Case(a_link(*halves), shown), rules)
    for _ in range(3):
        (intent,) = decision.intents
        assert (intent.side, intent.patch) == (LEFT, {"phones": listed("1/work", "2/")})
        values = {"phones": listed("2/")} if state is State.OVERTAKEN else None
        link, _ = folded(an_outcome(state, target_id="l1", values=values), decision.link, intent)
        decision = decide_link(Case(link, shown), rules)


def test_a_new_element_is_not_settled_by_a_change_that_came_to_it_meanwhile() -> None:
    """Right added b as its primary one; left's a is the primary one. b is demoted, but has not reached the left yet."""
    a, b = Element("a", "a", "", True), Element("b", "b", "", True)
    old = replace(a, primary=False)
    rules = some_rules(a_pair("emails", FULL, FULL))
    halves = [a_side(i, {"emails": listed(old)}) for i in ("l1", "r1")]
    shown = both(a_shown("l1", {"emails": listed(a)}), a_shown("r1", {"emails": listed(old, b)}))
    decision = decide_link(Case(a_link(*halves), shown), rules)
    to_left, to_right = sorted(decision.intents, key=lambda i: i.side)
    after = listed(a, replace(b, primary=False))
    assert to_left.patch == to_right.patch == {"emails": after}
    link, _ = folded(an_outcome(State.NOT_SENT, target_id="l1"), decision.link, to_left)
    link, _ = folded(an_outcome(values={"emails": after}), link, to_right)
    assert [(i.side, i.patch) for i in decide_link(Case(link), rules).intents] == [(LEFT, {"emails": after})]
