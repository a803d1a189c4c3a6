"""Alerts from real tasks, to a stand-in for Slack: a red run, a stale sync, its recovery."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from alert_servers import slack
from contactsync.errors import ConfigError
from contactsync.ledger.instants import to_text
from contactsync.orchestration.dag_folder import dags_beside, raise_what_is_broken
from contactsync.orchestration.home import contactsync_home

PROJECT = "version: 1\nalerts: {ops: {notifier: slack, connection: slack_ops}}\n"


def test_freshness_looks_every_quarter_of_an_hour_and_knows_each_sync(project):
    project.sync("first", freshness={"warn_after": "1h"}, alerts=["ops"])
    project.write("contactsync.yaml", PROJECT)
    dag = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__freshness"]
    assert (dag.timetable.expression, dag.is_paused_upon_creation, dag.catchup) == ("*/15 * * * *", False, False)
    [task] = dag.tasks
    fresh = {"warn_after": 3600.0, "error_after": None}
    assert json.loads(task.syncs) == [{"sync_id": "first", "alerts": ["ops"], "freshness": fresh}]
    raise_what_is_broken(str(project.dags / "contactsync_config_errors.py"))


def test_an_alert_that_nobody_defined_is_told_and_stops_no_sync(project):
    project.sync("first", alerts=["opps"])
    project.write("contactsync.yaml", PROJECT)
    with pytest.raises(ConfigError, match=r"first\.yaml: alerts: contactsync\.yaml knows no opps\. Allowed: ops"):
        raise_what_is_broken(str(project.dags / "contactsync_config_errors.py"))
    assert len(dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__first"].tasks) == 8


@pytest.mark.airflow
def test_red_and_stale_are_told_from_tasks_and_the_recovery_too(sync, monkeypatch, said):
    with slack() as heard:
        hook = {"conn_type": "slackwebhook", "host": f"http://127.0.0.1:{heard.port}/services", "password": "T/B/hush"}
        monkeypatch.setenv("AIRFLOW_CONN_SLACK_OPS", json.dumps(hook))
        sync.project.write("contactsync.yaml", PROJECT)
        fresh = {"warn_after": "1h", "error_after": "2h"}
        sync.project.sync(sync.sync_id, dag={"schedule": None}, alerts=["ops"], freshness=fresh)
        sync.left.put("l1", {"names.given": "Zoe", "emails": [{"value": "zoe.canary@example.org"}]})
        assert sync.run().state == "success"
        assert heard.texts == []

        connection = os.environ["AIRFLOW_CONN_MEMORY_LEFT"]
        monkeypatch.delenv("AIRFLOW_CONN_MEMORY_LEFT")
        red = sync.run()
        assert (red.state, red.tasks["record"]) == ("failed", "failed")
        [told] = heard.texts
        assert "a run is red" in told
        assert "the task open failed" in told
        assert "open: ConnectionMissing" in told
        assert sync.run().state == "failed"
        assert len(heard.texts) == 1

        past = to_text(datetime.now(UTC) - timedelta(hours=3))
        with sqlite3.connect(contactsync_home() / "ledger.db") as ledger:
            ledger.execute("UPDATE run SET ended_at = ? WHERE sync_id = ? AND state = 'done'", (past, sync.sync_id))
        ledger.close()
        fresh = sync.project.bag().dags["contactsync__freshness"].test()
        assert str(fresh.state) == "failed"
        assert "older than error_after" in said()
        assert sum("it has not run for too long" in text for text in heard.texts[1:]) == 2

        monkeypatch.setenv("AIRFLOW_CONN_MEMORY_LEFT", connection)
        assert sync.run().state == "success"
        assert "all is well again" in heard.texts[-1]
        assert "canary" not in str(heard.texts)
        assert "hush" not in said()
