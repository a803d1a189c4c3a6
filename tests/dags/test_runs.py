"""Whole runs of a generated DAG over two memory books, with Airflow's own task runner and metadata database."""

from __future__ import annotations

import json
import re
from typing import Any

from contactsync.orchestration.home import contactsync_home


def person(given: str, family: str, mail: str) -> dict[str, Any]:
    return {"names.given": given, "names.family": family, "emails": [{"value": mail, "label": "work", "primary": True}]}


ADA = person("Ada", "Beispiel", "ada.planted@example.org")
UMA = person("Uma", "Muster", "uma.planted@example.org")
PLANTED = ("Ada", "Beispiel", "Uma", "Muster", "planted", "Neuname")


def test_both_sides_are_equal_after_a_run_and_a_run_with_nothing_to_do_has_four_tasks(sync, said):
    sync.left.put("a", ADA)
    sync.right.put("u", UMA)
    first = sync.run()
    assert (first.state, first.executed) == ("success", sorted(first.tasks))
    assert len(sync.left.contacts()) == len(sync.right.contacts()) == 2

    sync.run()
    writes = sync.writes
    quiet = sync.run()
    assert quiet.state == "success"
    assert quiet.executed == ["extract_left", "extract_right", "open", "record"]
    assert {task for task, state in quiet.tasks.items() if state == "skipped"} == {
        "extract_left", "extract_right", "transform", "reconcile", "load_left", "load_right",
    }  # fmt: skip
    assert sync.writes == writes

    sync.left.put("a", {"names.family": "Neuname"})
    one_sided = sync.run()
    assert one_sided.state == "success"
    assert one_sided.tasks["extract_right"] == "skipped"
    assert one_sided.tasks["load_left"] == "skipped"
    assert "load_left" not in one_sided.executed
    assert "Neuname" in json.dumps(sync.right.contacts())

    words = said()
    assert "Memory (left) to Memory (right): 1 updated" in words
    assert [word for word in PLANTED if word in words or word in sync.kept_by_airflow()] == []


def test_pairs_of_own_fields_flow_in_airflow_too(sync):
    pair = {"left": "nickname", "right": "department", "transforms": ["upper"], "direction": "left_to_right"}
    sync.project.sync(sync.sync_id, dag={"schedule": None}, fields={"pairs": [pair]})
    sync.left.put("a", {**ADA, "nickname": "Planted Nick"})
    assert sync.run().state == "success"
    [ada] = sync.right.contacts().values()
    assert ada["department"] == "PLANTED NICK"
    assert not ada.get("nickname")


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(sync, said):
    sync.left.put("a", ADA)
    before = sync.ledger.dump()
    ran = sync.run(dry_run=True)
    assert ran.state == "success"
    assert ran.tasks["load_left"] == ran.tasks["load_right"] == "skipped"
    assert "Dry run, nothing written: Memory (left) to Memory (right): 1 created" in said()
    assert sync.right.contacts() == {}
    assert sync.ledger.dump() == before


def test_a_run_that_is_asked_for_something_unknown_is_red_and_writes_nothing(sync, said):
    sync.left.put("a", ADA)
    run = sync.run(dryrun=True)
    assert (run.state, run.executed) == ("failed", ["open", "record"])
    assert "The form has no `dryrun`" in said()
    assert sync.right.contacts() == {}


def test_a_plan_over_a_limit_fails_until_a_run_is_told_to_apply_exactly_it(sync, said):
    sync.project.sync(
        sync.sync_id,
        dag={"schedule": None},
        deletions={"left_to_right": "delete"},
        limits={"deletes": {"count": 0, "percent": 0}},
    )
    sync.left.put("a", ADA)
    sync.left.put("u", UMA)
    assert sync.run().state == "success"
    sync.left.remove("u")
    stopped = sync.run()
    assert stopped.state == "failed"
    assert stopped.tasks["reconcile"] == "failed"  # at once: a retry would not help
    assert stopped.tasks["record"] == "failed"
    assert len(sync.right.contacts()) == 2
    named = re.search(r"apply_plan = (\w+)", said())
    assert named
    passed = sync.run(apply_plan=named[1])
    assert passed.state == "success"
    assert len(sync.right.contacts()) == 1


def test_a_first_run_ends_green_without_a_write_and_its_plan_is_let_pass_for_some(sync, said):
    sync.project.sync(sync.sync_id, dag={"schedule": None}, first_run="review")
    sync.left.put("a", ADA)
    sync.left.put("u", UMA)
    first = sync.run()
    assert first.state == "success"
    assert (first.tasks["load_left"], first.tasks["load_right"]) == ("skipped", "skipped")
    assert sync.right.contacts() == {}
    assert "Memory (left): 2 read; 0 with a partner, 2 only here (2 would be created there)" in said()
    named = re.search(r"Let it pass by triggering a run with apply_plan = (\w+)", said())
    assert named
    assert sync.run(apply_plan=named[1], limit=1).state == "success"
    assert len(sync.right.contacts()) == 1
    assert sync.run(contacts=["nobody"]).state == "success"
    assert len(sync.right.contacts()) == 1
    assert sync.run().state == "success"
    assert len(sync.right.contacts()) == 2


def test_a_manual_run_waits_for_the_run_that_holds_the_sync(sync, monkeypatch):
    from contactsync.orchestration import waiting

    monkeypatch.setitem(waiting.LOCK_PATIENCE, "manual", waiting.timedelta())
    owner = "cli:elsewhere"
    sync.ledger.take_lock(sync.sync_id, owner, ended=lambda _: False)
    blocked = sync.run()
    assert blocked.state == "failed"
    assert blocked.tasks["open"] == "failed"
    assert sync.ledger.lock(sync.sync_id).owner == owner


def test_the_lock_of_a_dag_run_that_has_ended_is_taken_over(sync):
    gone = f"contactsync__{sync.sync_id}:manual__2020-01-01T00:00:00+00:00"
    sync.ledger.take_lock(sync.sync_id, gone, ended=lambda _: False)
    assert sync.run().state == "success"


def test_a_missing_connection_fails_the_run_and_says_which(sync, monkeypatch, said):
    monkeypatch.delenv("AIRFLOW_CONN_MEMORY_RIGHT")
    ran = sync.run()
    assert ran.state == "failed"
    assert "Airflow has no connection 'memory_right'" in said()
    assert ran.executed == ["open", "record"]


def test_artefacts_are_for_the_owner_only(sync):
    sync.left.put("a", ADA)
    sync.run()
    files = list((contactsync_home() / "artefacts" / sync.sync_id).rglob("*"))
    assert len([path for path in files if path.suffix == ".parquet"]) >= 3
    assert [path for path in files if path.stat().st_mode & 0o077] == []
