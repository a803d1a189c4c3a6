"""Housekeeping: whether what is too old goes, as the project file says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from contactsync.doctor.findings import Found, soon
from contactsync.doctor.installation import Installation, number
from contactsync.orchestration.artefacts import safe_name

LATE = timedelta(days=3)  # a sweep that comes daily may fail once or twice


def overdue(at: Installation) -> Iterator[Found]:
    """What should have gone days ago."""
    for sync_id in at.ledger.sync_ids() if at.ledger is not None else ():
        rows, runs = _rows(at, sync_id), _artefacts(at, sync_id)
        told = [number(rows, "row") + " of the ledger"] if rows else []
        told += [f"artefacts of {number(runs, 'run')}"] if runs else []
        if told:
            yield soon(
                sync_id,
                f"Nobody removed what is too old: {', '.join(told)}, with contacts in them.",
                "see that the DAG contactsync__housekeeping is not paused and does not fail, or say now: "
                "contactsync housekeeping",
            )


def _rows(at: Installation, sync_id: str) -> int:
    if at.ledger is None:
        return 0
    late = at.now - LATE
    would = at.ledger.would_trim(sync_id, late - at.retention.values, late - at.retention.journal)
    return sum(vars(would).values())


def _artefacts(at: Installation, sync_id: str) -> int:
    """(A bucket is not searched.)"""
    folder = at.root / safe_name(sync_id) if at.root is not None else None
    if folder is None or at.ledger is None or not folder.is_dir():
        return 0
    needed = {safe_name(run_id) for run_id in at.ledger.needed_runs(sync_id, at.now - at.retention.values)}
    oldest = (at.now - at.retention.artefacts - LATE).timestamp()
    return sum(p.name not in needed and p.is_dir() and p.stat().st_mtime < oldest for p in folder.iterdir())
