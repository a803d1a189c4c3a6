"""A run that was recorded already, and whose last task somebody starts again."""

from __future__ import annotations

import logging

from contactsync.model.ledger import RunState
from contactsync.model.stages import Opened, RunRequest, Summary
from contactsync.stages.workplace import Workplace

log = logging.getLogger(__name__)


def recorded_before(place: Workplace, request: RunRequest, opened: Opened) -> Summary | None:
    """How it ended; None where it is still to be recorded, as it holds the sync or never came to its end."""
    if request.dry_run:
        return None
    lock = place.ledger.lock(place.spec.id)
    if lock is not None and (lock.owner, lock.fence) == (request.owner, opened.fence):
        return None
    run = place.ledger.run(place.spec.id, request.run_id)
    if run is None or run.state is RunState.RUNNING:
        return None
    log.info("This run was recorded at %s; nothing is left to do.", f"{run.ended_at:%Y-%m-%d %H:%M} UTC")
    return Summary(run.state is not RunState.FAILED, run.message, run.counts, again=True)
