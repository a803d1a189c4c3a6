"""Links: rows <-> Link, the look-ups, and the one way to write them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, bindparam, or_, select, true, update

from contactsync.contact import Values
from contactsync.ledger.codec import (
    from_json,
    pack_apart,
    pack_rules,
    to_json,
    unpack_apart,
    unpack_rules,
    values_from_json,
)
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import among, chunks, columns, upsert
from contactsync.ledger.tables import link, link_side, link_value
from contactsync.model.link import Link, LinkSide, LinkStatus, Standing
from contactsync.model.spec import SIDES, Side

_OPEN = (LinkStatus.LIVE, LinkStatus.PARTED)


# ---- reading


def by_id(connection: Connection, sync_id: str, ids: Collection[str]) -> list[Link]:
    """Links by link id."""
    return _in_order(_select(connection, _by_ids(), sync_id, ids=chunk) for chunk in chunks(ids))


def by_contact(connection: Connection, sync_id: str, side: Side, contact_ids: Collection[str]) -> list[Link]:
    """Links of any status by the contact on one side."""
    parts = chunks(contact_ids)
    return _in_order(_select(connection, _by_contacts(), sync_id, side=side, ids=chunk) for chunk in parts)


def due(connection: Connection, sync_id: str, run_seq: int, now: datetime) -> list[Link]:
    """Open links that are due by run or by time, and others of which a person decided something."""
    return _in_order([_select(connection, _due(), sync_id, run_seq=run_seq, now=now)])


def missing(connection: Connection, sync_id: str, side: Side) -> list[Link]:
    """Open links whose contact on that side stands `missing`."""
    return _in_order([_select(connection, _missing(), sync_id, side=side)])


def made_in(connection: Connection, sync_id: str, run_ids: Collection[str]) -> list[Link]:
    """Links that these runs made, by matching or by a create."""
    made = _where(link.c.made_in.in_(among("run_ids")))
    return _in_order(_select(connection, made, sync_id, run_ids=chunk) for chunk in chunks(run_ids))


def every(connection: Connection, sync_id: str) -> list[Link]:
    """All links."""
    return _in_order([_select(connection, _where(true()), sync_id)])


def ids_frame(connection: Connection, sync_id: str, side: Side) -> pd.DataFrame:
    """link_id, contact_id, status, standing of every link, by one side."""
    names = ["link_id", "contact_id", "status", "standing"]
    rows = connection.execute(_ids(), {"sync_id": sync_id, "side": side}).all()
    return pd.DataFrame(rows, columns=names, dtype="str")


@cache
def _ids() -> Select[Any]:
    return (
        select(link.c.link_id, link_side.c.contact_id, link.c.status, link_side.c.standing)
        .join(link_side, _same(link_side, link, "sync_id", "link_id"))
        .where(link.c.sync_id == bindparam("sync_id"), link_side.c.side == bindparam("side"))
    )


def bases(connection: Connection, sync_id: str, side: Side, contact_ids: Collection[str]) -> dict[str, Values]:
    """Bases of one side, by contact; of a contact with several links, those of a live one."""
    found: dict[str, Values] = {}
    for chunk in chunks(contact_ids):
        query = (
            select(link_side.c.contact_id, link_value.c.base)
            .join(link_value, _same(link_value, link_side, "sync_id", "link_id", "side"))
            .join(link, _same(link, link_side, "sync_id", "link_id"))
            .where(link_side.c.sync_id == sync_id, link_side.c.side == side, link_side.c.contact_id.in_(chunk))
            .order_by(link.c.status == LinkStatus.LIVE)
        )
        found.update({contact_id: _base(base) for contact_id, base in connection.execute(query)})
    return found


@row_of("link_value")
def _base(text: str) -> Values:
    return values_from_json(text)


def _same(one: Table, other: Table, *names: str) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in names))


@cache
def _by_ids() -> Select[Any]:
    return _where(link.c.link_id.in_(among("ids")))


@cache
def _by_contacts() -> Select[Any]:
    return _where(_on_side(link_side.c.contact_id.in_(among("ids"))))


@cache
def _due() -> Select[Any]:
    is_due = or_(link.c.due_run <= bindparam("run_seq"), link.c.due_at <= bindparam("now"))
    return _where(and_(is_due, or_(link.c.status.in_(_OPEN), link.c.wish != "")))


@cache
def _missing() -> Select[Any]:
    return _where(and_(_on_side(link_side.c.standing == Standing.MISSING), link.c.status.in_(_OPEN)))


def _on_side(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    here = (link_side.c.sync_id == bindparam("sync_id"), link_side.c.side == bindparam("side"))
    return link.c.link_id.in_(select(link_side.c.link_id).where(*here, condition))


def _where(condition: ColumnElement[bool]) -> Select[Any]:
    """Two rows a link, one per side."""
    same_link = and_(link_side.c.sync_id == link.c.sync_id, link_side.c.link_id == link.c.link_id)
    same_side = and_(
        link_value.c.sync_id == link_side.c.sync_id,
        link_value.c.link_id == link_side.c.link_id,
        link_value.c.side == link_side.c.side,
    )
    return (
        select(
            link,
            link_side.c.version.label("vendor_version"),
            *columns(
                link_side, "side", "contact_id", "standing", "modified_at", "observed_at", "own_version", "own_at"
            ),
            *columns(link_value, "base", "seen", "ref"),
        )
        .join(link_side, same_link)
        .join(link_value, same_side)
        .where(link.c.sync_id == bindparam("sync_id"), condition)
    )


def _select(connection: Connection, query: Select[Any], sync_id: str, **given: Any) -> list[Link]:
    halves: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query, {"sync_id": sync_id, **given}):
        halves.setdefault(row.link_id, {"row": row})[row.side] = _side(row)
    return [_link(**found) for found in halves.values()]


@row_of("link_value")
def _side(row: Any) -> LinkSide:
    base = values_from_json(row.base)
    return LinkSide(
        contact_id=row.contact_id,
        base=base,
        seen=dict(base) if row.seen is None else values_from_json(row.seen),
        standing=Standing(row.standing),
        version=row.vendor_version,
        modified_at=row.modified_at,
        ref=from_json(row.ref),
        observed_at=row.observed_at,
        own_version=row.own_version,
        own_at=row.own_at,
    )


@row_of("link")
def _link(row: Any, left: LinkSide, right: LinkSide) -> Link:
    return Link(
        id=row.link_id,
        left=left,
        right=right,
        status=LinkStatus(row.status),
        version=row.version,
        apart=unpack_apart(row.apart),
        scope={Side.LEFT: row.scope_left, Side.RIGHT: row.scope_right},
        due_run=row.due_run,
        due_at=row.due_at,
        attempts=row.attempts,
        wish=row.wish,
        **unpack_rules(row.rules),
    )


def _in_order(found: Iterable[list[Link]]) -> list[Link]:
    """By link id: the two databases sort text differently, and neither promises an order."""
    return sorted((one for part in found for one in part), key=lambda one: one.id)


def any_of(connection: Connection, sync_id: str) -> bool:
    """True where the sync has a link."""
    return connection.execute(select(link.c.link_id).where(link.c.sync_id == sync_id).limit(1)).first() is not None


# ---- writing


def write(connection: Connection, sync_id: str, run_id: str, links: Sequence[Link]) -> None:
    """Write the links that are newer than what is stored; the caller holds the sync's lock row."""
    stored = _versions(connection, sync_id, [one.id for one in links])
    newest = {one.id: one for one in sorted(links, key=lambda one: one.version)}
    newer = [one for one in newest.values() if stored.get(one.id, -1) < one.version]
    rows = [{**_link_row(sync_id, one), "made_in": run_id} for one in newer]
    upsert(connection, link, rows, keep=("made_in",))
    upsert(connection, link_side, [_side_row(sync_id, one, side) for one in newer for side in SIDES])
    upsert(connection, link_value, [_value_row(sync_id, one, side) for one in newer for side in SIDES])


