"""Tests of a sync file play whole runs: each expectation passes where it holds, and is named where it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from contactsync.rehearsal.report import Rehearsed

Play = Callable[[str, str], list[str]]

PLAIN = "match: {keys: [email, phone], default_region: DE}\n"
RULES = """\
match: {keys: [email, phone], default_region: DE}
fields: {exclude: [tags]}
rules:
  left_to_right:
    - name: hot, of Alex
      if:
        - owned_by: alex.sample@acme.example
        - any: [has_open_deals, {lead_score: {between: [60, 100]}}]
        - not: do_not_disturb
        - field: {name: custom.cf_tier, in: [Gold, Silver]}
      then: {actions: [{add_label: Freshsales}]}
      on_leave: [{remove_label: Freshsales}]
  right_to_left:
    - name: shared
      if: [{has_label: Freshsales}]
      then: {actions: [{update_medium: {value: Google Contacts, apply: on_create}}]}
"""
HOT = (
    "{names: {given: Uma}, emails: [uma@example.org], owner: alex.sample@acme.example, "
    "custom: {cf_tier: gold}, own: {lead_score: 80}}"
)


def test_a_contact_is_carried_over_in_normal_form(wrong: Play) -> None:
    tests = """\
  - name: phones, labels and an address
    given:
      right:
        names: {given: Uma, family: Beispiel}
        emails: [{value: Uma@Example.org, label: work}]
        phones: [{value: 030 1234567, label: work}]
        addresses: [{street: Musterweg 1, city: Berlin, label: home}]
    expect:
      left:
        names: {given: Uma, family: Beispiel}
        emails: [uma@example.org]
        phones: ["+49 30 1234567"]
        addresses: [{street: musterweg 1, city: BERLIN}]
        own: {work_number: 030 1234567, mobile_number: ''}
      linked: true
"""
    assert wrong(PLAIN, tests) == []


def test_who_is_left_out_is_left_out_for_the_reason_expected(wrong: Play) -> None:
    tests = f"""\
  - name: no rule
    given: {{right: {{names: {{given: Uma}}, emails: [u@example.org], tags: [Family]}}}}
    expect: {{left: null, why: no_rule_matches, linked: false, actions: []}}
  - name: no key
    given: {{right: {{names: {{given: Uma}}, tags: [Freshsales]}}}}
    expect: {{left: null, why: no_key}}
  - name: held is any of them
    given: {{right: {{names: {{given: Uma}}, tags: [Freshsales]}}}}
    expect: {{left: null, why: held}}
  - name: cold
    given: {{left: {HOT.replace("80", "50")}}}
    expect: {{right: null, why: no_rule_matches}}
  - name: several of one address
    given: {{left: [{HOT}, {HOT}], right: {{emails: [uma@example.org]}}}}
    expect: {{why: ambiguous, linked: false, left: [{HOT}, {HOT}]}}
"""
    assert wrong(RULES, tests) == []


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("direction: left_to_right\n", "direction_closed"),
        ("rules: {right_to_left: [{name: known, then: {contacts: update_only}}]}\n", "update_only"),
        ("fields: {only: [birthday]}\nmatch: {without_key: create}\n", "nothing_to_write"),
    ],
)
def test_every_other_reason_to_create_nobody(wrong: Play, keys: str, why: str) -> None:
    given = "given: {right: {names: {given: Uma}, emails: [u@example.org]}}"
    assert wrong(keys, f"  - {{name: none, {given}, expect: {{left: null, why: {why}}}}}\n") == []


def test_a_change_against_the_direction_is_left_alone_and_says_so(wrong: Play) -> None:
    tests = """\
  - name: one way
    given: {left: {names: {given: Uma}, emails: [u@example.org]}}
    edits: {right: {job_title: Buyer}}
    expect: {left: {job_title: ''}, right: {job_title: Buyer}, why: direction_closed}
