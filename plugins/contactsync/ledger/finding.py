"""Finding what is stored of a person: by id, by a text in values, by status."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from contactsync.ledger import links
from contactsync.ledger.codec import to_json
from contactsync.ledger.statements import chunks, columns
from contactsync.ledger.tables import hold, journal, known, link, link_side, link_value, verdict
from contactsync.model.forgotten import Traces
from contactsync.model.link import Link, LinkStatus
from contactsync.model.spec import SIDES, Side


def every_id(connection: Connection, sync_id: str) -> set[tuple[Side, str]]:
    """Every contact id that any row of the sync stands for."""
    found: set[tuple[Side, str]] = set()
    for table in (known, link_side, hold):
        query = select(table.c.side, table.c.contact_id).where(table.c.sync_id == sync_id)
        found.update((Side(side), contact_id) for side, contact_id in connection.execute(query))
    query = select(journal.c.side, journal.c.source_id, journal.c.target_id, journal.c.result_id)
    for row in connection.execute(query.where(journal.c.sync_id == sync_id)):
        side = Side(row.side)
        found.update(((side.other, row.source_id), (side, row.target_id), (side, row.result_id)))
    for left, right in connection.execute(
        select(verdict.c.left_id, verdict.c.right_id).where(verdict.c.sync_id == sync_id)
    ):
        found.update(((Side.LEFT, left), (Side.RIGHT, right)))
    return {(side, contact_id) for side, contact_id in found if contact_id}


def links_naming(connection: Connection, sync_id: str, value: str) -> list[Link]:
    """Links whose values may hold the text: to be looked at."""
    return links.by_id(
        connection, sync_id, _naming(connection, link_value, "link_id", ("base", "seen"), sync_id, value)
    )


def intents_naming(connection: Connection, sync_id: str, value: str) -> set[str]:
    """Operation keys of actions whose values may hold the text: to be looked at."""
    return _naming(connection, journal, "op_key", ("intent", "outcome"), sync_id, value)


def _naming(
    connection: Connection, table: Table, name: str, texts: tuple[str, ...], sync_id: str, value: str
) -> set[str]:
    """Looked for here and not by the database: what a column holds there is its own affair."""
    wanted = to_json(value)[1:-1]
    query = select(*columns(table, name, *texts)).where(table.c.sync_id == sync_id).execution_options(yield_per=1000)
    return {row[0] for row in connection.execute(query) if any(text and wanted in text for text in row[1:])}


def closed_links(connection: Connection, sync_id: str) -> list[Link]:
    """Links whose two contacts are gone."""
    query = select(link.c.link_id).where(link.c.sync_id == sync_id, link.c.status == LinkStatus.CLOSED)
    return links.by_id(connection, sync_id, set(connection.execute(query).scalars()))


# ---- what belongs to some contacts


def link_ids(connection: Connection, sync_id: str, traces: Traces) -> set[str]:
    """The links of these contacts, of any status, and those that are named."""
    found = set(traces.links)
    for condition in at(link_side, traces.contacts):
        query = select(link_side.c.link_id).where(link_side.c.sync_id == sync_id, condition)
        found.update(connection.execute(query).scalars())
    return found


def actions(connection: Connection, sync_id: str, traces: Traces, links_of: Collection[str]) -> set[str]:
    """Operation keys of what was done to these contacts, because of them, or over these links."""
    conditions: list[ColumnElement[bool]] = [journal.c.link_id.in_(chunk) for chunk in chunks(links_of)]
    for side in SIDES:
        for chunk in chunks(i for s, i in traces.contacts if s is side):
            written = or_(journal.c.target_id.in_(chunk), journal.c.result_id.in_(chunk))
            conditions.append(and_(journal.c.side == side, written))
            conditions.append(and_(journal.c.side == side.other, journal.c.source_id.in_(chunk)))
    keys = set(traces.actions)
    for condition in conditions:
        query = select(journal.c.op_key).where(journal.c.sync_id == sync_id, condition)
        keys.update(connection.execute(query).scalars())
    return keys


def at(table: Table, contacts: Collection[tuple[Side, str]]) -> Iterator[ColumnElement[bool]]:
    """Conditions on a table's side and contact_id that together name these contacts."""
    for side in SIDES:
        for chunk in chunks(i for s, i in contacts if s is side):
            yield and_(table.c.side == side, table.c.contact_id.in_(chunk))
