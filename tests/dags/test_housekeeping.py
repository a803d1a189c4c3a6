"""contactsync__housekeeping: there without anybody asking, and sweeping what is too old."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from contactsync.ledger.instants import to_text
from contactsync.orchestration.dag_folder import dags_beside
from contactsync.orchestration.home import contactsync_home


def test_it_runs_daily_is_not_paused_and_knows_what_the_project_file_says(project):
    project.sync("first")
    project.write("contactsync.yaml", "version: 1\nartefacts: {keep: 3d}\nledger: {keep_values: 5d}\n")
    dag = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__housekeeping"]
    assert (dag.timetable.expression, dag.is_paused_upon_creation, dag.catchup) == ("0 0 * * *", False, False)
    [task] = dag.tasks
    assert json.loads(task.keep) == {"artefacts": 3 * 86400, "values": 5 * 86400, "journal": 400 * 86400}
    assert task.sync_ids == ["first"]


def test_a_task_process_builds_it_alone(project, monkeypatch):
    project.sync("first")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "contactsync__housekeeping")
    assert list(dags_beside(str(project.dags / "contactsync_dags.py"))) == ["contactsync__housekeeping"]


@pytest.mark.airflow
def test_a_sweep_in_airflow_removes_what_is_too_old_and_says_so(sync, said):
    sync.left.put("l1", {"names.given": "Ada", "emails": [{"value": "ada@example.org"}]})
    first = sync.run()
    assert first.state == "success"
    past = datetime.now(UTC) - timedelta(days=31)
    folder = contactsync_home() / "artefacts" / sync.sync_id
    [of_first] = folder.iterdir()
    for path in (*of_first.iterdir(), of_first):
        os.utime(path, (past.timestamp(), past.timestamp()))
    with sqlite3.connect(contactsync_home() / "ledger.db") as ledger:
        here = (to_text(past), to_text(past), sync.sync_id)
        ledger.execute("UPDATE run SET started_at = ?, ended_at = ? WHERE sync_id = ?", here)
    ledger.close()
    sync.left.put("l2", {"names.given": "Bo", "emails": [{"value": "bo@example.org"}]})
    assert sync.run().state == "success"

    run = sync.project.bag().dags["contactsync__housekeeping"].test()
    assert str(run.state) == "success"
    assert f"{sync.sync_id}: removed 1 runs' artefacts" in said()
    assert not of_first.exists()
    assert len(list(folder.iterdir())) == 1
    [newest, oldest] = sync.ledger.runs(sync.sync_id)
    assert (newest.trimmed, oldest.trimmed) == (False, True)
