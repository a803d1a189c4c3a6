"""Snapshots of accounts, asked through their connections: fields, never contacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contactsync.errors import ContactsyncError
from contactsync.mapping.snapshots import account_mark
from contactsync.model.snapshot import Snapshot
from contactsync.model.spec import SIDES, ProjectSpec, Side, SyncSpec
from contactsync.orchestration.connections import cli_connection
from contactsync.orchestration.services import services_of
from contactsync.orchestration.workplace import app_opener, open_engine


@dataclass(frozen=True)
class Unasked:
    """An account that could not be asked, and why."""

    connection: str
    error: ContactsyncError


def take_snapshots(specs: Iterable[SyncSpec], project: ProjectSpec) -> Iterator[Snapshot | Unasked]:
    """Of each account of these syncs once. Errors: those of the ledger's connection."""
    with open_engine(project) as engine:
        services = services_of(engine, project)
        for connection, (spec, side) in sorted(_accounts(specs).items()):
            try:
                app = app_opener(spec, services, cli_connection)(side)
                app.forget_fields()
                account = account_mark(app.account().id)
                yield Snapshot(connection, app.info.name, account, tuple(app.describe()))
            except ContactsyncError as error:
                yield Unasked(connection, error)


def _accounts(specs: Iterable[SyncSpec]) -> dict[str, tuple[SyncSpec, Side]]:
    """By connection, one sync and side that it belongs to."""
    return {spec.side(side).connection: (spec, side) for spec in specs for side in SIDES}
