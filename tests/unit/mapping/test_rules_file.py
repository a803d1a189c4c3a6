"""Rules in a file: what is read, and that every mistake is named with file, line, what is allowed and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from contactsync.errors import ConfigError
from contactsync.mapping.advice import advice
from contactsync.mapping.as_data import spec_as_json, spec_from_json
from contactsync.mapping.loader import load_sync
from contactsync.mapping.rule_words import rule_in_words
from contactsync.model.rules import Action, Apply, Compare, Condition, Contacts, Join, Rule
from contactsync.model.spec import SIDES, Side, SyncSpec
from contactsync.orchestration.describe import page_of
from contactsync.orchestration.shipped_apps import ShippedApps

Write = Callable[..., Path]

HEAD = """\
version: 1
left: {app: freshsales, connection: crm, options: OPTIONS}
right: {app: google_contacts, connection: google}
dag: {schedule: null, timezone: Europe/Berlin}
fields: {exclude: [tags]}
rules:
"""
RULES = """\
  left_to_right:
    - name: alex-customers
      if:
        - owned_by: alex.sample@acme.example
        - any:
            - has_open_deals
            - won_deals_revenue: {greater_than: 0}
            - lead_score: {between: [60, 100]}
        - not: do_not_disturb
        - field: {name: custom.cf_tier, in: [Gold, Silver]}
      then:
        contacts: create_and_update
        actions:
          - add_label: {value: Freshsales}
      on_leave:
        - remove_label: {value: Freshsales}
  right_to_left:
    - name: only-what-alex-shares
      if: [{has_label: Freshsales}]
      then:
        contacts: create_and_update
        actions:
          - update_medium: {value: Google Contacts, apply: on_create}
