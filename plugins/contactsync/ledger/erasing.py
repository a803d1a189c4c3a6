"""Erasing what is stored of some contacts of a sync: their own rows go, and other rows no longer name them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Column, Connection, Engine, delete, select, text, update

from contactsync.errors import LedgerBusy
from contactsync.ledger import finding
from contactsync.ledger.codec import from_json, to_json
from contactsync.ledger.connect import file_of
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import chunks
from contactsync.ledger.tables import (
    conflict,
    decision,
    hold,
    journal,
    journal_key,
    key_hash,
    known,
    link,
    link_side,
    link_value,
    run,
    schema,
    verdict,
)
from contactsync.ledger.transactions import outside
from contactsync.model.forgotten import Traces
from contactsync.model.spec import SIDES, Side

Contacts = Collection[tuple[Side, str]]

NOBODY = "(forgotten)"
_SHORT = 4  # shorter ids, without their side before them, are words and numbers like others


def erase(connection: Connection, sync_id: str, traces: Traces) -> None:
    """The rows of these contacts, links and actions; every text elsewhere that names the contacts."""
    contacts, link_ids = traces.contacts, finding.link_ids(connection, sync_id, traces)
    actions = finding.actions(connection, sync_id, traces, link_ids)
    for table in (journal_key, journal):
        _delete_in(connection, sync_id, table.c.op_key, actions)
    for table in (link, link_side, link_value, hold, conflict):
        _delete_in(connection, sync_id, table.c.link_id, link_ids)
    for table in (known, key_hash, hold):
        for condition in finding.at(table, contacts):
            connection.execute(delete(table).where(table.c.sync_id == sync_id, condition))
    for side, column in ((Side.LEFT, verdict.c.left_id), (Side.RIGHT, verdict.c.right_id)):
        _delete_in(connection, sync_id, column, [i for s, i in contacts if s is side])
    _unlink(connection, sync_id, link_ids)
    _name_nobody(connection, sync_id, contacts)


def _unlink(connection: Connection, sync_id: str, link_ids: Collection[str]) -> None:
    """Whoever was parted from such a contact by a person stands alone now."""
    for chunk in chunks(link_ids):
        former = (known.c.sync_id == sync_id, known.c.link_id.in_(chunk))
        connection.execute(update(known).where(*former).values(link_id=None))
        decided = (decision.c.sync_id == sync_id, decision.c.link_id.in_(chunk))
        connection.execute(update(decision).where(*decided).values(link_id=""))


def _delete_in(connection: Connection, sync_id: str, column: Column[Any], values: Collection[str]) -> None:
    for chunk in chunks(values):
        connection.execute(delete(column.table).where(column.table.c.sync_id == sync_id, column.in_(chunk)))


# ---- texts that name somebody else's contact


def _name_nobody(connection: Connection, sync_id: str, contacts: Contacts) -> None:
    """Details and candidates of holds, the record of decisions, last lines of runs, words of outcomes."""
    gone = frozenset(contacts)

    def cleaned(column: Column[Any], text: str) -> str:
        if column is hold.c.candidates:
            return _without(text, gone)
        if column is journal.c.outcome:
            return _outcome_without(text, gone)
        return unnamed(text, gone)

    for column in (hold.c.detail, hold.c.candidates, decision.c.what, run.c.message, journal.c.outcome):
        _rewrite(connection, sync_id, column, cleaned)


@row_of("hold")
def _without(candidates: str, gone: Contacts) -> str:
    return to_json([one for one in from_json(candidates, list) if _place(one) not in gone])


@row_of("journal")
def _outcome_without(text: str, gone: Contacts) -> str:
    outcome = from_json(text)
    return to_json({**outcome, "reason": unnamed(outcome["reason"], gone)}) if "reason" in outcome else text


def _rewrite(
    connection: Connection, sync_id: str, column: Column[Any], cleaned: Callable[[Column[Any], str], str]
) -> None:
    table = column.table
    query = select(*table.primary_key, column.label("words")).where(table.c.sync_id == sync_id)
    for row in connection.execute(query).mappings().all():
        words = cleaned(column, row["words"])
        if words != row["words"]:
            here = (key == row[key.name] for key in table.primary_key)
            connection.execute(update(table).where(*here).values({column: words}))


def unnamed(words: str, contacts: Contacts) -> str:
    """A text for people without the ids of these contacts, whatever characters they are made of."""
    ids = sorted({i for _, i in contacts if i in words}, key=len, reverse=True)
    if not ids:
        return words

    def told(found: re.Match[str]) -> str:
        side, contact_id = found[1], found[2]
        if side:
            return f"{side}:{NOBODY}" if (Side(side), contact_id) in contacts else found[0]
        return NOBODY if len(contact_id) >= _SHORT else found[0]

    named = "|".join(map(re.escape, ids))
    return re.sub(rf"(?<![\w.@/+=-])(?:({'|'.join(SIDES)}):)?({named})(?![\w-]|[.@/+=]\w)", told, words)


def _place(text: str) -> tuple[Side, str]:
    side, _, contact_id = text.partition(":")
    return Side(side), contact_id


# ---- leaving nothing behind


def compact(engine: Engine) -> None:
    """Give up the space of erased rows, in which they still stand. Errors: LedgerBusy where others use the ledger."""
    with outside(engine) as connection:
        if file_of(engine) is None:
            for table in schema.sorted_tables:
                connection.execute(text(f'VACUUM "{table.name}"'))
            return
        connection.execute(text("PRAGMA secure_delete = ON"))
        connection.execute(text("VACUUM"))
        busy, _, _ = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
    if busy:
        raise LedgerBusy(
            "The ledger's file could not be compacted: another process reads it.",
            next_step="say the same again when no run is on.",
        )
