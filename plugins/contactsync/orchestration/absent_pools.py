"""In the scheduler: a run whose pool does not exist goes by the default pool, where its first task says so and stops.

Airflow leaves a task whose pool does not exist `scheduled` for ever, with a line in the scheduler's log, and no task
can ask which pools there are. So the scheduler looks when it starts a run of ours: a listener is Airflow's way to that.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from contactsync.errors import ConfigError
from contactsync.orchestration.naming import DAG_PREFIX, RECORD

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun  # noqa: TID251 - what a listener is given
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

DEFAULT_POOL = "default_pool"
ABSENT_POOL = "absent_pool"  # an XCom of `record`: of `open` it would be gone when that starts


@hookimpl
def on_dag_run_running(dag_run: DagRun, msg: str) -> None:  # noqa: ARG001 - Airflow's signature
    """Airflow has started a run; what is raised here it logs."""
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is not None and dag_run.dag_id.startswith(DAG_PREFIX):
        let_in(session, dag_run.dag_id, dag_run.run_id, again=dag_run.clear_number > 0)


def let_in(session: Session, dag_id: str, run_id: str, *, again: bool) -> None:
    """Move tasks whose pool does not exist to the default pool, and leave word for `open`; again: the run was cleared.

    All in the scheduler's own transaction: it must not be committed here, nor parted by a savepoint.
    """
    from airflow.models.pool import Pool  # noqa: TID251 - see pools.pool_names
    from airflow.models.taskinstance import TaskInstance  # noqa: TID251
    from airflow.models.xcom import XComModel  # noqa: TID251
    from sqlalchemy import delete, select, update

    if again:
        told = (XComModel.dag_id == dag_id, XComModel.run_id == run_id, XComModel.key == ABSENT_POOL)
        session.execute(delete(XComModel).where(*told))
    here = (TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
    found = session.execute(select(TaskInstance.task_id, TaskInstance.pool).where(*here))
    wanted = {str(task): str(pool) for task, pool in found}
    absent = set(wanted.values()) - set(session.scalars(select(Pool.pool)))
    if not absent or RECORD not in wanted:
        return
    log.warning("%s %s: there is no pool %s, so its tasks go by %s.", dag_id, run_id, ", ".join(absent), DEFAULT_POOL)
    session.execute(update(TaskInstance).where(*here, TaskInstance.pool.in_(absent)).values(pool=DEFAULT_POOL))
    word: dict[str, Any] = {"key": ABSENT_POOL, "value": min(absent), "serialize": False}  # as the API stores a task's
    XComModel.set(**word, dag_id=dag_id, task_id=RECORD, run_id=run_id, session=session)


def no_such_pool(pool: str) -> ConfigError:
    """What `open` says."""
    return ConfigError(
        f"dag.pool: Airflow has no pool {pool!r}, so this run goes no further.",
        next_step=f"make it (airflow pools set {pool} 2 contactsync, or Admin > Pools), or correct dag.pool in the "
        "sync's file; then clear the run.",
    )
