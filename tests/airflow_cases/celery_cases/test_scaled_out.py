"""Two workers that share nothing but the bucket and the databases; one of them dies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from case_syncs import Scene
from contactsync.model.exchange import State
from scaled_out import WORKERS, ScaledOut

pytestmark = pytest.mark.celery

NINE = tuple(f"person{n}" for n in range(1, 10))


def test_a_sync_runs_on_both_workers_and_housekeeping_empties_the_bucket(airflow: ScaledOut) -> None:
    scene = airflow.scene("apart")
    with airflow.undisturbed():
        scene.people("ada", "ben", "cleo")
        assert scene.run("first") == "success"
        assert scene.names() == ["ada", "ben", "cleo"]
        scene.retitle("Edited", "ben")
        assert scene.run("second") == "success"
        assert scene.titled() == {"ben": "Edited"}
        assert set(hosts(scene, "first", "second")) == set(WORKERS)

        kept = airflow.in_bucket("apart", "first")
        assert {name.partition("-")[0] for name in kept} >= {"extract_left", "extract_right", "plan"}
        assert [file for home in airflow.homes for file in home.rglob("*.parquet")] == []
        airflow.grow_old("apart", "first", timedelta(days=8))
        airflow.grow_old("apart", "second", timedelta(days=8))
        assert swept(airflow) == "success"
        assert airflow.in_bucket("apart", "first") == []
        assert airflow.in_bucket("apart", "second") != []  # of the newest run and plan

        before = scene.sent()
        assert scene.run("third") == "success"
        assert scene.sent() == before


def test_a_worker_killed_in_the_middle_of_a_load_is_taken_over_by_the_other(airflow: ScaledOut) -> None:
    scene = airflow.scene("killed")
    scene.people(*NINE)
    airflow.wait_for_others()
    under_way = scene.never_answered("POST", nth=3)
    run = scene.trigger("killed")
    scene.until(under_way, "the third create", run)
    dead = str(scene.tasks(run)["load_right"]["hostname"])
    airflow.kill(dead)
    sent = sum(scene.sent().values())
    airflow.heartbeat_is_late(scene.dag, run)
    scene.until(lambda: scene.states(run)["load_right"] == "up_for_retry", "Airflow to see that it died", run)
    airflow.retry_is_due(scene.dag, run)

    assert scene.end(run) == "success"
    load = scene.tasks(run)["load_right"]
    assert (load["try_number"], load["hostname"]) == (2, *(set(WORKERS) - {dead}))
    assert sent < len(NINE)  # it had not come to its end
    scene.rests()
    assert scene.names() == sorted(NINE)
    assert {row.outcome.state for row in scene.rows()} <= {State.DONE, State.ADOPTED}


def hosts(scene: Scene, *runs: str) -> Iterator[str]:
    """Which worker ran the tasks of these runs."""
    return (str(one["hostname"]) for run in runs for one in scene.tasks(run).values() if one["hostname"])


def swept(airflow: ScaledOut) -> str:
    """One run of housekeeping; its state."""
    scene = airflow.scene("apart")
    scene.dag = "contactsync__housekeeping"
    return scene.run("sweep")
