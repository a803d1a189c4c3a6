"""What a run leaves behind in the ledger where nobody changed anything: its own row, and no more."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from contactsync.errors import ArtefactError
from contactsync.ledger.store import Ledger
from contactsync.model.retention import OldRun, Retention
from contactsync.model.spec import Side
from contactsync.orchestration.artefacts import StoredArtefacts, artefact_root
from contactsync.orchestration.shelf import ArtefactShelf
from contactsync.pipeline import run_sync
from contactsync.stages.housekeeping import Household, sweep, sweep_all
from world import World, mail

SHORT, LONG = 60, 10_000


def rows(ledger: Ledger) -> Counter[str]:
    return Counter({table: len(found) for table, found in ledger.dump().items()})


def test_quiet_runs_add_run_rows_only_and_housekeeping_bounds_them(
    tmp_path: Path, ledger: Ledger, full: bool, record_property: object
) -> None:
    """`--full`: ten thousand of them, a week at one a minute."""
    world = World(tmp_path, ledger=ledger)
    for n in range(3):
        world.left.put(f"l{n}", {"names.given": "Ada", "emails": mail(f"ada{n}@example.org")})
    world.run()
    world.run()
    first, number = rows(ledger), LONG if full else SHORT
    artefacts = artefact_root(str(tmp_path / "artefacts"))
    for n in range(number):
        world.artefacts = StoredArtefacts(artefacts, "pair", f"quiet-{n}")
        assert world.run().ok
    added = rows(ledger) - first
    print(f"{number} quiet runs added {dict(added)}")
    assert added == Counter(run=number)
    assert not first - rows(ledger)

    house = Household("pair", ledger, ArtefactShelf(artefacts, "pair"))
    later = world.clock() + timedelta(days=31)
    assert sweep(house, Retention(), world.clock()).ledger.quiet == 0
    swept = sweep(house, Retention(), later)
    assert swept.ledger.quiet == number  # that before them among these; the newest stays
    assert rows(ledger) - first == Counter()
    world.left.put("l0", {"names.given": "Eve", "emails": mail("ada0@example.org")})
    assert run_sync(world.place(), world.request()).ok
    assert world.app(Side.RIGHT) is not None
    assert [c["names.given"] for c in world.right.contacts().values()].count("Eve") == 1


class Refusing(ArtefactShelf):
    """Of a store that lets nobody look."""

    def old(self, before: datetime, but: Collection[str]) -> list[OldRun]:
        raise ArtefactError("Old artefacts cannot be looked at (PermissionError).", next_step="let them be listed.")


def test_housekeeping_that_fails_for_every_sync_says_so_in_a_few_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world, root = World(tmp_path), artefact_root(str(tmp_path / "artefacts"))
    houses = [Household(f"sync{n}", world.known, Refusing(root, f"sync{n}")) for n in range(40)]
    with caplog.at_level(logging.INFO, "contactsync"), pytest.raises(ArtefactError, match="cannot be looked at"):
        sweep_all(houses, Retention(), world.clock())
    assert 0 < len(caplog.records) <= 10
