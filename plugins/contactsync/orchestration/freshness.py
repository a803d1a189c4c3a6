"""The DAG contactsync__freshness: every 15 minutes it misses syncs that ought to have run, and sends what was not sent.

A paused or vanished DAG raises nothing, so somebody else has to look.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import DAG, BaseOperator

from contactsync.errors import StopError
from contactsync.model.alerts import Watched, watched_as_data, watched_from
from contactsync.model.spec import ProjectSpec, SyncSpec
from contactsync.orchestration import naming
from contactsync.orchestration.dag_builder import own_dag
from contactsync.orchestration.discretion import discreet
from contactsync.orchestration.retries import DELAY, RETRIES, ByKindOfError

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

EVERY = "*/15 * * * *"
PAGE = """\
Looks every 15 minutes whether each sync has had a complete run within its `freshness`, gives the alerts of
`include/contactsync.yaml` (once, until it is over), and sends again what could not be sent. Red: a sync is older than
`error_after`, or names an alert that there is not.
"""


def build_freshness(specs: Sequence[SyncSpec], project: ProjectSpec) -> DAG:
    """One task. It is not paused at first."""
    dag = own_dag(
        naming.FRESHNESS, EVERY, description="Misses syncs that ought to have run, and sends alerts.", page=PAGE
    )
    FreshnessOperator(
        task_id="check",
        dag=dag,
        project=json.dumps(vars(project)),
        syncs=json.dumps([watched_as_data(Watched(spec.id, spec.alerts, spec.freshness)) for spec in specs]),
        retries=RETRIES,
        retry_delay=DELAY,
        retry_policy=ByKindOfError(),
    )
    return dag


class FreshnessOperator(BaseOperator):
    """`project`: ProjectSpec as JSON; `syncs`: a list of Watched as JSON."""

    template_fields: Sequence[str] = ("project", "syncs")
    template_fields_renderers: ClassVar[dict[str, str]] = {"project": "json", "syncs": "json"}

    def __init__(self, *, project: str, syncs: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project = project
        self.syncs = syncs

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Nothing is rendered."""

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 - Airflow's signature
        """Which syncs are stale, and how many alerts went out. Errors: StopError (too old, or a name is wrong)."""
        from contactsync.ledger.store import Ledger
        from contactsync.orchestration.connections import task_connection
        from contactsync.orchestration.metrics import of_ages
        from contactsync.orchestration.notifying import notifiers_of, sender, unknown
        from contactsync.orchestration.workplace import open_engine
        from contactsync.rest.services import utc_now
        from contactsync.stages.alerting import check_all

        project = ProjectSpec(**json.loads(self.project))
        syncs = [watched_from(one) for one in json.loads(self.syncs)]
        with discreet(), open_engine(project, task_connection) as engine:
            ledger = Ledger(engine, utc_now)
            ledger.check()
            found = check_all(
                ledger, syncs, lambda names: notifiers_of(project, names), sender(task_connection), utc_now()
            )
        of_ages(found.complete, utc_now())
        log.info("%s", found.line)
        lacking = sorted({name for one in syncs for name in unknown(project, one.alerts)})
        if lacking:
            raise StopError(f"No alert is called so in contactsync.yaml: {', '.join(lacking)}.")
        if found.too_old:
            raise StopError(f"{found.line} See contactsync doctor.")
        return {"stale": list(found.stale), "sent": found.sent}
