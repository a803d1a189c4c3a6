"""Writing the journal: planned before the request, sent with proof of lock and claim, settled after it (core 20)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, bindparam, delete, exists, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from contactsync.ledger.codec import pack
from contactsync.ledger.instants import database_now
from contactsync.ledger.journal import INTENT_COLUMNS, OUTCOME_COLUMNS, by_key
from contactsync.ledger.statements import among, chunks, insert_absent
from contactsync.ledger.tables import claim, journal, journal_key, sync_lock
from contactsync.model.exchange import State
from contactsync.model.plan import Intent, JournalRow, Outcome
from contactsync.model.spec import Side

KeyHashes = Mapping[str, Mapping[str, Sequence[str]]]
"""Intent key -> match key -> hashes."""

_OPEN = (State.SENT, State.ACCEPTED, State.UNKNOWN)
_NEVER_SENT = (State.NOT_SENT, State.OVERTAKEN, State.REFUSED, State.ADOPTED)


# ---- planning


def plan(
    connection: Connection, sync_id: str, run_id: str, account: str, intents: Sequence[Intent], key_hashes: KeyHashes
) -> list[JournalRow]:
    """Insert rows `planned`; rows of which nothing was sent are planned anew, all others stay as they are."""
    keys = [intent.key for intent in intents]
    stored = by_key(connection, sync_id, keys, lock=True)
    fresh = [one for one in intents if one.key not in stored]
    again = [one for one in intents if one.key in stored and _is_open_to_plan(stored[one.key])]
    insert_absent(connection, journal, [_planned(sync_id, run_id, account, one) for one in fresh])
    _replan(connection, [_planned(sync_id, run_id, account, one) for one in again])
    _write_keys(connection, sync_id, account, [one.key for one in (*fresh, *again)], key_hashes)
    now = by_key(connection, sync_id, keys)
    return [now[key] for key in dict.fromkeys(keys)]


def _is_open_to_plan(row: JournalRow) -> bool:
    return row.outcome.state in (State.PLANNED, State.NOT_SENT)


def _planned(sync_id: str, run_id: str, account: str, intent: Intent) -> dict[str, Any]:
    return {
        "sync_id": sync_id,
        "op_key": intent.key,
        "run_id": run_id,
        "account": account,
        "side": intent.side.value,
        "verb": intent.verb.value,
        "link_id": intent.link_id,
        "source_id": intent.source_id,
        "target_id": intent.target_id,
        "result_id": "",
        "state": State.PLANNED.value,
        "created": False,
        "sent_at": None,
        "settled_at": None,
        "folded": False,
        "listings": 0,
        "intent": pack(intent, INTENT_COLUMNS),
        "outcome": "{}",
    }


def _replan(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    here = (journal.c.sync_id == bindparam("at_sync"), journal.c.op_key == bindparam("at_key"))
    values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name not in ("sync_id", "op_key")}
    at = [{**row, "at_sync": row["sync_id"], "at_key": row["op_key"]} for row in rows]
    connection.execute(update(journal).where(*here).values(values), at)


def _write_keys(
    connection: Connection, sync_id: str, account: str, keys: Collection[str], key_hashes: KeyHashes
) -> None:
    for chunk in chunks(keys):
        connection.execute(delete(journal_key).where(journal_key.c.sync_id == sync_id, journal_key.c.op_key.in_(chunk)))
    rows = [
        {"sync_id": sync_id, "op_key": key, "match_key": match_key, "hash": number, "account": account}
        for key in keys
        for match_key, numbers in key_hashes.get(key, {}).items()
        for number in numbers
    ]
    insert_absent(connection, journal_key, rows)


# ---- sending and settling


def send(
    connection: Connection,
    sync_id: str,
    run_id: str,
    side: Side,
    keys: Sequence[str],
    *,
    fence: int,
    number: int,
    now: datetime,
) -> set[str]:
    """planned -> sent, in one statement with the proof that lock and claim are still ours; the keys that moved."""
    moved: set[str] = set()
    given = {"at_sync": sync_id, "at_run": run_id, "at_side": side, "with_fence": fence, "with_claim": number}
    for chunk in chunks(keys):
        statement = _sending(connection.dialect.name)
        moved.update(connection.execute(statement, {**given, "at_keys": chunk, "at_time": now}).scalars())
    return moved


@cache
def _sending(dialect: str) -> ReturningUpdate[Any]:
    here = (journal.c.sync_id == bindparam("at_sync"), journal.c.side == bindparam("at_side"))
    return (
        update(journal)
        .where(*here, journal.c.op_key.in_(among("at_keys")))
        .where(journal.c.state == State.PLANNED, _holds_lock(dialect), _holds_claim())
        .values(state=State.SENT.value, sent_at=bindparam("at_time"))
        .returning(journal.c.op_key)
    )


def settle(connection: Connection, sync_id: str, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write outcomes; settled rows stay. Only what was never sent may end a `planned` row."""
    _write_outcomes(connection, sync_id, _OPEN, [one for one in outcomes if one.state not in _NEVER_SENT], now)
    also_planned = (*_OPEN, State.PLANNED)
    _write_outcomes(connection, sync_id, also_planned, [one for one in outcomes if one.state in _NEVER_SENT], now)


