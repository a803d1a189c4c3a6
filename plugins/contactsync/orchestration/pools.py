"""Which pools Airflow has, for commands; what becomes of a run without its pool: absent_pools."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


def pool_names() -> frozenset[str] | None:
    """None where Airflow's database cannot be read."""
    from airflow.models.pool import Pool  # noqa: TID251 - as connections.cli_connection: no way to it outside of tasks
    from airflow.utils.session import create_session
    from sqlalchemy import select
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session() as session:
            return frozenset(str(name) for name in session.scalars(select(Pool.pool)))
    except SQLAlchemyError as error:
        log.info("Airflow's database cannot be read: %s", type(error).__name__)
        return None
