"""Every transaction of the ledger, and the one function through which every commit goes.

Crash tests set CONTACTSYNC_CRASH_AT to `commit:before:N` or `commit:after:N`: at its N-th ledger commit (counted
from 1) the process kills itself with SIGKILL, just before or just after. Without the variable nothing happens.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from contactsync.errors import ContactsyncError, LedgerBusy, LedgerDamaged, LedgerSchema
from contactsync.ledger.connect import DURABLE, OUTSIDE, WRITES, file_of, place

CRASH_AT = "CONTACTSYNC_CRASH_AT"
UPGRADE = "run `contactsync db upgrade`."
RESTORE = (
    "pause the DAGs, see what `contactsync doctor` says, restore the newest backup; without one put the damaged ledger "
    "aside and run `contactsync db upgrade`: the next runs find the links again (docs/runbook.md, The ledger is lost)."
)

_commits: dict[int, Iterator[int]] = {}


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads. Errors: LedgerBusy (unreachable, locked), LedgerSchema (no tables)."""
    with _understood(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine, *, durable: bool = True) -> Iterator[Connection]:
    """A transaction that is committed at its end, rolled back by any error.

    durable=False: it may be lost with the machine's power (never with the process alone); for rate budgets, and for
    every transaction of an engine with that option.
    """
    durable = durable and engine.get_execution_options().get(DURABLE, True)
    with _understood(engine), engine.connect() as connection:
        connection = connection.execution_options(**{WRITES: True, DURABLE: durable})
        if not durable and engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL synchronous_commit TO off"))
        yield connection
        commit(connection)


@contextmanager
def outside(engine: Engine) -> Iterator[Connection]:
    """A connection outside of any transaction, for what a database does not do inside of one."""
    with _understood(engine), engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT", **{OUTSIDE: True})


def commit(connection: Connection) -> None:
    """The only commit of the ledger, and so the second choke point of the crash tests."""
    number = next(_commits.setdefault(os.getpid(), itertools.count(1)))  # a forked process counts anew
    _crash(f"commit:before:{number}")
    connection.commit()
    _crash(f"commit:after:{number}")


def _crash(here: str) -> None:
    if os.environ.get(CRASH_AT) == here:
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _understood(engine: Engine) -> Iterator[None]:
    """The database's errors in our words. Its own text stays in the chained error, without parameters."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        ours = _ours(engine, error)
        if ours is None:
            raise
        raise ours from error


def _ours(engine: Engine, error: DBAPIError | PoolTimeout) -> ContactsyncError | None:
    file = file_of(engine)
    if file and not file.exists():
        return absent(engine)
    if told := _damage(error):
        return LedgerDamaged(f"The ledger ({place(engine)}) is damaged, or is none: {told}.", next_step=RESTORE)
    if _lacks_table(error):
        return LedgerSchema(f"The ledger ({place(engine)}) lacks a table or column.", next_step=UPGRADE)
    if isinstance(error, (OperationalError, PoolTimeout)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        return LedgerBusy(
            f"The ledger ({place(engine)}) could not be reached, or stayed locked.",
            next_step="see that the database runs and that no long transaction holds it; the task is tried again.",
        )
    return None


def _damage(error: DBAPIError | PoolTimeout) -> str:
    """What SQLite says of a file that it cannot read, in its own words; '' for any other error."""
    told = str(error.orig) if isinstance(error, DatabaseError) else ""
    return told if told.startswith(_DAMAGED) else ""


_DAMAGED = ("file is not a database", "database disk image is malformed", "malformed database schema")


def absent(engine: Engine) -> ContactsyncError:
    """The error for a ledger that was never made."""
    return LedgerSchema(f"There is no ledger yet ({place(engine)}).", next_step=UPGRADE)


def _lacks_table(error: DBAPIError | PoolTimeout) -> bool:
    if isinstance(error, OperationalError):
        return str(error.orig).startswith(("no such table", "no such column"))
    # 42P01 undefined_table, 42703 undefined_column
    return isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", "") in ("42P01", "42703")
