"""What persons decided: who is the same as whom, and the record of every decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from contactsync.ledger.statements import upsert
from contactsync.ledger.tables import decision, known, link, verdict
from contactsync.model.decisions import Decided, Verdict, Wish
from contactsync.model.spec import Side


def verdicts(connection: Connection, sync_id: str) -> list[Verdict]:
    """In the order of their ids."""
    rows = connection.execute(_verdicts(), {"sync_id": sync_id}).all()
    found = [Verdict(row.left_id, row.right_id, row.same) for row in rows]
    return sorted(found, key=lambda one: (one.left_id, one.right_id))


def made(connection: Connection, sync_id: str, since: datetime | None) -> list[tuple[datetime, str, Decided]]:
    """(when, run_id, decision), newest first."""
    query, given = (_made(), {}) if since is None else (_made_since(), {"since": since})
    rows = connection.execute(query, {"sync_id": sync_id, **given}).all()
    return [(r.made_at, r.run_id, Decided(r.what, r.answer, r.made_by, r.link_id, r.contact_field)) for r in rows]


@cache
def _verdicts() -> Select[Any]:
    return select(verdict).where(verdict.c.sync_id == bindparam("sync_id"))


@cache
def _made() -> Select[Any]:
    return select(decision).where(decision.c.sync_id == bindparam("sync_id")).order_by(decision.c.seq.desc())


@cache
def _made_since() -> Select[Any]:
    return _made().where(decision.c.made_at >= bindparam("since"))


def judge(connection: Connection, sync_id: str, given: Sequence[Verdict]) -> None:
    """A later verdict on the same two contacts replaces the earlier one."""
    rows = [{"sync_id": sync_id, "left_id": v.left_id, "right_id": v.right_id, "same": v.same} for v in given]
    upsert(connection, verdict, rows)


def enter(connection: Connection, sync_id: str, run_id: str, given: Sequence[Decided], now: datetime) -> None:
    """Entries of the record; it is only ever added to. What a run has entered already is not entered again."""
    for one in given:
        row = {"sync_id": sync_id, "run_id": run_id, "made_by": one.by, "what": one.what, "answer": one.answer}
        row |= {"link_id": one.link_id, "contact_field": one.field}
        entered = select(decision.c.seq).where(*(decision.c[name] == value for name, value in row.items())).limit(1)
        if connection.execute(entered).one_or_none() is None:
            connection.execute(insert(decision), {**row, "made_at": now})


def drop_wishes(connection: Connection, sync_id: str) -> None:
    """What persons asked of the next run is asked no more; what they said for good stands."""
    asked = (Wish.DELETE, Wish.CREATE, Wish.RETRY)
    for table in (link, known):
        connection.execute(update(table).where(table.c.sync_id == sync_id, table.c.wish.in_(asked)).values(wish=""))


def rekey(connection: Connection, sync_id: str, side: Side, old: str, new: str) -> None:
    """A verdict follows a contact to its new id; one that the new id has already stays."""
    here, there = ("left_id", "right_id") if side is Side.LEFT else ("right_id", "left_id")
    mine = (verdict.c.sync_id == sync_id, verdict.c[here] == old)
    twin = verdict.alias()
    also = select(twin.c.sync_id).where(
        twin.c.sync_id == sync_id, twin.c[here] == new, twin.c[there] == verdict.c[there]
    )
    connection.execute(delete(verdict).where(*mine, also.exists()))
    connection.execute(update(verdict).where(*mine).values({here: new}))
