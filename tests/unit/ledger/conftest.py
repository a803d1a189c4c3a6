"""A ledger in SQLite, for tests in which the database does not matter."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from contactsync.ledger.connect import make_engine
from ledger_servers import Clock
from sqlalchemy import Engine


@pytest.fixture
def engine(sqlite_template: Path, tmp_path: Path) -> Engine:
    """An engine on an empty ledger."""
    shutil.copy(sqlite_template, tmp_path / "ledger.db")
    return make_engine(f"sqlite:///{tmp_path / 'ledger.db'}")


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()
