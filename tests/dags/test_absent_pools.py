"""What the scheduler does when it starts a run whose pool does not exist (on a real one: tests/airflow_cases)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from airflow import models  # noqa: TID251 - the scheduler's own tables
from airflow.models.base import Base  # noqa: TID251
from airflow.models.dagrun import DagRun  # noqa: TID251
from airflow.models.pool import Pool  # noqa: TID251
from airflow.models.taskinstance import TaskInstance  # noqa: TID251
from airflow.models.xcom import XComModel  # noqa: TID251
from contactsync.orchestration import absent_pools
from contactsync.orchestration.absent_pools import ABSENT_POOL, let_in
from contactsync.orchestration.airflow_plugin import ContactsyncPlugin
from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.orm import Session

DAG, RUN, NOW = "contactsync__first", "manual__1", datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def session() -> Iterator[Session]:
    """Airflow's tables with two runs of one DAG, whose tasks are in the pools `crm` and `default_pool`."""
    models.import_all_models()
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(insert(Pool).values(pool="default_pool", slots=8, include_deferred=False))
        for run in (RUN, "manual__2"):
            session.execute(
                insert(DagRun).values(dag_id=DAG, run_id=run, run_type="manual", run_after=NOW, data_interval_end=NOW)
            )
            for task, pool in (("open", "crm"), ("record", "crm"), ("other", "default_pool")):
                row = {"id": uuid4(), "task_id": task, "dag_id": DAG, "run_id": run, "pool": pool, "pool_slots": 1}
                session.execute(insert(TaskInstance).values(**row))
        yield session
    engine.dispose()


def test_its_tasks_go_by_the_default_pool_and_the_first_is_told(session):
    let_in(session, DAG, RUN, again=False)
    assert pools(session, RUN) == {"default_pool"}
    assert told(session) == [(RUN, "record", "crm")]
    assert pools(session, "manual__2") == {"crm", "default_pool"}


def test_a_run_that_was_cleared_after_somebody_made_the_pool_is_told_nothing_more(session):
    let_in(session, DAG, RUN, again=False)
    session.execute(insert(Pool).values(pool="crm", slots=2, include_deferred=False))
    session.execute(update(TaskInstance).where(TaskInstance.run_id == RUN).values(pool="crm"))  # as clearing does
    let_in(session, DAG, RUN, again=True)
    assert pools(session, RUN) == {"crm"}
    assert told(session) == []


def test_airflow_is_given_the_listener():
    assert ContactsyncPlugin.listeners == [absent_pools]


def pools(session: Session, run_id: str) -> set[str]:
    return set(session.scalars(select(TaskInstance.pool).where(TaskInstance.run_id == run_id)))


def told(session: Session) -> list[tuple[str, str, str]]:
    wanted = select(XComModel.run_id, XComModel.task_id, XComModel.value).where(XComModel.key == ABSENT_POOL)
    return [tuple(row) for row in session.execute(wanted)]
