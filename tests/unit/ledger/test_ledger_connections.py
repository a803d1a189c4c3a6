"""Connections are kept for the next transaction, but never beyond the file or the process that they belong to."""

from __future__ import annotations

import multiprocessing
import shutil
from pathlib import Path

import pytest
from contactsync.errors import LedgerSchema
from contactsync.ledger.connect import make_engine
from contactsync.ledger.migrate import upgrade
from contactsync.ledger.transactions import outside, reading, writing
from sqlalchemy import Engine, text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def engine(file: Path) -> Engine:
    return make_engine(f"sqlite:///{file}")


def kept(engine: Engine) -> int:
    """How many rows it finds in a table that each test fills."""
    with reading(engine) as connection:
        return int(connection.execute(text("SELECT count(*) FROM kept")).scalar_one())


def keep(engine: Engine, *, durable: bool = True) -> str:
    """Write a row there; how surely it was written."""
    with writing(engine, durable=durable) as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS kept (n)"))
        connection.execute(text("INSERT INTO kept VALUES (1)"))
    with outside(engine) as connection:
        return str(connection.execute(text("PRAGMA synchronous")).scalar_one())


def test_a_file_that_was_put_in_its_place_is_read_and_not_the_old_one(engine: Engine, file: Path) -> None:
    keep(engine)
    engine.dispose()
    shutil.copy(file, file.with_name("backup.db"))
    keep(engine)
    assert kept(engine) == 2
    for more in ("", "-wal", "-shm"):
        Path(f"{file}{more}").unlink(missing_ok=True)
    with pytest.raises(LedgerSchema, match="There is no ledger yet"):
        kept(engine)
    file.with_name("backup.db").rename(file)
    assert kept(engine) == 1


def test_a_forked_process_takes_connections_of_its_own(engine: Engine) -> None:
    keep(engine)
    child = multiprocessing.get_context("fork").Process(target=keep, args=(engine,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    keep(engine)
    assert kept(engine) == 3


def test_what_must_survive_a_loss_of_power_does_so_on_a_connection_that_wrote_loosely_before(engine: Engine) -> None:
    full, normal = "2", "1"
    assert keep(engine) == full
    assert keep(engine, durable=False) == normal
    assert keep(engine) == full
