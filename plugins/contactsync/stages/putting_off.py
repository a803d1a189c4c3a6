"""What a run remembers that left contacts out: as little as makes the next one read and plan them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contactsync.errors import ConfigError
from contactsync.model.spec import Side
from contactsync.model.stages import Opened, RunRequest
from contactsync.stages.backfilling import is_backfill
from contactsync.stages.mapping_state import changed, to_record
from contactsync.stages.workplace import Workplace, sync_row


def remapped(place: Workplace) -> frozenset[str]:
    """Columns that the file maps in another way than the links know. None where there are no links."""
    row = sync_row(place)
    known = row is not None and place.reader.has_links(place.spec.id)
    return changed(row.mapping, place.mapping) if row is not None and known else frozenset()


def check_mapping(place: Workplace) -> None:
    """Errors: ConfigError, where fields have come to mean something else and not all links are to learn it at once.

    A link that has learnt it would be taken for one that has not, run after run, and an edit for a first meeting.
    """
    if new := remapped(place):
        raise ConfigError(
            f"The file of sync {place.spec.id!r} maps {', '.join(sorted(new))} in another way than before; such a "
            "change cannot be tried with a few contacts (limit, contacts).",
            next_step="look at it with: contactsync plan SYNC; then run once without limit and contacts",
        )


def read_again(
    place: Workplace, request: RunRequest, opened: Opened, headers: Mapping[Side, Mapping[str, Any]]
) -> None:
    """The cursors stay. Where this run read what they would not show again, the next one reads everything."""
    row = sync_row(place)
    if row is not None and not row.mapping:  # the links that it made do know what their fields mean
        place.ledger.save_sync(replace(row, mapping=to_record(row.mapping, place.mapping)))
    for side, header in headers.items():
        stored = place.ledger.cursor(place.spec.id, side)
        if stored is not None and stored.complete_at and (header["complete"] or is_backfill(request)):
            place.ledger.set_cursor(place.spec.id, replace(stored, complete_at=None), fence=opened.fence)
