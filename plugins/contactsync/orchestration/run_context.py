"""What a task of a run knows: the request behind the run, what earlier tasks handed on, how the others ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from contactsync.errors import ArtefactError, ConfigError
from contactsync.model.approval import When
from contactsync.model.spec import Side, SyncSpec
from contactsync.model.stages import ArtefactRef, Loaded, Opened, Planned, Read, Reviewed, RunKind, RunRequest
from contactsync.orchestration import command_owner, handover, naming
from contactsync.orchestration.absent_pools import ABSENT_POOL, DEFAULT_POOL

if TYPE_CHECKING:
    from airflow.sdk import Asset, Context

RETURN_VALUE = "return_value"
ERROR = "error"
NOBODY_NAMED = "unknown"  # Airflow did not say who triggered the run
OF_AIRFLOW = ("openlineage",)  # what Airflow's own operators add to the values of a run that they trigger
ACTIVE = ("queued", "running")
KINDS = {"scheduled": RunKind.SCHEDULED, "backfill": RunKind.BACKFILL}

T = TypeVar("T")


@dataclass(frozen=True)
class RunContext:
    """Airflow's context of a task, as far as the stages need it."""

    context: Context

    def whose(self) -> RunRequest:
        """Which run it is and who asked for it: schedule, person or backfill."""
        dag_run = self.context["dag_run"]
        kind = KINDS.get(str(getattr(dag_run.run_type, "value", dag_run.run_type)), RunKind.MANUAL)
        return RunRequest(
            run_id=dag_run.run_id,
            owner=naming.owner_of(dag_run.dag_id, dag_run.run_id),
            kind=kind,
            by=str(getattr(dag_run, "triggering_user_name", None) or NOBODY_NAMED),
            can_ask=True,
            since=_utc(dag_run.data_interval_start) if kind is RunKind.BACKFILL else None,
        )

    def request(self) -> RunRequest:
        """The same with the values of the sync's trigger form. Errors: ConfigError, where they leave a doubt."""
        from contactsync.stages.run_form import request_of

        return request_of(self.whose(), self.form())

    def form(self) -> dict[str, Any]:
        """The values of the trigger form. Errors: ConfigError, where Airflow keeps from its tasks what a run was given.

        What was meant as a dry run would write otherwise.
        """
        params = {name: value for name, value in self.context["params"].items() if name not in OF_AIRFLOW}
        conf = getattr(self.context["dag_run"], "conf", None) or {}
        if any(name not in OF_AIRFLOW and params.get(name) != value for name, value in conf.items()):
            raise ConfigError(
                "Airflow kept what this run's form says from its tasks, so what is wanted is not known.",
                next_step="set core.dag_run_conf_overrides_params to True, as it is unless somebody changed it, or "
                "trigger the DAG without values",
            )
        return params

    def asked_at(self) -> datetime:
        """When the run was triggered, for however often it is cleared and begins anew."""
        run_after = self.context["dag_run"].run_after
        return datetime.fromtimestamp(run_after.timestamp(), UTC)

    def push(self, value: handover.Handed) -> None:
        """Hand a value on although the task ends by an exception (skipped)."""
        self.context["ti"].xcom_push(key=RETURN_VALUE, value=handover.to_json(value))

    def tell(self, asset: Asset, counts: Mapping[str, int]) -> None:
        """What Airflow is to keep of the change of an outlet, once this task has succeeded."""
        self.context["outlet_events"][asset].extra = dict(counts)

    def push_error(self, error: Exception) -> None:
        """What kind of error ended this task, for `record`: its own words stay in the log."""
        self.context["ti"].xcom_push(key=ERROR, value=type(error).__name__)

    def errors(self, tasks: Sequence[str]) -> dict[str, str]:
        """Task -> the kind of error that ended it, '' where nobody said."""
        ti = self.context["ti"]
        return {task: str(ti.xcom_pull(task_ids=task, key=ERROR) or "") for task in tasks}

    def absent_pool(self, spec: SyncSpec) -> str:
        """The pool that the scheduler did not find when it started this run, '' = all is well."""
        if spec.dag.pool == DEFAULT_POOL:
            return ""
        return str(self.context["ti"].xcom_pull(task_ids=naming.RECORD, key=ABSENT_POOL) or "")

    def opened(self) -> Opened | None:
        """What `open` handed on, None where it did not end well."""
        return self._pulled(naming.OPEN, handover.opened_from)

    def read(self, side: Side) -> Read | None:
        """What the extract of a side handed on; a quiet one has handed on although it was skipped."""
        return self._pulled(naming.extract_id(side), handover.read_from)

    def frames(self) -> ArtefactRef | None:
        """What `transform` handed on."""
        return self._pulled(naming.TRANSFORM, handover.ref_from)

    def planned(self) -> Planned | None:
        """What `reconcile` handed on."""
        return self._pulled(naming.RECONCILE, handover.planned_from)

    def reviewed(self, spec: SyncSpec) -> Reviewed | None:
        """What `review` handed on in this run: of an earlier try, or where it was skipped, nothing."""
        if spec.approval.when is When.NEVER or self.states().get(naming.REVIEW) != "success":
            return None
        return self._pulled(naming.REVIEW, handover.reviewed_from)

    def loaded(self, side: Side) -> Loaded | None:
        """What the load of a side handed on."""
        return self._pulled(naming.load_id(side), handover.loaded_from)

    def states(self) -> dict[str, str]:
        """Task id -> state of the other tasks of this run."""
        ti, dag_run = self.context["ti"], self.context["dag_run"]
        found = ti.get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id])
        return {task: str(getattr(s, "value", s)) for task, s in found.get(dag_run.run_id, {}).items()}

    def failed(self) -> list[str]:
        """Tasks of this run that failed."""
        return sorted(task for task, state in self.states().items() if state == "failed")

    def run_has_ended(self, owner: str) -> bool:
        """Airflow's word on the run that holds a lock; of a command, whether its process is gone."""
        run = naming.run_of(owner)
        if run is None:
            return command_owner.has_ended(owner)
        active: int = self.context["ti"].get_dr_count(dag_id=run[0], run_ids=[run[1]], states=list(ACTIVE))
        return active == 0

    def waited(self, now: datetime) -> timedelta:
        """Since when this task puts itself off."""
        first = self.context["ti"].get_first_reschedule_date(self.context)
        return now - first if first else timedelta()

    def _pulled(self, task_id: str, build: Callable[[Mapping[str, Any]], T]) -> T | None:
        data = self.context["ti"].xcom_pull(task_ids=task_id, key=RETURN_VALUE)
        try:
            return None if data is None else build(data)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise ArtefactError(
                f"What the task {task_id} handed on is not what such a task hands on ({type(error).__name__}).",
                next_step=f"clear the task {task_id} with everything downstream, or trigger a new run.",
            ) from None


def _utc(moment: datetime | None) -> datetime | None:
    """A plain UTC time of what Airflow hands out (pendulum's)."""
    return None if moment is None else datetime.fromtimestamp(moment.timestamp(), UTC)
