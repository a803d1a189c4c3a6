"""Every sync that the ledger knows, with all that is kept of it: for commands about persons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contactsync.errors import ConfigError
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.artefacts import StoredArtefacts
from contactsync.orchestration.command_owner import has_ended
from contactsync.orchestration.connections import FindConnection, cli_connection
from contactsync.orchestration.shelf import ArtefactShelf
from contactsync.orchestration.workplace import open_engine, root_of
from contactsync.rest.services import utc_now

if TYPE_CHECKING:
    from contactsync.stages.persons import Archive


@contextmanager
def all_archives(
    project: ProjectSpec,
    run_id: str,
    only: str = "",
    *,
    find: FindConnection = cli_connection,
    ended: Callable[[str], bool] = has_ended,
) -> Iterator[dict[str, Archive]]:
    """By id of the sync; one whose file is gone is there too. Errors: LedgerSchema, ConfigError (an unknown sync).

    find, ended  of whom this is for: the command line, or a task
    """
    from contactsync.ledger.store import Ledger
    from contactsync.stages.desk import forbidden_in
    from contactsync.stages.persons import Archive

    root = root_of(project)
    with open_engine(project, find) as engine:
        ledger = Ledger(engine, utc_now)
        ledger.check()
        ids = ledger.sync_ids()
        if only and only not in ids:
            raise ConfigError(
                f"The ledger knows no sync {only!r}.",
                allowed=tuple(ids),
                next_step="name one of these, or none for all",
            )
        yield {
            sync_id: Archive(
                sync_id,
                ledger,
                StoredArtefacts(root, sync_id, run_id),
                utc_now,
                ended,
                ArtefactShelf(root, sync_id),
                forbidden_in=forbidden_in(project),
            )
            for sync_id in ([only] if only else ids)
        }
