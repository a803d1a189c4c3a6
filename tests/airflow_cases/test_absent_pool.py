"""A pool that does not exist: Airflow would leave the run waiting for ever."""

from __future__ import annotations

import pytest
from case_syncs import Scene
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases


def test_a_run_whose_pool_does_not_exist_ends_red_and_says_so_until_somebody_makes_it(airflow: RealAirflow) -> None:
    scene = airflow.scene("pooled")
    scene.people("ada", "ben")

    assert scene.run("pooled") == "failed"
    states = scene.states("pooled")
    assert (states["open"], states["record"]) == ("failed", "failed")
    assert set(states.values()) == {"failed", "upstream_failed"}
    said = scene.log("pooled", "open")
    assert "dag.pool: Airflow has no pool 'nobody_made_it'" in said
    assert "airflow pools set nobody_made_it" in said
    assert scene.sent() == {}

    scene.rest.ask("POST", "pools", json={"name": "nobody_made_it", "slots": 2}, good=(200, 201))
    scene.clear("pooled")
    assert scene.end("pooled") == "success"
    assert pools(scene) == {"nobody_made_it"}
    assert scene.names() == ["ada", "ben"]


def pools(scene: Scene) -> set[str]:
    return {str(one["pool"]) for one in scene.tasks("pooled").values()}
