"""Reading the journal: every action of a sync and what became of it (core 20)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, select

from contactsync.ledger.codec import unpack
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import among, chunks
from contactsync.ledger.tables import journal, journal_key, sync
from contactsync.model.exchange import State, Verb
from contactsync.model.plan import Intent, JournalRow, Outcome
from contactsync.model.spec import Side
from contactsync.packed import Packed

_MADE_NOTHING = (State.PLANNED, State.NOT_SENT, State.OVERTAKEN, State.REFUSED)
_MADE = (State.DONE, State.ADOPTED)
AT_ONCE = 1000  # rows of a long answer that the database hands over together
INTENT_COLUMNS = ("key", "side", "verb", "link_id", "source_id", "target_id")
OUTCOME_COLUMNS = ("key", "state", "target_id", "created", "at")
INTENT_TIMES = ("source_modified_at", "source_observed_at", "observed_at")
INTENT_TUPLES = ("touched", "dropped", "keys", "leaving", "matching", "undoes", "trimmed")


def creates_of(connection: Connection, sync_id: str, side: Side, contact_ids: Collection[str]) -> list[JournalRow]:
    """Creates that made, or found, these contacts on that side; oldest first."""
    found: list[JournalRow] = []
    for chunk in chunks(contact_ids):
        query = _of(sync_id).where(journal.c.side == side, journal.c.result_id.in_(chunk))
        found += _rows(connection, query.where(journal.c.verb == Verb.CREATE, journal.c.state.in_(_MADE)))
    return found


def unfolded(connection: Connection, sync_id: str) -> Packed[JournalRow]:
    """Rows not folded yet, oldest first; after the loads of a first run that may be one for each contact."""
    rows = connection.execute(_unfolded(), {"sync_id": sync_id}, execution_options={"yield_per": AT_ONCE})
    return Packed(map(_journal_row, rows))


def keys_of_run(connection: Connection, sync_id: str, run_id: str) -> set[str]:
    """Operation keys of a run's rows."""
    query = select(journal.c.op_key).where(journal.c.sync_id == sync_id, journal.c.run_id == run_id)
    return set(connection.execute(query).scalars())


def ends_of_run(
    connection: Connection, sync_id: str, run_id: str, side: Side, keys: Collection[str]
) -> dict[tuple[Verb, State], int]:
    """How many of these actions of a run on a side stand how; an earlier try of the run may have had others."""
    given = {"sync_id": sync_id, "run_id": run_id, "side": side}
    rows = connection.execute(_ends(), given, execution_options={"yield_per": AT_ONCE})
    return Counter((Verb(verb), State(state)) for key, verb, state in rows if key in keys)


def of_run(connection: Connection, sync_id: str, run_id: str | None) -> list[JournalRow]:
    """Rows of a run, or all, oldest first."""
    if run_id is None:
        return _rows(connection, _of(sync_id))
    return _rows(connection, _of_run(), sync_id=sync_id, run_id=run_id)


def sent_since(connection: Connection, sync_id: str, since: datetime) -> list[JournalRow]:
    """Rows that were sent since then, oldest first."""
    return _rows(connection, _of(sync_id).where(journal.c.sent_at >= since))


def creates(
    connection: Connection, account: str, hashes: Mapping[str, Collection[str]], since: datetime
) -> list[JournalRow]:
    """Creates sent to the account since then that made, or may have made, a contact with one of these key values."""
    found: dict[int, JournalRow] = {}
    for match_key, wanted in hashes.items():
        for chunk in chunks(wanted):
            found.update(_creates(connection, account, match_key, chunk, since))
    return [found[seq] for seq in sorted(found)]


def not_sent(connection: Connection, sync_id: str) -> list[JournalRow]:
    """Rows of actions that never left or never took effect, oldest first."""
    return _rows(connection, _of(sync_id).where(journal.c.state == State.NOT_SENT))


