"""What the Test button works with: one try of each request, and the tokens where syncs keep them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contactsync.errors import ConfigError, ContactsyncError
from contactsync.model.app import AppInfo
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.connections import FindConnection
from contactsync.orchestration.project_file import project_in
from contactsync.orchestration.services import NoTokens, services_of
from contactsync.orchestration.workplace import open_engine
from contactsync.rest.services import MemoryTokens, Services, TokenStore


@contextmanager
def trial_services(info: AppInfo, find: FindConnection) -> Iterator[Services]:
    """For one trial of an app's connection.

    A vendor that rotates refresh tokens takes each of them once, and ends the authorisation where one comes back. So a
    trial takes the newest one from the ledger and leaves the next one there, as tasks do.
    """
    with contextlib.ExitStack() as stack:
        yield Services(tries=1, tokens=_tokens(find, stack) if info.oauth else MemoryTokens())


def _tokens(find: FindConnection, stack: contextlib.ExitStack) -> TokenStore:
    from contactsync.ledger.connect import file_of
    from contactsync.ledger.migrate import check

    project = _project()
    try:
        engine = stack.enter_context(open_engine(project, find))
        file = file_of(engine)
        if file is not None and not file.exists():
            return Unkept()  # nothing was ever synced from here
        check(engine)
    except ContactsyncError as error:
        return NoTokens(f"the ledger cannot give them. {error.message}", error.next_step)
    return services_of(engine, project).tokens


class Unkept(MemoryTokens):
    """Tokens of one trial, for vendors that leave the refresh token as it is."""

    def refresh(
        self, connection: str, fingerprint: str, renew: Callable[[dict[str, Any] | None], dict[str, Any]]
    ) -> dict[str, Any]:
        """Errors: ConfigError where the vendor replaced it, and so the one in the connection is used up."""
        tokens = super().refresh(connection, fingerprint, renew)
        if tokens.get("refresh_token"):
            raise ConfigError(
                "The credentials work, but the vendor has just replaced the refresh token, and there is no ledger yet "
                "that could keep the new one.",
                next_step="run contactsync db upgrade, authorise again, and enter the new refresh token.",
            )
        return tokens


def _project() -> ProjectSpec:
    """The settings beside the DAG folder; defaults where there are none."""
    from airflow.sdk import conf

    try:
        return project_in(Path(conf.get("core", "dags_folder")).parent / "include")
    except ConfigError:
        return ProjectSpec()
