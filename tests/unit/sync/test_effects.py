"""THEN: what an action writes, when it fires, who wins a column, and what leaving takes back."""

from __future__ import annotations

from typing import Any

import pytest
from contactsync.model.link import Apart, ApartReason
from contactsync.model.rules import Apply, Effect, How, RuleEffects
from contactsync.sync.effects import Acts, Scene, act
from factories import LEFT, listed

MEDIUM, TAGS = "own.medium", "tags:own.labels"
SAYS = Effect(MEDIUM, How.SET, "Fair", action="update_medium")
ADDS = Effect(TAGS, How.ADD, "Customer", action="add_label")
TAKES = Effect(TAGS, How.REMOVE, "Lead", action="remove_label")
ON = {MEDIUM: "", TAGS: listed("lead", "mine")}


def a_rule(*enter: Effect, leave: tuple[Effect, ...] = (), name: str = "vip") -> RuleEffects:
    return RuleEffects(name, enter=enter, leave=leave)


def acted(*rules: RuleEffects, matching: tuple[str, ...] | None = None, **scene: Any) -> Acts:
    by_name = {r.name: r for r in rules}
    given: dict[str, Any] = {"entered": {}, "source": {"names.given": "Ada", "nickname": ""}, "target": ON}
    return act(Scene(LEFT, by_name, tuple(by_name) if matching is None else matching, **{**given, **scene}))


# ---- entering


def test_entering_writes_each_value_once_and_leaves_all_other_elements() -> None:
    acts = acted(a_rule(SAYS, ADDS, TAKES))
    assert acts.patch == {MEDIUM: "Fair", TAGS: '[{"id":"customer","value":"Customer"},{"id":"mine","value":"mine"}]'}
    assert acts.touched == {TAGS: ("customer", "lead")}
    assert acts.entering["vip"] == {MEDIUM: "Fair", f"{TAGS}\x1fcustomer": "+", f"{TAGS}\x1flead": "-"}
    assert acts.entered == {}, "nothing is entered before it is written"
    assert acts.words[TAGS] == "rule vip: add_label, rule vip: remove_label"


def test_who_has_entered_is_left_alone_whatever_a_person_typed_since() -> None:
    acts = acted(a_rule(SAYS, ADDS), entered={"vip": {MEDIUM: "Fair"}}, target={MEDIUM: "mine", TAGS: listed()})
    assert (acts.patch, acts.entered) == ({}, {"vip": {MEDIUM: "Fair"}})


def test_what_is_so_already_needs_no_write_and_is_not_ours() -> None:
    acts = acted(a_rule(SAYS, ADDS), target={MEDIUM: "Fair", TAGS: listed("customer")})
    assert (acts.patch, acts.entering, acts.entered) == ({}, {}, {"vip": {}})


@pytest.mark.parametrize(
    ("template", "text"),
    [("Fair of {names.given}", "Fair of Ada"), ("{nickname}", None), ("{nickname} {names.given}", "Ada")],
)
def test_templates_take_the_sources_fields_and_say_nothing_where_all_are_empty(template: str, text: str | None) -> None:
    acts = acted(a_rule(Effect(MEDIUM, How.SET, template)))
    assert acts.patch == ({MEDIUM: text} if text else {})
    assert "vip" in {**acts.entered, **acts.entering}


def test_a_template_whose_field_is_missing_waits() -> None:
    acts = acted(a_rule(Effect(MEDIUM, How.SET, "{company}")))
    assert (acts.patch, acts.entered, acts.unread) == ({}, {"vip": {MEDIUM: None}}, False)


def test_a_column_that_was_never_read_is_not_guessed() -> None:
    acts = acted(a_rule(SAYS, ADDS), target={MEDIUM: ""})
    assert acts.patch == {MEDIUM: "Fair"}
    assert acts.unread
    assert acts.entering["vip"][f"{TAGS}\x1fcustomer"] is None
    later = acted(a_rule(SAYS, ADDS), entered={"vip": {MEDIUM: "Fair", f"{TAGS}\x1fcustomer": None}})
    assert set(later.patch) == {TAGS}


# ---- when