"""
    assert wrong("direction: left_to_right\n", tests) == []


def test_rules_are_entered_and_left(wrong: Play) -> None:
    tests = f"""\
  - name: enters
    given: {{left: {HOT}}}
    expect: {{right: {{names: {{given: Uma}}, tags: [Freshsales]}}, actions: [add_label]}}
  - name: leaves
    given: {{left: {HOT}}}
    edits: {{left: {{own: {{lead_score: 5}}}}}}
    expect: {{right: {{names: {{given: Uma}}, tags: []}}, actions: [remove_label, add_label]}}
  - name: an action on the other app, with the create only
    given: {{right: {{emails: [u@example.org], tags: [freshsales]}}}}
    expect: {{left: {{emails: [u@example.org], own: {{medium: Google Contacts}}}}, actions: [update_medium]}}
"""
    assert wrong(RULES, tests) == []


def test_an_edit_outside_of_every_rule_waits(wrong: Play) -> None:
    keys = """\
rules:
  left_to_right: [{name: hot, if: [{lead_score: {greater_than: 60}}]}]
  right_to_left: [{name: shared, if: [{has_label: Freshsales}]}]
"""
    tests = f"""\
  - name: waits
    given: {{left: {HOT}}}
    edits: {{left: {{job_title: Buyer, own: {{lead_score: 5}}}}}}
    expect: {{right: {{job_title: ''}}, why: out_of_scope}}
"""
    assert wrong(keys, tests) == []


def test_what_was_linked_before_stays_as_it_is_until_somebody_edits(wrong: Play) -> None:
    given = "given: {left: {names: {given: Uma}, job_title: A}, right: {names: {given: Umi}, job_title: A}}"
    pair = f"{given}\n    linked: true"
    tests = f"""\
  - name: nothing happens
    {pair}
    expect: {{left: {{names: {{given: Uma}}}}, right: {{names: {{given: Umi}}}}, linked: true, conflicts: {{}}}}
  - name: one edit is carried
    {pair}
    edits: {{right: {{job_title: B}}}}
    expect: {{left: {{names: {{given: Uma}}, job_title: B}}}}
  - name: two edits are a conflict
    {pair}
    edits: {{left: {{job_title: B}}, right: {{job_title: C}}}}
    expect: {{left: {{job_title: C}}, right: {{job_title: C}}, conflicts: {{job_title: right}}}}
"""
    assert wrong("conflicts: right\n", tests) == []


def test_a_conflict_that_nobody_wins(wrong: Play) -> None:
    tests = """\
  - name: held
    given: {left: {emails: [u@example.org], job_title: A}, right: {emails: [u@example.org], job_title: A}}
    edits: {left: {job_title: B}, right: {job_title: C}}
    expect: {left: {job_title: B}, right: {job_title: C}, conflicts: {job_title: nobody}, why: conflict}
"""
    assert wrong("conflicts: hold\n", tests) == []


def test_deletions_follow_the_policy(wrong: Play) -> None:
    tests = """\
  - name: marked
    given: {left: {emails: [u@example.org]}}
    edits: {right: null}
    expect: {left: {tags: [Gone]}, right: null, linked: false}
  - name: an app that does not report deletions
    given: {left: {emails: [u@example.org]}}
    edits: {left: null}
    expect: {left: null, right: {emails: [u@example.org]}, why: left_alone}
  - name: an edit beats a deletion
    given: {left: {emails: [u@example.org]}}
    edits: {left: {job_title: B}, right: null}
    expect: {left: {job_title: B}, right: null, why: deleted_and_edited}
"""
    assert wrong("deletions: {right_to_left: tag, left_to_right: delete, tag: Gone}\n", tests) == []


def test_the_day_on_which_a_test_plays(wrong: Play) -> None:
    rules = "rules: {left_to_right: [{name: lately, if: [{field: {name: last_contacted, within_days: 3}}]}]}\n"
    given = "given: {left: {emails: [u@example.org], own: {last_contacted: 2026-03-01T10:00:00Z}}}"
    tests = f"""\
  - {{name: lately, {given}, today: 2026-03-04, expect: {{right: {{emails: [u@example.org]}}}}}}
  - {{name: long ago, {given}, today: 2026-03-05, expect: {{right: null, why: no_rule_matches}}}}
