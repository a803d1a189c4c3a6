"""Runs killed with SIGKILL around every mutating request and every commit: nothing twice, nothing lost, soon at rest.

`make kill-matrix` dies at each of them, one later every turn; without --full only a few are taken. A turn: people add,
edit and delete; a run dies; the next ones find what it did; then everybody is there once, as typed, and a further run
writes nothing.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from contactsync.model.app import Adopt
from contactsync.model.exchange import State, Verb
from crash_run import FAILED, KILLED, crash
from radicale_server import RadicaleServer
from scenes import SCENES, Scene, faults

PLACES = ("request:before", "request:no_response", "request:after", "commit:before", "commit:after")
MOST = 60  # commits of one run; more would mean that the scene never ends
RECOVERED = 2  # runs until all is well again
LISTINGS = 4  # where only listings can tell that a create never happened: a delta, two complete ones, then the create


def points(full: bool, name: str, place: str) -> Iterator[int]:
    """At which request or commit the turns die; the short form begins early and takes larger and larger steps.

    Where forty people are written in a turn, it is every third commit: the other scenes make the same ones.
    """
    step = 3 if name.startswith("jobs_to") and place.startswith("commit") else 1
    return iter(range(1, MOST, step)) if full else iter((1, 4, 12))


ON_POSTGRES = "carddav_to_google"
DIES_AT = {"jobs": PLACES[3:], "jobs_to_the_right": PLACES[:3]}
"""The books of `jobs` are reached without any request; the ledger's commits do not know sides."""
CELLS = [
    *((name, place, "sqlite") for name in SCENES for place in DIES_AT.get(name, PLACES)),
    *((ON_POSTGRES, place, "postgres") for place in PLACES),
]
LONG = {(n, p, d) for n, p, d in CELLS if n.startswith("jobs_to") or d == "postgres"} - {
    ("jobs_to_the_right", "request:no_response", "sqlite"),
    (ON_POSTGRES, "commit:after", "postgres"),
}
"""With --full only: they take longer, and differ from others in little."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = CELLS if metafunc.config.getoption("full") else [cell for cell in CELLS if cell not in LONG]
    metafunc.parametrize(("name", "place", "database"), chosen)


def test_whatever_a_killed_run_left_is_found_and_finished(
    tmp_path: Path, radicale: RadicaleServer, ledger_url: str, name: str, place: str, full: bool
) -> None:
    with SCENES[name](tmp_path, radicale) as scene:
        scene.remember_in(ledger_url)
        scene.begin(max(8, scene.many + 1))
        settle(scene, 3)
        deaths: Counter[str] = Counter()
        for turn, point in enumerate(points(full, name, place), 1):
            scene.edit_some(turn)
            code = crash(scene.world, f"{place}:{point}", scene.hub)
            assert code != FAILED
            died = code == KILLED
            deaths.update(doing(scene) if died else ())
            settle(scene, allowed(scene) if died else 0)
            if not died:
                break
        assert code != KILLED or not full, "the last turns never saw a run to its end"
        if full and place.startswith("request"):
            assert set(deaths) >= scene.verbs, f"never killed while writing: {scene.verbs - set(deaths)}"
        assert deaths.total() or place.startswith("commit")


def settle(scene: Scene, runs: int) -> None:
    """Let up to so many runs pass until all is well; then one more writes nothing."""
    for done in itertools.count():
        wrong = scene.wrong()
        if not wrong and not open_rows(scene):
            break
        assert done < runs, wrong or open_rows(scene)
        assert scene.world.run().ok
    before = scene.writes()
    assert scene.world.run().ok
    assert scene.writes() == before
    assert not scene.wrong()
    assert not scene.world.held()


def allowed(scene: Scene) -> int:
    """How many runs may pass until a killed one is made good."""
    rows = scene.world.known.unfolded(scene.world.spec.id)
    sent = [r.intent.side for r in rows if r.intent.verb is Verb.CREATE and r.outcome.state is State.SENT]
    marked = any(scene.world.app(side).info.caps.adopt is Adopt.MARKER for side in sent)
    never_made = any("missing" in fault for fault in faults(scene.target, scene.cast))
    return LISTINGS if marked and never_made else RECOVERED


def doing(scene: Scene) -> list[Verb]:
    """What the killed run was writing."""
    rows = scene.world.known.unfolded(scene.world.spec.id)
    return [row.intent.verb for row in rows if row.outcome.state is State.SENT]


def open_rows(scene: Scene) -> list[str]:
    """Actions that no run has finished."""
    return [f"{r.intent.verb} {r.outcome.state}" for r in scene.world.known.unfolded(scene.world.spec.id)]
