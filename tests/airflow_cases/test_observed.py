"""What task processes of a real scheduler tell: metrics by UDP, and Airflow of accounts that were written."""

from __future__ import annotations

import pytest
from airflow_rows import left_by_run
from contactsync.demo.airflow_rest import executed
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases
RIGHT = "x-contactsync://freshsales/case_observed"
QUIET = {"open", "extract_left", "extract_right", "record"}


def test_metrics_leave_task_processes_and_events_tell_of_writes_alone(airflow: RealAirflow) -> None:
    scene = airflow.scene("observed")
    scene.people("ada", "ben")
    assert scene.run("first") == "success"
    assert scene.run("settling") == "success"
    before = len(scene.told_assets())
    assert scene.run("quiet") == "success"

    assert {task for task, one in scene.tasks("quiet").items() if executed(one)} == QUIET
    assert [(e["uri"], e["extra"], e["source_task_id"]) for e in scene.told_assets()] == [
        (RIGHT, {"created": 2}, "load_right")
    ]
    assert before == 1
    left = left_by_run(airflow.metadata, scene.dag, "quiet")
    print(f"a quiet run on a real scheduler: {left}")
    assert {table: left.rows[table] for table in ("dag_run", "task_instance", "xcom")} == {
        "dag_run": 1,
        "task_instance": 8,
        "xcom": 4,
    }
    assert left.rows["rendered_task_instance_fields"] <= 4
    assert sum(left.rows.values()) <= 40

    heard = [one for one in airflow.statsd.heard() if one.tags.get("sync") == scene.sync]
    records = {(one.tags["side"], one.tags["outcome"]): one.value for one in heard if one.name == "contactsync.records"}
    assert records["left", "created"] == 2
    calls = {one.tags["side"] for one in heard if one.name == "contactsync.api_calls"}
    assert calls == {"right"}
    assert sum(one.value for one in heard if one.name == "contactsync.api_calls") == scene.right.counters.total
    assert [one.value for one in heard if one.name == "contactsync.holds"] == [0] * 6
