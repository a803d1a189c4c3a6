"""Checks over all files: contradictions, rings that never come to rest, one account behind two connections."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from contactsync.mapping.findings import Finding
from contactsync.mapping.folder_checks import folder_findings
from contactsync.mapping.loader import load_folder
from contactsync.mapping.snapshots import account_mark
from contactsync.model.snapshot import Snapshot
from contactsync.orchestration.shipped_apps import ShippedApps

MAPPINGS = Path(__file__).parents[3] / "include" / "mappings"
HEAD = "version: 1\nleft: {app: LAPP, connection: LEFT}\nright: {app: RAPP, connection: RIGHT}\ndag: {schedule: null}\n"

Check = Callable[..., list[Finding]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """check({name: (left, right, more YAML)}, snapshots): what is found. Accounts are `app/connection`."""

    def run(files: Mapping[str, tuple[str, str, str]], *snapshots: Snapshot) -> list[Finding]:
        for name, (left, right, more) in files.items():
            text = HEAD
            for word, account in (("L", left), ("R", right)):
                app, _, connection = account.partition("/")
                text = text.replace(f"{word}APP", app).replace("LEFT" if word == "L" else "RIGHT", connection)
            (tmp_path / f"{name}.yaml").write_text(text + more)
        known = {one.connection: one for one in snapshots}
        loaded = load_folder(tmp_path, ShippedApps(), known)
        assert loaded.broken == (), loaded.broken[0].error
        return list(folder_findings(loaded.files, known))

    return run


def said(findings: list[Finding]) -> list[tuple[str, str, bool]]:
    """(file, key, is an error)."""
    return [(one.file.spec.file, ".".join(map(str, one.problem.key)), one.error) for one in findings]


A, B, C = "memory/a", "memory/b", "memory/c"
CRM, BOOK, DAV = "freshsales/crm", "google_contacts/book", "carddav/dav"


def always(field: str, value: str, condition: str = "") -> str:
    where = f"if: [{condition}], " if condition else ""
    action = f"update_field: {{field: {field}, value: '{value}', apply: always}}"
    return f"[{{name: r, {where}then: {{actions: [{{{action}}}]}}}}]"


def test_the_shipped_hub_is_left_in_peace() -> None:
    loaded = load_folder(MAPPINGS, ShippedApps())
    assert len(loaded.files) >= 2
    assert list(folder_findings(loaded.files, {})) == []


def test_of_two_rules_the_first_has_a_field_and_the_second_is_told(check: Check) -> None:
    rules = """\
rules:
  right_to_left:
    - {name: one, if: [{has_label: A}], then: {actions: [{update_medium: Blog}]}}
    - {name: two, if: [{has_label: B}], then: {actions: [{update_medium: Fair}]}}
    - {name: three, if: [{has_label: C}], then: {actions: [{update_medium: ' blog '}]}}
