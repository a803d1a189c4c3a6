"""What one run leaves in Airflow's metadata database: rows by table, and bytes of what tasks handed on and rendered."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Engine, MetaData, Table, func, select

RUN = ("run_id", "source_run_id", "dag_run_id")  # what tables call the run that a row belongs to
DAG = ("dag_id", "source_dag_id")


@dataclass(frozen=True)
class Left:
    """rows: table -> rows; bytes: of `value` in xcom, of `rendered_fields` in rendered_task_instance_fields."""

    rows: dict[str, int] = field(default_factory=dict)
    xcom_bytes: int = 0
    rendered_bytes: int = 0


def left_by_run(engine: Engine, dag_id: str, run_id: str) -> Left:
    """What is there of a run, whatever else runs at the same time."""
    tables = reflected(engine).tables
    rows: dict[str, int] = {}
    for name, table in tables.items():
        if where := _of_run(table, dag_id, run_id):
            with engine.connect() as connection:
                rows[name] = connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
    return Left(
        {name: count for name, count in sorted(rows.items()) if count},
        _bytes(engine, tables["xcom"], "value", dag_id, run_id),
        _bytes(engine, tables["rendered_task_instance_fields"], "rendered_fields", dag_id, run_id),
    )


def all_rows(engine: Engine) -> dict[str, int]:
    """Rows of every table."""
    with engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in reflected(engine).tables.items()
        }


def reflected(engine: Engine) -> MetaData:
    """The tables as they are."""
    found = MetaData()
    found.reflect(engine)
    return found


def _of_run(table: Table, dag_id: str, run_id: str) -> list[object]:
    runs = [table.c[name] for name in RUN if name in table.c]
    dags = [table.c[name] for name in DAG if name in table.c]
    texts = [column for column in runs if column.type.python_type is str]
    return [texts[0] == run_id, dags[0] == dag_id] if texts and dags else []


def _bytes(engine: Engine, table: Table, column: str, dag_id: str, run_id: str) -> int:
    query = select(table.c[column]).where(*_of_run(table, dag_id, run_id))
    with engine.connect() as connection:
        return sum(len(str(value)) for value in connection.execute(query).scalars())
