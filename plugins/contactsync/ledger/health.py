"""Whether the ledger is sound: what the database says of its own files, and rows that do not fit. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, and_, func, select
from sqlalchemy.exc import DatabaseError

from contactsync.ledger import locks
from contactsync.ledger.connect import file_of
from contactsync.ledger.instants import read_clock
from contactsync.ledger.sealing import fernet_of
from contactsync.ledger.tables import (
    account_lease,
    decision,
    journal,
    key_hash,
    known,
    link,
    link_side,
    link_value,
    sync_lock,
    token,
)
from contactsync.ledger.transactions import outside, reading
from contactsync.model.ledger import Lease
from contactsync.model.link import LinkStatus

MOST = 5  # faults of one kind that are named


@dataclass(frozen=True)
class Files:
    """The files of a ledger in SQLite. wal: size of its -wal in bytes; mode: how the database is journalled."""

    path: Path
    size: int
    wal: int
    mode: str
    companions: tuple[Path, ...]


@dataclass(frozen=True)
class Sealed:
    """Tokens of one connection. opens: the key of now opens them; rotated: nothing else does any more."""

    connection: str
    opens: bool
    rotated: bool
    stored_at: datetime | None


def files(engine: Engine) -> Files | None:
    """None for a ledger in PostgreSQL."""
    path = file_of(engine)
    if path is None:
        return None
    companions = tuple(p for p in (Path(f"{path}-wal"), Path(f"{path}-shm")) if p.exists())
    wal = next((p.stat().st_size for p in companions if p.name.endswith("-wal")), 0)
    with reading(engine) as connection:
        mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())
    return Files(path, path.stat().st_size, wal, mode, companions)


def integrity(engine: Engine) -> list[str]:
    """What SQLite finds wrong with its file, in its own words (tables and pages, no values); [] for PostgreSQL."""
    if file_of(engine) is None:
        return []
    try:
        with outside(engine) as connection:
            rows = connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})").scalars()
            return [str(row) for row in rows if row != "ok"]
    except DatabaseError as error:  # too damaged to be looked through
        return [str(error.orig)]


def misfits(engine: Engine) -> list[str]:
    """Rows that do not fit together, a few words a kind: a ledger that was restored in part, or edited by hand."""
    with reading(engine) as connection:
        counts = {
            "links without exactly two sides": _count(connection, _one_sided()),
            "sides of no link": _orphans(connection, link_side, link, ("sync_id", "link_id")),
            "sides without values": _orphans(connection, link_side, link_value, ("sync_id", "link_id", "side")),
            "key hashes of no contact": _orphans(connection, key_hash, known, ("sync_id", "side", "contact_id")),
            "contacts in more than one live link": _count(connection, _linked_twice()),
        }
        behind = [t.name for t in (journal, decision) if _counter_is_behind(connection, t)]
    out = [f"{what}: {count}" for what, count in counts.items() if count]
    return [*out, *(f"new rows of {name} would be numbered like old ones" for name in behind)]


def clock(engine: Engine) -> datetime:
    """What the database's clock says."""
    with reading(engine) as connection:
        return read_clock(connection)


def held_locks(engine: Engine) -> list[tuple[str, Lease]]:
    """(sync, lease) of every lock that somebody holds or left behind."""
    return _held(engine, sync_lock)


def held_accounts(engine: Engine) -> list[tuple[str, Lease]]:
    """(account, lease), the same."""
    return _held(engine, account_lease)


def sealed(engine: Engine, key: str) -> list[Sealed]:
    """Every row of tokens. Errors: ConfigError where the key is none."""
    fernet = fernet_of(key) if key else None
    out = []
    with reading(engine) as connection:
        rows = connection.execute(select(token).where(token.c.sealed.is_not(None)).order_by(token.c.connection)).all()
    for row in rows:
        opens = False
        if fernet is not None:
            try:
                fernet.decrypt(row.sealed.encode())
                opens = True
            except InvalidToken:
                opens = False
        out.append(Sealed(row.connection, opens, row.rotated, row.stored_at))
    return out


def _held(engine: Engine, table: Table) -> list[tuple[str, Lease]]:
    with reading(engine) as connection:
        names = connection.execute(select(table.c.name).where(table.c.owner.is_not(None)).order_by(table.c.name))
        found = [(name, locks.holder(connection, table, name)) for name in names.scalars().all()]
    return [(name, lease) for name, lease in found if lease is not None]


def _one_sided() -> Select[Any]:
    sides = select(func.count()).where(_same(link_side, link, ("sync_id", "link_id"))).scalar_subquery()
    return select(func.count()).select_from(link).where(sides != 2)


def _linked_twice() -> Select[Any]:
    live = (
        select(link_side.c.sync_id, link_side.c.side, link_side.c.contact_id)
        .join(link, _same(link_side, link, ("sync_id", "link_id")))
        .where(link.c.status == LinkStatus.LIVE.value)
        .group_by(link_side.c.sync_id, link_side.c.side, link_side.c.contact_id)
        .having(func.count() > 1)
        .subquery()
    )
    return select(func.count()).select_from(live)


def _orphans(connection: Connection, table: Table, parent: Table, names: Sequence[str]) -> int:
    there = select(parent.c[names[0]]).where(_same(table, parent, names)).exists()
    return _count(connection, select(func.count()).select_from(table).where(~there))


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar_one())


def _same(one: Table, other: Table, names: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in names))


def _counter_is_behind(connection: Connection, table: Table) -> bool:
    """PostgreSQL numbers rows by a counter of its own, which a copy of the rows alone does not bring along."""
    if connection.dialect.name != "postgresql":
        return False
    counter = connection.exec_driver_sql(f"SELECT pg_get_serial_sequence('{table.name}', 'seq')").scalar_one()
    last, called = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {counter}").one()  # nosec B608 # noqa: S608 - a name of ours
    newest = connection.execute(select(func.coalesce(func.max(table.c.seq), 0))).scalar_one()
    return bool(newest >= (last + 1 if called else last))
