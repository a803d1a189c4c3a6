"""Opening the app behind a connection without a sync, and keeping syncs away from it while it is probed."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager

from contactsync.apps import app_names, load_app
from contactsync.apps.base import App
from contactsync.errors import ConnectionMissing
from contactsync.ledger.migrate import check
from contactsync.ledger.store import Ledger
from contactsync.model.probe import Finding
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.command_owner import has_ended, owner_of
from contactsync.orchestration.connections import cli_connection
from contactsync.orchestration.hooks import hook_class
from contactsync.orchestration.services import services_of
from contactsync.orchestration.workplace import open_engine
from contactsync.rest.services import utc_now


@contextmanager
def opened(connection_id: str, options: Mapping[str, str], project: ProjectSpec) -> Iterator[tuple[App, Ledger]]:
    """The app that the connection's type belongs to, with the ledger's rate budget and tokens.

    Errors: ConnectionMissing (absent, or of a type that no app has), ConfigError (options), LedgerSchema.
    """
    connection = cli_connection(connection_id)
    hook = hook_class(_app_of(connection_id, connection.conn_type))
    with open_engine(project, cli_connection) as engine:
        check(engine)
        app = hook(connection_id, find=lambda _: connection).get_app(options, services_of(engine, project))
        yield app, Ledger(engine, utc_now)


def _app_of(connection_id: str, conn_type: str | None) -> str:
    types = {load_app(name).info.conn_type: name for name in app_names()}
    if conn_type in types:
        return types[conn_type]
    raise ConnectionMissing(
        f"The connection {connection_id!r} is of type {conn_type!r}, which belongs to no app.",
        next_step=f"name one of these types: {', '.join(sorted(types))}.",
    )


def probed(
    app: App, ledger: Ledger, syncs: Iterable[str], run_id: str, *, write: bool
) -> Generator[Finding, None, None]:
    """The findings. With `write` the locks of these syncs are held: none shall take the throw-away contact elsewhere.

    Errors: LockBusy.
    """
    if not write:
        yield from app.probe(write=False)
        return
    owner, held = owner_of(run_id), tuple(syncs)
    with contextlib.ExitStack() as stack:
        for sync in held:
            fence = ledger.take_lock(sync, owner, ended=has_ended).fence
            stack.callback(ledger.release_lock, sync, owner, fence)
        findings = stack.enter_context(contextlib.closing(app.probe(write=True)))
        for finding in findings:
            for sync in held:
                ledger.take_lock(sync, owner, ended=has_ended)  # renews
            yield finding
