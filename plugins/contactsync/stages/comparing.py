"""Comparing everybody: both sides read completely and looked through for possible duplicates. Writes nothing at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contactsync.contact import Values
from contactsync.extract import ReadOrder, extract
from contactsync.model.link import LinkStatus
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Opened, RunRequest
from contactsync.stages.opening import open_run
from contactsync.stages.workplace import Workplace
from contactsync.sync.duplicates import LIKELY, Duplicates, Scope, Settled, possible_duplicates
from contactsync.sync.profiles import FIELDS

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Compared:
    """Everybody who was read, how many rows could not be, and the possible duplicates."""

    contacts: Mapping[Side, Mapping[str, Values]]
    unreadable: int
    duplicates: Duplicates


def find_duplicates(
    place: Workplace, request: RunRequest, *, scope: Scope = Scope.ALL, least: int = LIKELY
) -> Compared:
    """Read what the scope needs and compare it. Errors: those of a dry run's reading.

    All fields that tell people apart are read, also those that do not flow in this sync; contacts are kept in memory
    only, never as artefacts.
    """
    opened = open_run(place, replace(request, dry_run=True))
    contacts, unreadable = {}, 0
    for side in SIDES:
        if scope in (Scope.ALL, Scope.ACROSS, Scope(side.value)):
            contacts[side], bad = _read(place, opened, side)
            unreadable += bad
    found = possible_duplicates(contacts, _settled(place), scope=scope, least=least)
    log.info("%d pairs compared, %d possible duplicates", found.compared, len(found.found))
    return Compared(contacts, unreadable, found)


def _read(place: Workplace, opened: Opened, side: Side) -> tuple[dict[str, Values], int]:
    """Every contact the side lists, linked ones too, and how many rows could not be read."""
    from contactsync.mapping.fields import to_contact

    app, region = place.app(side), place.spec.match.default_region
    order = ReadOrder(place.spec.id, side, None, complete=True, run_seq=opened.seq, now=place.clock(), anew=True)
    extracted = extract(app, place.reader, order)
    contacts: dict[str, Values] = {}
    bad = len(extracted.unreadable)
    for record in extracted.records.values():
        try:
            contacts[record.id] = to_contact(record.fields, app.info.fields, FIELDS, region)
        except (TypeError, ValueError, AttributeError, KeyError):
            bad += 1
    log.info("%s: %d contacts read, %d unreadable", app.info.title, len(contacts), bad)
    return contacts, bad


def _settled(place: Workplace) -> Settled:
    """Links whose two contacts are one person, and what persons said of two."""
    reader, sync_id = place.reader, place.spec.id
    left, right = (reader.link_ids(sync_id, side).set_index("link_id") for side in SIDES)
    live = left[left["status"] == LinkStatus.LIVE.value]
    partners = right["contact_id"].reindex(live.index)
    links = frozenset(zip(live["contact_id"].tolist(), partners.tolist(), strict=True))
    return Settled(links, frozenset((v.left_id, v.right_id) for v in reader.verdicts(sync_id)))