def _write_outcomes(
    connection: Connection, sync_id: str, ends: Sequence[State], outcomes: Sequence[Outcome], now: datetime
) -> None:
    if not outcomes:
        return
    at = {"at_sync": sync_id}
    connection.execute(_ending(tuple(ends)), [{**at, **_settled(outcome, now)} for outcome in outcomes])


@cache
def _ending(ends: tuple[State, ...]) -> Update:
    # Spelt out, not IN: an executemany cannot expand a list.
    may_end = or_(*(journal.c.state == state.value for state in ends))
    here = (journal.c.sync_id == bindparam("at_sync"), journal.c.op_key == bindparam("at_key"))
    return (
        update(journal)
        .where(*here, may_end)
        .values(
            state=bindparam("to_state"),
            result_id=bindparam("to_result"),
            created=bindparam("to_created"),
            settled_at=bindparam("to_settled"),
            outcome=bindparam("to_outcome"),
            folded=False,
        )
    )


def count_listing(connection: Connection, sync_id: str, keys: Sequence[str]) -> None:
    """One more listing did not show the results of these."""
    for chunk in chunks(keys):
        here = (journal.c.sync_id == sync_id, journal.c.op_key.in_(chunk), journal.c.state.in_(_OPEN))
        connection.execute(update(journal).where(*here).values(listings=journal.c.listings + 1))


def _settled(outcome: Outcome, now: datetime) -> dict[str, Any]:
    if outcome.state in (State.PLANNED, State.SENT):
        raise ValueError(f"{outcome.state} is no outcome")
    return {
        "at_key": outcome.key,
        "to_state": outcome.state.value,
        "to_result": outcome.target_id,
        "to_created": outcome.created,
        "to_settled": outcome.at or now,
        "to_outcome": pack(outcome, OUTCOME_COLUMNS),
    }


def _holds_lock(dialect: str) -> ColumnElement[bool]:
    # FOR SHARE: whoever takes the lock at this moment waits for this commit, or this statement sees the new fence.
    held = select(sync_lock.c.name).where(
        sync_lock.c.name == bindparam("at_sync"),
        sync_lock.c.fence == bindparam("with_fence"),
        sync_lock.c.owner.is_not(None),
        sync_lock.c.expires_at > database_now(dialect),
    )
    return exists(held.with_for_update(read=True))


def _holds_claim() -> ColumnElement[bool]:
    held = select(claim.c.number).where(
        claim.c.sync_id == bindparam("at_sync"),
        claim.c.run_id == bindparam("at_run"),
        claim.c.side == bindparam("at_side"),
        claim.c.fence == bindparam("with_fence"),
        claim.c.number == bindparam("with_claim"),
    )
    return exists(held.with_for_update(read=True))


# ---- folding


def mark_folded(connection: Connection, sync_id: str, keys: Sequence[str]) -> None:
    """These are folded."""
    for chunk in chunks(keys):
        connection.execute(_folding(), {"at_sync": sync_id, "at_keys": chunk})


@cache
def _folding() -> Update:
    here = (journal.c.sync_id == bindparam("at_sync"), journal.c.op_key.in_(among("at_keys")))
    return update(journal).where(*here).values(folded=True)


def requeue(connection: Connection, sync_id: str, keys: Sequence[str]) -> None:
    """Remove rows of creates that never happened; one that is proven to have made a contact stays."""
    for chunk in chunks(keys):
        kept = select(journal.c.op_key).where(
            journal.c.sync_id == sync_id, journal.c.op_key.in_(chunk), journal.c.state.in_((State.DONE, State.ADOPTED))
        )
        gone = set(chunk) - set(connection.execute(kept).scalars())
        for table in (journal_key, journal):
            connection.execute(delete(table).where(table.c.sync_id == sync_id, table.c.op_key.in_(gone)))


def rekey(connection: Connection, sync_id: str, side: Side, old: str, new: str) -> None:
    """The target's new id, in what was planned and in what came of it."""
    for column in (journal.c.target_id, journal.c.result_id):
        here = (journal.c.sync_id == sync_id, journal.c.side == side, column == old)
        connection.execute(update(journal).where(*here).values({column: new}))
