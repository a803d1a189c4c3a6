"""The key index: every contact ever shown on a side, with salted hashes of its keys (core 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Select,
    and_,
    bindparam,
    delete,
    func,
    not_,
    or_,
    select,
    update,
)

from contactsync.ledger.codec import from_json, to_json
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import among, chunks, columns, upsert
from contactsync.ledger.tables import key_hash, known
from contactsync.model.ledger import KeyMember
from contactsync.model.link import Known
from contactsync.model.spec import Side

Keys = dict[str, dict[str, tuple[int, ...]]]
"""Contact id -> match key -> hashes."""


# ---- reading


def count(connection: Connection, sync_id: str, side: Side) -> int:
    """Contacts that are no tombstones."""
    found: int = connection.execute(_count(), {"sync_id": sync_id, "side": side}).scalar_one()
    return found


def by_id(connection: Connection, sync_id: str, side: Side, ids: Collection[str]) -> dict[str, Known]:
    """Rows by contact id."""
    found: dict[str, Known] = {}
    for chunk in chunks(ids):
        found.update(_select(connection, _by_ids(), sync_id, side, ids=chunk))
    return found


def due(connection: Connection, sync_id: str, side: Side, run_seq: int, now: datetime) -> list[Known]:
    """Contacts that are due by run or by time."""
    found = _select(connection, _due(), sync_id, side, run_seq=run_seq, now=now)
    return [found[contact_id] for contact_id in sorted(found)]


def members(connection: Connection, sync_id: str, hashes: Mapping[str, Collection[int]]) -> list[KeyMember]:
    """Contacts of either side that carry one of these key hashes."""
    found: list[KeyMember] = []
    for match_key, wanted in hashes.items():
        for chunk in chunks(wanted):
            found.extend(_members(connection, sync_id, match_key, chunk))
    return sorted(found, key=lambda one: (one.side, one.contact_id, one.key, one.hash))


def frame(connection: Connection, sync_id: str, side: Side) -> pd.DataFrame:
    """The whole narrow index of one side."""
    # In no order: sorting costs SQLite as much as reading.
    narrow = columns(known, "contact_id", "raw", "fingerprint", "link_id", "tombstone")
    query = select(*narrow).where(known.c.sync_id == sync_id, known.c.side == side)
    rows = connection.execute(query).all()
    ids, raw, fingerprints, link_ids, tombstones = zip(*rows, strict=True) if rows else ((),) * 5
    return pd.DataFrame(
        {
            "contact_id": pd.array(list(ids), dtype="str"),
            "raw": pd.array(list(raw), dtype="Int64"),
            "fingerprint": pd.array(list(fingerprints), dtype="Int64"),
            "link_id": pd.array(list(link_ids), dtype="str"),
            "tombstone": pd.array(list(tombstones), dtype="bool"),
        }
    )


def _members(connection: Connection, sync_id: str, match_key: str, chunk: list[int]) -> list[KeyMember]:
    rows = connection.execute(_by_hashes(), {"sync_id": sync_id, "match_key": match_key, "hashes": chunk})
    return [KeyMember(Side(row[0]), row[1], row[2], row[3], row[4]) for row in rows]


@cache
def _by_hashes() -> Select[Any]:
    same = and_(
        known.c.sync_id == key_hash.c.sync_id,
        known.c.side == key_hash.c.side,
        known.c.contact_id == key_hash.c.contact_id,
    )
    here = (key_hash.c.sync_id == bindparam("sync_id"), key_hash.c.match_key == bindparam("match_key"))
    return (
        select(*columns(key_hash, "side", "contact_id", "match_key", "hash"), known.c.link_id)
        .join(known, same)
        .where(*here, key_hash.c.hash.in_(among("hashes")))
        .where(not_(known.c.tombstone))
        .distinct()
    )


@cache
def _count() -> Select[Any]:
    here = (known.c.sync_id == bindparam("sync_id"), known.c.side == bindparam("side"))
    return select(func.count()).where(*here, not_(known.c.tombstone))


@cache
def _by_ids() -> Select[Any]:
    return _of_side().where(known.c.contact_id.in_(among("ids")))


@cache
def _due() -> Select[Any]:
    is_due = or_(known.c.due_run <= bindparam("run_seq"), known.c.due_at <= bindparam("now"))
    return _of_side().where(is_due, not_(known.c.tombstone))


def _of_side() -> Select[Any]:
    return select(known).where(known.c.sync_id == bindparam("sync_id"), known.c.side == bindparam("side"))


def _select(connection: Connection, query: Select[Any], sync_id: str, side: Side, **given: Any) -> dict[str, Known]:
    rows = connection.execute(query, {"sync_id": sync_id, "side": side, **given}).all()
    keys = _keys(connection, sync_id, side, [row.contact_id for row in rows])
    return {row.contact_id: _known(row, keys.get(row.contact_id, {})) for row in rows}


def _keys(connection: Connection, sync_id: str, side: Side, ids: Collection[str]) -> Keys:
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for chunk in chunks(ids):
        rows = connection.execute(_keys_of(), {"sync_id": sync_id, "side": side, "ids": chunk})
        for contact_id, match_key, number in rows:
            found[contact_id][match_key].append(number)
    return {contact_id: {key: tuple(held) for key, held in keys.items()} for contact_id, keys in found.items()}


@cache
def _keys_of() -> Select[Any]:
    here = (key_hash.c.sync_id == bindparam("sync_id"), key_hash.c.side == bindparam("side"))
    return (
        select(*columns(key_hash, "contact_id", "match_key", "hash"))
        .where(*here, key_hash.c.contact_id.in_(among("ids")))
        .order_by(key_hash.c.ordinal)
    )


@row_of("known")
def _known(row: Any, keys: Mapping[str, tuple[int, ...]]) -> Known:
    return Known(
        contact_id=row.contact_id,
        raw=row.raw,
        fingerprint=row.fingerprint,
        link_id=row.link_id,
        generation=row.generation,
        tombstone=row.tombstone,
        ref=from_json(row.ref),
        due_run=row.due_run,
        due_at=row.due_at,
        attempts=row.attempts,
        first_seen_at=row.first_seen_at,
        keys=keys,
        wish=row.wish,
    )


# ---- writing


def write(connection: Connection, sync_id: str, rows: Sequence[tuple[Side, Known]]) -> None:
    """Upsert rows, keys replaced. When a contact was first seen stays as it was first told."""
    if not rows:
        return
    last = {(side, one.contact_id): one for side, one in rows}
    rows_of_known = [_known_row(sync_id, side, one) for (side, _), one in last.items()]
    upsert(connection, known, rows_of_known, first=("first_seen_at",))
    _drop_keys(connection, sync_id, last)
    upsert(connection, key_hash, [row for (side, _), one in last.items() for row in _key_rows(sync_id, side, one)])


def forget(connection: Connection, sync_id: str, gone: Sequence[tuple[Side, str]]) -> None:
    """Remove rows of gone ids. Tombstones stay: they keep the deleted from coming back."""
    for side, chunk in _by_side(gone):
        here = (known.c.sync_id == sync_id, known.c.side == side, known.c.contact_id.in_(chunk))
        connection.execute(delete(known).where(*here, not_(known.c.tombstone)))
    # A tombstone keeps no keys either: matching never looks at it.
    _drop_keys(connection, sync_id, gone)


def rekey(connection: Connection, sync_id: str, side: Side, old: str, new: str) -> None:
    """Move a contact's row to its new id. Where both are known the new row stays and inherits link and generation."""
    found = _select(connection, _by_ids(), sync_id, side, ids=[old, new])
    if old not in found:
        return
    if new in found:
        _inherit(connection, sync_id, side, found[old], found[new])
        for table in (known, key_hash):
            connection.execute(delete(table).where(*_at(table, sync_id, side), table.c.contact_id == old))
        return
    for table in (known, key_hash):
        moved = update(table).where(*_at(table, sync_id, side), table.c.contact_id == old)
        connection.execute(moved.values(contact_id=new))


