"""Plans that wait under Airflow's Required Actions, answered over its REST API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from case_syncs import Scene
from contactsync.demo.airflow_rest import AirflowRest
from contactsync.demo.processes import DemoError
from contactsync.model.approval import Reply
from contactsync.model.ledger import RunState
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases

OFFICE = ("ada", "ben", "cleo", "dora", "emil", "fred")


def test_a_plan_waits_while_others_go_on_and_only_what_holds_is_written(airflow: RealAirflow) -> None:
    scene = airflow.scene("asked")
    scene.people(*OFFICE)
    scene.here()
    scene.retitle("Waits", "ada", "ben", "cleo", "dora")
    before = scene.sent()

    waits(scene, "asks")
    [question] = open_questions(scene)
    assert question["task_instance"]["dag_run_id"] == "asks"
    assert "4 updates on the right side; the limit is 2" in question["body"]
    assert [user["id"] for user in question["assigned_users"]] == ["admin", "vera"]
    assert not any(name.title() in question["body"] for name in (*OFFICE, "Beispiel", "Waits"))
    assert question["params"] == {}
    assert scene.sent() == before
    assert scene.ledger.lock(scene.sync) is None

    # Others go on, without those of the plan.
    scene.retitle("Meanwhile", "emil")
    assert scene.run("meanwhile") == "success"
    assert scene.states("meanwhile")["review"] == "skipped"
    assert not scene.tasks("meanwhile")["review"]["pid"]
    assert scene.titled() == {"emil": "Meanwhile"}

    # Who may only look cannot answer, nor who was not named.
    for user in ("vera", "olga"):
        with pytest.raises(DemoError, match="HTTP 403"):
            answer(scene, "asks", "Approve", airflow.rest_of(user))
    assert scene.states("asks")["review"] == "awaiting_input"

    scene.retitle_right("Their own edit", "ada")
    scene.retitle("Edited again", "dora")
    answer(scene, "asks", "Approve")
    assert scene.end("asks") == "success"
    assert scene.titles() == {
        "ada": "Their own edit", "ben": "Waits", "cleo": "Waits", "dora": "", "emil": "Meanwhile", "fred": "",
    }  # fmt: skip
    assert "(4 actions) was approved by admin, 2 written" in scene.log("asks", "record")
    asked = scene.ledger.approval(scene.sync, "asks")
    assert asked is not None
    assert (asked.answer, asked.by) == (Reply.APPROVED, "admin")
    [(_, run_id, decided)] = scene.ledger.decisions(scene.sync)
    assert (run_id, decided.by, decided.answer) == ("asks", "admin", "approved")
    scene.rests()
    assert scene.titles()["dora"] == "Edited again"


def test_stop_reject_and_time_out_end_well_and_write_nothing(airflow: RealAirflow) -> None:
    scene = airflow.scene("stopped")
    scene.people("ada", "ben")
    waits(scene, "first")
    assert scene.run("later") == "success"
    assert {scene.states("later")[task] for task in ("open", "record")} == {"skipped"}
    assert "waits for a person" in scene.log("later", "open")
    assert scene.names() == []
    answer(scene, "first", "Approve", airflow.rest_of("olga"))
    assert scene.end("first") == "success"
    assert scene.names() == ["ada", "ben"]

    scene.retitle("Not wanted", "ada")
    before = scene.sent()
    waits(scene, "rejected")
    answer(scene, "rejected", "Reject")
    rests_unwritten(scene, "rejected", "was rejected by admin, nothing written")

    waits(scene, "late")
    airflow.answer_is_late(scene.dag, "late")
    rests_unwritten(scene, "late", "was answered by nobody in time and counts as rejected, nothing written")

    waits(scene, "failed")
    scene.fail("failed")
    assert scene.end("failed") == "failed"
    waits(scene, "again")  # whom nobody can answer any more holds nobody up
    answer(scene, "again", "Reject")
    assert scene.end("again") == "success"
    assert scene.sent() == before


def waits(scene: Scene, run: str) -> None:
    scene.trigger(run)
    scene.until(lambda: scene.states(run)["review"] == "awaiting_input" and settled(scene, run), "a question", run)


def settled(scene: Scene, run: str) -> bool:
    """Whether the scheduler knows that the task waits: what is answered sooner, in under a second, it asks again."""
    log = scene.airflow.server.program.log.read_text(errors="replace")
    told = rf"TaskInstance Finished: dag_id={scene.dag}, task_id=review, run_id={run}, .*, state=awaiting_input,"
    return re.search(told, log) is not None


def rests_unwritten(scene: Scene, run: str, words: str) -> None:
    assert scene.end(run) == "success"
    states = scene.states(run)
    assert (states["review"], states["load_left"], states["load_right"]) == ("success", "skipped", "skipped")
    assert states["record"] == "success"
    assert words in scene.log(run, "record")
    assert scene.titled() == {}
    kept = scene.ledger_run(run)
    assert kept is not None
    assert kept.state is RunState.DONE
    assert scene.ledger.lock(scene.sync) is None


def open_questions(scene: Scene) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = scene.rest.ask("GET", "dags/~/dagRuns/~/hitlDetails")["hitl_details"]
    return [one for one in found if one["task_instance"]["dag_id"] == scene.dag and not one["response_received"]]


def answer(scene: Scene, run: str, option: str, rest: AirflowRest | None = None) -> None:
    path = f"dags/{scene.dag}/dagRuns/{run}/taskInstances/review/-1/hitlDetails"
    (rest or scene.rest).ask("PATCH", path, json={"chosen_options": [option], "params_input": {}})
