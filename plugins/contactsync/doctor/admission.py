"""Opening everything that the doctor looks at. What cannot be opened is a finding, and keeps nothing else from view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from contactsync.doctor.installation import Installation
from contactsync.doctor.of_ledger import RESTORE
from contactsync.errors import ContactsyncError, LedgerDamaged, LedgerSchema
from contactsync.mapping.loader import Loaded
from contactsync.model.accounts import ConnectedAccount
from contactsync.model.retention import Retention
from contactsync.model.spec import ProjectSpec, Side, SyncSpec
from contactsync.orchestration.account_ways import ways_to
from contactsync.orchestration.accounts import looked_at
from contactsync.orchestration.artefacts import StoredArtefacts, artefact_root
from contactsync.orchestration.command_owner import has_ended
from contactsync.orchestration.connections import cli_connection
from contactsync.orchestration.listed_connections import listed_connections
from contactsync.orchestration.pools import pool_names
from contactsync.orchestration.services import NoTokens, encryption_key, services_of
from contactsync.orchestration.sharing import executor, unshared
from contactsync.orchestration.workplace import open_engine
from contactsync.provider import importable_apps
from contactsync.rest.services import FreeBudget, MemoryMetadata, Services, utc_now

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from contactsync.ledger.store import LedgerReader


@contextmanager
def admitted(
    files: Loaded, specs: Sequence[SyncSpec], project: ProjectSpec, retention: Retention, *, ask: bool
) -> Iterator[Installation]:
    """The installation with these syncs looked at; without `ask` no vendor is asked."""
    with ExitStack() as stack:
        engine, no_ledger, lost = _ledger(project, stack)
        reader = _reader(engine)
        root = artefact_root(project.artefacts_root)
        here = Installation(
            specs=specs,
            now=utc_now(),
            all_ids=(*(s.id for s in files.specs), *(b.id for b in files.broken)),
            broken=files.broken if len(specs) == len(files.specs) else (),
            asked=ask and engine is not None,  # without a ledger nobody has tokens, and each would look broken
            engine=engine,
            ledger=reader,
            no_ledger=no_ledger,
            lost=lost,
            artefacts=StoredArtefacts(root, "doctor", "doctor"),
            root=Path(root.path) if root.protocol == "file" else None,
            unshared=_unshared(project, no_ledger[0]),
            pools=pool_names(),
            key=encryption_key()[0],
            retention=retention,
            ended=has_ended,
        )
        accounts = _accounts(specs, _services(engine, project), reader, ask=here.asked)
        yield replace(here, accounts=accounts, now=utc_now())


def _ledger(project: ProjectSpec, stack: ExitStack) -> tuple[Engine | None, tuple[str, str], bool]:
    """The ledger; else why it cannot be used and what to do, and whether what it held is gone."""
    from contactsync.ledger.migrate import check, is_there

    engine = None
    try:
        engine = stack.enter_context(open_engine(project, cli_connection))
        check(engine)
    except LedgerDamaged as error:
        return None, (error.message, RESTORE), True
    except ContactsyncError as error:
        gone = engine is not None and isinstance(error, LedgerSchema) and not is_there(engine)
        return None, (error.message, error.next_step or "contactsync db check"), gone
    return engine, ("", ""), False


def _reader(engine: Engine | None) -> LedgerReader | None:
    from contactsync.ledger.store import LedgerReader

    return LedgerReader(engine, utc_now) if engine is not None else None


def _services(engine: Engine | None, project: ProjectSpec) -> Services:
    """Nothing is counted or cached; only a token that ran out is renewed and kept, as with any request."""
    if engine is None:
        return Services(tokens=NoTokens("the ledger cannot keep them.", "see what is said of the ledger"), tries=1)
    return replace(services_of(engine, project), budget=FreeBudget(), metadata=MemoryMetadata(), tries=1)


def _accounts(
    specs: Sequence[SyncSpec], services: Services, reader: LedgerReader | None, *, ask: bool
) -> tuple[ConnectedAccount, ...]:
    listed = listed_connections({info.conn_type: info.name for info in importable_apps()})
    ways = [way for way in ways_to(specs, listed.ids, _known(reader)) if way.uses]
    return looked_at(ways, cli_connection, services if ask else None)


def _known(reader: LedgerReader | None) -> Callable[[str], Mapping[Side, str]]:
    def known(sync_id: str) -> Mapping[Side, str]:
        row = reader.sync(sync_id) if reader is not None else None
        return row.accounts if row else {}

    return known


def _unshared(project: ProjectSpec, said: str) -> tuple[tuple[str, str], ...]:
    """Why tasks on several machines would not see the same; without what is said of the ledger itself."""
    found = unshared(project, executor())
    return tuple((error.message, error.next_step) for error in found if error.message != said)
