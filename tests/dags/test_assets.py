"""Accounts as Airflow's assets: which tasks name them, and when an event says that one was changed."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import canaries
import pytest
from contactsync.model.spec import SideSpec
from contactsync.orchestration.assets import account_asset
from contactsync.orchestration.dag_folder import dags_beside

ADA = {"names.given": "Ada", "names.family": "Planted", "emails": [{"value": "ada.planted@example.org"}]}
UMA = {"names.given": "Uma", "names.family": "Planted", "emails": [{"value": "uma.planted@example.org"}]}
LEFT, RIGHT = "x-contactsync://memory/memory_left", "x-contactsync://memory/memory_right"
EVENTS = """
    select uri, asset_event.extra, source_task_id from asset_event join asset on asset.id = asset_id
    where source_dag_id = ? order by asset_event.id
"""


def events(sync: Any) -> list[tuple[str, dict[str, int], str]]:
    """What Airflow keeps of this sync's events: address, counts, task; oldest first."""
    with contextlib.closing(sqlite3.connect(Path(os.environ["AIRFLOW_HOME"], "airflow.db"))) as database:
        rows = database.execute(EVENTS, [f"contactsync__{sync.sync_id}"]).fetchall()
    return [(uri, json.loads(extra), task) for uri, extra, task in rows]


def test_reading_tasks_have_the_account_as_inlet_and_writing_ones_as_outlet(project):
    project.sync("first")
    project.sync("second")
    dags = dags_beside(str(project.dags / "contactsync_dags.py"))
    first, second = dags["contactsync__first"], dags["contactsync__second"]
    ports = {t.task_id: ([a.uri for a in t.inlets], [a.uri for a in t.outlets]) for t in first.tasks}
    assert {task: found for task, found in ports.items() if found != ([], [])} == {
        "extract_left": ([LEFT], []),
        "extract_right": ([RIGHT], []),
        "load_left": ([], [LEFT]),
        "load_right": ([], [RIGHT]),
    }
    assert first.get_task("load_left").outlets == second.get_task("load_left").outlets


def test_an_address_names_app_and_connection_alone():
    asset = account_asset(SideSpec("freshsales", "team/a b", {"domain": "acme.example", "view": "7"}))
    assert (asset.name, asset.uri, asset.extra) == (*["x-contactsync://freshsales/team%2Fa%20b"] * 2, {})


@pytest.mark.airflow
def test_an_event_is_sent_only_of_a_side_that_was_written_and_holds_counts_only(sync):
    sync.left.put("a", ADA)
    sync.left.put("u", UMA)
    dry = sync.run(dry_run=True)
    assert (dry.state, events(sync)) == ("success", [])

    assert sync.run().state == "success"
    told = [(RIGHT, {"created": 2}, "load_right")]
    assert events(sync) == told

    sync.run()
    quiet = sync.run()
    assert (quiet.executed, events(sync)) == (["extract_left", "extract_right", "open", "record"], told)

    sync.right.put(next(iter(sync.right.contacts())), {"names.family": "Planted again"})
    assert sync.run().state == "success"
    assert events(sync) == [*told, (LEFT, {"updated": 1}, "load_left")]
    assert canaries.found(["planted", "Ada"], {"events": repr(events(sync)).encode()}) == []


@pytest.mark.airflow
def test_a_load_that_wrote_nothing_ends_skipped_without_an_event_and_the_run_says_why(sync, monkeypatch, said):
    from contactsync.apps.memory import Memory
    from contactsync.model.exchange import Result, State

    def refuse(self: Any, ops: Any) -> Any:
        return iter([Result(op.key, State.REFUSED, op.id, reason="no room") for op in ops])

    monkeypatch.setattr(Memory, "push", refuse)
    sync.left.put("a", ADA)
    refused = sync.run()
    assert (refused.state, refused.tasks["load_right"], events(sync)) == ("success", "skipped", [])
    assert "load_right" in refused.executed
    words = said()
    assert "Memory (right): nothing written; 1 not written (refused by the app 1)" in words
    assert "1 held (refused by the app 1)" in words
