"""Making and upgrading the ledger's schema (Alembic, with a version table of its own)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from contactsync.errors import LedgerSchema
from contactsync.ledger.connect import file_of, make_engine, place
from contactsync.ledger.transactions import UPGRADE, absent, reading, writing

VERSION_TABLE = "contactsync_alembic_version"

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013")
"""Every revision, oldest first. `check` runs at the start of each task: it must not import Alembic for it."""

_ADVISORY_LOCK = 4_020_261_123  # any number, as long as all versions of this package use the same


def upgrade(target: str | Engine) -> None:
    """Bring the ledger to this package's schema, and make it where there is none; nothing to do is no error.

    Errors: LedgerSchema where it is newer than this package; LedgerBusy.
    """
    if isinstance(target, Engine):
        _upgrade(target)
        return
    engine = make_engine(target)
    try:
        _upgrade(engine)
    finally:
        engine.dispose()


def check(engine: Engine, revisions: tuple[str, ...] = REVISIONS) -> None:
    """Errors: LedgerSchema where the schema is absent, older or newer than this package."""
    with reading(engine) as connection:
        found = _revision(connection)
    if found is None:
        raise absent(engine)
    if found not in revisions:
        raise LedgerSchema(
            f"The ledger ({place(engine)}) has schema {found}, this package knows only {revisions[-1]} and before.",
            next_step="upgrade the package contactsync here; another host runs a newer one.",
        )
    if found != revisions[-1]:
        raise LedgerSchema(
            f"The ledger ({place(engine)}) has schema {found}, this package needs {revisions[-1]}.", next_step=UPGRADE
        )


def is_there(engine: Engine) -> bool:
    """True where there is a ledger, of whatever version. Errors: LedgerBusy."""
    try:
        with reading(engine) as connection:
            return _revision(connection) is not None
    except LedgerSchema:
        return False


def _upgrade(engine: Engine) -> None:
    _make_file(engine)
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
        found = _revision(connection)
        if found is None or found in REVISIONS:
            _run_alembic(connection)
    check(engine)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # nosec B608 # noqa: S608 - a name of ours
    return found


def _make_file(engine: Engine) -> None:
    """A new SQLite file belongs to its owner alone: it holds contacts. WAL is a property of the file."""
    path = file_of(engine)
    if path is None or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        fresh = Path(folder) / path.name
        os.close(os.open(fresh, os.O_CREAT | os.O_RDWR, 0o600))
        with contextlib.closing(sqlite3.connect(fresh)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        # Linked when it is whole: another process may be making the ledger at this moment.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)


def _run_alembic(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
