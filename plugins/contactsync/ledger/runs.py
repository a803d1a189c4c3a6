"""The sync's own row, its cursors and its runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, bindparam, delete, func, select, update

from contactsync.ledger import locks
from contactsync.ledger.codec import from_json, ref_from_json, to_json, values_from_json
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import insert_absent, upsert
from contactsync.ledger.tables import run, side_cursor, sync, sync_lock
from contactsync.model.exchange import Json
from contactsync.model.ledger import RunRow, RunState, StoredCursor, SyncRow
from contactsync.model.spec import Side
from contactsync.model.stages import RunKind

_ENDED = ("state", "ended_at", "plan_hash", "applied_hash", "counts", "message", "plan_ref", "reads")


def sync_row(connection: Connection, sync_id: str) -> SyncRow | None:
    """The sync's row."""
    row = connection.execute(_sync(), {"sync_id": sync_id}).one_or_none()
    return None if row is None else _sync_row(row)


@row_of("sync")
def _sync_row(row: Any) -> SyncRow:
    return SyncRow(
        sync_id=row.sync_id,
        salt=row.salt,
        accounts={Side(side): account for side, account in values_from_json(row.accounts).items()},
        mapping=row.mapping,
        scope=row.scope,
        union=row.union_reads,
        union_since=row.union_since,
    )


def sync_ids(connection: Connection) -> list[str]:
    """All syncs."""
    return sorted(connection.execute(select(sync.c.sync_id)).scalars())


def save_sync(connection: Connection, row: SyncRow) -> None:
    """Insert or replace."""
    values = {
        "sync_id": row.sync_id,
        "salt": row.salt,
        "accounts": to_json(row.accounts),
        "mapping": row.mapping,
        "scope": row.scope,
        "union_reads": row.union,
        "union_since": row.union_since,
    }
    upsert(connection, sync, [values])


def cursor(connection: Connection, sync_id: str, side: Side) -> StoredCursor | None:
    """A side's cursor."""
    row = connection.execute(_cursor(), {"sync_id": sync_id, "side": side}).one_or_none()
    return None if row is None else _stored_cursor(row, side)


@row_of("side_cursor")
def _stored_cursor(row: Any, side: Side) -> StoredCursor:
    held = None if row.cursor_json is None else from_json(row.cursor_json)
    return StoredCursor(side, held, row.complete_at, row.read_at, row.run_id)


def set_cursor(connection: Connection, sync_id: str, moved: StoredCursor) -> None:
    """Insert or replace."""
    values = {
        "sync_id": sync_id,
        "side": moved.side.value,
        "cursor_json": None if moved.cursor is None else to_json(moved.cursor),
        "complete_at": moved.complete_at,
        "read_at": moved.read_at,
        "run_id": moved.run_id,
    }
    upsert(connection, side_cursor, [values])


def drop_cursors(connection: Connection, sync_id: str) -> None:
    """As if the sync had never been read."""
    connection.execute(delete(side_cursor).where(side_cursor.c.sync_id == sync_id))


def newest(connection: Connection, sync_id: str, limit: int) -> list[RunRow]:
    """Runs, newest first."""
    return [_run(row) for row in connection.execute(_newest(), {"sync_id": sync_id, "most": limit})]


def one(connection: Connection, sync_id: str, run_id: str) -> RunRow | None:
    """The run of that id."""
    row = connection.execute(_one(), {"sync_id": sync_id, "run_id": run_id}).one_or_none()
    return None if row is None else _run(row)


def with_plan(connection: Connection, sync_id: str, plan_hash: str) -> RunRow | None:
    """The newest run that made this plan and still knows where it lies."""
    # A run that was told to let it pass, for some contacts, has a part of it.
    made = (run.c.plan_hash == plan_hash, run.c.plan_ref != "", run.c.applied_hash != plan_hash)
    here = (run.c.sync_id == sync_id, *made)
    row = connection.execute(select(run).where(*here).order_by(run.c.seq.desc()).limit(1)).one_or_none()
    return None if row is None else _run(row)


def applied(connection: Connection, sync_id: str, since: datetime) -> dict[str, datetime]:
    """Plans that runs let pass which ended since then: hash -> when the last such run ended."""
    let_pass = (run.c.applied_hash != "", run.c.state == RunState.DONE.value)  # what failed may have written nothing
    here = (run.c.sync_id == sync_id, run.c.ended_at >= since, *let_pass)
    rows = connection.execute(select(run.c.applied_hash, run.c.ended_at).where(*here).order_by(run.c.seq))
    return {row.applied_hash: row.ended_at for row in rows}


