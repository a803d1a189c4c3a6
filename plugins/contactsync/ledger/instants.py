"""Times in the ledger: UTC as text of one width, so that they are exact, sortable and readable in both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Select, String, TypeDecorator, func, literal_column, select

from contactsync.ledger.damage import damaged

WIDTH = 27


def to_text(when: datetime) -> str:
    """`2026-11-24T02:08:13.123456Z`. A time without zone is refused: it would be a guess."""
    if when.tzinfo is None:
        raise ValueError("a time of the ledger needs its zone")
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Instant(TypeDecorator[datetime]):
    """A column of times."""

    impl = String(WIDTH)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To text."""
        return None if value is None else to_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From text. Errors: LedgerDamaged."""
        try:
            return None if value is None else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            problem = "it holds no time where one belongs"
        raise damaged(problem)


def database_now(dialect: str) -> ColumnElement[Any]:
    """The database's clock as an expression: leases are judged by it alone, so that hosts need not agree."""
    if dialect == "sqlite":
        return func.strftime("%Y-%m-%dT%H:%M:%f000Z", "now", type_=Instant())
    # clock_timestamp, not now(): a transaction that waited for a lock must not see the time before the wait.
    utc: ColumnElement[datetime] = literal_column("(clock_timestamp() AT TIME ZONE 'UTC')")
    return func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"', type_=Instant())


def read_clock(connection: Connection) -> datetime:
    """What the database's clock says now."""
    now: datetime = connection.execute(_clock(connection.dialect.name)).scalar_one()
    return now


@cache
def _clock(dialect: str) -> Select[Any]:
    return select(database_now(dialect))
