"""Plans that wait for a person, and what scheduled runs do meanwhile."""

from __future__ import annotations

from datetime import timedelta

from contactsync.errors import PlanWaits
from contactsync.model.ledger import RunState
from contactsync.model.spec import FirstRun
from contactsync.model.stages import RunKind, RunRequest
from contactsync.stages.letting_pass import how_to_release
from contactsync.stages.workplace import Workplace

ANEW = timedelta(days=1)  # after which a first plan is worked out again, so that its report does not grow old


def stop_if_waiting(place: Workplace, request: RunRequest) -> None:
    """Errors: PlanWaits, where a scheduled run would only work out the same first plan again."""
    if request.kind is not RunKind.SCHEDULED or place.spec.first_run is not FirstRun.REVIEW:
        return
    runs = place.reader.runs(place.spec.id, 1)
    if not runs or runs[0].state is not RunState.WAITING or runs[0].run_id == request.run_id:
        return
    ended = runs[0].ended_at or runs[0].started_at
    if place.clock() - ended < ANEW:
        raise PlanWaits(
            f"The first plan of sync {place.spec.id!r} ({runs[0].plan_hash}, of {ended:%Y-%m-%d %H:%M} UTC) waits "
            "for a person; nothing is read until he lets it pass, or until it is a day old.",
            next_step=f"let it pass by {how_to_release(place.spec.id, runs[0].plan_hash)}",
        )