def backfills(connection: Connection, sync_id: str, since: datetime) -> list[RunRow]:
    """Backfill runs that ended since then, newest first."""
    here = (run.c.sync_id == sync_id, run.c.kind == RunKind.BACKFILL.value, run.c.ended_at >= since)
    return [_run(row) for row in connection.execute(select(run).where(*here).order_by(run.c.seq.desc()))]


def start(connection: Connection, sync_id: str, run_id: str, kind: str, now: datetime) -> RunRow:
    """Insert with the next seq. One that is under way stays as it is; one that is run again becomes the newest.

    For it reads and writes anew: a backup of the ledger from before that must be seen to be older (core 7).
    """
    # The lock row orders two starts of one sync, so that no two runs get one number.
    insert_absent(connection, sync_lock, [{"name": sync_id, "owner": None, "fence": 0, "expires_at": None}])
    locks.hold_row(connection, sync_id)
    earlier = one(connection, sync_id, run_id)
    last = connection.execute(_last(), {"sync_id": sync_id}).scalar_one() or 0
    if earlier is None:
        started = RunRow(sync_id, run_id, last + 1, kind, RunState.RUNNING, now)
        insert_absent(connection, run, [_row(started)])
        return started
    if earlier.state is RunState.RUNNING and earlier.seq == last:
        return earlier
    again = replace(earlier, seq=last + 1, state=RunState.RUNNING, started_at=now, ended_at=None, trimmed=False)
    here = (run.c.sync_id == sync_id, run.c.run_id == run_id)
    connection.execute(update(run).where(*here).values(_row(again)))
    return again


def note_plan(connection: Connection, sync_id: str, run_id: str, plan_hash: str, plan_ref: Json) -> None:
    """Write hash and place of the plan."""
    here = (run.c.sync_id == sync_id, run.c.run_id == run_id)
    connection.execute(update(run).where(*here).values(plan_hash=plan_hash, plan_ref=to_json(plan_ref)))


def end(connection: Connection, ended: RunRow, now: datetime) -> None:
    """Write state, hashes, counts, message, where the plan lies, what was read, and the end."""
    row = _row(replace(ended, ended_at=ended.ended_at or now))
    given = {f"to_{name}": row[name] for name in _ENDED}
    connection.execute(_ending(), {"at_sync": ended.sync_id, "at_run": ended.run_id, **given})


@cache
def _sync() -> Select[Any]:
    return select(sync).where(sync.c.sync_id == bindparam("sync_id"))


@cache
def _cursor() -> Select[Any]:
    return select(side_cursor).where(
        side_cursor.c.sync_id == bindparam("sync_id"), side_cursor.c.side == bindparam("side")
    )


@cache
def _newest() -> Select[Any]:
    return _runs().order_by(run.c.seq.desc()).limit(bindparam("most"))


@cache
def _one() -> Select[Any]:
    return _runs().where(run.c.run_id == bindparam("run_id"))


@cache
def _ending() -> Update:
    here = (run.c.sync_id == bindparam("at_sync"), run.c.run_id == bindparam("at_run"))
    return update(run).where(*here).values({name: bindparam(f"to_{name}") for name in _ENDED})


@cache
def _last() -> Select[Any]:
    return select(func.max(run.c.seq)).where(run.c.sync_id == bindparam("sync_id"))


def _runs() -> Select[Any]:
    return select(run).where(run.c.sync_id == bindparam("sync_id"))


@row_of("run")
def _run(row: Any) -> RunRow:
    return RunRow(
        sync_id=row.sync_id,
        run_id=row.run_id,
        seq=row.seq,
        kind=row.kind,
        state=RunState(row.state),
        started_at=row.started_at,
        ended_at=row.ended_at,
        plan_hash=row.plan_hash,
        applied_hash=row.applied_hash,
        counts=from_json(row.counts),
        message=row.message,
        plan_ref=ref_from_json(row.plan_ref) if row.plan_ref else None,
        reads=from_json(row.reads),
        trimmed=row.trimmed,
    )


def _row(row: RunRow) -> dict[str, Any]:
    return {
        "sync_id": row.sync_id,
        "run_id": row.run_id,
        "seq": row.seq,
        "kind": str(row.kind),
        "state": row.state.value,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "plan_hash": row.plan_hash,
        "applied_hash": row.applied_hash,
        "counts": to_json(row.counts),
        "message": row.message,
        "plan_ref": to_json(row.plan_ref) if row.plan_ref else "",
        "reads": to_json(row.reads),
        "trimmed": row.trimmed,
    }
