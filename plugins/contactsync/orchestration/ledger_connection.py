"""Opens the ledger: the database behind an Airflow connection, or the file under Airflow's home on a single machine."""

from __future__ import annotations

from contactsync.errors import ConfigError, ConnectionMissing
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.connections import Connection, FindConnection
from contactsync.orchestration.home import contactsync_home
from contactsync.orchestration.sharing import ELSEWHERE, no_ledger, one_machine

DRIVERS = ("postgres", "postgresql", "sqlite")


def ledger_url(project: ProjectSpec, find: FindConnection, *, executor: str) -> str:
    """The ledger's SQLAlchemy URL. `executor`: Airflow's setting; tasks of others than LocalExecutor share no disk.

    Errors: ConfigError (none, or SQLite, although the executor needs a server), ConnectionMissing (of another type).
    """
    try:
        connection = find(project.ledger_connection)
    except ConnectionMissing:
        if not one_machine(executor):
            raise no_ledger(project, executor) from None
        return f"sqlite:///{contactsync_home() / 'ledger.db'}"
    if connection.conn_type == "sqlite" and not one_machine(executor):
        raise ConfigError(
            f"The connection {connection.conn_id} names a SQLite file, and with {executor} {ELSEWHERE}.",
            next_step="let it lead to PostgreSQL (docs/scaling-out).",
        )
    return url_of(connection)


def url_of(connection: Connection) -> str:
    """An Airflow connection of type postgres or sqlite as a SQLAlchemy URL."""
    from sqlalchemy import URL

    if connection.conn_type not in DRIVERS:
        raise ConnectionMissing(
            f"The connection {connection.conn_id!r} is of type {connection.conn_type!r}, but the ledger needs one of: "
            f"{', '.join(DRIVERS)}.",
            next_step="correct it under Admin > Connections.",
        )
    if connection.conn_type == "sqlite":
        return f"sqlite:///{connection.host or connection.schema or ''}"
    query = {key: str(value) for key, value in connection.extra_dejson.items()}
    url = URL.create(
        "postgresql",
        username=connection.login or None,
        password=connection.password or None,
        host=connection.host or None,
        port=connection.port,
        database=connection.schema or None,
        query=query,
    )
    return url.render_as_string(hide_password=False)