"""


def load(write: Write, rules: str, options: str = "{}") -> SyncSpec:
    path = write(HEAD.replace("OPTIONS", options) + rules, "crm.yaml")
    return load_sync(path, path.parent, ShippedApps())


def refused(write: Write, rules: str, options: str = "{}") -> str:
    with pytest.raises(ConfigError) as caught:
        load(write, rules, options)
    return str(caught.value)


def leaf(name: str, *values: str, compare: Compare = Compare.EQUALS, field: str = "") -> Condition:
    return Condition(Join.LEAF, name, field, compare, values)


def test_the_documented_rules_are_read_as_they_are_meant(write: Write) -> None:
    spec = load(write, RULES)
    (first,), (second,) = spec.rules[Side.LEFT], spec.rules[Side.RIGHT]
    assert first.conditions == (
        leaf("owned_by", "alex.sample@acme.example"),
        Condition(
            Join.ANY,
            parts=(
                leaf("has_open_deals"),
                leaf("won_deals_revenue", "0", compare=Compare.GREATER_THAN),
                leaf("lead_score", "60", "100", compare=Compare.BETWEEN),
            ),
        ),
        Condition(Join.NOT, parts=(leaf("do_not_disturb"),)),
        leaf("field", "Gold", "Silver", compare=Compare.IN, field="custom.cf_tier"),
    )
    assert (first.actions, first.on_leave) == (
        (Action("add_label", "Freshsales"),),
        (Action("remove_label", "Freshsales"),),
    )
    assert second == Rule(
        "only-what-alex-shares",
        (leaf("has_label", "Freshsales"),),
        Contacts.CREATE_AND_UPDATE,
        (Action("update_medium", "Google Contacts", apply=Apply.ON_CREATE),),
    )
    assert spec_from_json(spec_as_json(spec)) == spec


def test_what_changes_without_an_edit_is_judged_anew_daily_unless_said_otherwise(write: Write) -> None:
    spec = load(write, RULES)
    assert spec.full_every == timedelta(days=1)
    (note,) = [n for n in notes(spec) if "full_every" in n]
    assert "lead_score" in note
    assert "24 h" in note
    assert "100 contacts" in note
    assert load(write, RULES + "full_every: 3d\n").full_every == timedelta(days=3)
    plain = "  right_to_left: [{name: shared, if: [{has_label: Freshsales}]}]\n"
    assert load(write, plain).full_every == timedelta(days=6)
    near = "  left_to_right: [{name: new, if: [{field: {name: custom.cf_since, within_days: 30}}]}]\n"
    assert load(write, near).full_every == timedelta(days=1)


def test_the_page_of_the_sync_says_its_rules_in_words(write: Write) -> None:
    spec = load(write, RULES)
    told = rule_in_words(spec.rules[Side.LEFT][0])
    assert told == (
        "alex-customers: if owned_by = alex.sample@acme.example and (has_open_deals or won_deals_revenue > 0 or "
        "lead_score between 60 and 100) and not do_not_disturb and custom.cf_tier in Gold, Silver, then create and "
        "update, add_label Freshsales; on leaving: remove_label Freshsales"
    )
    assert "won\\_deals\\_revenue \\> 0" in page_of(spec)
    assert "Rules from right to left" in page_of(spec)


def notes(spec: SyncSpec) -> tuple[str, ...]:
    known = ShippedApps()
    return advice(spec, {s: known.declared(spec.side(s).app, spec.side(s).options) for s in SIDES})


# ---- Authority and Do not disturb

AUTHORITY = "  left_to_right: [{name: chiefs, if: [has_authority]}]\n"
NAMED = "{flavour: suite, authority_field: custom.cf_has_authority, do_not_disturb_field: custom.cf_dnd}"


def test_a_suite_account_without_the_option_cannot_judge_authority_and_says_how_it_could(write: Write) -> None:
    told = refused(write, AUTHORITY, "{flavour: suite}")
    assert "crm.yaml:7:" in told
    assert "authority_field: custom.cf_has_authority" in told
    assert "Checkbox" in told
    assert load(write, AUTHORITY, NAMED).rules
    assert load(write, AUTHORITY, "{flavour: classic}").rules


def test_validate_lists_what_is_missing_on_suite_and_what_is_only_known_online(write: Write) -> None:
    medium = "  left_to_right: [{name: fair, if: [{medium: Fair}]}]\n"
    both = medium + "  right_to_left: [{name: shared}]\n"
    (authority, quiet) = [n for n in notes(load(write, both, "{flavour: suite}")) if "not with these options" in n]
    assert "has_authority, has_no_authority, grant_authority, revoke_authority" in authority
    assert "do_not_disturb, mark_do_not_disturb, unmark_do_not_disturb" in quiet
    assert not any("Suite" in n for n in notes(load(write, both, NAMED)))
    assert not any("only known online" in n for n in notes(load(write, medium)))
    (unsure,) = [n for n in notes(load(write, AUTHORITY)) if "only known online" in n]
    assert "left: has_authority:" in unsure


# ---- mistakes: (rules, line, words that the message has)


def rule(condition: str = "has_open_deals", then: str = "{}", more: str = "") -> str:
    return f"  left_to_right:\n    - name: one\n      if:\n        - {condition}\n      then: {then}\n{more}"


def action(text: str) -> str:
    return rule(then=f"{{actions: [{text}]}}")


def arriving(text: str) -> str:
    """An action on Freshsales."""
    return f"  right_to_left:\n    - name: one\n      then: {{actions: [{text}]}}\n"


MISTAKES: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "misspelt condition": (rule("has_open_deal"), 10, ("no condition", "Did you mean 'has_open_deals'?", "medium")),
    "condition of the other app": (rule("has_label: x"), 10, ("Freshsales has no condition", "owned_by")),
    "value where none is taken": (rule("has_open_deals: 3"), 10, ("takes no value",)),
    "value missing": (rule("medium"), 10, ("needs a value",)),
    "test where values are taken": (rule("owned_by: {contains: x}"), 10, ("takes values, not a test",)),
    "misspelt test": (rule("lead_score: {grater_than: 3}"), 10, ("Did you mean 'greater_than'?",)),
    "two tests": (rule("lead_score: {greater_than: 3, less_than: 9}"), 10, ("one condition has one test", "AND")),
    "has is the apps' own": (rule("field: {name: tags, has: x}"), 10, ("is no test",)),
    "two keys": (rule("{medium: x, lead_score: 3}"), 10, ("one entry of a list is one condition",)),
    "no condition at all": (rule("[]"), 10, ("is not one condition",)),
    "text for a number": (rule("lead_score: {greater_than: many}"), 10, ("needs a number", "digits")),
    "score never holds a text": (rule("lead_score: Gold"), 10, ("never holds",)),
    "range turned round": (rule("lead_score: {between: [9, 3]}"), 10, ("begins after its end",)),
    "range of one": (rule("lead_score: {between: [9]}"), 10, ("needs two values",)),
    "date for a number": (rule("lead_score: {before: 2026-01-01}"), 10, ("needs a date", "number")),
    "number for a date": (rule("field: {name: last_contacted, greater_than: 3}"), 10, ("needs a number", "datetime")),
    "no such day": (rule("field: {name: last_contacted, before: 2026-02-30}"), 10, ("needs a date", "2026-01-31")),
    "half a day": (rule("field: {name: last_contacted, within_days: 0.5}"), 10, ("whole number of days",)),
    "empty wants a truth": (rule("field: {name: medium, empty: 'yes'}"), 10, ("needs true or false",)),
    "unknown field": (rule("field: {name: mediun, equals: x}"), 10, ("no field", "Did you mean 'medium'?")),
    "field without a test": (rule("field: {name: medium}"), 10, ("needs a test", "equals")),
    "field without a name": (rule("field: {equals: x}"), 10, ("needs the name",)),
    "bare join": (rule("any"), 10, ("needs something to judge",)),
    "any of one text": (rule("any: has_open_deals"), 10, ("needs a list",)),
    "nested without end": (rule("not: " + "{not: " * 9 + "medium" + "}" * 9), 10, ("nest deeper than 8",)),
    "already exists with a value": (rule("already_exists: true"), 10, ("takes no value",)),
    "empty if": ("  left_to_right:\n    - name: one\n      if: []\n", 9, ("at least 1",)),
    "if without a list": ("  left_to_right:\n    - name: one\n      if: has_open_deals\n", 9, ("must be a list",)),
    "no name": ("  left_to_right:\n    - if: [has_open_deals]\n", 8, ("name", "missing")),
    "one name twice": ("  left_to_right:\n    - name: one\n    - name: one\n", 9, ("already the name",)),
    "misspelt key": (rule(more="      on_leav: []\n"), 12, ("Did you mean 'on_leave'?",)),
    "unknown contacts": (rule(then="{contacts: create}"), 11, ("create_and_update", "update_only")),
    "misspelt action": (action("add_lable: x"), 11, ("no action", "Did you mean 'add_label'?", "remove_label")),
    "action of the other app": (action("update_medium: x"), 11, ("Google Contacts has no action",)),
    "action without a value": (action("add_label"), 11, ("needs a value",)),
    "unknown key of an action": (action("add_label: {valu: x}"), 11, ("Did you mean 'value'?",)),
    "unknown apply": (action("add_label: {value: x, apply: once}"), 11, ("on_enter", "on_create")),
    "field where none is taken": (action("add_label: {value: x, field: y}"), 11, ("takes no field",)),
    "lone brace": (action("add_label: {value: '{company'}"), 11, ("lone {", "{{")),
    "unknown name in braces": (action("add_label: {value: '{compani}'}"), 11, ("Did you mean 'company'?",)),
    "list in braces": (action("add_label: {value: '{emails}'}"), 11, ("several values",)),
    "adds and removes one label": (action("{add_label: x}, {remove_label: X}"), 11, ("takes back", "same rule")),
    "leaving with apply": (
        rule(more="      on_leave: [{remove_label: {value: x, apply: always}}]\n"),
        12,
        ("on_leave",),
    ),
    "no value at all": (arriving("{update_medium: {value: }}"), 9, ("1 to 2000 characters",)),
    "loosening without leave": (arriving("unmark_do_not_disturb"), 9, ("loosens consent", "allow_unmark: true")),
    "leave where none is needed": (arriving("{mark_do_not_disturb: {allow_unmark: true}}"), 9, ("no such permission",)),
    "update of nothing": (arriving("{update_field: x}"), 9, ("needs the name of a field",)),
    "update of an unknown field": (
        arriving("{update_field: {field: mediun, value: x}}"),
        9,
        ("Did you mean 'medium'?",),
    ),
    "update of what is read only": (
        arriving("{update_field: {field: lead_score, value: 3}}"),
        9,
        ("cannot be written",),
    ),
    "update of a list": (arriving("{update_field: {field: tags, value: x}}"), 9, ("holds several values",)),
    "update of what is mapped": (arriving("{update_field: {field: job_title, value: x}}"), 9, ("also mapped",)),
    "a value that never fits": (
        arriving("{update_field: {field: do_not_disturb, value: perhaps}}"),
        9,
        ("true or false",),
    ),
    "leaving never loosens": (
        "  right_to_left:\n    - name: one\n      on_leave: [unmark_do_not_disturb]\n",
        9,
        ("never loosens",),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_names_line_and_remedy(write: Write, name: str) -> None:
    rules, line, words = MISTAKES[name]
    told = refused(write, rules)
    assert f"crm.yaml:{line}: rules." in told
    assert "Next: " in told
    for word in words:
        assert word in told


def test_rules_of_a_direction_in_which_nothing_flows_are_refused(write: Write) -> None:
    told = refused(write, rule() + "direction: right_to_left\n")
    assert "nothing flows this way" in told


def test_a_label_that_flows_back_by_the_mapping_is_no_action(write: Write) -> None:
    path = write(
        HEAD.replace("OPTIONS", "{}").replace("fields: {exclude: [tags]}\n", "") + action("add_label: x"), "crm.yaml"
    )
    with pytest.raises(ConfigError, match="would flow back"):
        load_sync(path, path.parent, ShippedApps())
    one_way = path.read_text().replace("dag:", "direction: left_to_right\ndag:")
    path.write_text(one_way)
    assert load_sync(path, path.parent, ShippedApps()).rules


# ---- rules that contradict each other

LABELS = """\
  left_to_right:
    - {{name: one, if: [{one}], then: {{actions: [{{add_label: x}}]}}}}
    - {{name: other, if: [{other}], then: {{actions: [{{remove_label: x}}]}}}}
