"""The DAG contactsync__manage: what changes a sync's state, as a form under Airflow's roles. It runs when triggered."""

from __future__ import annotations

import logging
from dataclasses import asdict, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, BaseOperator, Param

from contactsync.errors import LockBusy, StopError
from contactsync.mapping.loader import Loaded
from contactsync.model.acts import TAKES, Act, Order, Told
from contactsync.model.spec import ProjectSpec
from contactsync.model.stages import RunRequest
from contactsync.orchestration import naming
from contactsync.orchestration.dag_builder import own_dag
from contactsync.orchestration.discretion import discreet
from contactsync.orchestration.run_context import RunContext
from contactsync.orchestration.waiting import lock_is_busy

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

RUN_IDS = "manage__"  # before Airflow's run id: a sync's own DAG may have a run of the same name
MOST = 500  # characters of a value
WORDS = {
    "yes": "I mean it.",
    "dry_run": "Only say what would be done.",
    "run": "Id of the run to take back.",
    "since": "All that was written since: 2h, 3d, 2026-01-05T08:00 (time zone of the sync).",
    "contact": "Whom: left:ID, right:ID, or an id; for retry also the name of a hold. No address: Airflow keeps it.",
    "fields": "Only these fields, one a line.",
    "apply_plan": "Hash of the plan that may pass.",
    "limit": "At most so many contacts a side.",
    "contacts": "Only these contacts: an id a line, or left:ID, right:ID.",
    "left": "Id of the contact in the left app.",
    "right": "Id of the contact in the right app.",
    "hold": "Its name, as contactsync holds shows it.",
    "answer": "One that fits the hold.",
    "of": "With the answer adopt: id of the contact in the other app.",
    "reason": "Only what waits for this reason.",
    "lost": "Ledger and state file are both gone.",
}
PAGE = """\
Trigger it with the form: one run does one act on one sync, and the last line of its task's log says what came of it.
Each act is a command too (`contactsync ACT --help`), walks the same code and obeys the same limits. The user who
triggers is named in the sync's ledger. Name contacts by id, never by address: Airflow keeps what stands in the form.

{acts}
"""


def build_manage(files: Loaded, project: ProjectSpec) -> DAG:
    """One task, never by itself; not paused, for a run that is triggered would wait."""
    dag = own_dag(
        naming.MANAGE, None, description="Undo, decide, release, forget and the like, by a form.", page=_page()
    )
    dag.params.update(_params(sorted(spec.id for spec in files.specs)))
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
                order = order_of(context["params"])
                request = replace(_request(run), dry_run=order.dry_run)
                told = self._do(order, request, run)
        except LockBusy as busy:
            lock_is_busy(busy, run, utc_now())
        log.info("%s", told.line)
        if not told.ok:
            raise StopError(told.line)
        return {"act": order.act.value, "sync": order.sync, "by": request.by, **asdict(told)}

    def _do(self, order: Order, request: RunRequest, run: RunContext) -> Told:
        from contactsync.orchestration.archives import all_archives
        from contactsync.orchestration.connections import task_connection
        from contactsync.orchestration.managing import ANYBODY, do_to_person, do_to_sync
        from contactsync.orchestration.workplace import shared_executor, workplace_in_task

        if order.act in ANYBODY:
            archives_of = partial(all_archives, find=task_connection, ended=run.run_has_ended)
            runs_by = shared_executor(self.project)
            with archives_of(self.project, request.run_id, order.sync, executor=runs_by) as archives:
                return do_to_person(archives, request, order)
        spec = self.files.named(order.sync, "include/mappings")
        with workplace_in_task(spec, self.project, request.run_id, run.run_has_ended) as place:
            return do_to_sync(place, request, order)


def _request(run: RunContext) -> RunRequest:
    """Of the sync's form only: whose it is. What else the form says belongs to the act."""
    asked = run.request()
    return RunRequest(f"{RUN_IDS}{asked.run_id}", asked.owner, asked.kind, by=asked.by)


def _page() -> str:
    rows = []
    for act, takes in TAKES.items():
        needs = [*takes.needs, *(["yes"] if takes.sure else [])]
        rows.append(f"| {act} | {', '.join(needs)} | {', '.join(takes.may)} |")
    return PAGE.format(acts="\n".join(["| act | needs | may have |", "| --- | --- | --- |", *rows]))


def _params(syncs: list[str]) -> dict[str, Param]:
    found = {
        "act": Param(type="string", enum=[act.value for act in Act], title="Act", description="What is to be done.")
    }
    found |= {one.name: _param(one.name, one.default) for one in fields(Order) if one.name in WORDS}
    found["sync"] = Param(
        "", type="string", maxLength=MOST, examples=syncs, title="Sync", description="Id of the sync."
    )
    return found


def _param(name: str, default: Any) -> Param:
    acts = [act.value for act, t in TAKES.items() if name in (*t.needs, *t.may, *(["yes"] if t.sure else []))]
    words: dict[str, Any] = {"title": _title(name), "description": f"{WORDS[name]} For: {', '.join(acts)}."}
    if isinstance(default, bool):
        return Param(default, type="boolean", **words)
    if default is None:
        return Param(None, type=["null", "integer"], minimum=1, **words)
    if default == ():
        return Param([], type=["array"], items={"type": "string", "maxLength": MOST}, maxItems=1000, **words)
    return Param(default, type="string", maxLength=MOST, **words)


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
