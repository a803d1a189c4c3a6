"""Tombstones of forgotten persons, and which artefact took whose place when such a person was taken out of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select

from contactsync.ledger.statements import chunks, insert_absent, upsert
from contactsync.ledger.tables import forgotten, rewritten
from contactsync.model.forgotten import Tombstone


def of_sync(connection: Connection, sync_id: str) -> tuple[Tombstone, ...]:
    """All of them, in a fixed order."""
    rows = connection.execute(_of_sync(), {"sync_id": sync_id}).all()
    found = (Tombstone(row.kind, row.hash, row.person, row.since) for row in rows)
    return tuple(sorted(found, key=lambda one: (one.person, one.kind, one.hash)))


@cache
def _of_sync() -> Select[Any]:
    return select(forgotten).where(forgotten.c.sync_id == bindparam("sync_id"))


def add(connection: Connection, sync_id: str, given: Sequence[Tombstone]) -> None:
    """Add those that are not there yet."""
    rows = [{"sync_id": sync_id, "kind": t.kind, "hash": t.hash, "person": t.person, "since": t.since} for t in given]
    insert_absent(connection, forgotten, rows)


def remove(connection: Connection, sync_id: str, persons: Collection[str]) -> None:
    """Remove all traces of these persons."""
    for chunk in chunks(persons):
        connection.execute(delete(forgotten).where(forgotten.c.sync_id == sync_id, forgotten.c.person.in_(chunk)))


def replace(connection: Connection, sync_id: str, given: Sequence[Tombstone]) -> None:
    """These and no others."""
    connection.execute(delete(forgotten).where(forgotten.c.sync_id == sync_id))
    add(connection, sync_id, given)


def note_rewritten(connection: Connection, was: str, became: str) -> None:
    """An artefact's content is now this one."""
    upsert(connection, rewritten, [{"was": was, "became": became}])


def became(connection: Connection, was: str) -> str | None:
    """What took an artefact's place; None = nothing did."""
    return connection.execute(select(rewritten.c.became).where(rewritten.c.was == was)).scalar_one_or_none()
