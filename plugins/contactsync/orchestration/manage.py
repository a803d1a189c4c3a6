"""The DAG contactsync__manage: what changes a sync's state, as a form under Airflow's roles. It runs when triggered."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, BaseOperator

from contactsync.errors import LockBusy, StopError
from contactsync.mapping.loader import Loaded
from contactsync.model.acts import Order, Told
from contactsync.model.spec import ProjectSpec
from contactsync.model.stages import RunRequest
from contactsync.orchestration import naming
from contactsync.orchestration.dag_builder import own_dag
from contactsync.orchestration.discretion import discreet
from contactsync.orchestration.manage_params import form, page
from contactsync.orchestration.run_context import RunContext
from contactsync.orchestration.waiting import lock_is_busy

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

RUN_IDS = "manage__"  # before Airflow's run id: a sync's own DAG may have a run of the same name
AT_ONCE = 16  # acts on different syncs do not wait for each other; on one sync its lock makes them


def build_manage(files: Loaded, project: ProjectSpec) -> DAG:
    """One task, never by itself; not paused, for a run that is triggered would wait."""
    about = "Undo, link, decide, release, forget and the like, by a form."
    dag = own_dag(naming.MANAGE, None, description=about, page=page(), at_once=AT_ONCE)
    ids = {*(spec.id for spec in files.specs), *(broken.id for broken in files.broken)}
    dag.params.update(form(sorted(ids)))
    # No retries: a person is there, and what was cut short is settled by the sync's next run.
    ManageOperator(task_id="act", dag=dag, files=files, project=project, retries=0)
    return dag


class ManageOperator(BaseOperator):
    """Does what the form says.

    The syncs are no template fields: the task's process reads the files itself, and 300 of them would make the
    serialised DAG as large as all others together.
    """

    def __init__(self, *, files: Loaded, project: ProjectSpec, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.files = files
        self.project = project

    def execute(self, context: Context) -> dict[str, Any]:
        """What was done, by whom, and the counts. Errors: ConfigError before anything is done; those of the act."""
        from contactsync.rest.services import utc_now
        from contactsync.stages.manage_form import order_of

        run = RunContext(context)
        try:
            with discreet():
                order = order_of(run.form())
                request = replace(_request(run), dry_run=order.only_shown)
                told = self._do(order, request, run)
        except LockBusy as busy:
            lock_is_busy(busy, run, utc_now())
        log.info("%s", told.line)
        if not told.ok:
            raise StopError(told.line, next_step=_next_step(order, told))
        return {"act": order.act.value, "sync": order.sync, "by": request.by, **_kept(told)}

    def _do(self, order: Order, request: RunRequest, run: RunContext) -> Told:
        from contactsync.orchestration.archives import all_archives
        from contactsync.orchestration.connections import task_connection
        from contactsync.orchestration.managing import ANYBODY, do_to_person, do_to_sync
        from contactsync.orchestration.workplace import workplace_in_task

        if order.act in ANYBODY:
            archives_of = partial(all_archives, find=task_connection, ended=run.run_has_ended)
            with archives_of(self.project, request.run_id, order.sync) as archives:
                return do_to_person(archives, request, order)
        spec = self.files.named(order.sync, "include/mappings")
        with workplace_in_task(spec, self.project, request.run_id, run.run_has_ended) as place:
            return do_to_sync(place, request, order, run.asked_at())


def _next_step(order: Order, told: Told) -> str:
    """After what was not done as a whole; what was only shown says it itself."""
    from contactsync.stages.manage_form import AGAIN

    return "" if told.dry_run else f"see why with contactsync holds {order.sync}, mend it, then {AGAIN}"


def _kept(told: Told) -> dict[str, Any]:
    return {name: value for name, value in asdict(told).items() if name != "ok"}


def _request(run: RunContext) -> RunRequest:
    """Of the sync's form only: whose it is. What else the form says belongs to the act."""
    asked = run.whose()
    return RunRequest(f"{RUN_IDS}{asked.run_id}", asked.owner, asked.kind, by=asked.by)
