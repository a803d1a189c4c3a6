"""Sync files with tests in them, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contactsync.mapping.loader import load_document
from contactsync.orchestration.shipped_apps import ShippedApps
from contactsync.rehearsal.play import memory
from contactsync.rehearsal.report import Rehearsed, found_in

HEAD = """\
version: 1
left: {app: freshsales, connection: crm}
right: {app: google_contacts, connection: google}
dag: {schedule: null, timezone: Europe/Berlin}
"""

Play = Callable[[str, str], list[str]]


@pytest.fixture(scope="session")
def ledger() -> Iterator[str]:
    """One place for all tests: each has a sync of its own in it."""
    with memory() as url:
        yield url


@pytest.fixture
def played(tmp_path: Path, ledger: str) -> Callable[[str, str], list[Rehearsed]]:
    """played(keys of the sync, its tests as YAML) -> how each test went."""

    def play(keys: str, tests: str) -> list[Rehearsed]:
        path = tmp_path / f"{tmp_path.name[-40:].strip('-_').replace('_', '-').lower()}.yaml"
        path.write_text(f"{HEAD}{keys}tests:\n{tests}", "utf-8")
        return list(found_in(load_document(path, tmp_path, ShippedApps()), ledger))

    return play


@pytest.fixture
def wrong(played: Callable[[str, str], list[Rehearsed]]) -> Play:
    """The same, as lines `at: expected / found` of what is not as expected; [] = all passed."""

    def play(keys: str, tests: str) -> list[str]:
        return [f"{d.at}: {d.expected} / {d.found}" for one in played(keys, tests) for d in one.differences]

    return play
