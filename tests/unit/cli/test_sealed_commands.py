"""Commands on an encrypted ledger, as a person says them: what is told and hidden, keys put on, off and anew."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import commands
import pytest
from canaries import found, stored
from commands import CONNECTIONS, PAIR
from contactsync.apps.memory import Book
from contactsync.ledger.connect import make_engine
from contactsync.ledger.sealing import Cipher
from contactsync.ledger.store import Ledger
from contactsync.rest.choke import CRASH_AT
from ledger_servers import Clock
from sqlalchemy import make_url

OLD, NEW = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZCE=", "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldyE="
ZOE, UMA = "zoe.quixwort@example.org", "uma.sample@example.org"
CANARIES = (ZOE, "Quixwort-Ørsted", "Head of Canaries", "Chief of Canaries", UMA, "Keyless-Quixwort")


@dataclass
class Project:
    """A folder with one sync, and a ledger in one of the databases."""

    folder: Path
    ledger_url: str
    env: dict[str, str] = field(default_factory=dict)

    def settings(self, *, encrypts: bool, key: str) -> None:
        """contactsync.yaml, and the key in the environment ('' = none, Airflow's neither)."""
        (self.folder / "include" / "contactsync.yaml").write_text(
            f"version: 1\nledger: {{encrypt_values: {str(encrypts).lower()}}}\n"
        )
        self.env = {**CONNECTIONS, "AIRFLOW_CONN_CONTACTSYNC_LEDGER": connection_to(self.ledger_url)}
        self.env |= {"CONTACTSYNC_KEY": key, "AIRFLOW__CORE__FERNET_KEY": ""}

    def say(self, *words: str, fails: int = 0, env: Mapping[str, str] | None = None) -> commands.Done:
        done = commands.command(self.folder, *words, env={**self.env, **(env or {})})
        assert done.returncode == fails, done.stderr
        return done

    def told(self, *words: str) -> Any:
        return json.loads(self.say(*words, "--json").stdout)

    def run(self) -> str:
        self.say("run", "pair")
        return str(self.told("runs", "pair", "--limit", "1")[0]["run"])

    def book(self, side: str) -> Book:
        return Book(self.folder / f"{side}.json")

    def readable(self) -> set[str]:
        """Which canaries can be read in the ledger, its files included."""
        places = found(CANARIES, stored(make_engine(self.ledger_url), self.folder / "none"))
        return {place.partition(" in ")[0] for place in places}

    def dump(self, key: str) -> Any:
        return Ledger(make_engine(self.ledger_url, Cipher(key, seals=True)), Clock()).dump()


def connection_to(url: str) -> str:
    """As Airflow keeps it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return json.dumps({"conn_type": "sqlite", "host": parsed.database})
    return json.dumps(
        {
            "conn_type": "postgres",
            "login": parsed.username,
            "password": parsed.password or "",
            "host": parsed.host or "",
            "schema": parsed.database,
            "extra": json.dumps(dict(parsed.query)),
        }
    )


@pytest.fixture
def project(tmp_path: Path, ledger_url: str) -> Project:
    """Encrypted from its first run: one linked person with a past, one beside, one without a key who is held."""
    (tmp_path / "include" / "mappings").mkdir(parents=True)
    (tmp_path / "include" / "mappings" / "pair.yaml").write_text(PAIR.format(folder=tmp_path))
    project = Project(tmp_path, ledger_url)
    project.settings(encrypts=True, key=OLD)
    left = project.book("left")
    left.put("zoe", {"names.family": "Quixwort-Ørsted", "emails": [{"value": ZOE}], "job_title": "Head of Canaries"})
    left.put("uma", {"names.given": "Uma", "emails": [{"value": UMA}]})
    left.put("nokey", {"names.given": "Keyless-Quixwort"})
    project.run()
    return project


def test_everything_that_is_asked_of_an_encrypted_ledger_is_told(project: Project) -> None:
    project.book("left").put("zoe", {"job_title": "Chief of Canaries"})
    edited = project.run()
    assert project.readable() == set()

    (told,) = json.loads(project.say("person", ZOE).stdout)["syncs"].values()
    assert told["links"][0]["left"]["base"]["job_title"] == "Chief of Canaries"
    assert [row["intent"]["verb"] for row in told["actions"]] == ["create", "update"]
    explained = project.told("explain", "pair", ZOE, "--offline")
    assert explained["sides"]["right"]["fields"]["job_title"]["settled"] == "Chief of Canaries"
    project.say("holds", "pair", "--export", "held.csv")
    with (project.folder / "held.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["contact"], "match keys" in row["detail"]) for row in csv.DictReader(file)] == [("nokey", True)]

    undone = project.told("undo", "pair", edited)
    assert [(a["verb"], a["side"]) for a in undone["actions"]] == [("update", "right")]
    assert [c["job_title"] for c in project.book("right").contacts().values() if "job_title" in c] == [
        "Head of Canaries"
    ]
    assert project.readable() == set()


def test_forgetting_leaves_nothing_for_whoever_has_the_key(project: Project) -> None:
    project.say("forget", ZOE, "--yes")
    everything = repr(project.dump(OLD))
    assert "quixwort-ørsted" not in everything.lower()
    assert ZOE not in everything
    assert UMA in everything, "others stay"
    assert len(project.book("right").contacts()) == 2, "the apps are not touched"
    project.book("left").put("again", {"names.given": "Zoe", "emails": [{"value": ZOE}]})
    project.run()
    assert len(project.book("right").contacts()) == 2, "and it does not come back"


def test_on_off_and_another_key_by_command(project: Project) -> None:
    before = project.dump(OLD)
    project.settings(encrypts=False, key=OLD)
    assert "Values are not encrypted" in project.say("db", "reseal").stdout
    assert project.readable() >= {ZOE, UMA, "Quixwort-Ørsted"}
    project.settings(encrypts=True, key=OLD)
    assert "Values are encrypted" in project.say("db", "reseal").stdout
    assert project.readable() == set(), "nothing plain is left in free space either"

    project.settings(encrypts=True, key=NEW)
    refused = project.say("db", "reseal", fails=4).stderr
    assert "another key" in refused
    assert "parted by a comma" in refused
    project.settings(encrypts=True, key=f"{NEW},{OLD}")
    project.say("db", "reseal")
    assert project.dump(NEW) == before, "the new key alone opens all of it, and all of it is as it was"
    project.settings(encrypts=True, key=NEW)
    project.run()
    assert "zoe" in project.say("explain", "pair", ZOE, "--offline").stdout


@pytest.mark.parametrize("database", ["sqlite"])
def test_killed_in_the_middle_it_goes_on_with_both_keys_and_is_said_again(project: Project) -> None:
    left = project.book("left")
    for n in range(3):
        left.put(f"more{n}", {"names.given": f"Ada {n}", "emails": [{"value": f"ada{n}@example.org"}]})
    project.run()
    before, whole = project.dump(OLD), f"{NEW},{OLD}"
    project.settings(encrypts=True, key=whole)
    died = commands.contactsync(
        project.folder, "db", "reseal", env={**project.env, CRASH_AT: "commit:after:2"}
    )  # a real process and a real SIGKILL, between two of its transactions
    assert died.returncode == -9
    for one in (OLD, NEW):
        project.settings(encrypts=True, key=one)
        assert "another key" in project.say("person", ZOE, fails=4).stderr, "some rows are under each of the keys"
    project.settings(encrypts=True, key=whole)
    assert project.dump(whole) == before
    project.say("plan", "pair")
    project.say("db", "reseal")
    assert project.dump(NEW) == before


COMMANDS = [
    ("run", "pair"),
    ("plan", "pair"),
    ("person", ZOE),
    ("forget", ZOE, "--yes"),
    ("explain", "pair", ZOE),
    ("holds", "pair"),
    ("undo", "pair", "--since", "2h"),
    ("db", "reseal"),
]


@pytest.mark.parametrize("database", ["sqlite"])
def test_encryption_without_a_key_ends_every_command_before_anything_is_read(project: Project) -> None:
    before = project.dump(OLD)
    for side in ("left", "right"):
        (project.folder / f"{side}.json").write_text("never read: no book at all")
    for key, words in (("", "there is no key"), ("not-a-key", "no Fernet key")):
        project.settings(encrypts=True, key=key)
        for command in COMMANDS:
            said = project.say(*command, fails=4).stderr
            assert words in said, command
            assert "set CONTACTSYNC_KEY" in said
    project.settings(encrypts=False, key="")  # the option was taken back, and the key with it
    assert "no key to read them" in project.say("person", ZOE, fails=4).stderr
    assert project.dump(OLD) == before
