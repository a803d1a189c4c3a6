"""What a run in which nothing changed leaves in Airflow's database: bounded, as it happens every few minutes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from airflow_rows import all_rows, left_by_run
from sqlalchemy import create_engine

pytestmark = pytest.mark.airflow
TASKS = 8  # as the DAG has; four of them with a process
XCOMS = 4  # open, both extracts, record
BYTES_HANDED_ON = 2_000
BYTES_RENDERED = 12_000


def test_a_quiet_run_executes_four_tasks_and_leaves_few_rows(sync, record_property):
    sync.left.put("ada", {"names.given": "Ada", "emails": [{"value": "ada@example.org", "label": "work"}]})
    assert (sync.run().state, sync.run().state) == ("success", "success")
    engine = create_engine(f"sqlite:///{Path(os.environ['AIRFLOW_HOME'], 'airflow.db')}")
    before = all_rows(engine)

    quiet = sync.run()

    after = all_rows(engine)
    left = left_by_run(engine, f"contactsync__{sync.sync_id}", quiet.run_id)
    engine.dispose()
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    print(f"a quiet run: {grown}; {left.xcom_bytes} bytes of XCom, {left.rendered_bytes} rendered")
    assert (quiet.state, len(quiet.executed)) == ("success", 4)
    assert grown.pop("task_instance") == TASKS
    assert grown.pop("dag_run") == 1
    assert left.rows["xcom"] <= XCOMS
    assert left.rows["rendered_task_instance_fields"] <= len(quiet.executed)
    assert "asset_event" not in grown
    assert sum(grown.values()) <= 2 * TASKS + XCOMS
    assert left.xcom_bytes <= BYTES_HANDED_ON
    assert left.rendered_bytes <= BYTES_RENDERED
