"""reset: forget how far both sides were read, so that the next run reads everybody. Links and bases stay."""

from __future__ import annotations

from contactsync.model.decisions import Decided
from contactsync.model.ledger import FoldBatch
from contactsync.model.stages import RunRequest
from contactsync.stages.desk import Desk
from contactsync.stages.small_run import small_run


def reset(desk: Desk, request: RunRequest) -> str:
    """Drop both cursors; returns what follows. Errors: LockBusy, LedgerSchema, ConfigError, WritesForbidden."""
    with small_run(desk, request) as run:
        desk.ledger.drop_cursors(desk.sync_id, fence=run.fence)
        run.fold(FoldBatch(decided=[Decided("cursors", "reset", request.by)]))
        run.message = f"Reset by {request.by}: both cursors dropped"
    return f"{run.message}; links, holds and journal stay. The next run reads both sides completely."
