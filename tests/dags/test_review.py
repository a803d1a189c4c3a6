"""The task of a sync that asks a person: there only where it is wanted, and without a process where nothing waits.

What happens where a plan waits is seen on a real scheduler (tests/airflow_cases): `dag.test()` would wait for ever.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from contactsync.orchestration.dag_folder import dags_beside

ASKS = {"approvers": ["maria.sample"], "timeout": "2h"}
QUIET = ["extract_left", "extract_right", "open", "record"]


def test_a_sync_that_asks_has_one_task_more_and_may_run_twice_at_once(project: Any) -> None:
    project.sync("asks", approval=ASKS)
    dag: Any = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__asks"]
    review = dag.get_task("review")
    assert dag.max_active_runs == 2
    assert len(dag.task_ids) == 9
    assert review.upstream_task_ids == {"reconcile"}
    assert review.downstream_task_ids == {"load_left", "load_right"}
    assert review.response_timeout == timedelta(hours=2)
    assert review.defaults == ["Reject"]
    assert review.assigned_users == [{"id": "maria.sample", "name": "maria.sample"}]
    assert dict(review.params) == {}  # the form of an answer asks for nothing


def test_where_nothing_waits_review_is_skipped_without_a_process_and_the_plan_is_written(sync: Any) -> None:
    sync.project.sync(sync.sync_id, dag={"schedule": None}, approval=ASKS)
    sync.left.put("a", {"names.given": "Ada", "emails": [{"value": "ada@example.org", "label": "", "primary": True}]})
    first = sync.run()
    assert first.state == "success"
    assert first.tasks["review"] == "skipped"
    assert first.executed == sorted({*QUIET, "transform", "reconcile", "load_right"})
    assert len(sync.right.contacts()) == 1
    sync.run()
    quiet = sync.run()
    assert (quiet.state, quiet.executed) == ("success", QUIET)


def test_a_dry_run_asks_nobody(sync: Any) -> None:
    sync.project.sync(sync.sync_id, dag={"schedule": None}, approval={"when": "always"})
    sync.left.put("a", {"names.given": "Ada", "emails": [{"value": "ada@example.org", "label": "", "primary": True}]})
    run = sync.run(dry_run=True)
    assert (run.state, run.tasks["review"]) == ("success", "skipped")
    assert sync.right.contacts() == {}