def test_on_create_comes_with_a_create_only() -> None:
    rule = a_rule(Effect(MEDIUM, How.SET, "Fair", Apply.ON_CREATE))
    assert acted(rule).patch == {}
    assert acted(rule, target={}, created=True).patch == {MEDIUM: "Fair"}


ALWAYS = Effect(MEDIUM, How.SET, "for {names.given}", Apply.ALWAYS, action="update_medium")


def test_always_writes_over_a_later_edit_and_says_so() -> None:
    acts = acted(a_rule(ALWAYS), entered={"vip": {MEDIUM: "for Ada"}}, target={MEDIUM: "mine"})
    assert acts.patch == {MEDIUM: "for Ada"}
    assert acts.overwritten == {MEDIUM: "rule vip: update_medium, always"}


def test_always_follows_its_template_without_a_conflict() -> None:
    acts = acted(
        a_rule(ALWAYS), entered={"vip": {MEDIUM: "for Ada"}}, target={MEDIUM: "for Ada"}, source={"names.given": "Uma"}
    )
    assert (acts.patch, acts.overwritten) == ({MEDIUM: "for Uma"}, {})


def test_always_puts_back_an_element_that_a_person_removed() -> None:
    rule = a_rule(Effect(TAGS, How.ADD, "Customer", Apply.ALWAYS))
    acts = acted(rule, entered={"vip": {f"{TAGS}\x1fcustomer": "+"}})
    assert (set(acts.patch), set(acts.overwritten)) == ({TAGS}, {TAGS})


def test_always_rests_where_the_app_stores_the_value_in_a_form_of_its_own() -> None:
    apart = {MEDIUM: Apart(ApartReason.UNPROVEN, "for Ada", "FOR ADA")}
    assert acted(a_rule(ALWAYS), entered={"vip": {}}, target={MEDIUM: "FOR ADA"}, apart=apart).patch == {}
    assert acted(a_rule(ALWAYS), entered={"vip": {}}, target={MEDIUM: "mine"}, apart=apart).patch != {}


# ---- several rules


def test_the_first_rule_in_the_file_wins_a_column_and_an_element() -> None:
    first, second = (
        a_rule(SAYS, ADDS, name="a"),
        a_rule(Effect(MEDIUM, How.SET, "Other"), Effect(TAGS, How.REMOVE, "customer"), TAKES, name="b"),
    )
    acts = acted(first, second)
    assert acts.patch[MEDIUM] == "Fair"
    assert acts.touched[TAGS] == ("customer", "lead")
    assert acts.entering["b"] == {f"{TAGS}\x1flead": "-"}
    assert acted(first, second, entered={"a": {MEDIUM: "Fair"}}).patch.get(MEDIUM) is None


def test_a_rule_that_may_not_speak_here_claims_nothing() -> None:
    first = a_rule(Effect(MEDIUM, How.SET, "new", Apply.ON_CREATE), name="a")
    assert acted(first, a_rule(SAYS, name="b"), entered={"a": {}}).patch == {MEDIUM: "Fair"}


# ---- leaving

CLEARS = Effect(MEDIUM, How.SET, "gone", action="update_medium")
UNLABELS = Effect(TAGS, How.REMOVE, "Customer", action="remove_label")
LEAVES = a_rule(SAYS, ADDS, leave=(CLEARS, UNLABELS))
MADE = {MEDIUM: "Fair", f"{TAGS}\x1fcustomer": "+"}


def left(target: dict[str, str], made: dict[str, str | None] | None = None, *more: RuleEffects, **scene: Any) -> Acts:
    entered = {"vip": MADE if made is None else made, **scene.pop("entered", {})}
    names = tuple(r.name for r in more)
    return acted(LEAVES, *more, matching=names, entered=entered, target={**ON, **target}, **scene)


def test_leaving_takes_back_what_we_made_and_nobody_changed() -> None:
    acts = left({MEDIUM: "Fair", TAGS: listed("customer", "mine")})
    assert acts.patch == {MEDIUM: "gone", TAGS: listed("mine")}
    assert acts.leaving == ("vip",)
    assert acts.entered == {"vip": MADE}, "it has not left before that is written"