def rekey(connection: Connection, sync_id: str, side: Side, old: str, new: str) -> None:
    """Move links to a contact's new id. Where that is linked already, the fold says itself what becomes of both."""
    here = (link_side.c.sync_id == sync_id, link_side.c.side == side)
    taken = select(link_side.c.link_id).where(*here, link_side.c.contact_id == new).limit(1)
    if connection.execute(taken).first() is None:
        connection.execute(update(link_side).where(*here, link_side.c.contact_id == old).values(contact_id=new))


def _versions(connection: Connection, sync_id: str, ids: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in chunks(ids):
        rows = connection.execute(_version_of(), {"sync_id": sync_id, "ids": chunk})
        found.update((row.link_id, row.version) for row in rows)
    return found


@cache
def _version_of() -> Select[Any]:
    here = (link.c.sync_id == bindparam("sync_id"), link.c.link_id.in_(among("ids")))
    return select(link.c.link_id, link.c.version).where(*here)


def _link_row(sync_id: str, one: Link) -> dict[str, Any]:
    return {
        "sync_id": sync_id,
        "link_id": one.id,
        "status": one.status.value,
        "version": one.version,
        "scope_left": one.scope.get(Side.LEFT, True),
        "scope_right": one.scope.get(Side.RIGHT, True),
        "due_run": one.due_run,
        "due_at": one.due_at,
        "attempts": one.attempts,
        "apart": pack_apart(one.apart),
        "wish": one.wish,
        "rules": pack_rules(one),
    }


def _side_row(sync_id: str, one: Link, side: Side) -> dict[str, Any]:
    half = one.side(side)
    return {
        "sync_id": sync_id,
        "link_id": one.id,
        "side": side.value,
        "contact_id": half.contact_id,
        "standing": half.standing.value,
        "version": half.version,
        "modified_at": half.modified_at,
        "observed_at": half.observed_at,
        "own_version": half.own_version,
        "own_at": half.own_at,
    }


def _value_row(sync_id: str, one: Link, side: Side) -> dict[str, Any]:
    half = one.side(side)
    return {
        "sync_id": sync_id,
        "link_id": one.id,
        "side": side.value,
        "base": to_json(half.base),
        "seen": None if half.seen == half.base else to_json(half.seen),
        "ref": to_json(half.ref),
    }
