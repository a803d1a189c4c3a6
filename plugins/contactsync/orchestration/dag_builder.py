"""One sync -> one Airflow DAG. Nothing here talks to anyone: this runs each time Airflow parses the DAG folder."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable, Param, timezone

from contactsync.mapping.as_data import spec_as_json
from contactsync.mapping.loader import BrokenFile
from contactsync.model.acts import CONTACT_ID, NO_ADDRESS
from contactsync.model.approval import When
from contactsync.model.spec import SIDES, ProjectSpec, SyncSpec
from contactsync.orchestration import naming
from contactsync.orchestration.assets import account_asset
from contactsync.orchestration.describe import description_of, page_of, title_of
from contactsync.orchestration.operators import (
    BrokenOperator,
    ExtractOperator,
    LoadOperator,
    OpenOperator,
    ReconcileOperator,
    RecordOperator,
    TransformOperator,
)
from contactsync.orchestration.retries import DELAY, RETRIES, ByKindOfError

START = timezone.parse("2024-01-01")  # of the timetable; with catchup off nothing before today runs
TAG = "contactsync"


def build_dag(spec: SyncSpec, project: ProjectSpec) -> DAG:
    """open -> both extracts -> transform -> reconcile -> both loads -> record."""
    dag = _dag(
        spec.id,
        timetable(spec.dag.schedule, spec.dag.timezone),
        dag_display_name=title_of(spec),
        description=description_of(spec),
        doc_md=page_of(spec),
        tags=[TAG, spec.left.app, spec.right.app, *spec.dag.tags],
        # While one run waits for a person, others go on.
        max_active_runs=1 if spec.approval.when is When.NEVER else 2,
    )
    # Handed to the constructor, Airflow would check the same three schemas anew for every DAG.
    dag.params.update(_params())
    _add_tasks(dag, spec, project)
    return dag


def build_broken_dag(broken: BrokenFile) -> DAG:
    """A DAG of the same id whose only task fails with what is wrong, on the schedule still readable from the file."""
    dag = _dag(
        broken.id,
        timetable(broken.schedule, "UTC"),
        dag_display_name=f"{broken.id} (broken file)",
        description="The file of this sync is broken; its task fails and says why.",
        doc_md=f"The file of this sync is broken, so nothing runs:\n\n```\n{broken.error}\n```\n",
        tags=[TAG, "broken"],
    )
    BrokenOperator(task_id=naming.OPEN, dag=dag, problem=str(broken.error), retries=0)
    return dag


def _dag(sync_id: str, schedule: CronDataIntervalTimetable | None, **shown: Any) -> DAG:
    return DAG(
        naming.dag_id_of(sync_id),
        schedule=schedule,
        start_date=START,
        catchup=False,
        is_paused_upon_creation=True,
        **{"max_active_runs": 1, **shown},
    )


def own_dag(name: str, schedule: str | None, *, description: str, page: str, at_once: int = 1) -> DAG:
    """A DAG that belongs to no sync. It is not paused at first: nobody would miss what it does."""
    return DAG(
        naming.dag_id_of(name),
        schedule=timetable(schedule, "UTC"),
        start_date=START,
        catchup=False,
        max_active_runs=at_once,
        is_paused_upon_creation=False,
        dag_display_name=f"contactsync: {name}",
        description=description,
        doc_md=page,
        tags=[TAG],
    )


def timetable(schedule: str | None, zone: str) -> CronDataIntervalTimetable | None:
    """Real data intervals; a bare cron text would give intervals without length."""
    return None if schedule is None else CronDataIntervalTimetable(schedule, timezone=_zone(zone))


@functools.cache
def _zone(name: str) -> Any:
    import pendulum

    return pendulum.timezone(name)


def _params() -> dict[str, Param]:
    # New ones for each DAG: Airflow writes the values of a run into them.
    return {
        "dry_run": Param(False, type="boolean", title="Dry run", description="Show the plan; write nothing anywhere."),
        "full_read": Param(
            False, type="boolean", title="Read everything", description="Read both sides completely, not only changes."
        ),
        "apply_plan": Param(
            None,
            type=["null", "string"],  # else Airflow marks it as required, and refuses what was emptied again
            pattern="^[0-9a-zA-Z:_-]{0,128}$",
            title="Apply plan",
            description="The hash of a plan that may pass once: a first one, or one over the limits. A run names it.",
        ),
        "limit": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title="Limit",
            description="At most so many contacts a side are written; the others are planned again by the next run.",
        ),
        "contacts": Param(
            None,
            type=["null", "array"],
            items={
                "type": "string",
                "minLength": 1,
                "maxLength": 500,
                "pattern": CONTACT_ID,
                "description_md": NO_ADDRESS,  # Airflow quotes it where it refuses
            },
            maxItems=1000,
            title="Contacts",
            description=f"Only these are written: an id a line, or left:ID, right:ID. None: all. {NO_ADDRESS}",
        ),
    }


def _add_tasks(dag: DAG, spec: SyncSpec, project: ProjectSpec) -> None:
    common = _common(spec, project)
    first = OpenOperator(task_id=naming.OPEN, **common)
    accounts = {side: [account_asset(spec.side(side))] for side in SIDES}
    extracts = [
        ExtractOperator(task_id=naming.extract_id(s), side=s.value, inlets=accounts[s], **common) for s in SIDES
    ]
    # One quiet side is skipped, yet the other's changes must be worked on.
    middle = TransformOperator(task_id=naming.TRANSFORM, trigger_rule="none_failed_min_one_success", **common)
    plan = ReconcileOperator(task_id=naming.RECONCILE, **common)
    asks = spec.approval.when is not When.NEVER
    rule = "none_failed_min_one_success" if asks else "all_success"  # `review` is skipped where nothing waits
    loads = [
        LoadOperator(task_id=naming.load_id(s), side=s.value, trigger_rule=rule, outlets=accounts[s], **common)
        for s in SIDES
    ]
    # After the extracts too: a failed one ends all loads while the other may still read.
    last = RecordOperator(task_id=naming.RECORD, trigger_rule="all_done", **{**common, "retries": 0})
    # Not by their constructors: those would copy all params of the DAG, once for each class of the operator. The first
    # alone brings the DAG along, for Airflow makes a costly hash of the DAG of every task that has one already.
    dag.add_task(first)
    first >> extracts >> middle >> plan >> loads
    if asks:
        _add_review(plan, loads, spec, common)
    [*extracts, *loads] >> last


def _add_review(plan: ReconcileOperator, loads: list[LoadOperator], spec: SyncSpec, common: Mapping[str, Any]) -> None:
    """A task that is skipped without a process where nothing waits."""
    from contactsync.orchestration.review_operator import ReviewOperator, review_settings

    plan >> ReviewOperator(task_id=naming.REVIEW, **review_settings(spec.approval), **common) >> loads


def _common(spec: SyncSpec, project: ProjectSpec) -> Mapping[str, Any]:
    return {
        "spec": spec_as_json(spec),
        "project": json.dumps(vars(project)),
        "owner": spec.dag.owner,
        "pool": spec.dag.pool,
        "retries": RETRIES,
        "retry_delay": DELAY,
        "retry_policy": ByKindOfError(),
    }
