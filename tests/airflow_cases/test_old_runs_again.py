"""Tasks and whole runs that are cleared long after they ended: no harm, and words that say what to do instead."""

from __future__ import annotations

import re

import pytest
from contactsync.model.ledger import RunState
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases


def test_an_old_run_started_again_after_newer_ones_carries_over_what_is_true_now(airflow: RealAirflow) -> None:
    scene = airflow.scene("rerun")
    scene.people("ada", "ben", "cleo")
    assert scene.run("old") == "success"
    for title in ("Second", "Third"):
        scene.retitle(title, "ada")
        scene.here()
    scene.retitle_right("Of today", "ben")
    scene.here()
    before, remembered = scene.sent(), scene.remembered("run", "side_cursor", "claim")

    scene.clear("old")
    assert scene.end("old") == "success"
    assert scene.sent() == before
    assert scene.left.contacts()["ben"]["job_title"] == "Of today"
    assert scene.titles() == {"ada": "Third", "ben": "Of today", "cleo": ""}
    assert scene.remembered("run", "side_cursor", "claim") == remembered
    newest = scene.ledger.runs(scene.sync, 1)[0]
    assert (newest.run_id, newest.state) == ("old", RunState.DONE)  # it counts as the newest, as it read last

    scene.retitle("Fourth", "cleo")
    scene.clear("old")
    assert scene.end("old") == "success"
    assert scene.titles() == {"ada": "Third", "ben": "Of today", "cleo": "Fourth"}
    assert scene.sent() - before == {"PUT": 1}


def test_single_tasks_of_an_old_run_write_nothing_and_say_which_task_to_clear(airflow: RealAirflow) -> None:
    scene = airflow.scene("cleared")
    scene.people("ada", "ben", "cleo")
    assert scene.run("old") == "success"
    scene.retitle("Second", "ada")
    scene.here()
    scene.retitle_right("Of today", "ben")
    scene.here()
    before, remembered = scene.sent(), scene.remembered()

    scene.clear("old", "record")
    assert scene.end("old") == "success"  # it has been recorded: nothing is left to do
    assert "Memory to Freshsales: 3 created" in scene.log("old", "record")
    for task in ("load_right", "reconcile", "extract_left"):
        scene.clear("old", task, downstream=True)
        assert scene.end("old") == "failed"
        assert scene.states("old")[task] == "failed"
        assert "clear the task `open` of this run with everything downstream" in scene.log("old", task)
    assert scene.sent() == before
    assert scene.remembered() == remembered

    scene.clear("old", "open", downstream=True)
    assert scene.end("old") == "success"
    assert scene.sent() == before
    assert scene.titles() == {"ada": "Second", "ben": "Of today", "cleo": ""}


def test_a_dry_run_stays_one_when_it_is_killed_retried_and_cleared(airflow: RealAirflow) -> None:
    scene = airflow.scene("dry")
    scene.people("ada", "ben", "cleo")
    scene.here()
    scene.retitle("Planned", "ada")
    scene.people("dora")
    before, remembered = scene.sent(), scene.remembered()

    door = scene.gate(".*", ".*")
    scene.trigger("dry", dry_run=True)
    scene.until(door.reached.is_set, "a request", "dry")
    scene.kill("dry", "extract_right")
    door.opened.set()
    assert scene.end("dry") == "success"
    assert scene.tasks("dry")["extract_right"]["try_number"] == 2
    scene.clear("dry")
    assert scene.end("dry") == "success"
    assert scene.log("dry", "record").count("Dry run, nothing written: Memory to Freshsales: 1 created, 1 updated") >= 2
    assert scene.sent() == before
    assert scene.remembered() == remembered
    assert scene.ledger.lock(scene.sync) is None


def test_a_plan_that_was_let_pass_once_does_not_let_another_one_pass(airflow: RealAirflow) -> None:
    scene = airflow.scene("limits")
    scene.people("ada", "ben", "cleo", "dora")
    scene.here()
    scene.left.remove("ada")
    assert scene.run("over") == "failed"
    assert scene.names() == ["ada", "ben", "cleo", "dora"]
    named = re.search(r"apply_plan = (\w+)", scene.log("over", "reconcile"))
    assert named
    assert scene.run("let", apply_plan=named[1]) == "success"
    assert scene.names() == ["ben", "cleo", "dora"]

    scene.left.remove("ben")
    before = scene.sent()
    assert scene.run("again", apply_plan=named[1]) == "failed"
    assert "PlanMismatch" in scene.log("again", "reconcile")
    scene.clear("let")
    assert scene.end("let") == "failed"
    assert "PlanMismatch" in scene.log("let", "reconcile")
    assert scene.sent() == before
    assert scene.names() == ["ben", "cleo", "dora"]
