"""What is stored of a person, and forgetting it, as somebody does who answers to that person."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from commands import PAIR
from contactsync.apps.memory import Book
from test_commands import answer, contactsync

ZOE = "zoe.sample@example.org"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which two persons are linked, and whose file is gone since."""
    folder = tmp_path_factory.mktemp("persons")
    (folder / "include" / "mappings").mkdir(parents=True)
    file = folder / "include" / "mappings" / "pair.yaml"
    file.write_text(PAIR.format(folder=folder))
    for contact_id, name in (("zoe-left", "zoe.sample"), ("l2", "uma")):
        Book(folder / "left.json").put(
            contact_id, {"names.given": name.title(), "emails": [{"value": f"{name}@example.org"}]}
        )
    assert contactsync(folder, "db", "upgrade").returncode == 0
    assert contactsync(folder, "run", "pair").returncode == 0
    file.unlink()
    return folder


def state(folder: Path) -> tuple[str, list[tuple[str, bytes]]]:
    with sqlite3.connect(folder / "airflow" / "contactsync" / "ledger.db") as ledger:
        dump = "\n".join(ledger.iterdump())
    root = folder / "airflow" / "contactsync" / "artefacts"
    return dump, sorted((str(p), p.read_bytes()) for p in root.rglob("*") if p.is_file())


def test_everything_of_a_person_is_told_and_nothing_of_others(folder: Path) -> None:
    before = state(folder)
    told = answer(contactsync(folder, "person", ZOE))
    (pair,) = told["syncs"].values()
    assert pair["contacts"] == ["left:zoe-left", pair["contacts"][1]]
    assert pair["links"][0]["left"]["base"]["names.given"] == "Zoe.Sample"
    assert [(a["intent"]["verb"], a["outcome"]["state"]) for a in pair["actions"]] == [("create", "done")]
    assert {row["side"] for row in pair["index"]} == {"left", "right"}
    assert {held["run"] for held in pair["artefacts"]}
    contents = {Path(held["file"]).name.partition("-")[0]: held["content"] for held in pair["artefacts"]}
    assert [row["names.given"] for row in contents["canonical"] if row["side"] == "left"] == ["Zoe.Sample"]
    assert all(len(held["content"]) == held["rows"] for held in pair["artefacts"])
    assert "uma@" not in json.dumps(told)
    assert contactsync(folder, "person", "left:zoe-left", "--output", "zoe.json").stdout == ""
    assert json.loads((folder / "zoe.json").read_text()) == told
    assert (folder / "zoe.json").stat().st_mode & 0o077 == 0
    assert state(folder) == before


def test_nobody_is_asked_for_by_an_id_that_nobody_has(folder: Path) -> None:
    done = contactsync(folder, "person", "left:nobody")
    assert (done.returncode, "left:ID or right:ID" in done.stderr, "nobody" in done.stderr) == (4, True, False)


def test_a_dry_run_and_a_no_erase_nothing(folder: Path) -> None:
    before = state(folder)
    (would,) = answer(contactsync(folder, "forget", ZOE, "--dry-run", "--json"))
    assert (would["sync"], would["links"], would["journal"]) == ("pair", 1, 1)
    assert would["artefacts"] > 0
    asked = contactsync(folder, "forget", ZOE)  # nobody is there to say yes
    assert asked.returncode == 1
    assert "Erase this for good?" in asked.stderr
    assert state(folder) == before


def test_forgotten_and_lifted(folder: Path) -> None:
    done = answer(contactsync(folder, "forget", ZOE, "--yes", "--json"))
    assert (done["compacted"], [one["sync"] for one in done["syncs"]]) == (True, ["pair"])
    dump, files = state(folder)
    assert "zoe" not in dump.lower()
    assert "uma@example.org" in dump
    assert not [name for name, held in files if b"zoe" in held.lower()]
    assert len(Book(folder / "left.json").contacts()) == len(Book(folder / "right.json").contacts()) == 2
    told = answer(contactsync(folder, "person", ZOE))
    assert told["syncs"]["pair"]["forgotten"] is True
    assert "Lifted in pair" in contactsync(folder, "forget", ZOE, "--lift").stdout
    assert contactsync(folder, "forget", ZOE, "--lift").returncode == 4


def test_somebody_of_whom_nothing_is_stored_is_blocked_only_where_that_is_said(folder: Path) -> None:
    before = state(folder)
    misspelt = contactsync(folder, "forget", "zoe.sampel@example.org", "--yes")
    assert (misspelt.returncode, "--in-advance" in misspelt.stderr, "sampel" in misspelt.stderr) == (4, True, False)
    assert state(folder) == before
    done = contactsync(folder, "forget", "zoe.sampel@example.org", "--yes", "--in-advance", "--json")
    assert [one["sync"] for one in answer(done)["syncs"]] == ["pair"]
    assert state(folder) != before
