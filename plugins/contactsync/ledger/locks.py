"""The sync's lock and the account's lease: one row each, with an owner, a fence and an expiry (core 25, 26).

The fence rises with every change of owner, release included, and never falls: whoever comes back late is known by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, Update, bindparam, select, update

from contactsync.errors import FenceLost
from contactsync.ledger.instants import read_clock
from contactsync.ledger.statements import insert_absent
from contactsync.ledger.tables import account_lease, claim, sync_lock
from contactsync.ledger.transactions import writing
from contactsync.model.ledger import Lease
from contactsync.model.spec import Side

_ROUNDS = 3


@dataclass(frozen=True)
class Held:
    """Somebody else holds it."""

    lease: Lease


def take(
    engine: Engine, table: Table, name: str, owner: str, lease: timedelta, *, ended: Callable[[str], bool]
) -> Lease | Held:
    """Take or renew. `ended` may ask over the network, so no transaction is open while it does."""
    dead: Lease | None = None
    for _ in range(_ROUNDS):
        with writing(engine) as connection:
            got = _try(connection, table, name, owner, lease, dead)
        if isinstance(got, Lease) or not ended(got.lease.owner):
            return got
        dead = got.lease
    return got


def renew(engine: Engine, table: Table, name: str, owner: str, fence: int, lease: timedelta) -> None:
    """Renew, also when it expired and nobody took it. Errors: FenceLost."""
    with writing(engine) as connection:
        row = _hold_row(connection, table, name)
        if row.owner != owner or row.fence != fence:
            raise lost(table, name)
        _write(connection, table, name, owner, fence, lease)


def release(engine: Engine, table: Table, name: str, owner: str, fence: int) -> None:
    """Release; nothing happens where it is no longer ours."""
    with writing(engine) as connection:
        connection.execute(_released(table), {"at": name, "by": owner, "with_fence": fence})


def holder(connection: Connection, table: Table, name: str) -> Lease | None:
    """Who holds it; an expired lease is still shown."""
    row = connection.execute(_named(table), {"at": name}).one_or_none()
    return _lease(row) if row is not None and row.owner is not None else None


def prove(connection: Connection, sync_id: str, fence: int) -> None:
    """The sync's lock is still ours, and stays so until this transaction ends. Errors: FenceLost."""
    row = hold_row(connection, sync_id)
    if row is None or row.owner is None or row.fence != fence:
        raise lost(sync_lock, sync_id)


def hold_row(connection: Connection, sync_id: str) -> Any | None:
    """Lock the sync's lock row: writers of one sync come one after the other."""
    return connection.execute(_locked(sync_lock), {"at": sync_id}).one_or_none()


def new_claim(connection: Connection, sync_id: str, run_id: str, side: Side, fence: int) -> int:
    """The next claim number of this side of the run's plan; earlier tries send nothing more."""
    prove(connection, sync_id, fence)
    here = (claim.c.sync_id == sync_id, claim.c.run_id == run_id, claim.c.side == side)
    row = {"sync_id": sync_id, "run_id": run_id, "side": side.value, "number": 0, "fence": fence}
    insert_absent(connection, claim, [row])
    raised = update(claim).where(*here).values(number=claim.c.number + 1, fence=fence).returning(claim.c.number)
    return int(connection.execute(raised).scalar_one())


def lost(table: Table, name: str) -> FenceLost:
    """The error for a lock that is no longer ours."""
    if table is account_lease:
        return FenceLost(
            f"Another run took over account {name!r}: this one writes nothing more.",
            next_step="nothing; the other run goes on from what this one committed.",
        )
    return FenceLost(
        f"This run no longer holds sync {name!r}, as it has ended or another one took over: it writes nothing more.",
        next_step="nothing, where another run goes on. To run this one again, clear the task `open` of this run with "
        "everything downstream, or trigger a new run.",
    )


def _try(
    connection: Connection, table: Table, name: str, owner: str, lease: timedelta, dead: Lease | None
) -> Lease | Held:
    row = _hold_row(connection, table, name)
    if row.owner == owner:
        return _write(connection, table, name, owner, row.fence, lease)
    free = row.owner is None or row.expires_at <= read_clock(connection)
    if free or (dead is not None and (row.owner, row.fence) == (dead.owner, dead.fence)):
        return _write(connection, table, name, owner, row.fence + 1, lease)
    return Held(_lease(row))


def _hold_row(connection: Connection, table: Table, name: str) -> Any:
    """The row, locked; made by whoever comes first. It is there nearly always, so it is looked for before."""
    if (row := connection.execute(_locked(table), {"at": name}).one_or_none()) is not None:
        return row
    insert_absent(connection, table, [{"name": name, "owner": None, "fence": 0, "expires_at": None}])
    return connection.execute(_locked(table), {"at": name}).one()


def _write(connection: Connection, table: Table, name: str, owner: str, fence: int, lease: timedelta) -> Lease:
    expires_at = read_clock(connection) + lease
    connection.execute(_held(table), {"at": name, "by": owner, "with_fence": fence, "until": expires_at})
    return Lease(owner, fence, expires_at)


@cache
def _named(table: Table) -> Select[Any]:
    return select(table).where(table.c.name == bindparam("at"))


@cache
def _locked(table: Table) -> Select[Any]:
    return _named(table).with_for_update()


@cache
def _held(table: Table) -> Update:
    given: dict[str, Any] = {
        "owner": bindparam("by"),
        "fence": bindparam("with_fence"),
        "expires_at": bindparam("until"),
    }
    return update(table).where(table.c.name == bindparam("at")).values(given)


@cache
def _released(table: Table) -> Update:
    ours = (table.c.owner == bindparam("by"), table.c.fence == bindparam("with_fence"))
    return update(table).where(table.c.name == bindparam("at"), *ours).values(owner=None, expires_at=None)


def _lease(row: Any) -> Lease:
    return Lease(row.owner, row.fence, row.expires_at)
