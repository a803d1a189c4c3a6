"""Alerts that were told or are to be told, and what has to be known to miss a sync."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from contactsync.ledger.codec import from_json, to_json
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import insert_absent, upsert
from contactsync.ledger.tables import hold, notice, run, watched
from contactsync.model.alerts import Event, Notice, Seen, Watched, watched_as_data, watched_from
from contactsync.model.ledger import RunState
from contactsync.model.stages import RunKind

_WHOLE = (RunKind.SCHEDULED.value, RunKind.MANUAL.value, RunKind.CLI.value)  # kinds of runs that read everything new


def of_sync(connection: Connection, sync_id: str) -> list[Notice]:
    """Oldest first."""
    query = select(notice).where(notice.c.sync_id == sync_id).order_by(notice.c.raised_at)
    return [_notice(row) for row in connection.execute(query)]


def raise_all(connection: Connection, given: Sequence[Notice]) -> None:
    """Those that are not there yet."""
    insert_absent(connection, notice, [_row(one) for one in given])


def end(connection: Connection, given: Sequence[Notice]) -> None:
    """What they are about is over: the next time is told anew."""
    for one in given:
        connection.execute(delete(notice).where(*_here(one)))


def claim(connection: Connection, one: Notice, now: datetime) -> bool:
    """True for the one of several that may send it now."""
    mine = (*_here(one), notice.c.sent_at.is_(None), notice.c.tries == one.tries)
    return bool(connection.execute(update(notice).where(*mine).values(tries=one.tries + 1, tried_at=now)).rowcount)


def sent(connection: Connection, one: Notice, now: datetime) -> None:
    """It went out."""
    connection.execute(update(notice).where(*_here(one)).values(sent_at=now))


def drop_old(connection: Connection, sync_id: str, before: datetime) -> None:
    """Alerts that are over by themselves: recovered, and approvals of long ago."""
    passing = notice.c.event.in_((Event.RECOVERED.value, Event.APPROVAL.value))
    connection.execute(delete(notice).where(notice.c.sync_id == sync_id, passing, notice.c.raised_at < before))


# ---- what they are judged by


def seen(connection: Connection, sync_id: str) -> Seen:
    """All of it."""
    return Seen(
        _complete(connection, sync_id),
        _begun(connection, sync_id),
        _red(connection, sync_id),
        _groups(connection, sync_id),
    )


def held_since(connection: Connection, sync_id: str, since: datetime) -> Mapping[tuple[str, str], int]:
    """The same of holds that began since then."""
    return _groups(connection, sync_id, hold.c.since >= since)


def _complete(connection: Connection, sync_id: str) -> datetime | None:
    """When the newest run ended that read both sides and left nothing undone."""
    whole = (run.c.sync_id == sync_id, run.c.state == RunState.DONE, run.c.kind.in_(_WHOLE), run.c.counts != "{}")
    query = select(run.c.ended_at).where(*whole).order_by(run.c.seq.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _begun(connection: Connection, sync_id: str) -> datetime | None:
    query = select(run.c.started_at).where(run.c.sync_id == sync_id).order_by(run.c.seq).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _red(connection: Connection, sync_id: str) -> str:
    ended = (run.c.sync_id == sync_id, run.c.state != RunState.RUNNING, run.c.kind.in_(_WHOLE))
    query = select(run.c.state, run.c.message).where(*ended).order_by(run.c.seq.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return (row.message or "it says nothing") if row is not None and row.state == RunState.FAILED else ""


def _groups(connection: Connection, sync_id: str, *also: ColumnElement[bool]) -> Mapping[tuple[str, str], int]:
    count = func.count(hold.c.contact_id.distinct())
    query = select(hold.c.side, hold.c.reason, count).where(hold.c.sync_id == sync_id, *also)
    return {(side, reason): n for side, reason, n in connection.execute(query.group_by(hold.c.side, hold.c.reason))}


# ---- syncs that are watched


def watch(connection: Connection, given: Sequence[Watched]) -> None:
    """Keep what the files say."""
    upsert(connection, watched, [{"sync_id": one.sync_id, "spec": to_json(watched_as_data(one))} for one in given])


def all_watched(connection: Connection) -> list[Watched]:
    """All that were ever watched."""
    return [_watched(row) for row in connection.execute(select(watched))]


@row_of("watched")
def _watched(row: Any) -> Watched:
    return watched_from(from_json(row.spec))


def _here(one: Notice) -> tuple[ColumnElement[bool], ...]:
    return (
        notice.c.sync_id == one.sync_id,
        notice.c.notifier == one.notifier,
        notice.c.event == one.event.value,
        notice.c.subject == one.subject,
    )


def _row(one: Notice) -> dict[str, Any]:
    return {**vars(one), "event": one.event.value}


@row_of("notice")
def _notice(row: Any) -> Notice:
    return Notice(**{**row._mapping, "event": Event(row.event)})
