"""What fails on this side in the middle of a run: the ledger, its disk, artefacts, the process itself."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ArtefactError, FenceLost, LedgerBusy
from contactsync.model.stages import ArtefactRef
from contactsync.orchestration.artefacts import StoredArtefacts, artefact_root
from crash_run import crash
from radicale_server import RadicaleServer
from wired import APPS, CREATE, Wired, wired
from world import World, mail, memory_spec

NAMES = ["Ada", "Uma"]


@pytest.fixture
def app() -> str:
    return "freshsales"


@pytest.fixture
def sync(app: str, tmp_path: Path, radicale: RadicaleServer) -> Iterator[Wired]:
    with wired(tmp_path, app, radicale, patience=0.3) as sync:
        for name in NAMES:
            sync.add(name)
        yield sync


@contextlib.contextmanager
def trouble_with(sync: Wired, begin: Any) -> Iterator[None]:
    """The trouble begins once the first create took effect, and before its answer is here."""

    def began(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        begin()
        return head, body

    sync.wire.breaks(CREATE[sync.app], began)
    yield
    assert len(sync.wire.broken) == 1


@pytest.mark.parametrize("app", APPS)
def test_f03_a_ledger_that_is_lost_between_effect_and_outcome_doubles_nobody(sync: Wired) -> None:
    other = sqlite3.connect(sync.hub.root / "ledger.db", check_same_thread=False, isolation_level=None)
    with trouble_with(sync, lambda: other.execute("BEGIN IMMEDIATE")):
        assert isinstance(sync.run(), LedgerBusy)
    other.close()
    assert sync.there()
    sync.rest()
    sync.assert_once(NAMES)


def test_f28_a_disk_that_is_full_between_effect_and_outcome_doubles_nobody(sync: Wired) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with trouble_with(sync, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))):
            problem = sync.run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(problem, LedgerBusy)
    sync.rest()
    sync.assert_once(NAMES)


@pytest.mark.parametrize("app", ["google"])
def test_f31_a_worker_that_is_ended_in_a_batch_doubles_nobody(sync: Wired) -> None:
    def end() -> None:
        (process,) = multiprocessing.active_children()
        os.kill(process.pid or 0, signal.SIGTERM)

    given = sync.given
    with trouble_with(sync, end), pytest.MonkeyPatch.context() as patched:
        patched.setattr(sync.hub, "credentials", lambda: given)
        assert crash(sync.world, "", sync.hub) == -signal.SIGTERM
    sync.rest()
    sync.assert_once(NAMES)


@pytest.mark.parametrize("app", ["freshsales"])
def test_f35_a_run_that_a_person_cancels_sends_nothing_more_and_the_next_begins_at_once(sync: Wired) -> None:
    names = [*NAMES, *(f"Person{n}" for n in range(12))]
    for name in names[len(NAMES) :]:
        sync.add(name)
    sync_id, taken = sync.world.spec.id, []

    def cancelled() -> None:
        """As Airflow then says of the run; the next one takes its lock over."""
        taken.append(sync.world.known.take_lock(sync_id, "the next run", ended=lambda _: True))

    with trouble_with(sync, cancelled):
        assert isinstance(sync.run(), FenceLost)
    assert len(sync.there()) <= 5  # those that were under way
    sync.world.known.release_lock(sync_id, "the next run", taken[0].fence)
    sync.rest()
    sync.assert_once(names)


class Tampering(StoredArtefacts):
    """Something happens to each artefact of one name as soon as it is written."""

    def __init__(self, root: Path, name: str, happens: Any) -> None:
        super().__init__(artefact_root(str(root)), "pair", "run")
        self.name, self.happens = name, happens

    def write_pieces(self, name: str, pieces: Any, header: Any) -> ArtefactRef:
        ref = super().write_pieces(name, pieces, header)
        if name == self.name:
            self.happens(Path(ref.uri.removeprefix("file://")))
        return ref


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def of_another_run(path: Path) -> None:
    path.unlink()
    path.write_bytes((path.parents[3] / "kept").read_bytes())


def link_to_another(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parents[3] / "kept")


@pytest.mark.parametrize(
    ("name", "happens"),
    [
        ("extract_left", of_another_run),
        ("canonical", flipped),
        ("plan", cut),
        ("plan", link_to_another),
        ("plan", Path.unlink),
    ],
)
def test_f29_an_artefact_that_is_not_what_was_written_stops_the_run(tmp_path: Path, name: str, happens: Any) -> None:
    world = World(tmp_path, memory_spec())
    world.left.put("l1", {"names.given": "Ada", "emails": mail("ada@example.org")})
    kept = Tampering(tmp_path / "root", name, lambda path: (tmp_path / "kept").write_bytes(path.read_bytes()))
    world.artefacts = kept
    assert world.run().ok
    world.left.put("l2", {"names.given": "Uma", "emails": mail("uma@example.org")})
    writes = world.writes()
    kept.happens = happens
    with pytest.raises(ArtefactError):
        world.run()
    assert world.writes() == writes
    assert "uma@example.org" not in str(world.right.contacts())
    kept.happens = lambda _: None
    assert world.run().ok
    assert len(world.right.contacts()) == 2
