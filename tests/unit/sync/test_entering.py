"""Rules on a link from decision to fold: one update, read back, remembered; refused, ignored and created ones too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contactsync.model.exchange import State, Verb
from contactsync.model.link import ApartReason, Link, Standing
from contactsync.model.plan import Bucket, HoldReason, Intent, Outcome
from contactsync.model.rules import Apply, Contacts, Effect, How, Matching, RuleEffects
from contactsync.sync.created import fold_create
from contactsync.sync.creates import create_intent, left_out
from contactsync.sync.entering import rules_wait
from contactsync.sync.fold import When, fold_link, is_pending
from contactsync.sync.link_case import Case, LinkDecision
from contactsync.sync.links import decide_link
from contactsync.sync.readings import now_values
from factories import LEFT, RIGHT, a_link, a_pair, a_shown, an_outcome, listed, minutes, some_rules

MEDIUM, TAGS, DND = "own.medium", "tags:own.labels", "own.dnd"
SAYS = Effect(MEDIUM, How.SET, "Fair", action="update_medium")
ADDS = Effect(TAGS, How.ADD, "Customer", action="add_label")
MARKS = Effect(DND, How.SET, "true", Apply.ON_CREATE, action="mark_do_not_disturb")
VIP = RuleEffects("vip", enter=(SAYS, ADDS, MARKS), leave=(replace(SAYS, value="gone"),))
ALONE = RuleEffects("acts", Contacts.NONE, enter=(SAYS,))
PAIRS = (a_pair("company"),)
RULES = some_rules(*PAIRS, effects={LEFT: {"vip": VIP, "acts": ALONE}})
BASE = {"company": "old"}
OWN = {MEDIUM: "", TAGS: listed("mine"), DND: "false"}
LINK = a_link(BASE, BASE, version=4)
LATER = When(7, minutes(9))


def shown(*names: str, company: str = "old", alone: tuple[str, ...] | None = None) -> dict[Any, Any]:
    matching = Matching(names, names if alone is None else alone)
    left = a_shown("l1", {"company": company}, matching=matching, observed_at=minutes(2))
    return {LEFT: left, RIGHT: a_shown("r1", {**BASE, **OWN}, observed_at=minutes(2))}


def decided(link: Link = LINK, *, rules: Any = RULES, **case: Any) -> LinkDecision:
    return decide_link(Case(link, **case), rules)


ENTERS = decided(shown=shown("vip", company="new"))
(INTENT,) = ENTERS.intents


def folded(intent: Intent = INTENT, state: State = State.DONE, **values: str) -> tuple[Link, Any]:
    got = {**BASE, **OWN, **intent.patch, **values}
    outcome = Outcome(intent.key, state, "r1", values=None if state is State.REFUSED else got, at=minutes(3))
    return fold_link(ENTERS.link, intent, outcome, LATER)


def test_an_edit_and_the_actions_are_one_update_that_names_rule_and_action() -> None:
    assert (INTENT.side, INTENT.verb) == (RIGHT, Verb.UPDATE)
    assert set(INTENT.patch) == {"company", MEDIUM, TAGS}
    assert INTENT.before == {"company": "old", MEDIUM: "", TAGS: listed("mine")}
    assert INTENT.source == {"company": "new"}
    assert INTENT.reason == "rule vip: add_label, rule vip: update_medium"
    assert ENTERS.link.entered == {}


def test_once_done_the_rule_is_entered_and_only_the_targets_base_has_moved() -> None:
    link, holds = folded()
    assert holds == ()
    assert link.entered == {LEFT: {"vip": {MEDIUM: "Fair", f"{TAGS}\x1fcustomer": "+"}}}
    assert link.left.base == {"company": "new"}
    assert link.right.base[MEDIUM] == "Fair"
    assert not is_pending(link, PAIRS)
    assert decided(link, shown={LEFT: shown("vip", company="new")[LEFT]}).intents == ()


def test_what_the_app_made_of_a_value_is_what_leaving_looks_for() -> None:
    link, _ = folded(**{MEDIUM: "FAIR"})
    assert link.entered[LEFT]["vip"][MEDIUM] == "FAIR"
    assert link.apart[MEDIUM].reason is ApartReason.UNPROVEN
    gone = replace(RULES, effects={LEFT: {"vip": VIP}})
    (intent,) = decided(link, rules=gone, shown={LEFT: shown(company="new")[LEFT]}).intents
    assert (intent.patch, intent.leaving) == ({MEDIUM: "gone"}, ("vip",))


def test_what_may_be_a_persons_value_after_an_unknown_outcome_is_not_taken_for_ours() -> None:
    link, _ = folded(state=State.ADOPTED, **{MEDIUM: "theirs"})
    assert link.entered == {LEFT: {"vip": {f"{TAGS}\x1fcustomer": "+"}}}


@pytest.mark.parametrize(("name", "held"), [(MEDIUM, ""), (TAGS, listed("mine"))])
def test_an_action_answered_as_done_and_not_stored_is_held_and_tried_again_later(name: str, held: str) -> None:
    link, (hold,) = folded(**{name: held})
    assert (hold.reason, name in hold.detail) == (HoldReason.NOT_STORED, True)
    assert None in link.entered[LEFT]["vip"].values()
    assert link.left.base == {"company": "new"}
    again = {**shown("vip", company="new"), RIGHT: a_shown("r1", {"company": "new", **OWN, **INTENT.patch, name: held})}
    assert decided(link, shown=again).intents == ()
    (retried,) = decided(link, rules=replace(RULES, retry=True), shown=again).intents
    assert set(retried.patch) == {name}


def test_a_refused_update_fires_nothing_anew_and_is_tried_again_as_a_whole() -> None:
    link, (hold,) = folded(state=State.REFUSED)
    assert hold.reason is HoldReason.REFUSED
    assert set(link.entered[LEFT]["vip"].values()) == {None}
    assert decided(link, shown=shown("vip", company="new")).intents == ()
    (retried,) = decided(link, rules=replace(RULES, retry=True), shown=shown("vip", company="new")).intents
    assert retried.patch == INTENT.patch


def test_what_was_not_sent_is_decided_anew_without_being_read() -> None:
    outcome = Outcome(INTENT.key, State.NOT_SENT, "r1", at=minutes(3))
    link, _ = fold_link(ENTERS.link, INTENT, outcome, LATER)
    assert link.due_run is not None
    assert decided(link).intents[0].patch == INTENT.patch


def test_a_target_whose_columns_were_never_read_is_asked_for_by_id() -> None:
    decision = decided(shown={LEFT: shown("acts")[LEFT]})
    assert decision.intents == ()
    assert decision.link.right.standing is Standing.MISSING
    later = {RIGHT: shown()[RIGHT]}
    assert decided(decision.link, shown=later).intents[0].patch == {MEDIUM: "Fair"}


def test_a_contact_that_is_shown_without_the_column_is_not_asked_for_again_and_again() -> None:
    bare = {**shown("acts"), RIGHT: a_shown("r1", BASE)}
    assert decided(shown=bare).link.right.standing is Standing.PRESENT


def test_rules_without_contacts_act_on_links_that_are_out_of_scope_and_move_no_field() -> None:
    link = replace(LINK, scope={LEFT: False, RIGHT: False})
    rules = replace(RULES, effects={**RULES.effects, RIGHT: {"vip": VIP}})
    decision = decided(link, rules=rules, shown={LEFT: shown("acts", company="new")[LEFT], RIGHT: replace(
        shown()[RIGHT], matching=Matching())})  # fmt: skip
    assert [i.patch for i in decision.intents] == [{MEDIUM: "Fair"}]
    assert {c.source: c.bucket for c in decision.counted} == {LEFT: Bucket.UPDATED, RIGHT: Bucket.SKIPPED}
    assert decision.link.left.base == BASE


def test_after_the_ledger_was_lost_nobody_enters_anew() -> None:
    decision = decided(rules=replace(RULES, lost=True), shown=shown("vip"))
    assert (decision.intents, decision.link.entered) == ((), {LEFT: {"vip": {}}})


def test_always_is_logged_as_a_conflict_with_both_values_and_its_rule() -> None:
    always = RuleEffects("vip", enter=(replace(SAYS, apply=Apply.ALWAYS),))
    link = replace(
        LINK, entered={LEFT: {"vip": {MEDIUM: "Fair"}}}, right=replace(LINK.right, base={**BASE, MEDIUM: "Fair"})
    )
    edited = {**shown("vip"), RIGHT: a_shown("r1", {**BASE, MEDIUM: "mine"})}
    decision = decided(link, rules=replace(RULES, effects={LEFT: {"vip": always}}), shown=edited)
    (conflict,) = decision.conflicts
    assert (conflict.field, conflict.winner, conflict.left, conflict.right) == (MEDIUM, LEFT, "Fair", "mine")
    assert (conflict.base_right, "vip" in conflict.rule) == ("Fair", True)
    assert {c.source: c.bucket for c in decision.counted}[LEFT] is Bucket.CONFLICT


# ---- creates


def a_create(*rules: str, alone: tuple[str, ...] = ("vip",)) -> Intent:
    source = replace(shown(*rules, alone=alone)[LEFT], values={"company": "new"})
    intent = create_intent("people", source, RIGHT, PAIRS, ("email",), 0, RULES.effects[LEFT])
    assert intent is not None
    return intent


def made(intent: Intent, state: State = State.DONE, **values: str) -> Link:
    got = {**OWN, **intent.patch, **values}
    return fold_create("people", intent, an_outcome(state, created=True, values=got), PAIRS, RULES.effects)


def test_actions_come_with_the_create() -> None:
    intent = a_create("vip")
    assert intent.patch == {
        "company": "new",
        MEDIUM: "Fair",
        DND: "true",
        TAGS: '[{"id":"customer","value":"Customer"}]',
    }
    link = made(intent)
    assert link.entered == {LEFT: {"vip": {MEDIUM: "Fair", f"{TAGS}\x1fcustomer": "+", DND: "true"}}}
    assert (link.matching, link.scope) == ({LEFT: ("vip",)}, {LEFT: True, RIGHT: True})
    assert link.left.base == {"company": "new"}
    assert not rules_wait(link)
    assert decided(link, shown={LEFT: shown("vip", company="new")[LEFT]}).intents == ()


def test_columns_that_a_new_contact_showed_beside_are_known_from_then_on() -> None:
    link = made(a_create("vip"), **{"own.more": "x"})
    assert now_values(link.right)["own.more"] == "x"
    assert link.right.seen == {"own.more": "x"}


@pytest.mark.parametrize(("name", "held"), [(MEDIUM, ""), (DND, "false"), (TAGS, "[]")])
def test_an_action_that_a_create_did_not_store_is_held(name: str, held: str) -> None:
    intent = a_create("vip")
    link = made(intent, **{name: held})
    (hold,) = left_out(link, intent, PAIRS)
    assert (hold.reason, hold.side, name in hold.detail) == (HoldReason.NOT_STORED, LEFT, True)
    assert link.apart[name].reason is ApartReason.REFUSED
    assert not rules_wait(link), "it waits for a complete read"
    (retried,) = decided(link, rules=replace(RULES, retry=True)).intents
    assert set(retried.patch) == {name}


def test_a_contact_that_was_found_instead_of_made_enters_as_one_that_is_linked() -> None:
    link = made(a_create("vip"), State.ADOPTED, **{MEDIUM: "theirs", TAGS: listed(), DND: "false"})
    assert link.entered == {}
    assert rules_wait(link)
    (intent,) = decided(link).intents
    assert set(intent.patch) == {MEDIUM, TAGS}, "on_create is over"


def test_what_it_made_is_judged_when_it_is_first_shown() -> None:
    effects = {**RULES.effects, RIGHT: {"vip": VIP}}
    intent = a_create("vip")
    link = fold_create("people", intent, an_outcome(created=True, values=intent.patch), PAIRS, effects)
    assert link.scope == {LEFT: True, RIGHT: False}


def test_a_rule_for_new_contacts_is_left_once_the_contact_has_a_partner() -> None:
    link = made(a_create(alone=("vip",)))
    assert link.matching == {LEFT: ()}
    assert rules_wait(link)
    assert decided(link).intents[0].patch == {MEDIUM: "gone"}


def test_nothing_waits_on_links_that_no_rule_touches() -> None:
    assert not rules_wait(LINK)
