"""Runs with nothing, one contact and more than a thousand to write: the same tasks, none of them mapped.

Airflow refuses a task that is mapped more than 1,024 times; a load takes its actions in batches of its own instead.
"""

from __future__ import annotations

import pytest
from case_syncs import Scene
from contactsync.demo.airflow_rest import executed
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases

MANY = tuple(f"person{n}" for n in range(1, 1101))
READS = {"open", "extract_left", "extract_right", "record"}
WRITES = READS | {"transform", "reconcile", "load_right"}


def test_nothing_one_and_many_are_written_by_the_same_tasks(airflow: RealAirflow) -> None:
    scene = airflow.scene("sizes")
    assert scene.run("nobody") == "success"
    assert ran(scene, "nobody") <= READS | {"transform", "reconcile"}
    assert scene.names() == []

    scene.people(*MANY)
    assert scene.run("many") == "success"
    assert ran(scene, "many") == WRITES
    assert scene.names() == sorted(MANY)
    assert "1100 created" in scene.log("many", "record")
    scene.here()
    before = scene.right.counters.writes

    assert scene.run("none") == "success"
    assert ran(scene, "none") == READS
    assert scene.right.counters.writes == before

    scene.retitle("One", MANY[7])
    assert scene.run("one") == "success"
    assert ran(scene, "one") == WRITES
    assert scene.titled() == {MANY[7]: "One"}
    assert scene.right.counters.writes == before + 1


def ran(scene: Scene, run: str) -> set[str]:
    """The tasks that had a process."""
    instances = scene.rest.task_instances(scene.dag, run)
    assert {one["map_index"] for one in instances} == {-1}
    return {str(one["task_id"]) for one in instances if executed(one)}
