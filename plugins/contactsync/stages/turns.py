"""A run's place among those that wait for its sync (core 25)."""

from __future__ import annotations

from contactsync.errors import CoveredBy
from contactsync.model.stages import RunKind, RunRequest
from contactsync.stages.backfilling import is_backfill, stop_if_covered
from contactsync.stages.workplace import Workplace

_PERSON, _BACKFILL = "1", "2"


def turn_of(request: RunRequest) -> str:
    """Texts in their order: what a person asked for, then backfills by the start of their interval.

    '' = it does not wait: the next scheduled run looks again, and who typed a command is told.
    """
    if request.typed or (request.kind in (RunKind.SCHEDULED, RunKind.CLI) and not _approved(request)):
        return ""
    if request.since is None or not is_backfill(request) or _approved(request):
        return _PERSON
    return f"{_BACKFILL} {request.since:%Y-%m-%dT%H:%M:%S}"


def _approved(request: RunRequest) -> bool:
    """A person let this run's plan pass, and Airflow runs it."""
    return request.can_ask and request.apply_plan != ""


def leave_if_covered(place: Workplace, request: RunRequest) -> None:
    """A backfill that has nothing to read waits no longer. Errors: CoveredBy."""
    try:
        stop_if_covered(place, request)
    except CoveredBy:
        place.ledger.leave_turn(place.spec.id, request.owner)
        raise
