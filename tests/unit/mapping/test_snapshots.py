"""Field lists of accounts: kept readably, compared, and what a file says checked against them without any account."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.apps.freshsales import Freshsales
from contactsync.apps.google_contacts import GoogleContacts
from contactsync.contact import Kind
from contactsync.errors import ConfigError
from contactsync.mapping.advice import advice, not_asked
from contactsync.mapping.loader import SyncDocument, load_document
from contactsync.mapping.snapshots import account_mark, changes, path_of, read_snapshots, text_of
from contactsync.model.app import FieldInfo
from contactsync.model.snapshot import Snapshot
from contactsync.model.spec import Side
from contactsync.orchestration.shipped_apps import ShippedApps

Write = Callable[..., Path]

SUITE = tuple(f for f in Freshsales.info.fields if f.name not in ("has_authority", "do_not_disturb", "department"))
CUSTOM = (
    FieldInfo("custom.cf_tier", Kind.TEXT, "Tier", custom=True, choices=("Gold", "Silver")),
    FieldInfo("custom.cf_units", Kind.NUMBER, "Units", custom=True, max_length=6),
    FieldInfo("custom.cf_since", Kind.DATE, "Since", custom=True, needs_year=True),
    FieldInfo("custom.cf_quiet", Kind.BOOLEAN, "Quiet", custom=True),
)
CRM = Snapshot("crm", "freshsales", account_mark("acme"), (*SUITE, *CUSTOM))
CLASSIC = replace(CRM, fields=(*Freshsales.info.fields, *CUSTOM))
BOOK = Snapshot("google", "google_contacts", account_mark("ada"), GoogleContacts.info.fields)
HEAD = """\
version: 1
left: {app: freshsales, connection: crm, options: OPTIONS}
right: {app: google_contacts, connection: google}
dag: {schedule: null}
"""


def load(write: Write, text: str, *snapshots: Snapshot, options: str = "{}") -> SyncDocument:
    path = write(HEAD.replace("OPTIONS", options) + text, "crm.yaml")
    return load_document(path, path.parent, ShippedApps(), {one.connection: one for one in snapshots})


def refused(write: Write, text: str, *snapshots: Snapshot, options: str = "{}") -> str:
    with pytest.raises(ConfigError) as caught:
        load(write, text, *(snapshots or (CRM, BOOK)), options=options)
    return str(caught.value)


def test_what_is_written_is_read_and_stays_the_same_text(tmp_path: Path) -> None:
    shuffled = list(CRM.fields)
    random.Random(1).shuffle(shuffled)
    assert text_of(replace(CRM, fields=tuple(shuffled))) == text_of(CRM)
    for one in (CRM, BOOK, replace(CRM, connection="a/b:c")):
        path_of(tmp_path, one.connection).write_text(text_of(one))
    read = read_snapshots(tmp_path)
    assert set(read) == {"crm", "google", "a/b:c"}
    assert text_of(read["crm"]) == text_of(CRM)
    assert {f.name: f.choices for f in read["crm"].fields}["custom.cf_tier"] == ("Gold", "Silver")
    assert [f.name for f in read["crm"].fields if f.needs_year] == ["custom.cf_since"]
    assert read_snapshots(tmp_path / "nowhere") == {}


def test_an_accounts_id_is_not_in_its_file() -> None:
    assert "ada@example.org" not in text_of(replace(BOOK, account=account_mark("ada@example.org")))
    assert account_mark("ada@example.org") != account_mark("uma@example.org")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "crm.json:1: is not valid JSON"),
        ('{\n "fields": [\n}', "crm.json:3: is not valid JSON"),
        ("[]", "crm.json:1: is no snapshot of an account"),
        ('{"connection": "crm", "app": "x", "account": "y", "fields": [{"name": "a"}]}', "crm.json:1: is no snapshot"),
    ],
)
def test_a_file_that_is_none_is_named_with_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "crm.json").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_snapshots(tmp_path)
    assert told in str(caught.value)
    assert "contactsync snapshot" in str(caught.value)


@pytest.mark.parametrize(("before", "after", "told"), [("7", "8", 1), ("7", "7", 0), ("", "8", 0), ("7", "", 0)])
def test_a_custom_field_made_anew_is_told_by_its_id(tmp_path: Path, before: str, after: str, told: int) -> None:
    old, new = (replace(CRM, fields=(replace(CUSTOM[0], identity=i),)) for i in (before, after))
    (tmp_path / "crm.json").write_text(text_of(old), "utf-8")
    kept = read_snapshots(tmp_path)["crm"]
    assert kept.fields[0].identity == before
    line = "~ custom.cf_tier was deleted and made anew: it is another field, empty at first"
    assert list(changes(kept, new)) == [line] * told


def test_every_change_is_a_line() -> None:
    tier, units, since, _ = CUSTOM
    now = (
        replace(tier, choices=("Silver", "Platinum")),
        replace(units, title="Pieces", kind=Kind.TEXT, max_length=None, writable=False),
        since,
        FieldInfo("custom.cf_new", Kind.TEXT, "New"),
    )
    before, after = (replace(CRM, fields=fields) for fields in (CUSTOM, now))
    assert list(changes(before, after)) == [
        "+ custom.cf_new (text)",
        "- custom.cf_quiet",
        "~ custom.cf_tier choices: - Gold",
        "~ custom.cf_tier choices: + Platinum",
        '~ custom.cf_units title: "Units" -> "Pieces"',
        '~ custom.cf_units kind: "number" -> "text"',
        "~ custom.cf_units writable: true -> false",
        "~ custom.cf_units max_length: 6 -> none",
    ]
    assert list(changes(before, before)) == []
    assert list(changes(None, before)) == ["new: 4 fields"]
    reordered = replace(before, fields=(replace(tier, choices=("Silver", "Gold")), *CUSTOM[1:]))
    assert list(changes(before, reordered)) == ["~ custom.cf_tier choices: in another order"]
    assert list(changes(before, replace(before, account="x"))) == ["leads to another account than before"]


RULES = "rules:\n  left_to_right:\n    - name: a\n      if: [{{field: {{name: {field}, {test}}}}}]\n"


@pytest.mark.parametrize(
    ("field", "test", "told"),
    [
        ("custom.cf_teir", "equals: x", "no field \"custom.cf_teir\". Did you mean 'custom.cf_tier'?"),
        ("custom.cf_tier", "in: [Gold, Bronze]", 'no choice "Bronze". Allowed: Gold, Silver.'),
        ("custom.cf_tier", "equals: Silvr", "no choice \"Silvr\". Did you mean 'Silver'?"),
        ("custom.cf_units", "equals: many", 'never holds "many": it holds numbers.'),
        ("custom.cf_since", "greater_than: 3", "greater_than needs a number, and custom.cf_since holds a date."),
        ("custom.cf_units", "before: 2026-01-31", "before needs a date, and custom.cf_units holds a number."),
        ("custom.cf_quiet", "equals: sometimes", "it holds true or false."),
    ],
)
def test_conditions_are_checked(write: Write, field: str, test: str, told: str) -> None:
    message = refused(write, RULES.format(field=field, test=test))
    assert told in message
    assert "crm.yaml:8: rules.left_to_right[0].if[0].field" in message
    load(write, RULES.format(field=field, test=test))  # without the account nobody knows


def test_what_is_right_is_taken(write: Write) -> None:
    text = """\
