"""Plans that persons were asked about, and their answers."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, or_, select, update

from contactsync.ledger import decisions
from contactsync.ledger.codec import ref_from_json, to_json
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import upsert
from contactsync.ledger.tables import approval
from contactsync.model.approval import Asked, Reply
from contactsync.model.decisions import Decided


def ask(connection: Connection, asked: Asked) -> None:
    """A run asks about one plan at a time: what it asked before is forgotten."""
    upsert(connection, approval, [_row(asked)])


def reply(connection: Connection, asked: Asked, answer: Reply, by: str, now: datetime) -> None:
    """Write down who answered what, here and in the record of decisions. One that is answered stays as it is."""
    here = (approval.c.sync_id == asked.sync_id, approval.c.run_id == asked.run_id)
    this = (approval.c.plan_hash == asked.plan_hash, approval.c.answer == Reply.NONE.value)
    given = {"answer": answer.value, "answered_at": now, "answered_by": by}
    if connection.execute(update(approval).where(*here, *this).values(given)).rowcount:
        entry = Decided(f"plan {asked.plan_hash}", answer.value, by or "nobody")
        decisions.enter(connection, asked.sync_id, asked.run_id, [entry], now)


def of_run(connection: Connection, sync_id: str, run_id: str) -> Asked | None:
    """What that run asked."""
    query = select(approval).where(approval.c.sync_id == sync_id, approval.c.run_id == run_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _asked(row)


def newest(connection: Connection, sync_id: str, limit: int) -> list[Asked]:
    """Newest first."""
    return [_asked(row) for row in connection.execute(_newest(), {"sync_id": sync_id, "most": limit})]


def needed_runs(connection: Connection, sync_id: str, since: datetime) -> list[str]:
    """Runs whose question has no answer, or got it since then."""
    wanted = or_(approval.c.answer == Reply.NONE.value, approval.c.answered_at >= since)
    here = (approval.c.sync_id == sync_id, wanted)
    return list(connection.execute(select(approval.c.run_id).where(*here)).scalars())


def drop_old(connection: Connection, sync_id: str, before: datetime) -> None:
    """Questions of long ago, answered or not."""
    connection.execute(delete(approval).where(approval.c.sync_id == sync_id, approval.c.ends_at < before))


@cache
def _newest() -> Select[Any]:
    query = select(approval).where(approval.c.sync_id == bindparam("sync_id"))
    return query.order_by(approval.c.asked_at.desc()).limit(bindparam("most"))


def _row(asked: Asked) -> dict[str, Any]:
    row = {**vars(asked), "answer": asked.answer.value, "plan_ref": to_json(asked.plan_ref), "answered_by": asked.by}
    del row["by"]
    return row


@row_of("approval")
def _asked(row: Any) -> Asked:
    held = dict(row._mapping)
    by, answer, plan_ref = held.pop("answered_by"), Reply(held.pop("answer")), ref_from_json(held.pop("plan_ref"))
    return Asked(**held, by=by, answer=answer, plan_ref=plan_ref)