"""
    [note, also] = check({"one": (CRM, BOOK, rules)})
    assert said([note, also]) == [
        ("one.yaml", "rules.right_to_left.1.then.actions.0.update_medium", False),
        ("one.yaml", "rules.right_to_left.2.then.actions.0.update_medium", False),
    ]
    assert "one.yaml:8: " in str(note)
    assert 'the rule "one", which stands first and can match too, sets medium to another value' in str(note)
    apart = rules.replace("[{has_label: B}]", "[{has_label: B}, {not: {has_label: A}}]").replace(
        "[{has_label: C}]", "[{not: {has_label: B}}]"
    )
    assert check({"one": (CRM, BOOK, apart)}) == []


def test_two_syncs_that_set_a_field_to_and_fro(check: Check) -> None:
    one = f"fields: {{exclude: [notes]}}\nrules: {{left_to_right: {always('notes', 'x')}}}\n"
    key = "rules.left_to_right.0.then.actions.0.update_field"
    assert check({"one": (A, B, one), "other": (B, C, one.replace("'x'", "'y'"))}) == []  # two accounts
    found = check({"one": (A, B, one), "other": (C, B, one.replace("'x'", "'y'"))})
    assert said(found) == [("one.yaml", key, True), ("other.yaml", key, True)]
    assert 'sets notes to another value than other.yaml (rule "r"), and both with every run' in str(found[0])
    assert check({"one": (A, B, one), "other": (C, B, one)}) == []


@pytest.mark.parametrize(
    "rules",
    [
        always("notes", "y", "{works_at: Acme}"),
        always("notes", "y").replace(", apply: always", ""),
        always("notes", "{company}"),
    ],
)
def test_what_may_be_meant_is_a_note(check: Check, rules: str) -> None:
    one = f"fields: {{exclude: [notes]}}\nrules: {{left_to_right: {always('notes', 'x')}}}\n"
    other = f"fields: {{exclude: [notes]}}\nrules: {{left_to_right: {rules}}}\n"
    found = check({"one": (A, B, one), "other": (C, B, other)})
    assert [(file, error) for file, _, error in said(found)] == [("one.yaml", False), ("other.yaml", False)]
    assert "of a contact that both let through the later run has it" in str(found[0])


def test_a_pair_whose_field_another_sync_sets_anew(check: Check) -> None:
    one = f"rules: {{left_to_right: {always('custom.cf_x', 'x')}}}\n"
    pair = "fields: {pairs: [{left: custom.cf_x, right: custom.X}]}\n"
    [note] = check({"one": ("memory/a", CRM, one), "other": (CRM, BOOK, pair)})
    assert said([note]) == [("other.yaml", "fields.pairs.0", False)]
    assert 'writes custom.cf_x, which one.yaml (rule "r") sets anew with every run' in str(note)
    closed = pair.replace("X}]", "X, direction: left_to_right}]")
    assert check({"one": ("memory/a", CRM, one), "other": (CRM, BOOK, closed)}) == []


def test_one_field_from_two_accounts_one_way(check: Check) -> None:
    pair = "fields: {pairs: [{left: custom.cf_x, right: RIGHT, direction: right_to_left}]}\n"
    hub = {"one": (CRM, BOOK, pair.replace("RIGHT", "custom.X")), "other": (CRM, A, pair.replace("RIGHT", "nickname"))}
    found = check(hub)
    assert said(found) == [("one.yaml", "fields.pairs.0", False), ("other.yaml", "fields.pairs.0", False)]
    assert "custom.cf_x is also written by other.yaml, from another account: the last edit has it" in str(found[0])
    both = {name: (*ends, more.replace(", direction: right_to_left", "")) for name, (*ends, more) in hub.items()}
    assert check(both) == []


# ---- rings


RING = {"ab": (A, B, ""), "bc": (B, C, ""), "ca": (C, A, "")}


def test_a_ring_that_comes_to_rest_is_a_note(check: Check) -> None:
    found = check(RING)
    assert said(found) == [
        ("ab.yaml", "direction", False),
        ("bc.yaml", "direction", False),
        ("ca.yaml", "direction", False),
    ]
    assert "makes a ring with bc.yaml and ca.yaml: one of them could be left out" in str(found[0])
    one_way = {name: (left, right, "direction: left_to_right\n") for name, (left, right, _) in RING.items()}
    found = check(one_way)
    assert [error for _, _, error in said(found)] == [False] * 3
    assert "an edit comes back to where it was made" in str(found[0])


def test_no_ring_no_note(check: Check) -> None:
    assert check({"ab": RING["ab"], "bc": RING["bc"], "cd": (C, "memory/d", "")}) == []
    against = {**RING, "ca": (C, A, "direction: right_to_left\n"), "ab": (A, B, "direction: right_to_left\n")}
    against["bc"] = (B, C, "direction: left_to_right\n")
    assert check(against) == []


def test_a_value_that_grows_round_a_ring_is_an_error(check: Check) -> None:
    one_way = "direction: left_to_right\n"
    rules = always("company", "{company} x")
    grows = f"{one_way}fields: {{exclude: [company]}}\nrules: {{left_to_right: {rules}}}\n"
    found = check({"ab": (A, B, grows), "bc": (B, C, one_way), "ca": (C, A, one_way)})
    assert [error for _, _, error in said(found)] == [True] * 3
    assert "company grows with each round of bc.yaml and ca.yaml, and never comes to rest" in str(found[0])
    assert "ab.yaml:" in str(found[0])
    once = grows.replace("{company} x", "x")
    assert not [one for one in check({"ab": (A, B, once), "bc": (B, C, one_way), "ca": (C, A, one_way)}) if one.error]
    some = grows.replace("name: r,", "name: r, if: [{works_at: Acme}],")
    found = check({"ab": (A, B, some), "bc": (B, C, one_way), "ca": (C, A, one_way)})
    assert [error for _, _, error in said(found)] == [False] * 3
    assert "for contacts that all their rules let through" in str(found[0])


CROSSED = """\
direction: left_to_right
fields:
  pairs: [{left: company, right: department}, {left: department, right: company}]