"""
    assert wrong(rules, tests) == []


def test_each_difference_is_named_with_what_was_expected_and_found(
    played: Callable[[str, str], list[Rehearsed]],
) -> None:
    tests = """\
  - name: all wrong
    given: {right: {names: {given: Uma}, emails: [u@example.org, {value: v@example.org, label: home}], company: X}}
    expect:
      left: {names: {given: Ada}, emails: [u@example.org], phones: ["+4930123456"], own: {medium: x}}
      right: {emails: [u@example.org, {value: v@example.org, label: work}]}
      why: no_key
      linked: false
      actions: [add_label]
      conflicts: {job_title: nobody}
  - {name: too few, given: {left: {names: {given: Uma}, emails: [u@example.org]}}, expect: {right: null, left: null}}
  - {name: nobody to edit, given: {left: {names: {given: Uma}}}, edits: {right: {company: X}}, expect: {right: null}}
"""
    first, second, third = played("", tests)
    found = [(d.at, d.expected, d.found) for d in first.differences]
    assert found == [
        ("left.names.given", "Ada", "Uma"),
        ("left.emails", "u@example.org", "u@example.org; v@example.org"),
        ("left.phones", "+4930123456 [work]", "(empty)"),
        ("left.medium", "x", "(empty)"),
        ("right.emails", "u@example.org; v@example.org [work]", "u@example.org; v@example.org [home]"),
        ("why", "no_key", "nothing was left out"),
        ("linked", "false", "true"),
        ("actions", "add_label", "none"),
        ("conflicts.job_title", "nobody", "no conflict"),
    ]
    assert (first.line, first.passed) == (6, False)
    found = [(d.at, d.expected, d.found) for d in second.differences]
    assert found == [("left", "nobody", "one contact (Uma)"), ("right", "nobody", "one contact (Uma)")]
    [difference] = third.differences
    assert (difference.at, difference.found) == ("edits.right", "nobody there (no_key)")


def test_two_apps_that_never_agree_are_no_pass(wrong: Play) -> None:
    """A rule that takes away what the other gives goes on for ever; the test says so whatever else it expects."""
    rules = """\
fields: {exclude: [tags]}
rules:
  left_to_right: [{name: a, if: [{not: {field: {name: medium, equals: x}}}], on_leave: [{remove_label: L}],
                   then: {contacts: update_only, actions: [{add_label: L}]}}]
  right_to_left: [{name: b, if: [{has_label: L}], then: {actions: [{update_medium: {value: x, apply: always}}]},
                   on_leave: [{update_medium: {value: y}}]}]
"""
    tests = """\
  - name: to and fro
    given: {left: {emails: [u@example.org]}, right: {emails: [u@example.org]}}
    linked: true
    expect: {linked: true}
"""
    assert wrong(rules, tests) == [": the sync comes to rest / it goes on writing, run after run"]


def test_pairs_of_own_fields_flow_both_ways(wrong: Play) -> None:
    keys = """\
fields:
  pairs:
    - {left: custom.cf_tier, right: custom.Tier, options: {Gold: gold, Silver: silver}}
    - {left: mobile_number, right: phoneNumbers, pick: {label: mobile, else: first}}
"""
    tests = """\
  - name: there
    given: {left: {emails: [u@example.org], phones: [{value: "+49170123456", label: mobile}], custom: {cf_tier: Gold}}}
    expect: {right: {custom: {Tier: gold}, own: {phoneNumbers: ["+49170123456"]}}}
  - name: and back
    given: {right: {emails: [u@example.org], custom: {Tier: silver}}}
    expect: {left: {custom: {cf_tier: Silver}}}
  - name: a choice that has no partner is held
    given: {left: {emails: [u@example.org], custom: {cf_tier: Gold}}}
    edits: {right: {custom: {Tier: lead}}}
    expect: {left: {custom: {cf_tier: Gold}}, why: unknown_option}
"""
    assert wrong(keys, tests) == []
