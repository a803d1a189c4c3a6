"""The DAG that belongs to no sync: contactsync__housekeeping, once a day."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import DAG, BaseOperator

from contactsync.model.retention import Retention
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration import naming
from contactsync.orchestration.dag_builder import own_dag
from contactsync.orchestration.discretion import discreet
from contactsync.orchestration.retries import DELAY, RETRIES, ByKindOfError

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

DAILY = "@daily"
PAGE = """\
Removes what is older than `include/contactsync.yaml` keeps it: artefacts of runs, values in the journal, in the end
whole runs. Links, holds and everything that is not settled stay. What would go now:
`contactsync housekeeping --dry-run`.
"""


def build_housekeeping(sync_ids: Sequence[str], project: ProjectSpec, retention: Retention) -> DAG:
    """One task a day. It is not paused at first: without it everything would be kept for ever."""
    dag = own_dag(
        naming.HOUSEKEEPING,
        DAILY,
        description="Removes artefacts, values and runs that are older than they are to be kept.",
        page=PAGE,
    )
    HousekeepingOperator(
        task_id="sweep",
        dag=dag,
        project=json.dumps(vars(project)),
        keep=json.dumps({name: kept.total_seconds() for name, kept in vars(retention).items()}),
        sync_ids=list(sync_ids),
        retries=RETRIES,
        retry_delay=DELAY,
        retry_policy=ByKindOfError(),
    )
    return dag


class HousekeepingOperator(BaseOperator):
    """Sweeps every sync. `project`: ProjectSpec as JSON; `keep`: Retention as JSON, in seconds."""

    template_fields: Sequence[str] = ("project", "keep", "sync_ids")
    template_fields_renderers: ClassVar[dict[str, str]] = {"project": "json", "keep": "json"}

    def __init__(self, *, project: str, keep: str, sync_ids: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project = project
        self.keep = keep
        self.sync_ids = sync_ids

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Nothing is rendered."""

    def execute(self, context: Context) -> dict[str, dict[str, int]]:  # noqa: ARG002 - Airflow's signature
        """What went, by sync; the last line says it for people."""
        from contactsync.orchestration.connections import task_connection
        from contactsync.orchestration.households import all_households
        from contactsync.rest.services import utc_now
        from contactsync.stages.housekeeping import in_all, sweep_all

        project = ProjectSpec(**json.loads(self.project))
        retention = Retention(**{name: timedelta(seconds=kept) for name, kept in json.loads(self.keep).items()})
        with discreet(), all_households(project, self.sync_ids, task_connection) as houses:
            swept = sweep_all(houses, retention, utc_now())
        log.info("%s", in_all(swept))
        return {one.sync_id: {"artefacts": len(one.artefacts), **vars(one.ledger)} for one in swept}
