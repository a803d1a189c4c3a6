"""After a run: whoever wants to be told of it is told, and a run never fails for that."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from contactsync.model.alerts import Event, Notice, Watched
from contactsync.model.stages import RunRequest
from contactsync.orchestration.connections import task_connection
from contactsync.orchestration.notifying import notifiers_of, sender
from contactsync.orchestration.run_context import RunContext

if TYPE_CHECKING:
    from contactsync.pipeline import Workplace
    from contactsync.stages.asking import Question

log = logging.getLogger(__name__)

REFUSED = ("AuthError",)  # errors after which somebody has to authorise again


def tell_of_run(place: Workplace, run: RunContext, request: RunRequest, red: str) -> None:
    """Alerts of a run that has just ended. red: its last line where it is red, else ''."""
    notifiers = notifiers_of(place.project, place.spec.alerts)
    if request.dry_run or not notifiers:
        return
    from contactsync.stages.alerting import look, tell

    kinds = run.errors(run.failed()) if red else {}
    told = ", ".join(f"{task}: {kind}" for task, kind in kinds.items() if kind)
    words = f"{red} ({told})" if told else red
    watched = Watched(place.spec.id, place.spec.alerts, place.spec.freshness)
    refused = any(kind in REFUSED for kind in kinds.values())
    try:
        sight = look(place.ledger, watched, place.clock(), red=words, refused=refused)
        tell(place.ledger, sight, notifiers, sender(task_connection))
    except Exception as error:  # noqa: BLE001 - the run is recorded, and contactsync__freshness tells it later
        log.warning("Nobody could be told of this run (%s).", type(error).__name__)


def tell_of_question(place: Workplace, question: Question) -> None:
    """A plan waits for a person, who is told once."""
    notifiers = notifiers_of(place.project, place.spec.alerts)
    if not notifiers:
        return
    from contactsync.stages.alerting import tell_one

    about = (place.spec.id, "", Event.APPROVAL, question.asked.plan_hash)
    try:
        tell_one(place.ledger, Notice(*about, question.line, place.clock()), notifiers, sender(task_connection))
    except Exception as error:  # noqa: BLE001 - the question is in Airflow all the same
        log.warning("Nobody could be told of this plan (%s).", type(error).__name__)


def new_holds(place: Workplace, request: RunRequest) -> dict[str, int]:
    """`side:reason` -> contacts that are held so since this run; {} for a dry run."""
    row = None if request.dry_run else place.reader.run(place.spec.id, request.run_id)
    found = place.reader.held_since(place.spec.id, row.started_at) if row is not None else {}
    return {f"{side}:{reason}": count for (side, reason), count in found.items()}
