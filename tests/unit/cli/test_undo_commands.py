"""contactsync runs, contactsync undo: as a person uses them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from commands import command
from contactsync.apps.memory import Book
from contactsync.errors import ConfigError
from contactsync.stages.undo_orders import since_when

PAIR = """\
version: 1
left:  {{app: memory, connection: mem_left, options: {{path: {folder}/left.json}}}}
right: {{app: memory, connection: mem_right, options: {{path: {folder}/right.json}}}}
first_run: apply
dag: {{schedule: null, timezone: Europe/Berlin}}
limits: {{deletes: {{count: 1, percent: 0}}}}
"""
CONNECTION = json.dumps({"conn_type": "contactsync_memory"})


def contactsync(folder: Path, *words: str) -> Any:
    return command(folder, *words, env={"AIRFLOW_CONN_MEM_LEFT": CONNECTION, "AIRFLOW_CONN_MEM_RIGHT": CONNECTION})


def answer(folder: Path, *words: str) -> Any:
    done = contactsync(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sync that made two contacts on the right."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "include" / "mappings").mkdir(parents=True)
    (folder / "include" / "mappings" / "pair.yaml").write_text(PAIR.format(folder=folder))
    for n in range(2):
        Book(folder / "left.json").put(f"l{n}", {"names.given": "Ada", "emails": [{"value": f"a{n}@example.org"}]})
    assert contactsync(folder, "db", "upgrade").returncode == 0
    assert contactsync(folder, "run", "pair").returncode == 0
    return folder


def test_a_run_is_found_looked_at_and_taken_back(project: Path) -> None:
    right = Book(project / "right.json")
    (run,) = answer(project, "runs", "pair")
    assert (run["kind"], run["state"]) == ("cli", "done")
    assert "2 created" in run["summary"]
    shown = answer(project, "undo", "pair", run["run"], "--dry-run", "--contact", "a1@example.org")
    assert [(a["verb"], a["side"]) for a in shown["actions"]] == [("delete", "right")]
    assert shown["stays"] == []
    assert len(right.contacts()) == 2
    over = contactsync(project, "undo", "pair", run["run"])
    assert over.returncode == 2
    assert "--apply-plan" in over.stderr
    plan = over.stderr.split("--apply-plan ")[1].split()[0]
    done = contactsync(project, "undo", "pair", run["run"], "--apply-plan", plan)
    assert done.returncode == 0, done.stderr
    assert "delete in Memory: Ada" in done.stdout
    assert "2 deleted" in done.stdout
    assert right.contacts() == {}
    assert "example.org" not in done.stderr
    listed = contactsync(project, "runs", "pair").stdout
    assert run["run"] in listed
    assert "Undo of" in listed
    told = contactsync(project, "explain", "pair", "left:l0").stdout
    assert "left out: its create was undone; it is created again once it is edited" in told
    assert f"undo: made by {run['run']}" in told
    again = answer(project, "undo", "pair", "--since", "1h")
    assert (again["actions"], again["ok"]) == ([], True)


def test_what_is_to_be_undone_has_to_be_said(project: Path) -> None:
    for words in ((), ("cli__x", "--since", "2h")):
        done = contactsync(project, "undo", "pair", *words)
        assert done.returncode == 4
        assert "--since" in done.stderr
    assert "contactsync runs pair" in contactsync(project, "undo", "pair", "cli__never").stderr


BERLIN, NOW = ZoneInfo("Europe/Berlin"), datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", datetime(2026, 1, 5, 10, 30, tzinfo=UTC)),
        ("2h", datetime(2026, 1, 5, 10, 0, tzinfo=UTC)),
        (" 3d ", datetime(2026, 1, 2, 12, 0, tzinfo=UTC)),
        ("2026-01-05T08:00", datetime(2026, 1, 5, 7, 0, tzinfo=UTC)),
        ("2026-01-05", datetime(2026, 1, 4, 23, 0, tzinfo=UTC)),
        ("2026-01-05T08:00+00:00", datetime(2026, 1, 5, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_so_long_ago_or_in_the_time_zone_of_the_sync(text: str, moment: datetime) -> None:
    assert since_when(text, BERLIN, NOW) == moment


@pytest.mark.parametrize("text", ["yesterday", "0m", "2 h", "2026-01-06T08:00", ""])
def test_what_is_no_time_or_still_to_come_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(ConfigError, match=r"2h|passed"):
        since_when(text, BERLIN, NOW)
