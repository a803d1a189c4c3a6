"""From a URL to an engine with a small pool: SQLite in WAL mode with one writer at a time, or PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DisconnectionError, InterfaceError, OperationalError

from contactsync.errors import ConfigError
from contactsync.ledger.sealing import Cipher, bind

WRITES = "contactsync_writes"
DURABLE = "contactsync_durable"
OUTSIDE = "contactsync_outside"  # of any transaction
"""Execution options of a connection, set by `transactions` and read when its transaction begins."""

_BUSY_SECONDS = 30
_CONNECT_SECONDS = 10
_POOL = {"pool_size": 2, "max_overflow": 8, "pool_timeout": _BUSY_SECONDS}
_OF_THE_PARENT: list[Any] = []  # connections that a forked process inherited: not even to be closed there


def make_engine(url: str, cipher: Cipher | None = None) -> Engine:
    """An engine for `sqlite:////absolute/file` or `postgresql://...`; connects and creates nothing yet.

    cipher: with which values are encrypted and read; None = they are stored plain, and encrypted ones cannot be read.

    SQLite: `?timeout=5` waits so many seconds for another writer (default 30).
    Errors: ConfigError for other databases.
    """
    parsed = _parse(url)
    makers = {"sqlite": _sqlite, "postgresql": _postgres, "postgres": _postgres}
    if make := makers.get(parsed.get_backend_name()):
        engine = make(parsed)
        bind(engine.dialect, cipher)
        return engine
    raise ConfigError(
        f"The ledger cannot live in {parsed.get_backend_name()!r}.",
        allowed=("sqlite:////absolute/path/ledger.db", "postgresql://user:password@host/database"),
        next_step="correct the connection contactsync_ledger.",
    )


def file_of(engine: Engine) -> Path | None:
    """The SQLite file behind an engine, None for PostgreSQL."""
    return Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None


def place(engine: Engine) -> str:
    """Where the ledger is, for messages: without user and password."""
    url = engine.url
    return f"SQLite file {url.database}" if file_of(engine) else f"PostgreSQL database {url.database} on {url.host}"


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise ConfigError(
            "The ledger's URL cannot be read.",
            allowed=("sqlite:////absolute/path/ledger.db", "postgresql://user:password@host/database"),
            next_step="correct the connection contactsync_ledger.",
        ) from None


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigError(
            "A ledger in memory would forget everything between two tasks.",
            allowed=("sqlite:////absolute/path/ledger.db",),
            next_step="name a file.",
        )
    # mode=rw: only `upgrade` creates the file. A mistyped path must not become a new, empty ledger.
    seconds = float(str(url.query.get("timeout", _BUSY_SECONDS)))
    uri = f"file:{quote(str(Path(url.database).absolute()))}?mode=rw"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=seconds, isolation_level=None, check_same_thread=False)

    engine = create_engine(URL.create("sqlite", database=url.database), creator=connect, hide_parameters=True, **_POOL)
    event.listen(engine, "begin", _begin)
    # Whoever closes the last connection to a file writes its log back: with one opened for each transaction, a run
    # would spend half of its time on that.
    event.listen(engine, "connect", lambda _, record: record.info.update(of=_identity(url.database or "")))
    event.listen(engine, "checkout", lambda *taken: _still_the_same(url.database or "", *taken))
    return engine


def _identity(file: str) -> tuple[int, ...]:
    try:
        found = Path(file).stat()
    except FileNotFoundError:
        return ()
    return os.getpid(), found.st_dev, found.st_ino


def _still_the_same(file: str, _connection: Any, record: Any, proxy: Any) -> None:
    """A connection of another process, or to a file that was replaced, is not used again."""
    opened = record.info["of"]
    if opened == _identity(file):
        return
    if opened and opened[0] != os.getpid():
        _OF_THE_PARENT.append(record.dbapi_connection)
        record.dbapi_connection = proxy.dbapi_connection = None
    raise DisconnectionError


def _begin(connection: Connection) -> None:
    """Writers queue at BEGIN: a reader that turns writer half-way would fail at once instead of waiting."""
    options = connection.get_execution_options()
    if options.get(OUTSIDE):
        return
    durable = "FULL" if options.get(DURABLE, True) else "NORMAL"
    if connection.info.get("synchronous", "FULL") != durable:
        connection.exec_driver_sql(f"PRAGMA synchronous={durable}")
        connection.info["synchronous"] = durable
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITES) else "BEGIN")


def _postgres(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        **_POOL,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    )
    event.listen(engine, "connect", _bound_waits)
    event.listen(engine, "handle_error", _without_values)
    return engine


def _bound_waits(connection: Any, _record: Any) -> None:
    """No statement waits longer for a lock than SQLite would."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{_BUSY_SECONDS}s'")
    connection.commit()


def _without_values(context: ExceptionContext) -> None:
    """PostgreSQL quotes the row that it refused ("Failing row contains ..."), and the value that it cannot read."""
    wrapped, original = context.sqlalchemy_exception, context.original_exception
    if isinstance(wrapped, OperationalError | InterfaceError):
        return  # about the server, not about rows
    diagnosis = getattr(original, "diag", None)
    known = [getattr(diagnosis, name, None) for name in ("sqlstate", "table_name", "column_name", "constraint_name")]
    words = " ".join([type(original).__name__, *(str(one) for one in known if one)])
    for error in (wrapped, original):
        if error is not None:
            error.args = (words, *error.args[1:])
