"""The tasks of a sync: each makes its workplace, calls one stage and hands on a reference.

`spec` and `project` are template fields so that they are part of the serialised DAG (a change of YAML is a new DAG
version), and they are never rendered: what stands in the YAML is text, not a template.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException, DownstreamTasksSkipped

from contactsync.errors import AccountBusy, ArtefactError, ContactsyncError, CoveredBy, LockBusy, PlanWaits, StopError
from contactsync.model.approval import When
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import ArtefactRef, Ended, Loaded, Opened, Planned, Read, RunRequest, Summary, Waits
from contactsync.orchestration import naming
from contactsync.orchestration.absent_pools import no_such_pool
from contactsync.orchestration.assets import account_asset
from contactsync.orchestration.discretion import discreet
from contactsync.orchestration.handover import Handed, to_json
from contactsync.orchestration.run_context import RunContext
from contactsync.orchestration.waiting import account_is_busy, lock_is_busy
from contactsync.rest.services import utc_now

if TYPE_CHECKING:
    from airflow.sdk import Context

    from contactsync.pipeline import Workplace

log = logging.getLogger(__name__)

MOST_PROBLEMS = 20
Stage = Callable[["Workplace", RunContext, RunRequest], Handed | None]


class StageOperator(BaseOperator):
    """One stage of one sync. `spec` and `project`: SyncSpec and ProjectSpec as JSON, without secrets.

    JSON text rather than mappings: Airflow walks through every mapping in search of references to other tasks. `side`:
    of the stages that talk to one app. (One constructor for all: Airflow's own part of it runs once for each.)
    """

    template_fields: Sequence[str] = ("spec", "project")
    template_fields_renderers: ClassVar[dict[str, str]] = {"spec": "json", "project": "json"}

    def __init__(self, *, spec: str, project: str, side: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec
        self.project = project
        self.side = side

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Nothing is rendered."""

    def execute(self, context: Context) -> dict[str, Any] | None:
        """Run the stage; its result goes to XCom as plain data."""
        return self.run_stage(context, self.stage)

    def run_stage(self, context: Context, stage: Stage) -> dict[str, Any] | None:
        """The same of any function of the stage's kind."""
        from contactsync.orchestration.workplace import task_workplace
        from contactsync.pipeline import permitted

        run = RunContext(context)
        try:
            with discreet():
                request = run.request()
                with task_workplace(self.spec, self.project, run) as place:
                    handed = stage(place, run, permitted(place, request))
        except ContactsyncError as error:
            run.push_error(error)
            raise
        return None if handed is None else to_json(handed)

    @abstractmethod
    def stage(self, place: Workplace, run: RunContext, request: RunRequest) -> Handed | None:
        """The one call of this task."""


class OpenOperator(StageOperator):
    """Takes the sync's lock and settles what an earlier run left."""

    def stage(self, place: Workplace, run: RunContext, request: RunRequest) -> Opened:
        """Open the run, or wait for the one that holds the lock."""
        from contactsync.pipeline import open_run

        if absent := run.absent_pool(place.spec):
            raise no_such_pool(absent)
        try:
            return open_run(place, request)
        except LockBusy as busy:
            lock_is_busy(busy, run, utc_now())
        except (CoveredBy, PlanWaits) as why:
            raise AirflowSkipException(str(why)) from why


class ExtractOperator(StageOperator):
    """Reads one side; ends skipped where there is nothing to do for it."""

    def stage(self, place: Workplace, run: RunContext, request: RunRequest) -> Read:
        """Read. A quiet side hands on its reference all the same: the other side may need it."""
        from contactsync.pipeline import extract_side

        opened = needed(run.opened(), naming.OPEN)
        read = extract_side(place, request, opened, Side(self.side))
        if read.quiet and opened.due == 0:
            run.push(read)
            raise AirflowSkipException(f"Nothing changed on the {self.side} side.")
        return read


class TransformOperator(StageOperator):
    """Brings both sides into canonical frames."""

    def stage(self, place: Workplace, run: RunContext, request: RunRequest) -> ArtefactRef:
        """Map both readings."""
        from contactsync.pipeline import transform

        left, right = (needed(run.read(side), naming.extract_id(side)) for side in SIDES)
        return transform(place, request, needed(run.opened(), naming.OPEN), left.ref, right.ref)


class ReconcileOperator(StageOperator):
    """Decides every change and checks the limits; loads without actions are skipped without a process."""

    def stage(self, place: Workplace, run: RunContext, request: RunRequest) -> Planned:
        """Plan."""
        from contactsync.pipeline import reconcile

        opened, frames = needed(run.opened(), naming.OPEN), needed(run.frames(), naming.TRANSFORM)
        planned = reconcile(place, request, opened, frames)
        idle = _idle_loads(planned, request)
        if place.spec.approval.when is not When.NEVER and planned.waits is not Waits.APPROVAL:
            idle.append(naming.REVIEW)
        if idle:
            run.push(planned)
            raise DownstreamTasksSkipped(tasks=idle)  # type: ignore[no-untyped-call]
        return planned


class LoadOperator(StageOperator):
    """Writes the plan's actions to one side. Airflow is told of the account only where something was written."""

    def stage(self, place: Workplace, run: RunContext, request: RunRequest) -> Handed:
        """Load, or wait for the load that writes to the same account. One that wrote nothing ends skipped."""
        from contactsync.pipeline import written_line

        loaded, side = self._loaded(place, run, request), Side(self.side)
        log.info("%s", written_line(place, side, loaded))
        if not loaded.written:  # a task that succeeds tells Airflow that its outlet changed
            run.push(loaded)
            raise AirflowSkipException("Nothing was written, so no asset event is sent.")
        run.tell(account_asset(place.spec.side(side)), loaded.written)
        return loaded

    def _loaded(self, place: Workplace, run: RunContext, request: RunRequest) -> Loaded:
        from contactsync.pipeline import load_side

        opened, planned = needed(run.opened(), naming.OPEN), needed(run.planned(), naming.RECONCILE)
        if (reviewed := run.reviewed(place.spec)) and reviewed.opened and reviewed.planned:
            opened, planned = reviewed.opened, reviewed.planned
            request = replace(request, apply_plan=planned.hash)
        try:
            return load_side(place, request, opened, planned, Side(self.side))
        except AccountBusy as busy:
            account_is_busy(busy, run, utc_now())


class RecordOperator(StageOperator):
    """Folds the outcomes, prints the summary, and fails the run if it must."""

    def stage(self, place: Workplace, run: RunContext, request: RunRequest) -> Ended:
        """Record what the other tasks did, however they ended, and tell who wants to know."""
        from contactsync.orchestration.metrics import of_run
        from contactsync.orchestration.telling import new_holds, tell_of_run
        from contactsync.pipeline import new_holds_words

        try:
            summary = self._recorded(place, run, request)
        except ContactsyncError as error:
            tell_of_run(place, run, request, error.message)
            log.info("%s", error.message)
            raise
        of_run(place, summary)
        tell_of_run(place, run, request, "" if summary.ok else summary.line)
        held = new_holds(place, request)
        return _report(summary, held, new_holds_words(held, place.names) if held else "")

    def _recorded(self, place: Workplace, run: RunContext, request: RunRequest) -> Summary:
        from contactsync.pipeline import failed_words, record, unanswered

        states = run.states()
        if states.get(naming.OPEN) == "skipped":
            raise AirflowSkipException("Nothing was done: the task open was skipped, and its log says why.")
        opened = run.opened()
        if opened is None:
            why = failed_words(naming.OPEN, run.errors([naming.OPEN])[naming.OPEN])
            raise StopError(f"Nothing was done: the {why}.", next_step="read the log of the task open.")
        # What a task handed on stays until it starts anew: one that is skipped now may have done so in an earlier try.
        done = {task for task, state in states.items() if state == "success"}
        reads = {side: run.read(side) for side in SIDES}
        planned = run.planned() if naming.RECONCILE in done else None
        if reviewed := run.reviewed(place.spec):
            if reviewed.opened is None or reviewed.planned is None:
                return Summary(ok=True, line=reviewed.line)
            opened, planned = reviewed.opened, reviewed.planned
            reads = {Side.LEFT: reviewed.left, Side.RIGHT: reviewed.right}
            request = replace(request, apply_plan=planned.hash)
        elif naming.REVIEW in run.failed():
            unanswered(place, request)
            raise StopError(
                "Nothing was written: the task review failed.", next_step="read the log of the task review."
            )
        done |= {load for load in _own_loads(planned, request) if states.get(load) == "skipped"}
        loaded = {side: run.loaded(side) if naming.load_id(side) in done else None for side in SIDES}
        failed = run.failed()
        return record(place, request, opened, reads, planned, loaded, failed, run.errors(failed))


class BrokenOperator(BaseOperator):
    """The one task of a sync whose file is broken: fails with what is wrong."""

    def __init__(self, *, problem: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.problem = problem

    def execute(self, context: Context) -> NoReturn:  # noqa: ARG002 - Airflow's signature
        """Fail."""
        raise StopError(self.problem)


def needed(value: Any, task: str) -> Any:
    """What an earlier task handed on. Errors: ArtefactError where there is nothing."""
    if value is None:
        raise ArtefactError(
            f"The task {task} of this run handed nothing on.",
            next_step=f"clear the task {task} with everything downstream, or trigger a new run.",
        )
    return value


def _idle_loads(planned: Planned, request: RunRequest) -> list[str]:
    """Loads that have nothing to do: they are skipped without a process."""
    written = not request.dry_run and planned.waits in (Waits.NOBODY, Waits.APPROVAL)
    waiting = {Side.LEFT: planned.left, Side.RIGHT: planned.right}
    return [naming.load_id(side) for side in SIDES if not (written and waiting[side])]


def _own_loads(planned: Planned | None, request: RunRequest) -> set[str]:
    """Loads that had a process, however it ended."""
    return {naming.load_id(side) for side in SIDES}.difference(_idle_loads(planned, request)) if planned else set()


def _report(summary: Summary, held: Mapping[str, int], note: str) -> Ended:
    """The last line of a run, and whether it is green, or green with a note. Errors: StopError, where it is red."""
    for problem in summary.problems[:MOST_PROBLEMS]:
        log.warning("%s", problem)
    if len(summary.problems) > MOST_PROBLEMS:
        log.warning("... and %s more.", len(summary.problems) - MOST_PROBLEMS)
    line = f"{summary.line}. NEW HOLDS: {note}" if note else summary.line
    log.info("%s", line)
    if not summary.ok:
        raise StopError(line)
    return Ended("noted" if held else "green", line, held)
