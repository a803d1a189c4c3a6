"""Scope: every pair of bits, of directions and of states; who is created, and what a link that is outside keeps."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from contactsync.model.app import Deletes
from contactsync.model.exchange import Verb
from contactsync.model.link import Link, LinkStatus
from contactsync.model.plan import Bucket, HoldReason, Plan
from contactsync.model.rules import Contacts, Matching, RuleEffects
from contactsync.model.spec import SIDES, DeletionPolicy, Direction, MatchSpec, Side
from contactsync.sync.link_case import Case, LinkDecision, Rules
from contactsync.sync.links import decide_link
from contactsync.sync.readings import Shown
from contactsync.sync.reconcile import Given, reconcile
from contactsync.sync.table import LINKED, SideState
from factories import LEFT, RIGHT, a_link, a_pair, a_reading, a_shown, listed, some_rules

SAME, CHANGED, MISSING, GONE = SideState.SAME, SideState.CHANGED, SideState.MISSING, SideState.GONE
PASSES = RuleEffects("passes")
UPDATES = RuleEffects("updates", Contacts.UPDATE_ONLY)
ACTS = RuleEffects("acts", Contacts.NONE)
BY_NAME = {r.name: r for r in (PASSES, UPDATES, ACTS)}
BASE = {"company": "old"}
RULES = some_rules(
    a_pair("company"),
    deletions=dict.fromkeys(SIDES, DeletionPolicy.DELETE),
    detects=dict.fromkeys(SIDES, Deletes.FEED),
    effects=dict.fromkeys(SIDES, BY_NAME),
)


def by(*names: str) -> Matching:
    return Matching(names, names)


def decided(states: tuple[SideState, ...], bits: tuple[bool, ...], direction: Direction) -> LinkDecision:
    shown = {}
    for side, state, bit in zip(SIDES, states, bits, strict=True):
        if state in (SAME, CHANGED):
            values = BASE if state is SAME else {"company": f"new {side}"}
            shown[side] = a_shown(f"{side.value[0]}1", values, matching=by("passes") if bit else by("acts"))
    scope = dict(zip(SIDES, bits, strict=True))
    gone, missing = (
        frozenset(s for s, at in zip(SIDES, states, strict=True) if at is state) for state in (GONE, MISSING)
    )
    rules = replace(RULES, pairs=(a_pair("company", direction=direction),), direction=direction)
    return decide_link(Case(a_link(BASE, BASE, scope=scope), shown, gone, missing), rules)


def expected(states: tuple[SideState, ...], bits: tuple[bool, ...], direction: Direction) -> set[tuple[Side, Verb]]:
    """What may be written, in the words of the core."""
    state, bit = dict(zip(SIDES, states, strict=True)), dict(zip(SIDES, bits, strict=True))
    out = set()
    inside = any(bit[s] for s in SIDES if direction.open_from(s))
    for source in SIDES:
        here, there = state[source], state[source.other]
        if here is GONE and there is SAME and direction.open_from(source) and bit[source]:
            out.add((source.other, Verb.DELETE))
        both_there = there in (SAME, CHANGED)
        beaten = there is CHANGED and direction.open_from(source.other) and source is RIGHT  # conflicts: left
        if here is CHANGED and both_there and direction.open_from(source) and inside and not beaten:
            out.add((source.other, Verb.UPDATE))
    return out


CASES = list(
    itertools.product(itertools.product(LINKED, LINKED), itertools.product((True, False), repeat=2), Direction)
)


@pytest.mark.parametrize(("states", "bits", "direction"), CASES)
def test_what_is_written_in_every_state_scope_and_direction(
    states: tuple[SideState, ...], bits: tuple[bool, ...], direction: Direction
) -> None:
    decision = decided(states, bits, direction)
    assert {(i.side, i.verb) for i in decision.intents} == expected(states, bits, direction)
    if not any(bits):
        assert decision.holds == decision.conflicts == ()
        assert decision.link.left.base == decision.link.right.base == BASE, "no base moves"
    if GONE in states and MISSING not in states and not decision.intents:
        both = states == (GONE, GONE)
        assert decision.link.status is (LinkStatus.CLOSED if both else LinkStatus.PARTED)


@pytest.mark.parametrize("states", [(CHANGED, SAME), (SAME, CHANGED), (CHANGED, CHANGED)])
def test_what_is_not_open_is_counted_as_out_of_scope_and_stays_remembered(states: tuple[SideState, ...]) -> None:
    decision = decided(states, (False, False), Direction.BOTH)
    assert {(c.bucket, c.reason) for c in decision.counted} == {(Bucket.SKIPPED, "out of scope")}
    changed = [s for s, state in zip(SIDES, states, strict=True) if state is CHANGED]
    assert {s for s in SIDES if decision.link.side(s).seen} == set(changed)


def test_on_re_entering_the_old_bases_apply() -> None:
    outside = decided((CHANGED, SAME), (False, False), Direction.BOTH).link
    back = a_shown("r1", BASE, matching=by("updates"))
    (intent,) = decide_link(Case(outside, {RIGHT: back}), RULES).intents
    assert (intent.side, intent.patch) == (RIGHT, {"company": "new left"})


def test_a_side_that_is_not_read_keeps_its_bit() -> None:
    link = a_link(BASE, BASE, scope={LEFT: False, RIGHT: False})
    assert decide_link(Case(link), RULES).link == link


def test_a_direction_without_rules_lets_everybody_through() -> None:
    link = a_link(
        BASE, BASE, scope={LEFT: False, RIGHT: False}, matching={LEFT: ("gone",)}, entered={LEFT: {"gone": {}}}
    )
    after = decide_link(Case(link, {LEFT: a_shown("l1", BASE)}), replace(RULES, effects={})).link
    assert after.scope[LEFT]
    assert after.matching == after.entered == {}


@pytest.mark.parametrize(
    ("name", "bit"), [("passes", True), ("updates", True), ("acts", False), ("", False), ("removed", False)]
)
def test_the_bit_says_whether_a_rule_that_moves_contacts_matches(name: str, bit: bool) -> None:
    shown = a_shown("l1", BASE, matching=by(name) if name else by())
    assert decide_link(Case(a_link(BASE, BASE), {LEFT: shown}), RULES).link.scope == {LEFT: bit, RIGHT: True}


# ---- unlinked contacts


def planned(left: list[Shown] | None = None, right: list[Shown] | None = None, **changes: Any) -> Plan:
    readings = {LEFT: a_reading(LEFT, left or ()), RIGHT: a_reading(RIGHT, right or ())}
    pairs = (a_pair("emails"), a_pair("company"))
    rules = replace(RULES, pairs=pairs, **changes)
    return reconcile(Given(rules, MatchSpec(), "salt", readings, (), {s: {} for s in SIDES}))


def somebody(contact_id: str, matching: Matching | None, mail: str = "a@example.org", **values: str) -> Shown:
    mails = {"emails": listed(f"{mail}/")} if mail else {"emails": listed()}
    return a_shown(contact_id, {**mails, "company": contact_id, **values}, matching=matching)


@pytest.mark.parametrize(
    ("matching", "reason"),
    [
        (None, ""),
        (by("passes"), ""),
        (by("acts", "updates", "passes"), ""),
        (Matching((), ("passes",)), ""),  # only while it has no partner
        (Matching(("passes",), ()), "update only"),  # only once it has one
        (by("updates"), "update only"),
        (by("acts"), "no rule matches"),
        (by(), "no rule matches"),
    ],
)
@pytest.mark.parametrize("side", SIDES)
def test_who_is_created_and_why_not(side: Side, matching: Matching | None, reason: str) -> None:
    plan = planned(**{side.value: [somebody("x1", matching)]})
    assert [(i.side, i.verb) for i in plan.intents] == ([] if reason else [(side.other, Verb.CREATE)])
    (counted,) = plan.counted
    assert (counted.bucket, counted.reason) == (Bucket.SKIPPED if reason else Bucket.CREATED, reason)


def test_contacts_out_of_scope_are_linked_and_settled_only_once_one_of_them_enters() -> None:
    left, right = somebody("l1", by()), somebody("r1", by(), company="theirs")
    plan = planned([left], [right])
    assert (plan.matched, plan.intents, plan.conflicts) == (1, (), ())
    (link,) = plan.links
    assert link.left.base == link.right.base == {}
    rules = replace(RULES, pairs=(a_pair("emails"), a_pair("company")))
    later = decide_link(Case(link, {RIGHT: replace(right, matching=by("updates"))}), rules)
    assert [(i.side, i.patch) for i in later.intents] == [(RIGHT, {"company": "l1"})]


def test_nobody_whom_no_rule_lets_through_is_held_for_want_of_a_key() -> None:
    plan = planned([somebody("l1", by(), mail=""), somebody("l2", by("passes"), mail="")])
    assert [(h.contact_id, h.reason) for h in plan.holds] == [("l2", HoldReason.NO_KEY)]
    assert {c.contact_id: c.bucket for c in plan.counted} == {"l1": Bucket.SKIPPED, "l2": Bucket.HELD}


def test_alike_contacts_of_one_app_are_held_only_where_one_would_be_created_or_may_have_a_partner() -> None:
    private = [somebody("l1", by()), somebody("l2", by())]
    assert planned(private).holds == ()
    assert len(planned([private[0], replace(private[1], matching=by("passes"))]).holds) == 1
    assert len(planned(private, [somebody("r1", by())]).holds) == 3


def test_a_parted_link_keeps_its_bits_for_the_day_it_lives_again() -> None:
    link: Link = a_link(BASE, BASE, status=LinkStatus.PARTED)
    after = decide_link(Case(link, {LEFT: a_shown("l1", BASE, matching=by())}), RULES).link
    assert (after.status, after.scope[LEFT]) == (LinkStatus.PARTED, False)


def test_rules_are_data_of_the_decision() -> None:
    assert Rules("people", ()).effects == {}
