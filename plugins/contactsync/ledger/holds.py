"""Holds and conflicts: what waits for a person, and the values that lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select, update

from contactsync.ledger.codec import from_json, to_json
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import chunks, columns, upsert
from contactsync.ledger.tables import conflict, hold
from contactsync.model.plan import Conflict, Hold, HoldReason
from contactsync.model.spec import Side


def open_holds(connection: Connection, sync_id: str) -> list[tuple[Hold, datetime]]:
    """Open holds and since when, oldest first."""
    rows = connection.execute(_open(), {"sync_id": sync_id}).all()
    found = [(_hold(row), row.since) for row in rows]
    return sorted(found, key=lambda one: (one[1], one[0].side, one[0].contact_id, one[0].reason, one[0].field))


def conflicts(connection: Connection, sync_id: str, run_id: str | None) -> list[tuple[str, datetime, Conflict]]:
    """(run_id, when, conflict), newest first."""
    query = select(conflict).where(conflict.c.sync_id == sync_id)
    if run_id is not None:
        query = query.where(conflict.c.run_id == run_id)
    found = [(row.run_id, row.noted_at, _conflict(row)) for row in connection.execute(query)]
    found.sort(key=lambda one: (one[2].link_id, one[2].field, one[2].rule))
    return sorted(found, key=lambda one: one[1], reverse=True)


def replace(
    connection: Connection,
    sync_id: str,
    scope: Collection[tuple[Side, str]],
    holds: Sequence[Hold],
    now: datetime,
) -> None:
    """The open holds of the contacts in `scope` become these; a hold that was open before keeps its `since`."""
    given = {(one.side, one.contact_id, one.reason.value, one.field): one for one in holds}
    for side in Side:
        for chunk in chunks(contact_id for held, contact_id in scope if held is side):
            _end(connection, sync_id, side, chunk, given)
    upsert(connection, hold, [_hold_row(sync_id, one, now) for one in given.values()], keep=("since",))


def note(connection: Connection, sync_id: str, run_id: str, lost: Sequence[Conflict], now: datetime) -> None:
    """Keep conflicts; one noted before keeps its time."""
    rows = {(one.link_id, one.field, one.rule): _conflict_row(sync_id, run_id, one, now) for one in lost}
    upsert(connection, conflict, list(rows.values()), keep=("noted_at",))


def rekey(connection: Connection, sync_id: str, side: Side, old: str, new: str) -> None:
    """Move holds to a contact's new id; one that the new id has already is dropped."""
    here = (hold.c.sync_id == sync_id, hold.c.side == side)
    twin = hold.alias()
    also = select(twin.c.contact_id).where(
        twin.c.sync_id == sync_id,
        twin.c.side == side,
        twin.c.contact_id == new,
        twin.c.reason == hold.c.reason,
        twin.c.contact_field == hold.c.contact_field,
    )
    connection.execute(delete(hold).where(*here, hold.c.contact_id == old, also.exists()))
    connection.execute(update(hold).where(*here, hold.c.contact_id == old).values(contact_id=new))


@cache
def _open() -> Select[Any]:
    return select(hold).where(hold.c.sync_id == bindparam("sync_id"))


def _end(
    connection: Connection, sync_id: str, side: Side, ids: list[str], given: Collection[tuple[Side, str, str, str]]
) -> None:
    here = (hold.c.sync_id == sync_id, hold.c.side == side)
    query = select(*columns(hold, "contact_id", "reason", "contact_field")).where(*here, hold.c.contact_id.in_(ids))
    for contact_id, reason, name in connection.execute(query).all():
        if (side, contact_id, reason, name) not in given:
            this = (hold.c.contact_id == contact_id, hold.c.reason == reason, hold.c.contact_field == name)
            connection.execute(delete(hold).where(*here, *this))


@row_of("hold")
def _hold(row: Any) -> Hold:
    return Hold(
        side=Side(row.side),
        contact_id=row.contact_id,
        reason=HoldReason(row.reason),
        detail=row.detail,
        link_id=row.link_id,
        field=row.contact_field,
        candidates=tuple(from_json(row.candidates, list)),
    )


def _hold_row(sync_id: str, one: Hold, now: datetime) -> dict[str, Any]:
    return {
        "sync_id": sync_id,
        "side": one.side.value,
        "contact_id": one.contact_id,
        "reason": one.reason.value,
        "contact_field": one.field,
        "detail": one.detail,
        "link_id": one.link_id,
        "candidates": to_json(one.candidates),
        "since": now,
    }


@row_of("conflict")
def _conflict(row: Any) -> Conflict:
    return Conflict(
        link_id=row.link_id,
        field=row.contact_field,
        winner=Side(row.winner) if row.winner else None,
        left=row.left_value,
        right=row.right_value,
        base_left=row.base_left,
        base_right=row.base_right,
        rule=row.rule,
    )


def _conflict_row(sync_id: str, run_id: str, one: Conflict, now: datetime) -> dict[str, Any]:
    return {
        "sync_id": sync_id,
        "run_id": run_id,
        "link_id": one.link_id,
        "contact_field": one.field,
        "rule": one.rule,
        "winner": one.winner.value if one.winner else None,
        "left_value": one.left,
        "right_value": one.right,
        "base_left": one.base_left,
        "base_right": one.base_right,
        "noted_at": now,
    }
