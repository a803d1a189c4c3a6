"""`tests:` of a file: what is read, and that every mistake is named with line, what is allowed and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from contactsync.errors import ConfigError
from contactsync.mapping.as_data import spec_as_json
from contactsync.mapping.loader import load_document
from contactsync.model.file_tests import WHY, Expected, FileTest, GivenContact
from contactsync.model.plan import HoldReason
from contactsync.model.spec import Side
from contactsync.orchestration.shipped_apps import ShippedApps

Write = Callable[..., Path]

HEAD = """\
version: 1
left: {app: freshsales, connection: crm}
right: {app: google_contacts, connection: google}
dag: {schedule: null}
"""
GOOD = "{name: a, given: {left: {names: {given: Uma}}}, expect: {right: null}}"


def read(write: Write, *tests: str) -> tuple[FileTest, ...]:
    path = write(HEAD + "tests:\n" + "".join(f"  - {test}\n" for test in tests), "crm.yaml")
    return load_document(path, path.parent, ShippedApps()).tests


def refused(write: Write, test: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(write, test)
    return str(caught.value)


def test_everything_that_a_test_may_say(write: Write) -> None:
    [test] = read(
        write,
        "{name: all, linked: true, today: 2026-03-01,"
        " given: {left: {names: {given: Uma, family: B},"
        " emails: [u@example.org, {value: v@example.org, primary: true}], addresses: [{city: Berlin, label: home}],"
        " custom: {cf_n: 12.5}, own: {has_authority: true}},"
        " right: [{birthday: 1990-05-01, tags: []}]},"
        " edits: {left: null, right: {company: null}},"
        " expect: {left: null, right: {notes: x}, why: held, linked: false, actions: [],"
        " conflicts: {company: nobody}}}",
    )
    left = GivenContact(
        {
            "names.given": "Uma",
            "names.family": "B",
            "emails": [{"value": "u@example.org"}, {"value": "v@example.org", "primary": True}],
            "addresses": [{"value": {"city": "Berlin"}, "label": "home"}],
        },
        {"custom.cf_n": "12.5", "has_authority": "true"},
    )
    right = GivenContact({"birthday": "1990-05-01", "tags": []})
    assert test.given == {Side.LEFT: (left,), Side.RIGHT: (right,)}
    assert test.edits == {Side.LEFT: None, Side.RIGHT: GivenContact({"company": ""})}
    contacts = {Side.LEFT: (), Side.RIGHT: (GivenContact({"notes": "x"}),)}
    assert test.expect == Expected(contacts, "held", linked=False, actions=(), conflicts={"company": None})
    assert (test.linked, test.today) == (True, date(2026, 3, 1))


def test_a_test_is_no_part_of_the_dag(write: Write) -> None:
    path = write(f"{HEAD}tests: [{GOOD}]\n", "crm.yaml")
    assert "Uma" not in spec_as_json(load_document(path, path.parent, ShippedApps()).spec)


def test_the_words_of_why_are_those_of_holds_that_can_happen_here() -> None:
    assert {"no_key", "ambiguous", "conflict", "held", "no_rule_matches"} <= set(WHY)
    assert not {HoldReason.UNION, HoldReason.REFUSED} & set(WHY)


TWO = "given: {left: [{emails: [a]}, {emails: [b]}]}, expect: {right: null}"


def expecting(words: str) -> str:
    return GOOD.replace("right: null", words)


GIVEN = "{name: a, given: {left: GIVEN}, expect: {right: null}}"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{}", ": needs the fields of a contact. This is {}."),
        ("[]", ": has 0 entries; 1 to 20 are allowed."),
        ("[{nmes: {given: U}}]", "[0].nmes: is no contact field. Did you mean 'names'?"),
        ("{names: Uma}", '.names: must hold keys (`field: value`). This is "Uma".'),
        ("{names: {fmily: U}}", ".names.fmily: is no part of a name. Did you mean 'family'?"),
        ("{emails: u@example.org}", ".emails: holds several values."),
        ("{emails: [{label: x}]}", ".emails[0]: needs a value."),
        ("{emails: [{value: u, lbl: x}]}", ".emails[0].lbl: unknown key. Did you mean 'label'?"),
        ("{emails: [{value: u, primary: 1}]}", ".emails[0].primary: must be true or false."),
        ("{addresses: [Berlin]}", '.addresses[0]: needs the parts of an address. This is "Berlin".'),
        ("{addresses: [{label: x}]}", ".addresses[0]: needs a part of an address beside its label."),
        ("{addresses: [{twon: x}]}", ".addresses[0].twon: unknown key."),
        ("{job_title: [x]}", ".job_title: must be 1 to 10000 characters of text."),
        (
            "{own: {custom.cf_x: 1}}",
            ".own.custom.cf_x: is a custom field. Next: Write it as custom: {cf_x: ...}.",
        ),
        ("{nickname: U}", ".nickname: Freshsales has no nickname."),
        ("{addresses: [{city: A}, {city: B}]}", ".addresses: holds at most 1 here; these are 2."),
        (
            "{phones: [{value: '1', label: mbile}]}",
            ".phones[0].label: there is no place for \"mbile\". Did you mean 'mobile'?",
        ),
        (
            "{own: {led_score: 1}}",
            ".own.led_score: Freshsales has no field \"led_score\". Did you mean 'lead_score'?",
        ),
        (
            "{own: {lead_score: hot}}",
            '.own.lead_score: lead_score never holds "hot": it holds numbers.',
        ),
        ("{own: {tags: x}}", ".own.tags: tags holds several values."),
    ],
)
def test_a_mistake_in_a_contact_is_named_with_its_place(write: Write, given: str, told: str) -> None:
    message = refused(write, GIVEN.replace("GIVEN", given))
    assert f"tests[0].given.left{told}" in message
    assert "crm.yaml:6: " in message
    assert "Next: " in message


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("{given: {left: {company: U}}, expect: {right: null}}", "name: is required and missing."),
        ("{name: a, expect: {right: null}}", "given: is required and missing."),
        ("{name: a, given: {}, expect: {right: null}}", "given: gives no contact."),
        ("{name: a, given: {left: {company: U}}, expect: {}}", "expect: expects nothing."),
        (expecting("rigth: null"), "expect.rigth: unknown key. Did you mean 'right'?"),
        (expecting("why: no_rule"), 'expect.why: "no_rule" is not allowed here.'),
        (expecting("actions: [add_labl]"), 'expect.actions[0]: neither app has an action "add_labl". Did you mean'),
        (
            expecting("conflicts: {emials: left}"),
            "expect.conflicts.emials: no such field flows. Did you mean 'emails'?",
        ),
        (expecting("conflicts: {emails: both}"), 'expect.conflicts.emails: "both" is not allowed here.'),
        (GOOD.replace("name: a", "name: a, today: 2026-02-30"), 'today: "2026-02-30" is not a day.'),
        (GOOD.replace("name: a", "name: a, edits: {}"), "edits: edits nothing."),
        (GOOD.replace("name: a", "name: a, linked: yes"), "linked: must be true or false."),
        (f"{{name: a, linked: true, {TWO}}}", "linked: links two contacts, and a side has several."),
        (f"{{name: a, edits: {{left: null}}, {TWO}}}", "edits.left: several contacts are given on this side"),
    ],
)
def test_a_mistake_in_a_test_is_named_with_its_place(write: Write, test: str, told: str) -> None:
    message = refused(write, test)
    assert f"tests[0].{told}" in message
    assert "crm.yaml:6: " in message
    assert "Next: " in message


def test_two_tests_of_one_name(write: Write) -> None:
    with pytest.raises(ConfigError, match=r'crm.yaml:7: tests\[1\].name: "a" is already the name of another test'):
        read(write, GOOD, GOOD)
