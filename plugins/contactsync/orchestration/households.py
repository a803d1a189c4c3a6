"""Every sync that left something behind, opened for housekeeping: by a task, or by the command line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.artefacts import artefact_root
from contactsync.orchestration.connections import FindConnection
from contactsync.orchestration.sharing import LOCAL_EXECUTOR, check_artefacts
from contactsync.orchestration.shelf import ArtefactShelf
from contactsync.orchestration.workplace import open_engine
from contactsync.rest.services import utc_now

if TYPE_CHECKING:
    from contactsync.stages.housekeeping import Household


@contextmanager
def all_households(
    project: ProjectSpec, ids: Collection[str], find: FindConnection, *, executor: str = LOCAL_EXECUTOR
) -> Iterator[list[Household]]:
    """Those of the ledger, whether their files are still there or not, and those of `ids`.

    Errors: LedgerSchema, ConfigError (ledger or artefacts cannot be shared).
    """
    from contactsync.ledger.store import Ledger
    from contactsync.stages.housekeeping import Household

    check_artefacts(project, executor)
    root = artefact_root(project.artefacts_root)
    with open_engine(project, find, executor=executor) as engine:
        ledger = Ledger(engine, utc_now)
        ledger.check()
        every = sorted({*ledger.sync_ids(), *ids})
        yield [Household(sync_id, ledger, ArtefactShelf(root, sync_id)) for sync_id in every]