"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("has_open_deals", "{not: has_open_deals}"),
        ("has_authority", "has_no_authority"),
        ("contacted", "not_contacted"),
        ("{medium: [A, B]}", "{medium: c}"),
        ("{lead_score: {greater_than: 50}}", "{lead_score: {less_than: 50}}"),
        ("{lead_score: {greater_than: 50}}", "{lead_score: {between: [0, 50]}}"),
        ("{lead_score: 3}", "{lead_score: {greater_than: 3}}"),
    ],
)
def test_opposite_actions_may_stand_on_rules_that_exclude_each_other(write: Write, one: str, other: str) -> None:
    assert load(write, LABELS.format(one=one, other=other)).rules


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("has_open_deals", "has_authority"),
        ("{medium: [A, b]}", "{medium: B}"),
        ("{lead_score: {greater_than: 50}}", "{lead_score: {less_than: 51}}"),
        ("{lead_score: {greater_than: 4}}", "{lead_score: {between: [5, 5]}}"),
        ("{lead_score: {between: [1, 50]}}", "{lead_score: {between: [50, 60]}}"),
        ("{owned_by: Ada}", "{owned_by: Uma}"),
    ],
)
def test_opposite_actions_on_rules_that_can_both_match_are_refused(write: Write, one: str, other: str) -> None:
    told = refused(write, LABELS.format(one=one, other=other))
    assert "crm.yaml:9: rules.left_to_right[1].then.actions[0].remove_label" in told
    assert "'one', which can match too" in told


