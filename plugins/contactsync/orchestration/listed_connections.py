"""Which connections of our types Airflow can list: environment, a file of secrets, its database. Others only by id."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from contactsync.errors import ConnectionMissing
from contactsync.orchestration.connections import cli_connection

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listed:
    """Ids of connections of our types, and what could not be looked through, in words for a person."""

    ids: tuple[str, ...]
    notes: tuple[str, ...] = ()


def listed_connections(types: Collection[str]) -> Listed:
    """Every connection of these types that can be found without knowing its id."""
    stored, notes = _stored(types)
    named, unlistable = _named()
    ids = {*stored, *(one for one in named if _type_of(one) in types)}
    return Listed(tuple(sorted(ids)), (*notes, *unlistable))


def _stored(types: Collection[str]) -> tuple[list[str], list[str]]:
    """Ids in Airflow's database, which tells the type as well."""
    from airflow.models import Connection as StoredConnection  # noqa: TID251 - see connections.cli_connection
    from airflow.utils.session import create_session
    from sqlalchemy import select
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session() as session:
            found = session.scalars(select(StoredConnection.conn_id).where(StoredConnection.conn_type.in_(types)))
            return [str(one) for one in found], []
    except SQLAlchemyError as error:
        log.info("Airflow's database cannot be read: %s", type(error).__name__)
        told = f"Airflow's database cannot be read ({type(error).__name__}), so its connections are not shown."
        return [], [f"{told} Next: see that it runs; `airflow db migrate` makes a new one."]


def _named() -> tuple[list[str], list[str]]:
    """Ids of any type in the environment and in files of secrets; backends that only answer to an id are named."""
    from airflow.configuration import ensure_secrets_loaded
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend
    from airflow.secrets.local_filesystem import LocalFilesystemBackend, load_connections_dict
    from airflow.secrets.metastore import MetastoreBackend

    ids, notes = list(_in_environment()), []
    for backend in ensure_secrets_loaded():
        name = type(backend).__name__
        if isinstance(backend, LocalFilesystemBackend) and backend.connections_file:
            try:
                ids += load_connections_dict(backend.connections_file)
            except Exception as error:  # noqa: BLE001 - the error's own words may quote the file, which holds secrets
                notes.append(f"{backend.connections_file} cannot be read ({type(error).__name__}).")
        elif not isinstance(backend, (EnvironmentVariablesBackend, MetastoreBackend, LocalFilesystemBackend)):
            notes.append(f"{name} cannot list its connections: of those only the ones that a sync names are shown.")
    return ids, notes


def _in_environment() -> Iterator[str]:
    from airflow.secrets.environment_variables import CONN_ENV_PREFIX

    for variable in os.environ:
        connection_id = variable.removeprefix(CONN_ENV_PREFIX)
        if connection_id != variable and connection_id:
            yield connection_id.lower()


def _type_of(connection_id: str) -> str | None:
    """'' where it cannot be read: then it may be anybody's."""
    try:
        return cli_connection(connection_id).conn_type
    except ConnectionMissing:
        return ""