@pytest.mark.parametrize(
    ("target", "made"),
    [
        ({MEDIUM: "mine", TAGS: listed("mine")}, MADE),  # edited since
        ({MEDIUM: "Fair", TAGS: listed("customer")}, {}),  # was so before we came
        ({MEDIUM: "Fair", TAGS: listed("customer")}, {MEDIUM: None, f"{TAGS}\x1fcustomer": None}),  # refused
    ],
)
def test_leaving_leaves_everything_else_alone(target: dict[str, str], made: dict[str, str | None]) -> None:
    acts = left(target, made)
    assert (acts.patch, acts.leaving, acts.entered) == ({}, (), {})


def test_leaving_never_loosens_consent() -> None:
    enter, leave = (Effect("own.dnd", How.SET, v, loosens=v == "false") for v in ("true", "false"))
    rule = a_rule(enter, leave=(leave,))
    acts = acted(rule, matching=(), entered={"vip": {"own.dnd": "true"}}, target={"own.dnd": "true"})
    assert (acts.patch, acts.entered) == ({}, {})


def test_what_another_rule_also_says_stays_and_becomes_that_ones() -> None:
    other = a_rule(ADDS, name="too", leave=(UNLABELS,))
    acts = left({MEDIUM: "mine", TAGS: listed("customer")}, None, other, entered={"too": {}})
    assert acts.patch == {}
    assert acts.entered == {"too": {f"{TAGS}\x1fcustomer": "+"}}
    then = acted(LEAVES, other, matching=(), entered=acts.entered, target={TAGS: listed("customer")})
    assert then.patch == {TAGS: listed()}


def test_an_element_that_leaving_adds_overwrites_nothing() -> None:
    former = Effect(TAGS, How.ADD, "Former")
    rule = a_rule(ADDS, leave=(former,))
    assert "former" in acted(rule, matching=(), entered={"vip": {}}).patch[TAGS]
    back = a_rule(TAKES, leave=(Effect(TAGS, How.ADD, "Lead"),))
    without = {TAGS: listed("mine")}
    assert acted(back, matching=(), entered={"vip": {}}, target=without).patch == {}
    assert "lead" in acted(back, matching=(), entered={"vip": {f"{TAGS}\x1flead": "-"}}, target=without).patch[TAGS]


def test_leaving_waits_for_a_column_that_was_never_read() -> None:
    acts = acted(LEAVES, matching=(), entered={"vip": MADE}, target={MEDIUM: "Fair"})
    assert acts.unread
    assert (set(acts.patch), acts.leaving, acts.entered) == ({MEDIUM}, (), {"vip": MADE})


def test_a_rule_that_is_no_longer_in_the_file_is_forgotten() -> None:
    acts = acted(LEAVES, matching=(), entered={"renamed": MADE}, target={MEDIUM: "Fair"})
    assert (acts.patch, acts.entered) == ({}, {})


# ---- refused

REFUSED = {MEDIUM: Apart(ApartReason.REFUSED, "Fair", "")}


def test_a_refused_action_waits_until_something_changes_or_all_is_tried_again() -> None:
    waits: dict[str, Any] = {"entered": {"vip": {MEDIUM: None}}, "apart": REFUSED}
    assert acted(a_rule(SAYS), **waits).waiting == {MEDIUM}
    assert acted(a_rule(SAYS), **waits, retry=True).patch == {MEDIUM: "Fair"}
    assert acted(a_rule(SAYS), **waits, target={MEDIUM: "edited"}).patch == {MEDIUM: "Fair"}
    assert acted(a_rule(Effect(MEDIUM, How.SET, "another")), **waits).patch == {MEDIUM: "another"}


def test_what_a_person_left_as_it_is_is_not_tried_again() -> None:
    kept = {MEDIUM: Apart(ApartReason.KEPT, None, "")}
    waits: dict[str, Any] = {"entered": {"vip": {MEDIUM: None}}, "apart": kept}
    assert acted(a_rule(SAYS), **waits, retry=True).patch == {}
    assert acted(a_rule(SAYS), **waits, target={MEDIUM: "edited"}).patch == {MEDIUM: "Fair"}


def test_what_waited_and_was_done_by_hand_waits_no_more() -> None:
    acts = acted(a_rule(SAYS), entered={"vip": {MEDIUM: None}}, apart=REFUSED, target={MEDIUM: "Fair"})
    assert (acts.patch, acts.entered) == ({}, {"vip": {}})
