"""Finding an Airflow connection: in tasks by the SDK, in the CLI by the one documented exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from contactsync.errors import ConnectionMissing


class Connection(Protocol):
    """What both kinds of Airflow connection have in common."""

    conn_id: str
    conn_type: str | None
    host: str | None
    schema: str | None
    login: str | None
    password: str | None
    port: int | None
    extra: str | None

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """The extra field as a dictionary."""
        ...


FindConnection = Callable[[str], Connection]
"""From a connection id to the connection. Errors: ConnectionMissing."""


def task_connection(connection_id: str) -> Connection:
    """A connection as a task, the API server and the DAG processor may see it."""
    from airflow.sdk import Connection as SdkConnection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found: Connection = SdkConnection.get(connection_id)
    except AirflowNotFoundException as error:
        raise absent(connection_id) from error
    return found


def cli_connection(connection_id: str) -> Connection:
    """A connection outside of tasks: secrets backend, environment, metadata database."""
    from airflow.models import Connection as StoredConnection  # noqa: TID251 - the SDK has no way to it outside of tasks
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found: Connection = StoredConnection.get_connection_from_secrets(connection_id)
    except AirflowNotFoundException as error:
        raise absent(connection_id) from error
    return found


def absent(connection_id: str) -> ConnectionMissing:
    """The error for a connection that Airflow does not know."""
    return ConnectionMissing(
        f"Airflow has no connection {connection_id!r}.",
        next_step=f"add it under Admin > Connections, or set the variable AIRFLOW_CONN_{connection_id.upper()}.",
    )


def load_airflow() -> None:
    """Import what `cli_connection` needs: Airflow then sets up its logging, and a command can set its own after."""
    import airflow.models.connection  # noqa: F401, TID251 - the documented exception (see cli_connection)
