"""An engine for one process and one SQLite connection: what the ledger asks of SQLAlchemy's, without its pool.

Statements are SQLAlchemy's and are compiled and run by it. A transaction costs one BEGIN and one COMMIT or ROLLBACK,
not the fetching, preparing, watching and putting back of a connection: half of what short runs took.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contactsync.ledger.connect import WRITES
from sqlalchemy import URL, Connection, Executable, StaticPool, create_engine


class OneConnection:
    """A transaction of the ledger: begun with its first statement, rolled back unless it is committed."""

    def __init__(self, inner: Connection, raw: sqlite3.Connection) -> None:
        self._inner, self._raw = inner, raw
        self.dialect = inner.dialect
        self._begin, self.open = "BEGIN", False

    def execution_options(self, **options: Any) -> OneConnection:
        """Only whether it will write matters here."""
        self._begin = "BEGIN IMMEDIATE" if options.get(WRITES) else "BEGIN"
        return self

    def execute(self, statement: Executable, parameters: Any = None, **options: Any) -> Any:
        """As SQLAlchemy does it."""
        if not self.open:
            self._raw.execute(self._begin)
            self.open = True
        return self._inner.execute(statement, parameters, **options)

    def commit(self) -> None:
        """Keep what was done."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Take it back; nothing happens after a commit."""
        self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        if self.open:
            self.open = False
            self._raw.execute(how)


class OneEngine:
    """An engine over that connection."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        url = URL.create("sqlite", database="/in/memory/ledger.db")
        engine = create_engine(url, creator=lambda: raw, poolclass=StaticPool, hide_parameters=True)
        self._inner, self._raw = engine.connect(), raw
        self.dialect, self.url = engine.dialect, url

    def get_execution_options(self) -> dict[str, Any]:
        """None."""
        return {}

    @contextmanager
    def connect(self) -> Iterator[OneConnection]:
        """A transaction."""
        connection = OneConnection(self._inner, self._raw)
        try:
            yield connection
        finally:
            connection.rollback()
