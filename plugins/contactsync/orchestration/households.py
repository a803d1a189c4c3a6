"""Every sync that left something behind, opened for housekeeping: by a task, or by the command line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.connections import FindConnection
from contactsync.orchestration.shelf import ArtefactShelf
from contactsync.orchestration.workplace import open_engine, root_of
from contactsync.rest.services import utc_now

if TYPE_CHECKING:
    from contactsync.stages.housekeeping import Household


@contextmanager
def all_households(project: ProjectSpec, ids: Collection[str], find: FindConnection) -> Iterator[list[Household]]:
    """Those of the ledger, whether their files are still there or not, and those of `ids`.

    Errors: LedgerSchema, ConfigError (ledger or artefacts cannot be shared).
    """
    from contactsync.ledger.store import Ledger
    from contactsync.stages.housekeeping import Household

    root = root_of(project)
    with open_engine(project, find) as engine:
        ledger = Ledger(engine, utc_now)
        ledger.check()
        every = sorted({*ledger.sync_ids(), *ids})
        yield [Household(sync_id, ledger, ArtefactShelf(root, sync_id)) for sync_id in every]