NEVER = [
    ("if: [{lead_score: {greater_than: 60}}, {lead_score: {less_than: 60}}]", "lead_score"),
    ("if: [has_open_deals, {not: has_open_deals}]", "not"),
    ("if: [{medium: Blog}, {any: [{medium: Fair}, {all: [contacted, not_contacted]}]}]", "any"),
]


@pytest.mark.parametrize(("conditions", "_about"), NEVER)
def test_a_rule_that_no_contact_can_match_is_refused(write: Write, conditions: str, _about: str) -> None:
    message = refused(write, f"  left_to_right:\n    - name: a\n      {conditions}\n")
    place = "crm.yaml:9: rules.left_to_right[0].if: "
    assert (
        f"{place}no contact can match this: its conditions contradict each other. Next: Remove one of them" in message
    )


def test_one_rule_may_set_a_field_once(write: Write) -> None:
    head = "  right_to_left:\n    - name: a\n      then:\n        actions:\n          - update_medium: Blog\n"
    message = refused(write, f"{head}          - update_field: {{field: medium, value: Fair}}\n")
    place = "crm.yaml:12: rules.right_to_left[0].then.actions[1].update_field: "
    assert f"{place}sets medium to another value than an action before it in this rule. Next: Keep one" in message
    load(write, f"{head}          - update_field: {{field: medium, value: ' blog '}}\n")
    load(write, f"{head}          - update_medium: {{value: Fair, apply: on_create}}\n")
