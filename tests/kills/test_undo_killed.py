"""Undos killed with SIGKILL around their requests and commits: the same command again takes back the rest, once.

A turn: people edit, delete and add; a run carries it over; an undo of that dies. Then either a run comes first, or the
undo is given again at once. In the end the target is as it was before, the source as people left it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from contactsync.demo.hands import Hand
from contactsync.model.exchange import Verb
from contactsync.model.ledger import RunState
from contactsync.model.undo import Stay, UndoOrder
from crash_run import FAILED, KILLED, crash
from radicale_server import RadicaleServer
from scenes import SCENES, Scene, number_of
from test_kill_matrix import CELLS as KILLED_RUNS
from test_kill_matrix import MOST, ON_POSTGRES, open_rows
from undos import undo, why

AGAIN = 6  # how often the command may be needed: a marked create that was never made is proven by listings only
FEW = {
    ("carddav_to_google", "request:before", "sqlite"): (1, 2),
    ("carddav_to_google", "request:no_response", "sqlite"): (1, 2, 3),
    ("google_to_freshsales", "request:no_response", "sqlite"): (1, 2, 3),
    ("google_to_carddav", "request:after", "sqlite"): (1, 3),
    ("jobs", "commit:before", "sqlite"): (4, 7, 10, 12),
    ("jobs", "commit:after", "sqlite"): (3, 6, 9, 11),
    (ON_POSTGRES, "commit:before", "postgres"): (5, 9),
}
AS_ONE = ("jobs_to_the_left", "jobs_to_the_right")  # one contact of each kind is undone: too few for a job
CELLS = [cell for cell in KILLED_RUNS if cell[0] not in AS_ONE]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = CELLS if metafunc.config.getoption("full") else list(FEW)
    metafunc.parametrize(("name", "place", "database"), chosen)


def test_whatever_a_killed_undo_left_is_taken_back_by_another(
    tmp_path: Path, radicale: RadicaleServer, ledger_url: str, name: str, place: str, database: str, full: bool
) -> None:
    with SCENES[name](tmp_path, radicale) as scene:
        scene.remember_in(ledger_url)
        deaths = 0
        for turn, point in enumerate(range(1, MOST) if full else FEW[name, place, database], 1):
            before, source = carried(scene, turn), titles(scene.source)
            code = crash(scene.world, f"{place}:{point}", scene.hub, UndoOrder(since=before.since))
            assert code != FAILED
            if turn % 2:
                assert scene.world.run().ok
            finish(scene, before.since)
            assert titles(scene.target) == before.target
            assert titles(scene.source) == source
            rest(scene)
            deaths += code == KILLED
            if code != KILLED:
                break
        assert code != KILLED or not full, "the last turns never saw an undo to its end"
        assert deaths


@dataclass(frozen=True)
class Before:
    """The target as it was, and when."""

    target: Mapping[int, str]
    since: datetime


def carried(scene: Scene, turn: int) -> Before:
    """Two people on both sides; then one gets another title, one goes, one comes, and runs carry it over."""
    scene.cast = {}
    scene.begin(2)
    edited, gone = scene.cast
    until(scene, lambda held: {edited, gone} <= held.keys())
    scene.world.clock.forward(seconds=1)
    before, keys = Before(titles(scene.target), scene.world.clock()), scene.keys()
    scene.source.retitle(keys[edited], f"Keeper {turn}")
    if Verb.DELETE in scene.verbs:
        scene.source.delete(keys[gone])
    scene.add()
    come = list(scene.cast)[-1]
    deleted = Verb.DELETE in scene.verbs
    until(scene, lambda held: held.get(edited) == f"Keeper {turn}" and come in held and (gone in held) is not deleted)
    return before


def until(scene: Scene, holds: Callable[[Mapping[int, str]], bool]) -> None:
    """Runs until the target is so, and no action is open."""
    for _ in range(AGAIN):
        assert scene.world.run().ok
        if holds(titles(scene.target)) and not open_rows(scene):
            return
    raise AssertionError(titles(scene.target))


def finish(scene: Scene, since: datetime) -> None:
    """The same command, until nothing of it is left to be done or to be found out."""
    for _ in range(AGAIN):
        done = undo(scene.world, since=since)
        if not {reason for reason, _ in why(done)} & {Stay.UNSETTLED, Stay.FAILED}:
            return
        assert scene.world.run().ok
    raise AssertionError(why(done))


def titles(hand: Hand) -> Mapping[int, str]:
    """Who is there, with which title; nobody twice."""
    entries = hand.entries()
    found = {number_of(entry): entry.job_title for entry in entries}
    assert len(found) == len(entries), "somebody is there twice"
    return found


def rest(scene: Scene) -> None:
    """Two runs write nothing, nobody is held, and no undo is still open."""
    before = scene.writes()
    for _ in range(2):
        assert scene.world.run().ok
    assert scene.writes() == before
    assert not scene.world.held()
    assert not open_rows(scene)
    runs = scene.world.known.runs(scene.world.spec.id)
    assert not [run for run in runs if run.state is RunState.RUNNING and run.kind == "undo"]
