"""A run's place among those that wait for its sync (core 25)."""

from __future__ import annotations

from contactsync.errors import CoveredBy
from contactsync.model.stages import RunKind, RunRequest
from contactsync.stages.backfilling import is_backfill, stop_if_covered
from contactsync.stages.workplace import Workplace

_PERSON, _BACKFILL = "1", "2"


def turn_of(request: RunRequest) -> str:
    """Texts in their order: what a person asked for, then backfills by the start of their interval.

    '' = it does not wait: the next scheduled run looks again.
    """
    if request.kind is RunKind.SCHEDULED and not request.apply_plan:
        return ""
    if request.since is None or not is_backfill(request) or request.apply_plan:
        return _PERSON
    return f"{_BACKFILL} {request.since:%Y-%m-%dT%H:%M:%S}"


def leave_if_covered(place: Workplace, request: RunRequest) -> None:
    """A backfill that has nothing to read waits no longer. Errors: CoveredBy."""
    try:
        stop_if_covered(place, request)
    except CoveredBy:
        place.ledger.leave_turn(place.spec.id, request.owner)
        raise
