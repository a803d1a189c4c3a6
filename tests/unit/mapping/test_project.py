"""include/contactsync.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from contactsync.errors import ConfigError
from contactsync.mapping.project import load_project
from contactsync.model.spec import ProjectSpec

Write = Callable[..., Path]
SHIPPED = Path(__file__).parents[3] / "include" / "contactsync.yaml"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_project(tmp_path / "contactsync.yaml") == ProjectSpec("", "contactsync_ledger", 0.8)


def test_the_shipped_file_says_the_defaults() -> None:
    assert load_project(SHIPPED) == ProjectSpec()


def test_the_commented_keys_of_the_shipped_file_work_when_they_are_uncommented(write: Write) -> None:
    rows = [re.sub(r"^# ( *\w+:)", r"\1", row) for row in SHIPPED.read_text().splitlines()[1:]]
    spec = load_project(write("\n".join(rows)))
    assert spec == ProjectSpec("s3://CONNECTION@bucket/contactsync", "contactsync_ledger", 0.8)


def test_every_key(write: Write) -> None:
    text = "version: 1\nartefacts: {root: /srv/runs}\nledger: {connection: pg}\nrate: {share: 1}\n"
    assert load_project(write(text)) == ProjectSpec("/srv/runs", "pg", 1.0)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("artefacts: {root: /x}\n", ":1: version: ", "is required"),
        ("version: 2\nnew: 1\n", ":1: version: ", "newer contactsync"),
        ("version: 1\nartefact: {}\n", ":2: artefact: ", "Did you mean 'artefacts'?"),
        ("version: 1\nartefacts: {root: runs/here}\n", ":2: artefacts.root: ", "neither an absolute path nor a URL"),
        ("version: 1\nartefacts: {root: 's3://key:hush@bucket/x'}\n", ":2: artefacts.root: ", "password"),
        ("version: 1\nledger: {connection: 'a b'}\n", ":2: ledger.connection: ", "Airflow connection"),
        ("version: 1\nrate:\n  share: 0\n", ":3: rate.share: ", "more than 0"),
        ("version: 1\nrate: {share: 1.5}\n", ":2: rate.share: ", "at most 1"),
        ("version: 1\nrate: {share: 80%}\n", ":2: rate.share: ", "must be a number"),
        ("version: 1\nenvironments: {}\n", ":2: environments: ", "not yet in this version"),
        ("version: 1\naccounts: {}\n", ":2: accounts: ", "not yet in this version"),
        ("version: 1\nalerts: {}\n", ":2: alerts: ", "not yet in this version"),
        ("version: 1\ndefaults: {}\n", ":2: defaults: ", "not yet in this version"),
        ("version: 1\nartefacts: {keep: 7d}\n", ":2: artefacts.keep: ", "not yet in this version"),
        ("version: 1\nledger: {keep_values: 30d}\n", ":2: ledger.keep_values: ", "not yet in this version"),
        ("version: 1\nledger: {keep_journal: 400d}\n", ":2: ledger.keep_journal: ", "not yet in this version"),
        ("", ":1: ", "is empty"),
    ],
)
def test_what_is_refused(write: Write, text: str, place: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_project(write(text, "contactsync.yaml"))
    message = str(caught.value)
    assert f"contactsync.yaml{place}" in message
    assert words in message
    assert "Next: " in message
    assert "hush" not in message
