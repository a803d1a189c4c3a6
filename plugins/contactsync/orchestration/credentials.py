"""From the fields of a connection to the credentials that an app declares."""

from __future__ import annotations

import json

from contactsync.errors import ConnectionMissing
from contactsync.model.app import AppInfo, Credential
from contactsync.orchestration.connections import Connection

EXTRA = "extra."
ADMIN = "correct it under Admin > Connections"


def credentials_of(info: AppInfo, connection: Connection) -> dict[str, str]:
    """By Credential.name; optional ones that are empty are absent. Errors: ConnectionMissing."""
    _check_type(info, connection)
    values = {c.name: _value(c, connection) for c in info.credentials}
    _check_required(info, connection, values)
    return {name: value for name, value in values.items() if value}


def _check_type(info: AppInfo, connection: Connection) -> None:
    if connection.conn_type != info.conn_type:
        raise ConnectionMissing(
            f"The connection {connection.conn_id!r} is of type {connection.conn_type!r}, "
            f"but {info.title} needs {info.conn_type!r}.",
            next_step=f"{ADMIN}, or name another connection in the sync's file.",
        )


def _check_required(info: AppInfo, connection: Connection, values: dict[str, str]) -> None:
    empty = [c for c in info.credentials if c.required and not values[c.name]]
    if empty:
        titles = ", ".join(f"{c.title} (field {c.where})" for c in empty)
        raise ConnectionMissing(
            f"The connection {connection.conn_id!r} for {info.title} lacks: {titles}.", next_step=f"{ADMIN}."
        )


def _value(credential: Credential, connection: Connection) -> str:
    if credential.where.startswith(EXTRA):
        value = connection.extra_dejson.get(credential.where.removeprefix(EXTRA))
        if isinstance(value, dict):  # a service account's key, pasted as an object
            value = json.dumps(value)
    else:
        value = getattr(connection, credential.where)
    return "" if value is None else str(value).strip()
