"""What the doctor looks at, opened once: files, ledger, artefact root, and how the accounts answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from contactsync.mapping.loader import BrokenFile
from contactsync.model.accounts import ConnectedAccount
from contactsync.model.retention import Retention
from contactsync.model.spec import SyncSpec
from contactsync.model.stages import Artefacts

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from contactsync.ledger.store import LedgerReader


@dataclass(frozen=True)
class Installation:
    """One installation, as the doctor sees it.

    specs      the syncs to look at; all_ids: of every file, so that what no file names any more can be told
    broken     files that make no sync
    ledger     None where it cannot be used: `no_ledger` says why, and what to do; lost: none, or a damaged one
    root       the artefact root where it is a folder of this machine, else None; unshared: why it will not do
    accounts   how the accounts stand; asked: the vendors were asked
    pools      names of Airflow's pools, None where its database cannot be read
    key        what tokens are sealed with, '' = there is none
    retention  how long things are kept
    ended      whether the owner of a lock has ended, as far as this machine knows
    """

    specs: Sequence[SyncSpec]
    now: datetime
    all_ids: Collection[str] = ()
    broken: Sequence[BrokenFile] = ()
    engine: Engine | None = None
    ledger: LedgerReader | None = None
    no_ledger: tuple[str, str] = ("", "")
    lost: bool = False
    artefacts: Artefacts | None = None
    root: Path | None = None
    unshared: Sequence[tuple[str, str]] = ()
    accounts: Sequence[ConnectedAccount] = ()
    asked: bool = True
    pools: Collection[str] | None = None
    key: str = ""
    retention: Retention = field(default_factory=Retention)
    ended: Callable[[str], bool] = field(default=lambda _: False)

    def age(self, moment: datetime) -> timedelta:
        """How long ago that was."""
        return self.now - moment


def days(age: timedelta) -> str:
    """`3 days`, `5 hours`, `10 minutes`."""
    for name, one in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count = age // one
        if count or name == "minute":
            return number(count, name)
    return ""


def number(count: int, what: str) -> str:
    """`1 file`, `2,000 files`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def when(moment: datetime) -> str:
    """A time for people."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
