"""A load that dies, is suspended or runs out of time while a request is under way: nobody twice, nothing lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from case_syncs import Scene
from contactsync.model.exchange import State
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases

NINE = tuple(f"person{n}" for n in range(1, 10))


def test_a_killed_load_that_is_cleared_goes_on_from_the_journal(airflow: RealAirflow) -> None:
    scene = airflow.scene("killed")
    retitled = ("ada", "ben", "cleo", "dora", "emil", "fina")
    scene.people(*retitled, *NINE)
    scene.here()
    scene.retitle("Planned", *retitled)
    scene.people("gero", "hugo")
    before = scene.sent()
    under_way = scene.never_answered("PUT")
    run = scene.trigger("killed")
    scene.until(under_way, "the first update", run)
    scene.until(lambda: len(scene.titled()) == 4, "the effect of those that leave at once", run)
    scene.kill(run, "load_right")
    sent_at_once = set(scene.titled())
    edited, other = sorted({*retitled} - sent_at_once)
    scene.retitle_right("Edited meanwhile", edited)
    scene.until(lambda: scene.states(run)["load_right"] == "up_for_retry", "Airflow to see that it died", run)
    scene.clear(run, "load_right")  # or half a minute later Airflow starts it again by itself

    assert scene.end(run) == "success"
    assert scene.tasks(run)["load_right"]["try_number"] == 2
    assert scene.sent() - before == {"PUT": 5, "POST": 2}  # those without an answer once, the edited one not at all
    assert scene.titled() == {**dict.fromkeys([*sent_at_once, other], "Planned"), edited: "Edited meanwhile"}
    ended_as = {row.intent.source_id: row.outcome.state for row in scene.ledger.journal(scene.sync, run)}
    assert {ended_as.pop(name) for name in sent_at_once} == {State.SENT}
    assert ended_as.pop(edited) is State.OVERTAKEN
    assert ended_as == dict.fromkeys([other, "gero", "hugo"], State.DONE)

    scene.rests()
    assert scene.names() == sorted([*retitled, "gero", "hugo", *NINE])
    assert scene.titled() == dict.fromkeys(retitled, "Planned")  # both were edited: the left side wins
    [(_, _, lost)] = scene.ledger.conflicts(scene.sync)  # and the other's value is kept
    assert (lost.field, lost.right) == ("job_title", "Edited meanwhile")
    assert scene.sent() - before == {"PUT": 6, "POST": 2}


def test_a_run_that_ran_out_of_time_is_taken_up_by_the_next(airflow: RealAirflow) -> None:
    scene = airflow.scene("timed")
    scene.people(*NINE)
    # None is answered from the second on: each is given up after a minute, so the load outlasts what ends it.
    under_way = scene.never_answered("POST", nth=2, times=0)
    run = scene.trigger("timed")
    scene.until(under_way, "a create", run)
    process = scene.process(run, "load_right")
    airflow.out_of_time(scene.dag, run)
    assert scene.end(run) == "failed"  # by its dagrun_timeout
    scene.until(lambda: ended(process), "the end of its load")
    assert sum(scene.sent().values()) < len(NINE)  # it had not come to the end
    scene.right.knobs.faults.clear()

    assert scene.run("next") == "success"  # takes the lock over, as Airflow says that its holder has ended
    assert scene.names() == sorted(NINE)
    scene.rests()
    assert scene.names() == sorted(NINE)
    assert scene.sent() == {"POST": 9}
    assert {row.outcome.state for row in scene.rows()} == {State.DONE, State.ADOPTED}


def test_a_suspended_load_that_wakes_up_after_another_run_took_over_sends_nothing_more(airflow: RealAirflow) -> None:
    scene = airflow.scene("zombie")
    scene.people(*NINE)
    door = scene.gate("POST", nth=2)
    run = scene.trigger("zombie")
    scene.until(door.reached.is_set, "a create", run)
    zombie = scene.process(run, "load_right")
    worker = parent(zombie)
    for process in (worker, zombie):
        os.kill(process, signal.SIGSTOP)
    door.opened.set()
    scene.until(lambda: len(scene.names()) == 4, "the creates that were under way")
    scene.fail(run)

    door = scene.gate(".*", ".*")
    scene.trigger("next")
    scene.until(door.reached.is_set, "the next run to read", "next")
    assert scene.ledger.lock(scene.sync).owner.endswith(":next")
    os.kill(zombie, signal.SIGCONT)  # alone: nobody is there yet to tell it to end
    scene.until(lambda: State.SENT not in states(scene, run), "it to settle what it had sent")
    os.kill(worker, signal.SIGCONT)
    scene.until(lambda: ended(zombie), "its end")
    assert scene.sent() == {"POST": 4}
    door.opened.set()

    assert scene.end("next") == "success"
    assert scene.names() == sorted(NINE)
    scene.rests()
    assert scene.names() == sorted(NINE)
    assert scene.sent() == {"POST": 9}


def states(scene: Scene, run: str) -> set[State]:
    return {row.outcome.state for row in scene.ledger.journal(scene.sync, run)}


def parent(process: int) -> int:
    return int(_stat(process)[1])


def ended(process: int) -> bool:
    """True for one that is gone, or was not yet noticed to be."""
    try:
        return _stat(process)[0] in "ZX"
    except FileNotFoundError:
        return True


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
