"""Who waits for a sync, so that chance does not decide who has it next: a person, then backfills from the earliest on.

A place among those that wait is a text; of two the smaller goes first. Whoever waits says so each time it looks, and
counts no more once it has not looked for a while: it was ended, or gave up.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, select

from contactsync.ledger.instants import read_clock
from contactsync.ledger.statements import upsert
from contactsync.ledger.tables import waiting

PATIENCE = timedelta(minutes=3)  # between two looks of one that waits: a minute, and what a busy scheduler adds


def first_before(connection: Connection, sync_id: str, turn: str) -> str | None:
    """The owner whose turn it is before this one."""
    seen = waiting.c.seen_at >= read_clock(connection) - PATIENCE
    query = select(waiting.c.owner).where(waiting.c.sync_id == sync_id, waiting.c.turn < turn, seen)
    return connection.execute(query.order_by(waiting.c.turn, waiting.c.owner).limit(1)).scalar_one_or_none()


def wait(connection: Connection, sync_id: str, owner: str, turn: str) -> None:
    """It looked, and has to wait. Those who do not look any more are dropped."""
    now = read_clock(connection)
    connection.execute(delete(waiting).where(waiting.c.sync_id == sync_id, waiting.c.seen_at < now - PATIENCE))
    upsert(connection, waiting, [{"sync_id": sync_id, "owner": owner, "turn": turn, "seen_at": now}])


def leave(connection: Connection, sync_id: str, owner: str) -> None:
    """It waits no longer."""
    connection.execute(delete(waiting).where(waiting.c.sync_id == sync_id, waiting.c.owner == owner))
