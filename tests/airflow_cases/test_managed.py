"""The form of contactsync__manage over Airflow's REST API: who may fill it in, and who is named for what came of it."""

from __future__ import annotations

from typing import Any

import pytest
from canaries import found, stored
from case_syncs import ENDED, Scene
from contactsync.demo.airflow_rest import AirflowRest
from contactsync.demo.processes import DemoError
from contactsync.model.plan import Verb
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases

MANAGE = "contactsync__manage"
MAIL = "wilhelmina.canary@example.org"


def test_an_op_undoes_a_run_by_the_form_is_named_for_it_and_a_viewer_is_refused(airflow: RealAirflow) -> None:
    scene = airflow.scene("managed")
    scene.people("ada", "ben")
    assert scene.run("made") == "success"
    assert scene.names() == ["ada", "ben"]
    olga, before = airflow.rest_of("olga"), scene.remembered()
    undo = {"act": "undo", "sync": "managed", "run": "made"}

    with pytest.raises(DemoError, match="HTTP 403"):
        airflow.rest_of("vera").trigger(MANAGE, "viewer", **undo, yes=True)
    with pytest.raises(DemoError, match=r"HTTP 400.*'reset-all' is not one of"):
        olga.trigger(MANAGE, "wrong", act="reset-all", sync="managed")
    assert olga.runs(MANAGE) == []

    shown = filled_in(scene, olga, "shown", **undo)
    assert shown["line"].startswith("Dry run, nothing written: Undo of made by olga")
    assert "2 deleted" in shown["line"]
    assert (shown["counts"]["delete"], shown["dry_run"]) == (2, True)
    assert (scene.remembered(), scene.names()) == (before, ["ada", "ben"])

    done = filled_in(scene, olga, "done", **undo, yes=True)
    assert (done["plan"], done["by"]) == (shown["plan"], "olga")
    assert scene.names() == []
    assert [(d.what, d.answer, d.by) for _, _, d in scene.ledger.decisions("managed")] == [
        ("undo of made", "undone", "olga")
    ]
    rows = scene.ledger.journal("managed", "manage__done")
    assert [row.intent.verb for row in rows] == [Verb.DELETE] * 2

    # Another person, while a run holds the sync: the act waits for it without a process.
    door = scene.gate(".*", ".*")
    scene.trigger("holds")
    scene.until(door.reached.is_set, "a request", "holds")
    airflow.rest.trigger(MANAGE, "waits", act="reset", sync="managed", yes=True)
    scene.until(lambda: state_of_act(scene, "waits") == "up_for_reschedule", "the act to wait")
    door.opened.set()
    assert scene.end("holds") == "success"
    assert filled_in(scene, airflow.rest, "waits")["line"].startswith("Reset by admin: both cursors dropped")
    newest = scene.ledger.decisions("managed")[0][2]
    assert (newest.what, newest.answer, newest.by) == ("cursors", "reset", "admin")

    # An address becomes no run. What somebody has sent stays in Airflow's audit log all the same (docs/privacy.md).
    with pytest.raises(DemoError, match=r"HTTP 400.*By id, never by e-mail"):
        olga.trigger(MANAGE, "address", act="forget", contact=MAIL, yes=True)
    places = stored(airflow.metadata, airflow.server.home / "logs")
    assert found([MAIL], places) == [f"{MAIL} in table log"]


def filled_in(scene: Scene, rest: AirflowRest, run_id: str, /, **conf: Any) -> dict[str, Any]:
    """Fill in the form, and wait until what it asks for is done; what the task returned."""
    if conf:
        rest.trigger(MANAGE, run_id, **conf)
    scene.until(lambda: rest.run(MANAGE, run_id)["state"] in ENDED, f"the end of {run_id}")
    assert rest.run(MANAGE, run_id)["state"] == "success"
    path = f"dags/{MANAGE}/dagRuns/{run_id}/taskInstances/act/xcomEntries/return_value"
    told: dict[str, Any] = rest.ask("GET", path, params={"deserialize": "true"})["value"]
    return told


def state_of_act(scene: Scene, run: str) -> str:
    [instance] = scene.rest.task_instances(MANAGE, run)
    return str(instance["state"])
