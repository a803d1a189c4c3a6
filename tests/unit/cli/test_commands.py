"""The command line as a person uses it: answers on stdout, logs on stderr, meaningful exit codes, clear errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import commands
import pytest
from contactsync.apps.memory import Book
from contactsync.orchestration.command_owner import person


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one sync between two books, and a ledger."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "include" / "mappings").mkdir(parents=True)
    (folder / "include" / "mappings" / "pair.yaml").write_text(commands.PAIR.format(folder=folder))
    Book(folder / "left.json").put("l1", {"names.given": "Ada", "emails": [{"value": "ada@example.org"}]})
    Book(folder / "right.json").put("r1", {"names.given": "Uma", "emails": [{"value": "uma@example.org"}]})
    assert contactsync(folder, "db", "upgrade").returncode == 0
    return folder


def contactsync(folder: Path, *words: str) -> commands.Done:
    return commands.command(folder, *words, env=commands.CONNECTIONS)


def process(folder: Path, *words: str) -> commands.Done:
    """The same as a process of its own, for what only that can show."""
    done = commands.contactsync(folder, *words, env=commands.CONNECTIONS)
    return commands.Done(done.returncode, done.stdout, done.stderr)


def answer(done: commands.Done) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_plan_shows_every_field_and_writes_nothing(project: Path) -> None:
    plan = answer(process(project, "plan", "pair", "--json"))
    assert [a["verb"] for a in plan["actions"]] == ["create", "create"]
    assert {"field": "names.given", "before": "(empty)", "after": "Ada"} in plan["actions"][1]["fields"]
    assert Book(project / "left.json").writes == 0


def test_run_writes_then_rests(project: Path) -> None:
    first = answer(contactsync(project, "run", "pair", "--json"))
    assert first["counts"]["left_to_right"]["created"] == 1
    assert len(Book(project / "left.json").contacts()) == 2
    again = answer(contactsync(project, "run", "pair", "--json"))
    assert again["counts"]["left_to_right"]["created"] == 0
    assert Book(project / "left.json").writes == 1


def test_logs_go_to_stderr_and_hold_no_contact(project: Path) -> None:
    done = process(project, "run", "pair", "--full-read", "--verbose")
    assert "rows listed" in done.stderr
    assert "rows listed" not in done.stdout
    assert "example.org" not in done.stderr
    assert "Ada" not in done.stderr


def test_a_broken_file_is_named_with_its_line_and_exit_code_4(project: Path) -> None:
    bad = project / "bad.yaml"
    bad.write_text("version: 1\nleft: {app: memory, connection: x}\napproval: {when: sometimes}\n")
    done = contactsync(project, "validate", str(bad))
    assert done.returncode == 4
    assert "bad.yaml:3" in done.stdout
    assert "over_limits" in done.stdout


def test_validate_says_what_the_apps_cannot_do(project: Path) -> None:
    file = project / "wish.yaml"
    file.write_text(
        "version: 1\nleft: {app: freshsales, connection: a}\nright: {app: google_contacts, connection: b}\n"
        "dag: {schedule: null}\ndeletions: {left_to_right: delete}\nunsubscribes: carry\n"
    )
    told = answer(contactsync(project, "validate", str(file), "--json"))
    deletions, *unsubscribes = told["notes"]["wish"]
    assert "does not report deletions" in deletions
    assert "left.options.recycle_bin" in deletions
    assert [note.partition(",")[0] for note in unsubscribes] == [
        "unsubscribes: Freshsales holds no consent to e-mail (Do Not Disturb is not one)",
        "unsubscribes: Google Contacts holds no consent to e-mail (it has no field for it)",
    ]


def test_validate_tells_each_way_what_becomes_of_deletions_and_unsubscribes(project: Path) -> None:
    file = project / "bin.yaml"
    file.write_text(
        "version: 1\nleft: {app: freshsales, connection: a, options: {recycle_bin: Recycle Bin}}\n"
        "right: {app: carddav, connection: b}\ndag: {schedule: null}\n"
        "deletions: {left_to_right: tag, tag: Deleted}\n"
    )
    told = answer(contactsync(project, "validate", str(file), "--json"))
    assert told["notes"]["bin"] == []
    there, back = told["carried"]["bin"].values()
    assert list(told["carried"]["bin"]) == ["left_to_right", "right_to_left"]
    assert (there["from, to"], back["from, to"]) == ("Freshsales -> CardDAV", "CardDAV -> Freshsales")
    assert (there["a deletion is"], there["deletions may be"]) == ("told with the changes", "ignore, tag, delete")
    assert (there["deletions in this file"], back["deletions in this file"]) == ("tag", "ignore")
    assert there["an unsubscribe is"].startswith("not carried: Freshsales holds no consent to e-mail (Do Not Disturb")
    printed = contactsync(project, "validate", str(file)).stdout
    assert "CATEGORIES" in printed
    assert "unsubscribes in this file" in printed
    assert "from, to" not in printed


def test_the_fields_of_a_side_are_listed_with_what_becomes_of_them(project: Path) -> None:
    told = {f["name"]: f for f in answer(contactsync(project, "fields", "pair", "left", "--json"))}
    assert told["birthday"] == {
        "name": "birthday",
        "title": "",
        "kind": "date",
        "choices": [],
        "custom": False,
        "writable": True,
        "max_length": None,
        "max_items": None,
        "mapped_to": "birthday",
        "partner": "birthday",
        "flow": "<->",
        "why_not": "",
    }
    assert told["consent"]["why_not"] == "unsubscribes is not carry"
    shown = contactsync(project, "fields", "pair", "right").stdout
    assert "unsubscribes is not carry" in shown
    assert "fields of Memory" in shown
    assert contactsync(project, "fields", "pair", "middle").returncode == 2


def test_an_unknown_sync_names_those_there_are(project: Path) -> None:
    done = process(project, "run", "pear")
    assert done.returncode == 4
    assert "There is no sync 'pear'" in done.stderr
    assert "pair" in done.stderr


def test_without_a_ledger_nothing_runs_and_the_remedy_is_named(project: Path, tmp_path: Path) -> None:
    (tmp_path / "include").symlink_to(project / "include")
    done = contactsync(tmp_path, "run", "pair")
    assert done.returncode == 2
    assert "contactsync db upgrade" in done.stderr


def test_a_plan_that_is_not_this_one_does_not_pass(project: Path) -> None:
    Book(project / "left.json").put("l1", {"job_title": "Lead"})
    done = contactsync(project, "run", "pair", "--apply-plan", "0123456789abcdef")
    assert done.returncode == 2
    assert "contactsync plan pair" in done.stderr
    assert Book(project / "right.json").contacts()["r1"]["names.given"] == "Uma"


def test_apps_are_listed_for_people_and_programs(project: Path) -> None:
    apps = answer(contactsync(project, "apps", "--json"))
    assert {"freshsales", "google_contacts", "carddav", "memory"} <= {app["name"] for app in apps}
    assert "API key" in contactsync(project, "apps").stdout


def test_relink_needs_a_sync_that_ran(project: Path) -> None:
    assert "as before" in contactsync(project, "relink", "pair").stdout


def test_reset_asks_first_and_names_who_did_it(project: Path) -> None:
    refused = contactsync(project, "reset", "pair")  # nobody answers
    assert refused.returncode == 1
    done = contactsync(project, "reset", "pair", "--yes")
    assert (done.returncode, "@" in done.stdout, "both cursors dropped" in done.stdout) == (0, True, True)
    newest = answer(contactsync(project, "runs", "pair", "--json"))[0]
    assert newest["person"] == person()
    assert person() in contactsync(project, "runs", "pair").stdout
    assert contactsync(project, "reset", "nobody", "--yes").returncode == 4


def test_holds_are_listed_with_their_answers_and_settled(project: Path) -> None:
    Book(project / "left.json").put("l9", {"names.given": "Keyless"})
    contactsync(project, "run", "pair")
    (hold,) = answer(contactsync(project, "holds", "pair", "--json"))
    assert (hold["reason"], hold["contact"]) == ("no_key", "l9")
    assert "recreate" in hold["answers"]
    shown = contactsync(project, "holds", "pair").stdout
    assert f"contactsync decide pair HOLD skip: {hold['answers']['skip']}" in shown
    wrong = contactsync(project, "decide", "pair", hold["hold"], "left")
    assert wrong.returncode == 4
    assert "Allowed: recreate, adopt, skip" in wrong.stderr
    assert contactsync(project, "decide", "pair", hold["hold"], "recreate").returncode == 0
    assert answer(contactsync(project, "run", "pair", "--json"))["counts"]["left_to_right"]["created"] == 1
    assert "Nothing is held" in contactsync(project, "holds", "pair").stdout


def test_conflicts_name_base_values_winner_rule_and_run(project: Path) -> None:
    left, right = Book(project / "left.json"), Book(project / "right.json")
    left.put("l5", {"emails": [{"value": "zoe@example.org"}], "job_title": "Editor"})
    right.put("r5", {"emails": [{"value": "zoe@example.org"}], "job_title": "Editor"})
    contactsync(project, "run", "pair")
    left.put("l5", {"job_title": "Writer"})
    right.put("r5", {"job_title": "Reader"})
    contactsync(project, "run", "pair")
    (row,) = answer(contactsync(project, "conflicts", "pair", "--json"))
    values = (row["base_left"], row["left_value"], row["right_value"], row["winner"])
    assert values == ("Editor", "Writer", "Reader", "left")
    assert row["run"].startswith("cli__")
    assert "both changed; conflicts: left" in contactsync(project, "conflicts", "pair").stdout


def test_a_plan_says_why_not_and_what_another_version_of_the_file_would_do(project: Path) -> None:
    left = Book(project / "left.json")
    left.put("l7", {"names.given": "Ivo", "emails": [{"value": "ivo@example.org"}], "job_title": "Editor"})
    other = project / "other.yaml"
    text = (project / "include" / "mappings" / "pair.yaml").read_text()
    other.write_text(text + "direction: right_to_left\n")
    found = answer(contactsync(project, "plan", "pair", "--against", str(other), "--json"))
    (lost,) = [d for d in found if d["contact"] == "from l7"]
    assert (lost["side"], lost["verb"], lost["what"]) == ("right", "create", "only as it is now")
    assert {"field": "job_title", "now": "Editor", "then": "(nothing)"} in lost["fields"]
    before = left.writes
    pair = project / "include" / "mappings" / "pair.yaml"
    pair.write_text(text + "direction: right_to_left\n")
    try:
        plan = answer(contactsync(project, "plan", "pair", "--json"))
    finally:
        pair.write_text(text)
    assert {"side": "left", "reason": "direction closed", "contacts": ["l7"]} in plan["left_out"]
    assert left.writes == before
    elsewhere = project / "elsewhere.yaml"
    elsewhere.write_text(text.replace("mem_right", "mem_other"))
    refused = contactsync(project, "plan", "pair", "--against", str(elsewhere))
    assert refused.returncode == 4
    assert "different things on the right side" in refused.stderr


def test_a_contact_is_explained_from_both_sides(project: Path) -> None:
    contactsync(project, "run", "pair")
    found = answer(contactsync(project, "explain", "pair", "ZOE@example.org", "--json"))
    assert found["link"]["status"] == "live"
    assert found["sides"]["left"]["fields"]["job_title"] == {
        "now": "Writer",
        "last_seen": "Writer",
        "settled": "Writer",
    }
    assert found["conflicts"][0]["winner"] == "left"
    assert [(a["verb"], a["side"], a["state"]) for a in found["actions"]][-1] == ("update", "right", "done")
    told = contactsync(project, "explain", "pair", "left:l5", "--offline").stdout
    assert "conflict over job_title: left won (both changed; conflicts: left)" in told
    nobody = contactsync(project, "explain", "pair", "nobody@example.org")
    assert nobody.returncode == 4
    assert "left:ID or right:ID" in nobody.stderr
    assert "nobody@example.org" not in nobody.stderr