def _inherit(connection: Connection, sync_id: str, side: Side, old: Known, new: Known) -> None:
    here = (*_at(known, sync_id, side), known.c.contact_id == new.contact_id)
    connection.execute(
        update(known)
        .where(*here)
        .values(link_id=new.link_id or old.link_id, generation=max(old.generation, new.generation))
    )


def _at(table: Any, sync_id: str, side: Side) -> tuple[ColumnElement[bool], ...]:
    return (table.c.sync_id == sync_id, table.c.side == side)


def _by_side(contacts: Collection[tuple[Side, str]]) -> list[tuple[Side, list[str]]]:
    return [
        (side, chunk) for side in Side for chunk in chunks(contact_id for held, contact_id in contacts if held is side)
    ]


def _drop_keys(connection: Connection, sync_id: str, contacts: Collection[tuple[Side, str]]) -> None:
    for side, chunk in _by_side(contacts):
        connection.execute(_without_keys(), {"sync_id": sync_id, "side": side, "ids": chunk})


@cache
def _without_keys() -> Delete:
    here = (key_hash.c.sync_id == bindparam("sync_id"), key_hash.c.side == bindparam("side"))
    return delete(key_hash).where(*here, key_hash.c.contact_id.in_(among("ids")))


def _known_row(sync_id: str, side: Side, one: Known) -> dict[str, Any]:
    return {
        "sync_id": sync_id,
        "side": side.value,
        "contact_id": one.contact_id,
        "raw": one.raw,
        "fingerprint": one.fingerprint,
        "link_id": one.link_id,
        "tombstone": one.tombstone,
        "generation": one.generation,
        "due_run": one.due_run,
        "due_at": one.due_at,
        "attempts": one.attempts,
        "first_seen_at": one.first_seen_at,
        "ref": to_json(one.ref),
        "wish": one.wish,
    }


def _key_rows(sync_id: str, side: Side, one: Known) -> list[dict[str, Any]]:
    return [
        {
            "sync_id": sync_id,
            "side": side.value,
            "contact_id": one.contact_id,
            "match_key": match_key,
            "ordinal": ordinal,
            "hash": number,
        }
        for match_key, held in one.keys.items()
        for ordinal, number in enumerate(held)
    ]
