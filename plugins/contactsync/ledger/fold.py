"""Folding: what a run learned becomes what the ledger knows, in one transaction that may be repeated."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from contactsync.ledger import decisions, holds, index, intents, links
from contactsync.model.ledger import FoldBatch


def fold(connection: Connection, sync_id: str, run_id: str, batch: FoldBatch, now: datetime) -> None:
    """Ids move first: everything else in the batch names contacts by their new ids."""
    for side, old, new in batch.rekeyed:
        for table in (index, links, intents, holds, decisions):
            table.rekey(connection, sync_id, side, old, new)
    links.write(connection, sync_id, run_id, batch.links)
    index.write(connection, sync_id, batch.known)
    index.forget(connection, sync_id, batch.forgotten)
    holds.replace(connection, sync_id, batch.hold_scope, batch.holds, now)
    holds.note(connection, sync_id, run_id, batch.conflicts, now)
    intents.mark_folded(connection, sync_id, batch.folded)
    intents.requeue(connection, sync_id, batch.requeued)
    decisions.judge(connection, sync_id, batch.verdicts)
    decisions.enter(connection, sync_id, run_id, batch.decided, now)
