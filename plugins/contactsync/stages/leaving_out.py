"""Contacts of forgotten persons are left out of what is read, before anything is stored of them, and only counted."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from contactsync.contact import Values
from contactsync.extract import Extracted
from contactsync.ledger.store import LedgerReader
from contactsync.mapping.fields import to_contact
from contactsync.model.exchange import Record
from contactsync.model.forgotten import Tombstone
from contactsync.model.spec import Side
from contactsync.model.stages import Opened
from contactsync.packed import PackedMap
from contactsync.stages.desk import desk_of
from contactsync.stages.sweeping import forgotten_by, keep_copy, sweep_ledger
from contactsync.stages.workplace import Workplace
from contactsync.sync.forgotten import FIELDS, Forgotten, cursor_without, id_trace, name_traces

log = logging.getLogger(__name__)

_MALFORMED = (TypeError, ValueError, AttributeError, KeyError)


def without_forgotten(place: Workplace, side: Side, read: Extracted) -> Extracted:
    """What was read, without the contacts of forgotten persons."""
    forgotten = forgotten_by(place.reader, place.spec.id)
    if not forgotten:
        return read
    persons = _persons(place, side, read, forgotten)
    ids = {*read.gone, *read.forbidden, *read.ghosts, *read.unlisted, *read.unlisted_linked}
    ids |= {*read.moved, *read.moved.values(), *(u.id for u in read.unreadable)}
    persons.update({i: person for i in ids if (person := forgotten.by_id(side, i))})
    cursor, names = cursor_without(read.cursor, lambda text: persons.get(text) or forgotten.by_id(side, text))
    again = {id_trace(forgotten.salt, side, i): person for i, person in persons.items()}
    again.update(name_traces(forgotten.salt, side, names))
    left_out = _left_out(read, persons)
    log.info("%s: %d rows of forgotten persons left out", side, left_out.forgotten)
    fresh = {number: person for (kind, number), person in again.items() if not forgotten.knows((kind, number))}
    return replace(left_out, cursor=cursor, again=fresh)


def _left_out(read: Extracted, persons: Collection[str]) -> Extracted:
    def rest(ids: Collection[str]) -> tuple[str, ...]:
        return tuple(i for i in ids if i not in persons)

    rows = [i for i in (*read.records, *(u.id for u in read.unreadable)) if i in persons]
    return replace(
        read,
        news=read.news - len(rows),
        forgotten=len(rows),
        records=PackedMap((i, r) for i, r in read.records.items() if i not in persons),
        gone=rest(read.gone),
        forbidden=rest(read.forbidden),
        moved={old: new for old, new in read.moved.items() if old not in persons and new not in persons},
        ghosts=rest(read.ghosts),
        unreadable=tuple(u for u in read.unreadable if u.id not in persons),
        unlisted_linked=rest(read.unlisted_linked),
        unlisted=rest(read.unlisted),
    )


def _persons(place: Workplace, side: Side, read: Extracted, forgotten: Forgotten) -> dict[str, str]:
    """Contact id -> the forgotten person to whom the record belongs."""
    values = ((i, _values(place, side, record)) for i, record in read.records.items())
    by_key = {i: person for i, v in values if (person := forgotten.by_values(v))}
    linked = _linked(place.reader, place.spec.id, side, by_key)
    persons = {i: person for i, person in by_key.items() if i not in linked}
    persons.update({i: person for i in read.records if (person := forgotten.by_id(side, i))})
    # A forgotten contact under a new id is that contact still, unless the id belongs to somebody already.
    for old, new in read.moved.items():
        if (person := forgotten.by_id(side, old)) and not place.reader.known(place.spec.id, side, [new]):
            persons[new] = person
    return persons


def _values(place: Workplace, side: Side, record: Record) -> Values:
    try:
        return to_contact(record.fields, place.app(side).info.fields, FIELDS, place.spec.match.default_region)
    except _MALFORMED:
        return {}


def _linked(reader: LedgerReader, sync_id: str, side: Side, ids: Collection[str]) -> set[str]:
    rows = reader.known(sync_id, side, ids) if ids else {}
    return {i for i, row in rows.items() if row.link_id is not None and not row.tombstone}


def keep_away(place: Workplace, opened: Opened, headers: Mapping[Side, Mapping[str, Any]]) -> None:
    """Ids by which forgotten persons showed again block from now on, whatever becomes of their keys."""
    now = place.clock()
    found = [
        Tombstone(side.value, int(number), person, now)
        for side, header in headers.items()
        for number, person in header.get("again", {}).items()
    ]
    if not found:
        return
    desk = desk_of(place)
    place.ledger.bury(desk.sync_id, found, fence=opened.fence)
    keep_copy(desk)
    sweep_ledger(desk, opened.fence)
