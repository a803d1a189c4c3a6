"""Housekeeping: what a sync leaves behind goes when its time is over; nobody's work is touched."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contactsync.errors import ContactsyncError
from contactsync.few import Few
from contactsync.ledger.store import Ledger
from contactsync.model.retention import OldRun, Retention, Trimmed
from contactsync.model.stages import Shelf

log = logging.getLogger(__name__)

MOST_TOLD = 20  # syncs with a log line of their own; the task returns what went of each


@dataclass(frozen=True)
class Household:
    """One sync of the ledger, or one that left artefacts only (dry runs)."""

    sync_id: str
    ledger: Ledger
    shelf: Shelf


@dataclass(frozen=True)
class Swept:
    """What went of one sync, or would go."""

    sync_id: str
    artefacts: Sequence[OldRun] = ()
    ledger: Trimmed = field(default_factory=Trimmed)

    @property
    def line(self) -> str:
        """For people: `12 runs' artefacts (34.0 MB), 300 actions' values`; '' = nothing."""
        told = (
            (len(self.artefacts), f"runs' artefacts ({sum(one.size for one in self.artefacts) / 1e6:.1f} MB)"),
            (self.ledger.values, "actions' values"),
            (self.ledger.conflicts, "conflicts"),
            (self.ledger.quiet, "quiet runs"),
            (self.ledger.runs, "old runs"),
            (self.ledger.actions, "actions"),
            (self.ledger.decisions, "decisions"),
        )
        return ", ".join(f"{count:,} {what}" for count, what in told if count)


def sweep_all(houses: Iterable[Household], retention: Retention, now: datetime) -> list[Swept]:
    """One after the other; what fails in one does not spare the others. Errors: the first of those of `sweep`."""
    swept: list[Swept] = []
    failed: list[ContactsyncError] = []
    few, few_failed = Few(MOST_TOLD), Few()
    for house in houses:
        try:
            swept.append(sweep(house, retention, now))
            if swept[-1].line:
                log.log(few.level("removed"), "%s: removed %s", house.sync_id, swept[-1].line)
        except ContactsyncError as error:
            log.log(few_failed.level("failed", logging.WARNING), "%s: %s", house.sync_id, error)
            failed.append(error)
    if failed:
        raise failed[0]
    return swept


def in_all(swept: Sequence[Swept]) -> str:
    """One line for people."""
    total = {name: sum(vars(one.ledger)[name] for one in swept) for name in vars(Trimmed())}
    whole = Swept("", [run for one in swept for run in one.artefacts], Trimmed(**total))
    return f"Removed {whole.line or 'nothing'} of {len(swept)} syncs."


def sweep(house: Household, retention: Retention, now: datetime, *, dry_run: bool = False) -> Swept:
    """Artefacts first: they take the most room. Killed anywhere, the next sweep goes on.

    Errors: ArtefactError, LedgerBusy, LedgerSchema.
    """
    values, whole = now - retention.values, now - retention.journal
    wanted = house.ledger.needed_runs(house.sync_id, values)
    old = house.shelf.old(now - retention.artefacts, wanted)
    if dry_run:
        return Swept(house.sync_id, old, house.ledger.would_trim(house.sync_id, values, whole))
    for one in old:
        house.shelf.drop(one.name)
    return Swept(house.sync_id, old, house.ledger.trim(house.sync_id, values, whole))
