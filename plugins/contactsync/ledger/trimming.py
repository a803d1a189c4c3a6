"""What housekeeping takes out of a sync's ledger: values, runs that did nothing, and in the end the actions (core 20).

Every transaction stands for itself, so that whoever is killed goes on the next time. Of a run that is not all settled
and folded nothing is taken, nor of the newest: by its number a lost ledger is noticed. A run's row goes before its
actions: no undo finds a run without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Select, bindparam, delete, func, or_, select, update

from contactsync.ledger import approvals, notices
from contactsync.ledger.codec import from_json, to_json
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import chunks
from contactsync.ledger.tables import claim, conflict, decision, journal, journal_key, run
from contactsync.ledger.transactions import reading, writing
from contactsync.model.ledger import RunState
from contactsync.model.retention import Trimmed

PAGE = 2000  # journal rows a transaction
_OF_NO_PERSON = ("link_version", "acts", "leaving", "matching", "parts", "undoes", "overwrites", "reason")
_ENDED = (RunState.DONE, RunState.FAILED, RunState.WAITING)


def needed_runs(connection: Connection, sync_id: str, since: datetime) -> list[str]:
    """Runs whose artefacts somebody may still want.

    The newest one and the newest with a plan; those that wait; those that never came to their end, if begun since then.
    """
    here = select(run.c.run_id).where(run.c.sync_id == sync_id)
    newest = here.order_by(run.c.seq.desc()).limit(1)
    open_ = here.where(run.c.state.not_in(_ENDED), or_(run.c.state != RunState.RUNNING, run.c.started_at >= since))
    found = [connection.execute(query).scalars() for query in (newest, newest.where(run.c.plan_hash != ""), open_)]
    return sorted({*approvals.needed_runs(connection, sync_id, since), *(run_id for rows in found for run_id in rows)})


def would_trim(engine: Engine, sync_id: str, values: datetime, whole: datetime) -> Trimmed:
    """What `trim` would take now."""
    with reading(engine) as connection:
        old, quiet = _old_runs(connection, sync_id, whole), _quiet_runs(connection, sync_id, values)
        stale = [one for one in _stale_runs(connection, sync_id, values) if one not in old]
        actions = [*old, *_orphans(connection, sync_id)]
        return Trimmed(
            len(old),
            len(set(quiet) - set(old)),
            sum(_count(connection, journal, chunk, sync_id) for chunk in chunks(actions)),
            sum(_count(connection, journal, chunk, sync_id) for chunk in chunks(stale)),
            _rows(connection, conflict.c.noted_at, sync_id, values),
            _rows(connection, decision.c.made_at, sync_id, whole),
        )


def trim(engine: Engine, sync_id: str, values: datetime, whole: datetime, *, page: int = PAGE) -> Trimmed:
    """Take what is older: values and quiet runs by the one time, whole runs by the other."""
    with writing(engine) as connection:
        lost = connection.execute(delete(conflict).where(conflict.c.sync_id == sync_id, conflict.c.noted_at < values))
    runs, actions = _drop_runs(engine, sync_id, whole, page)
    quiet = _drop_quiet(engine, sync_id, values)
    stripped = _drop_values(engine, sync_id, values, page)
    with writing(engine) as connection:
        old = (decision.c.sync_id == sync_id, decision.c.made_at < whole)
        said = connection.execute(delete(decision).where(*old))
        notices.drop_old(connection, sync_id, values)
        approvals.drop_old(connection, sync_id, whole)
    return Trimmed(runs, quiet, actions, stripped, lost.rowcount, said.rowcount)


# ---- which runs


def _ended_before(sync_id: str, before: datetime) -> Select[Any]:
    """Runs of that time of which nothing is open, oldest first."""
    newest = select(func.max(run.c.seq)).where(run.c.sync_id == sync_id).scalar_subquery()
    open_ = select(journal.c.seq).where(
        journal.c.sync_id == sync_id, journal.c.run_id == run.c.run_id, journal.c.folded.is_(False)
    )
    ended = or_(run.c.ended_at < before, run.c.ended_at.is_(None) & (run.c.started_at < before))
    waits = run.c.state.not_in((*_ENDED, RunState.RUNNING))
    return (
        select(run.c.run_id)
        .where(run.c.sync_id == sync_id, ended, run.c.seq < newest, ~open_.exists(), ~waits)
        .order_by(run.c.seq)
    )


def _old_runs(connection: Connection, sync_id: str, before: datetime) -> list[str]:
    return list(connection.execute(_ended_before(sync_id, before)).scalars())


def _quiet_runs(connection: Connection, sync_id: str, before: datetime) -> list[str]:
    """They made no plan, and no person decided anything in them."""
    decided = select(decision.c.seq).where(decision.c.sync_id == sync_id, decision.c.run_id == run.c.run_id)
    query = _ended_before(sync_id, before).where(run.c.state == RunState.DONE, run.c.plan_hash == "", ~decided.exists())
    return list(connection.execute(query).scalars())


def _stale_runs(connection: Connection, sync_id: str, before: datetime) -> list[str]:
    """Runs with values that are no longer to be kept."""
    query = _ended_before(sync_id, before).where(run.c.trimmed.is_(False), run.c.plan_hash != "")
    return list(connection.execute(query).scalars())


def _orphans(connection: Connection, sync_id: str) -> list[str]:
    """Runs whose rows went, while somebody was killed before their actions did."""
    kept = select(run.c.run_id).where(run.c.sync_id == sync_id, run.c.run_id == journal.c.run_id)
    query = select(journal.c.run_id).where(journal.c.sync_id == sync_id, ~kept.exists()).distinct()
    return list(connection.execute(query).scalars())


# ---- taking


def _drop_runs(engine: Engine, sync_id: str, before: datetime, page: int) -> tuple[int, int]:
    """Runs whole: their own rows first, then their actions."""
    with reading(engine) as connection:
        old = _old_runs(connection, sync_id, before)
    for chunk in chunks(old):
        with writing(engine) as connection:
            for table in (run, claim, conflict):
                connection.execute(delete(table).where(table.c.sync_id == sync_id, table.c.run_id.in_(chunk)))
    with reading(engine) as connection:
        left = _orphans(connection, sync_id)
    return len(old), sum(_drop_actions(engine, sync_id, run_id, page) for run_id in left)


def _drop_actions(engine: Engine, sync_id: str, run_id: str, page: int) -> int:
    dropped = 0
    for rows in _pages(engine, sync_id, run_id, page):
        keys = [row.op_key for row in rows]
        with writing(engine) as connection:
            for chunk in chunks(keys):
                for table in (journal_key, journal):
                    connection.execute(delete(table).where(table.c.sync_id == sync_id, table.c.op_key.in_(chunk)))
        dropped += len(keys)
    return dropped


def _drop_quiet(engine: Engine, sync_id: str, before: datetime) -> int:
    with reading(engine) as connection:
        quiet = _quiet_runs(connection, sync_id, before)
    for chunk in chunks(quiet):
        with writing(engine) as connection:
            connection.execute(delete(run).where(run.c.sync_id == sync_id, run.c.run_id.in_(chunk)))
    return len(quiet)


def _drop_values(engine: Engine, sync_id: str, before: datetime, page: int) -> int:
    """Of each run page by page, and at its end the note that it has none any more."""
    with reading(engine) as connection:
        stale = _stale_runs(connection, sync_id, before)
    stripped = 0
    for run_id in stale:
        for rows in _pages(engine, sync_id, run_id, page):
            with writing(engine) as connection:
                _strip(connection, sync_id, run_id, rows)
            stripped += len(rows)
        with writing(engine) as connection:
            here = (run.c.sync_id == sync_id, run.c.run_id == run_id)
            connection.execute(update(run).where(*here).values(trimmed=True))
    return stripped


def _pages(engine: Engine, sync_id: str, run_id: str, page: int) -> Iterator[list[Any]]:
    """Folded journal rows of a run; each page is read when the one before it was worked on."""
    last = 0
    while True:
        with reading(engine) as connection:
            here = (journal.c.sync_id == sync_id, journal.c.run_id == run_id, journal.c.folded.is_(True))
            query = select(journal).where(*here, journal.c.seq > last).order_by(journal.c.seq).limit(page)
            rows = list(connection.execute(query).all())
        if not rows:
            return
        yield rows
        last = rows[-1].seq


def _strip(connection: Connection, sync_id: str, run_id: str, rows: list[Any]) -> None:
    """One that was planned anew since, by another run, stays as it is."""
    keys = [row.op_key for row in rows]
    for chunk in chunks(keys):
        gone = (journal_key.c.sync_id == sync_id, journal_key.c.op_key.in_(chunk))
        connection.execute(delete(journal_key).where(*gone))
    here = (journal.c.seq == bindparam("at_seq"), journal.c.run_id == run_id, journal.c.folded.is_(True))
    statement = update(journal).where(*here).values(intent=bindparam("left_intent"), outcome=bindparam("left_outcome"))
    connection.execute(
        statement,
        [
            {"at_seq": row.seq, "left_intent": bare_intent(row.intent), "left_outcome": bare_outcome(row.outcome)}
            for row in rows
        ],
    )


@row_of("journal")
def bare_intent(text: str) -> str:
    """An intent without what it held of a person; which fields it was about is kept."""
    held = from_json(text)
    names = sorted({*held.get("patch", {}), *held.get("before", {}), *held.get("trimmed", ())})
    return to_json({**{name: held[name] for name in _OF_NO_PERSON if name in held}, "trimmed": names})


@row_of("journal")
def bare_outcome(text: str) -> str:
    """An outcome without what it held of a person; the vendor's words are kept."""
    held = from_json(text)
    return to_json({name: held[name] for name in ("reason", "proven") if name in held})


# ---- counting


def _count(connection: Connection, table: Any, run_ids: list[str], sync_id: str) -> int:
    folded = (table.c.sync_id == sync_id, table.c.run_id.in_(run_ids), table.c.folded.is_(True))
    return int(connection.execute(select(func.count()).select_from(table).where(*folded)).scalar_one())


def _rows(connection: Connection, at: Column[Any], sync_id: str, before: datetime) -> int:
    older: ColumnElement[bool] = at < before
    query = select(func.count()).select_from(at.table).where(at.table.c.sync_id == sync_id, older)
    return int(connection.execute(query).scalar_one())
