"""A connection in the forms that Airflow takes: JSON, a variable of the environment, a command."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contactsync.errors import ConfigError
from contactsync.model.app import AppInfo
from contactsync.orchestration.connections import Connection
from contactsync.orchestration.credentials import EXTRA

# Airflow's own rule for ids, and what a shell takes as the name of a variable.
CONNECTION_ID = re.compile(r"[\w#!()\-.:/\\]{1,250}", re.ASCII)
SHELL_NAME = re.compile(r"[A-Za-z0-9_]+", re.ASCII)


@dataclass(frozen=True)
class ConnectionLines:
    """One connection, to be printed once. `fields`: conn_type, host, login, password, extra ..."""

    id: str
    fields: Mapping[str, Any]

    @property
    def json(self) -> str:
        """As Airflow reads it from the environment, a secrets backend or `--conn-json`."""
        return json.dumps(self.fields, ensure_ascii=False)

    @property
    def variable(self) -> str:
        """For a shell or an env file; '' where no variable can bear the id."""
        if not SHELL_NAME.fullmatch(self.id):
            return ""
        return f"AIRFLOW_CONN_{self.id.upper()}={shlex.quote(self.json)}"

    @property
    def command(self) -> str:
        """For a shell; an id that exists already has to be deleted first."""
        return f"airflow connections add {shlex.quote(self.id)} --conn-json {shlex.quote(self.json)}"

    def connection(self) -> Connection:
        """The same as an Airflow connection, which nobody stores."""
        from airflow.sdk import Connection as SdkConnection

        given = dict(self.fields)
        extra = given.pop("extra", None)
        found: Connection = SdkConnection(conn_id=self.id, extra=json.dumps(extra) if extra else None, **given)
        return found


def lines_of(info: AppInfo, connection_id: str, credentials: Mapping[str, str]) -> ConnectionLines:
    """Each credential in its field. Errors: ConfigError for an id that Airflow refuses."""
    if not CONNECTION_ID.fullmatch(connection_id):
        raise ConfigError(
            f"{connection_id!r} is no connection id.",
            next_step="use letters, digits and underscores, at most 250, for example google_alex",
        )
    fields: dict[str, Any] = {"conn_type": info.conn_type}
    extra: dict[str, str] = {}
    for credential in info.credentials:
        value = credentials.get(credential.name, "")
        if value and credential.where.startswith(EXTRA):
            extra[credential.where.removeprefix(EXTRA)] = value
        elif value:
            fields[credential.where] = int(value) if credential.where == "port" else value
    return ConnectionLines(connection_id, {**fields, **({"extra": extra} if extra else {})})