def jobs(connection: Connection, account: str, since: datetime) -> list[JournalRow]:
    """Rows of any sync that a job on this account, begun since then, has not answered yet; oldest first."""
    query = (
        select(journal)
        .join(sync, sync.c.sync_id == journal.c.sync_id)  # few syncs, and few rows of each are not folded
        .where(journal.c.folded.is_(False), journal.c.account == account)
        .where(journal.c.state == State.ACCEPTED, journal.c.sent_at >= since)
        .order_by(journal.c.seq)
    )
    return _rows(connection, query)


def writes_of(connection: Connection, sync_id: str, link_ids: Collection[str], since: datetime) -> list[JournalRow]:
    """Rows of these links that were sent since then, oldest first."""
    found: list[JournalRow] = []
    for chunk in chunks(link_ids):
        found += _rows(connection, _writes(), sync_id=sync_id, ids=chunk, since=since)
    return found


def by_key(connection: Connection, sync_id: str, keys: Iterable[str], *, lock: bool = False) -> dict[str, JournalRow]:
    """Rows by operation key."""
    found: dict[str, JournalRow] = {}
    for chunk in chunks(keys):
        rows = _rows(connection, _by_key(lock=lock), sync_id=sync_id, keys=chunk)
        found.update((row.intent.key, row) for row in rows)
    return found


def _creates(
    connection: Connection, account: str, match_key: str, chunk: list[str], since: datetime
) -> dict[int, JournalRow]:
    same = and_(journal_key.c.sync_id == journal.c.sync_id, journal_key.c.op_key == journal.c.op_key)
    query = (
        select(journal)
        .join(journal_key, same)
        .where(journal_key.c.account == account, journal_key.c.match_key == match_key, journal_key.c.hash.in_(chunk))
        .where(journal.c.verb == Verb.CREATE, journal.c.sent_at >= since, journal.c.state.not_in(_MADE_NOTHING))
    )
    return {row.seq: _journal_row(row) for row in connection.execute(query)}


@cache
def _unfolded() -> Select[Any]:
    return _of(bindparam("sync_id")).where(journal.c.folded.is_(False))


@cache
def _by_key(*, lock: bool) -> Select[Any]:
    query = _of(bindparam("sync_id")).where(journal.c.op_key.in_(among("keys")))
    return query.with_for_update() if lock else query


@cache
def _writes() -> Select[Any]:
    here = (journal.c.link_id.in_(among("ids")), journal.c.sent_at >= bindparam("since"))
    return _of(bindparam("sync_id")).where(*here)


@cache
def _of_run() -> Select[Any]:
    return _of(bindparam("sync_id")).where(journal.c.run_id == bindparam("run_id"))


@cache
def _ends() -> Select[Any]:
    here = [journal.c[name] == bindparam(name) for name in ("sync_id", "run_id", "side")]
    return select(journal.c.op_key, journal.c.verb, journal.c.state).where(*here)


def _of(sync_id: Any) -> Select[Any]:
    return select(journal).where(journal.c.sync_id == sync_id).order_by(journal.c.seq)


def _rows(connection: Connection, query: Select[Any], **given: Any) -> list[JournalRow]:
    return [_journal_row(row) for row in connection.execute(query, given)]


@row_of("journal")
def _journal_row(row: Any) -> JournalRow:
    intent = unpack(
        Intent,
        row.intent,
        times=INTENT_TIMES,
        tuples=INTENT_TUPLES,
        key=row.op_key,
        side=Side(row.side),
        verb=Verb(row.verb),
        link_id=row.link_id,
        source_id=row.source_id,
        target_id=row.target_id,
    )
    outcome = unpack(
        Outcome,
        row.outcome,
        times=("modified_at",),
        key=row.op_key,
        state=State(row.state),
        target_id=row.result_id,
        created=row.created,
        at=row.settled_at,
    )
    return JournalRow(intent, outcome, row.run_id, row.sent_at, row.folded, row.listings, row.account)
