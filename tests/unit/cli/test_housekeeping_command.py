"""contactsync housekeeping: as a person uses it, and what undo says afterwards."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from commands import CONNECTIONS, PAIR, command
from contactsync.apps.memory import Book
from contactsync.ledger.instants import to_text
from contactsync.orchestration.artefacts import safe_name


def contactsync(folder: Path, *words: str) -> Any:
    return command(folder, *words, env=CONNECTIONS)


def answer(folder: Path, *words: str) -> Any:
    done = contactsync(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run(folder: Path) -> str:
    assert contactsync(folder, "run", "pair").returncode == 0
    return str(answer(folder, "runs", "pair", "--limit", "1")[0]["run"])


def artefacts(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "airflow/contactsync/artefacts/pair").iterdir())


def let_pass(folder: Path, run_id: str, days: int) -> None:
    """What this run left behind is so old by now."""
    past = datetime.now(UTC) - timedelta(days=days)
    with sqlite3.connect(folder / "airflow/contactsync/ledger.db") as ledger:
        ledger.execute("UPDATE run SET started_at = ?, ended_at = ? WHERE run_id = ?", (*[to_text(past)] * 2, run_id))
        ledger.execute("UPDATE journal SET sent_at = ? WHERE run_id = ?", (to_text(past), run_id))
    ledger.close()
    of = folder / "airflow/contactsync/artefacts/pair" / safe_name(run_id)
    for path in (*of.iterdir(), of):
        os.utime(path, (past.timestamp(), past.timestamp()))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A sync of two contacts that has run once."""
    (tmp_path / "include" / "mappings").mkdir(parents=True)
    (tmp_path / "include" / "mappings" / "pair.yaml").write_text(PAIR.format(folder=tmp_path))
    for n in range(2):
        Book(tmp_path / "left.json").put(f"l{n}", {"names.given": "Ada", "emails": [{"value": f"a{n}@example.org"}]})
    assert contactsync(tmp_path, "db", "upgrade").returncode == 0
    return tmp_path


def test_what_is_old_goes_and_undo_says_what_it_can_no_longer_take_back(project: Path) -> None:
    old = run(project)
    let_pass(project, old, days=31)
    Book(project / "left.json").put(
        "l0", {"names.given": "Ada", "job_title": "Keeper", "emails": [{"value": "a0@example.org"}]}
    )
    new = run(project)
    assert len(artefacts(project)) == 2

    shown = answer(project, "housekeeping", "--dry-run")
    assert not shown["removed"]
    assert (len(shown["syncs"]["pair"]["artefacts"]), shown["syncs"]["pair"]["values"]) == (1, 2)
    assert len(artefacts(project)) == 2
    assert answer(project, "undo", "pair", old, "--dry-run")["stays"] == []

    told = contactsync(project, "housekeeping")
    assert told.returncode == 0
    assert "pair: 1 runs' artefacts (0.0 MB), 2 actions' values" in told.stdout
    assert safe_name(old) not in artefacts(project)
    assert safe_name(new) in artefacts(project)
    again = contactsync(project, "housekeeping")
    assert "pair: nothing" in again.stdout

    left = answer(project, "undo", "pair", old, "--dry-run")
    assert left["actions"] == []
    assert [(s["side"], s["why"]) for s in left["stays"]] == [("right", "not_kept")] * 2
    assert "ledger.keep_values" in left["stays"][0]["words"]
    since = answer(project, "undo", "pair", "--since", "60d", "--dry-run")
    assert [a["verb"] for a in since["actions"]] == ["update"]
    assert {s["why"] for s in since["stays"]} == {"not_kept"}
    whole = contactsync(project, "undo", "pair", new)
    assert whole.returncode == 0
    assert not any(contact.get("job_title") for contact in Book(project / "right.json").contacts().values())


def test_a_run_that_is_no_longer_known_is_told_from_one_that_never_was(project: Path) -> None:
    old = run(project)
    let_pass(project, old, days=401)
    Book(project / "left.json").put("l9", {"names.given": "Bo", "emails": [{"value": "bo@example.org"}]})
    new = run(project)
    assert "has had no run 'x'." in contactsync(project, "undo", "pair", "x").stderr
    assert answer(project, "housekeeping")["syncs"]["pair"]["runs"] == 1
    assert f"has had no run '{old}', or it is older than {new}" in contactsync(project, "undo", "pair", old).stderr


def test_dry_runs_leave_artefacts_that_go_too_and_the_newest_plan_stays(project: Path) -> None:
    planned = run(project)
    let_pass(project, planned, days=8)
    assert contactsync(project, "plan", "pair").returncode == 0
    for path in (project / "airflow/contactsync/artefacts/pair").rglob("*"):
        os.utime(path, (0, 0))
    assert len(artefacts(project)) == 2
    assert contactsync(project, "housekeeping").returncode == 0
    assert artefacts(project) == [safe_name(planned)]


def test_a_sync_that_was_never_run_and_a_broken_project_file(project: Path) -> None:
    assert "pair: nothing" in contactsync(project, "housekeeping").stdout
    (project / "include" / "contactsync.yaml").write_text("version: 1\nartefacts: {keep: 0d}\n")
    refused = contactsync(project, "housekeeping")
    assert refused.returncode == 4
    assert "artefacts.keep" in refused.stderr