rules:
  left_to_right:
    - name: a
      if:
        - field: {name: custom.cf_tier, in: [gold, " SILVER "]}
        - field: {name: custom.cf_units, between: [1, 5]}
        - field: {name: custom.cf_since, after: 2026-01-01}
        - field: {name: custom.cf_tier, starts_with: G}
  right_to_left:
    - name: b
      then: {actions: [{update_field: {field: custom.cf_tier, value: Gold}}]}
fields:
  pairs:
    - {left: custom.cf_units, right: custom.Any}
tests:
  - {name: t, given: {left: {custom: {cf_tier: Gold}}}, expect: {right: {custom: {Any: "3"}}}}
"""
    assert not_asked(load(write, text, CRM, BOOK)) == ()
    told = " ".join(not_asked(load(write, text)))
    assert "left: whether crm has custom.cf_tier, custom.cf_units" in told
    assert "right: whether google has custom.Any" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "rules: {right_to_left: [{name: a, then: {actions: [{update_field: {field: custom.cf_x, value: y}}]}}]}",
            "rules.right_to_left[0].then.actions[0].update_field.field: the snapshot of this Freshsales account has no",
        ),
        (
            "rules: {right_to_left: [{name: a, then: {actions: [{update_field: {field: custom.cf_tier, value: y}}]}}]}",
            'update_field.value: custom.cf_tier has no choice "y". Allowed: Gold, Silver.',
        ),
        (
            "rules: {right_to_left: [{name: a, then: {actions: [{update_field: {field: custom.cf_units, value: y}}]"
            "}}]}",
            "update_field.value: custom.cf_units cannot hold this value: it holds numbers.",
        ),
        (
            "rules: {right_to_left: [{name: a, then: {actions: ["
            '{update_field: {field: custom.cf_since, value: "--02-29"}}]}}]}',
            "update_field.value: custom.cf_since cannot hold this value: it holds dates, such as 2026-01-31.",
        ),
        ("fields: {pairs: [{left: custom.cf_x, right: custom.X}]}", "fields.pairs[0].left: the snapshot of this"),
        (
            "fields: {pairs: [{left: custom.cf_tier, right: custom.X, options: {Gould: gold}}]}",
            "fields.pairs[0].options.Gould: custom.cf_tier has no choice \"Gould\". Did you mean 'Gold'?",
        ),
        (
            "fields: {pairs: [{left: custom.cf_quiet, right: birthdays}]}",
            "fields.pairs[0]: a boolean cannot be compared with a date.",
        ),
        (
            "tests: [{name: t, given: {left: {custom: {cf_units: many}}}, expect: {right: null}}]",
            'tests[0].given.left.custom.cf_units: custom.cf_units never holds "many": it holds numbers.',
        ),
        (
            "tests: [{name: t, given: {left: {custom: {cf_uints: 1}}}, expect: {right: null}}]",
            "tests[0].given.left.custom.cf_uints: the snapshot of this Freshsales account has no field",
        ),
    ],
)
def test_actions_pairs_and_tests_are_checked(write: Write, text: str, told: str) -> None:
    assert told in refused(write, text)
    load(write, text)


QUIET = "rules: {left_to_right: [{name: a, if: [{not: do_not_disturb}]}]}\n"


def test_which_product_an_account_is_need_not_be_asked_again(write: Write) -> None:
    message = refused(write, QUIET, CRM)
    assert "do_not_disturb cannot be judged" in message
    assert "do_not_disturb_field: custom.cf_do_not_disturb" in message
    named = load(write, QUIET, CRM, options="{do_not_disturb_field: custom.cf_quiet}")
    [note] = advice(named.spec, named.apps)
    assert "not with these options: has_authority, has_no_authority. Freshsales Suite has no such field" in note
    missing = refused(write, QUIET, CRM, options="{do_not_disturb_field: custom.cf_loud}")
    assert "custom.cf_loud" in missing
    classic = load(write, QUIET, CLASSIC)
    assert not [note for note in advice(classic.spec, classic.apps) if "Classic" in note]
    assert [note for note in advice(load(write, QUIET).spec, load(write, QUIET).apps) if "Classic" in note]


def test_the_default_mapping_stays_as_it_is(write: Write) -> None:
    order = [f.name for f in load(write, "", CRM, BOOK).apps[Side.LEFT].fields]
    assert order == [*(f.name for f in SUITE), *(f.name for f in CUSTOM)]
    phones = [f for f in load(write, "", CRM).apps[Side.LEFT].fields if f.contact == "phones"]
    assert [f.slot for f in phones] == ["work", "mobile"]


def test_a_connection_of_another_app(write: Write) -> None:
    message = refused(write, "", replace(BOOK, connection="crm"))
    assert "left.connection: crm led to an account of google_contacts when its snapshot was taken." in message


def test_a_snapshot_as_people_see_it_in_a_difference() -> None:
    lines = text_of(replace(CRM, fields=CUSTOM[:1])).splitlines()
    assert lines[:4] == ["{", '  "connection": "crm",', '  "app": "freshsales",', f'  "account": "{CRM.account}",']
    assert json.loads("\n".join(lines))["fields"] == [
        {"name": "custom.cf_tier", "title": "Tier", "kind": "text", "choices": ["Gold", "Silver"]}
    ]
