"""Green, green with a note, red: what record's last line and return value say."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.airflow


def returned(sync: Any, run: Any) -> dict[str, Any]:
    """What `record` handed to Airflow."""
    with contextlib.closing(sqlite3.connect(Path(os.environ["AIRFLOW_HOME"], "airflow.db"))) as database:
        query = "select value from xcom where run_id = ? and task_id = 'record' and key = 'return_value'"
        rows = database.execute(query, [run.run_id]).fetchall()
    return dict(json.loads(rows[0][0])) if rows else {}


def test_new_holds_are_a_note_known_ones_are_not_and_a_red_run_returns_nothing(sync, said):
    sync.left.put("l1", {"names.given": "Zoe", "emails": [{"value": "zoe.canary@example.org"}]})
    green = sync.run()
    assert (returned(sync, green)["colour"], returned(sync, green)["new_holds"]) == ("green", {})
    sync.left.put("l2", {"names.given": "Zoe"})
    said()
    noted = sync.run()
    told = returned(sync, noted)
    assert (noted.state, told["colour"], told["new_holds"]) == ("success", "noted", {"left:no_key": 1})
    assert told["line"].endswith("NEW HOLDS: 1 of Memory (left) (no match key)")
    assert told["line"] in said()
    known = sync.run()
    assert returned(sync, known)["colour"] == "green"
    assert "canary" not in str((told, returned(sync, known)))

    elsewhere = "accounts: {memory_left: {dev: elsewhere}}\nenvironments: {dev: {writes: allowed}}\n"
    sync.project.write("contactsync.yaml", f"version: 1\n{elsewhere}")
    red = sync.run()
    assert (red.state, returned(sync, red)) == ("failed", {})