"""


def test_fields_that_change_places_round_a_ring_are_an_error(check: Check) -> None:
    one_way = "direction: left_to_right\n"
    found = check({"ab": (A, B, CROSSED), "bc": (B, C, one_way), "ca": (C, A, one_way)})
    assert [error for _, _, error in said(found)] == [True] * 3
    assert "company, department" in str(found[0]) or "grows" in str(found[0])
    twice = check({"ab": (A, B, CROSSED), "bc": (B, C, CROSSED), "ca": (C, A, one_way)})
    assert not [one for one in twice if one.error]


def test_what_a_transform_makes_of_a_value_once_is_no_error(check: Check) -> None:
    upper = "direction: left_to_right\nfields: {pairs: [{left: nickname, right: nickname, transforms: [upper]}]}\n"
    one_way = "direction: left_to_right\n"
    found = check({"ab": (A, B, upper), "bc": (B, C, one_way), "ca": (C, A, one_way)})
    assert not [one for one in found if one.error]
    only = f"{one_way}fields: {{defaults: false, pairs: [{{PAIR}}]}}\n"
    scores = only.replace("PAIR", "left: score, right: nickname, transforms: [times_100]")
    back = only.replace("PAIR", "left: nickname, right: nickname")
    home = only.replace("PAIR", "left: nickname, right: score")
    found = check({"ab": (A, B, scores), "bc": (B, C, back), "ca": (C, A, home)})
    assert [error for _, _, error in said(found)] == [True] * 3
    assert "score grows with each round" in str(found[0])


def test_two_syncs_of_the_same_two_accounts_make_a_ring_too(check: Check, tmp_path: Path) -> None:
    mine = "left: {app: freshsales, connection: crm, options: {view: Mine}}\n"
    all_ = HEAD.replace("LAPP", "freshsales").replace("LEFT", "crm")
    all_ = all_.replace("RAPP", "google_contacts").replace("RIGHT", "book")
    (tmp_path / "mine.yaml").write_text(re.sub(r"left: .*\n", mine, all_))
    found = check({"one": (CRM, BOOK, "")})
    assert said(found) == [("mine.yaml", "direction", False), ("one.yaml", "direction", False)]


# ---- whose accounts


def snapshot(connection: str, app: str, account: str) -> Snapshot:
    info = ShippedApps().declared(app, {})
    return Snapshot(connection, app, account_mark(account), info.fields)


def test_one_account_behind_two_connections(check: Check) -> None:
    same = (snapshot("book", "google_contacts", "ada"), snapshot("book2", "google_contacts", "ada"))
    files = {"one": (CRM, BOOK, ""), "two": (DAV, "google_contacts/book2", "")}
    assert check(files) == []
    found = check(files, *same)
    assert said(found) == [("one.yaml", "right.connection", False), ("two.yaml", "right.connection", False)]
    assert "leads to the same account as book2, so its rate limit is counted twice" in str(found[0])
    assert check(files, same[0], snapshot("book2", "google_contacts", "uma")) == []


def test_a_sync_with_itself_and_two_of_the_same_accounts(check: Check) -> None:
    same = (snapshot("book", "google_contacts", "ada"), snapshot("book2", "google_contacts", "ada"))
    [found] = check({"one": (BOOK, "google_contacts/book2", "")}, *same)
    assert said([found]) == [("one.yaml", "right.connection", True)]
    assert "leads to the account of the left side, by another connection" in str(found)
    found = check({"one": (CRM, BOOK, ""), "two": (CRM, "google_contacts/book2", "")}, *same)
    errors = [one for one in found if one.error]
    assert said(errors) == [("one.yaml", "right", True), ("two.yaml", "right", True)]
    assert "two.yaml keeps the same two accounts equal, by other connections" in str(errors[0])


def test_address_books_of_one_server_are_different_accounts(check: Check, tmp_path: Path) -> None:
    check({"one": (CRM, DAV, "")})
    text = (tmp_path / "one.yaml").read_text()
    for name in ("team", "home"):
        book = text.replace("connection: dav}", f"connection: dav, options: {{book: {name}}}}}")
        (tmp_path / f"{name}.yaml").write_text(book)
    (tmp_path / "one.yaml").unlink()
    assert check({}, snapshot("dav", "carddav", "server")) == []
