"""The rate budget of an account, shared by every process and host that talks to it (core 26).

A window is counted in slices. A slice counts as a whole until its last instant has left the window, so no window of the
vendor, wherever it begins, holds more requests than the share allows; the price is one slice (5 %) of throughput.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from contactsync.ledger.codec import from_json, to_json
from contactsync.ledger.damage import row_of
from contactsync.ledger.instants import read_clock
from contactsync.ledger.statements import insert_absent
from contactsync.ledger.tables import rate
from contactsync.ledger.transactions import writing
from contactsync.model.app import Rate

_SLICES = 20
_MICROSECOND = timedelta(microseconds=1)

Counts = dict[int, int]
"""Slice number (since the epoch) -> requests booked in it."""


class LedgerBudget:
    """`rest.services.Budget` in the ledger. `clock` is for tests: hosts agree only on the database's clock."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._idle: Any = None

    def take(self, account: str, rates: Sequence[Rate], *, share: float, writes: bool) -> float:
        """Book one request now. Returns the seconds to wait first (0.0 = booked); book again after waiting."""
        limits = _limits(rates, share, writes)
        with writing(self._engine, durable=False) as connection:
            self._stay_open()
            row, now = self._lock(connection, account)
            windows = _windows(row.windows, now)
            waits = [_wait(windows.get(seconds, {}), seconds, limit, now) for seconds, limit in limits.items()]
            wait = max([_left(row.blocked_until, now), *waits])
            if wait == 0:
                _book(windows, limits, now)
                self._write(connection, account, windows=to_json(windows))
        return wait / 1_000_000

    def blocked(self, account: str, seconds: float) -> None:
        """The vendor said: nothing for so many seconds (429). All processes wait."""
        with writing(self._engine, durable=False) as connection:
            row, now = self._lock(connection, account)
            until = _instant(now) + timedelta(seconds=seconds)
            if row.blocked_until is None or until > row.blocked_until:
                self._write(connection, account, blocked_until=until)

    def _stay_open(self) -> None:
        """SQLite: the last connection to close writes everything to disk, which may take longer than the request.

        So one that does nothing stays open, for as long as this budget lives.
        """
        if self._idle is None and self._engine.dialect.name == "sqlite":
            self._idle = self._engine.raw_connection()
            self._idle.detach()
            self._idle.cursor().execute("PRAGMA schema_version").fetchall()

    def _lock(self, connection: Connection, account: str) -> tuple[Any, int]:
        query = select(rate).where(rate.c.account == account).with_for_update()
        row = connection.execute(query).one_or_none()
        if row is None:
            insert_absent(connection, rate, [{"account": account, "windows": "{}", "blocked_until": None}])
            row = connection.execute(query).one()
        now = self._clock() if self._clock else read_clock(connection)
        return row, _microseconds(now)

    def _write(self, connection: Connection, account: str, **values: Any) -> None:
        connection.execute(update(rate).where(rate.c.account == account).values(**values))


def _limits(rates: Sequence[Rate], share: float, writes: bool) -> dict[str, int]:
    """Window -> how many requests it may hold; a share never leaves less than one."""
    limits: dict[str, int] = {}
    for one in rates:
        if one.writes and not writes:
            continue
        window = f"{round(one.seconds * 1_000_000)}{'w' if one.writes else ''}"
        limit = max(1, int(one.count * share + 1e-9))
        limits[window] = min(limit, limits.get(window, limit))
    return limits


def _length(window: str) -> int:
    return int(window.removesuffix("w"))


def _width(window: str) -> int:
    return max(1, _length(window) // _SLICES)


@row_of("rate")
def _windows(text: str, now: int) -> dict[str, Counts]:
    """What is stored, without slices that have left their window (or lie beyond it: the clock was set back)."""
    return {
        window: {
            int(number): count
            for number, count in counts.items()
            if now - _length(window) < (int(number) + 1) * _width(window) <= now + _length(window) + _width(window)
        }
        for window, counts in from_json(text).items()
    }


def _wait(counts: Counts, window: str, limit: int, now: int) -> int:
    """Microseconds until one more fits."""
    booked = sum(counts.values())
    wait = 0
    for number in sorted(counts):
        if booked < limit:
            break
        booked -= counts[number]
        wait = (number + 1) * _width(window) + _length(window) - now
    return wait


def _book(windows: dict[str, Counts], limits: Mapping[str, int], now: int) -> None:
    for window in limits:
        counts = windows.setdefault(window, {})
        number = now // _width(window)
        counts[number] = counts.get(number, 0) + 1


def _left(until: datetime | None, now: int) -> int:
    return 0 if until is None else max(0, _microseconds(until) - now)


def _microseconds(when: datetime) -> int:
    return (when - _EPOCH) // _MICROSECOND


def _instant(now: int) -> datetime:
    return _EPOCH + now * _MICROSECOND


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
