"""Plans that wait for a person, and what other runs do meanwhile (core 27)."""

from __future__ import annotations

from datetime import timedelta

from contactsync.errors import PlanWaits
from contactsync.frames import plan_from
from contactsync.model.approval import Asked, Reply, When, WhileWaiting
from contactsync.model.ledger import RunState
from contactsync.model.plan import Plan
from contactsync.model.spec import FirstRun
from contactsync.model.stages import ArtefactRef, RunKind, RunRequest, Waits
from contactsync.stages.letting_pass import how_to_release
from contactsync.stages.mapping_state import changed
from contactsync.stages.workplace import Workplace, sync_row
from contactsync.sync.approval import asks, contacts_of, open_one, rejected, unsettled
from contactsync.sync.narrowing import narrowed

ANEW = timedelta(days=1)  # after which a first plan is worked out again, so that its report does not grow old
_BY_HAND = (RunKind.MANUAL, RunKind.CLI)


def open_question(place: Workplace, request: RunRequest) -> Asked | None:
    """The plan of this sync, of another run, that a person is asked about now, or that is yet to be written."""
    return open_one(_of_others(place, request), place.clock(), lambda asked: _over(place, asked))


def _of_others(place: Workplace, request: RunRequest) -> list[Asked]:
    """A run that is cleared plans anew what it asked itself."""
    return [one for one in _unsettled(place) if one.run_id != request.run_id]


def _unsettled(place: Workplace) -> list[Asked]:
    sync_id = place.spec.id
    asked = place.reader.approvals(sync_id)
    if not asked:
        return []
    runs = {one.run_id: place.reader.run(sync_id, one.run_id) for one in asked if one.answer is Reply.APPROVED}
    by_hand = {name for name, run in runs.items() if run is not None and run.kind in _BY_HAND}
    return unsettled(asked, place.reader.applied(sync_id, min(one.asked_at for one in asked)), by_hand)


def _over(place: Workplace, asked: Asked) -> bool:
    """Nobody can answer any more, or what was approved is written, or being written under the sync's lock."""
    run = place.reader.run(asked.sync_id, asked.run_id) if asked.answer is Reply.APPROVED else None
    return place.ended(asked.owner) or (run is not None and run.state is not RunState.WAITING)


def held_back(place: Workplace, request: RunRequest) -> list[Asked]:
    """The plans whose contacts this run leaves alone: the one that waits, and those that were rejected lately.

    A run by hand plans and asks anew what was rejected.
    """
    if request.apply_plan or place.spec.approval.when is When.NEVER:
        return []
    found = open_question(place, request)
    again = request.kind in _BY_HAND
    return [*([found] if found else []), *([] if again else rejected(_of_others(place, request), place.clock()))]


def without_waiting(place: Workplace, request: RunRequest, plan: Plan) -> Plan:
    """The plan without the contacts of those plans. Errors: ArtefactError."""
    refs = [ArtefactRef(**asked.plan_ref) for asked in held_back(place, request)]
    made = [plan_from(*place.artefacts.read_pieces(ref), parts=("intents",)) for ref in refs]
    return narrowed(plan, contacts_of(made))


def for_whom(place: Workplace, request: RunRequest, plan: Plan) -> Waits:
    """For whom a plan waits of which it is known what limits it exceeds. A first plan is judged before."""
    if request.apply_plan or not asks(place.spec.approval.when, plan, plan.problems):
        return Waits.NOBODY
    if request.can_ask:
        return asked_or_next(place, request)
    return Waits.NOBODY if plan.problems else Waits.RELEASE  # over a limit: such a run stops


def asked_or_next(place: Workplace, request: RunRequest) -> Waits:
    """One plan of a sync is asked about at a time."""
    return Waits.APPROVAL if open_question(place, request) is None else Waits.TURN


# ---- runs that end before they read


def stop_if_waiting(place: Workplace, request: RunRequest) -> None:
    """Errors: PlanWaits, where this run is to do nothing before a person has answered."""
    if request.apply_plan or request.kind is RunKind.UNDO:
        return
    held = held_back(place, request)
    links = place.reader.has_links(place.spec.id)
    # Before there are links a run has nothing to go on with but what waits.
    if held and (place.spec.approval.while_waiting is WhileWaiting.STOP or not links):
        raise _wait_for(place, held[0])
    if not links:
        _stop_before_links(place, request)


def stop_if_remapped(place: Workplace, request: RunRequest) -> None:
    """Errors: PlanWaits, where fields have come to mean something else: that cannot be learnt for some contacts only.

    A link that has learnt it would be taken for one that has not, run after run, and an edit for a first meeting.
    """
    row = sync_row(place)
    held = held_back(place, request)
    if held and row is not None and changed(row.mapping, place.mapping):
        raise _wait_for(place, held[0])


def _wait_for(place: Workplace, held: Asked) -> PlanWaits:
    at = f"{held.plan_hash}, of run {held.run_id}, {held.asked_at:%Y-%m-%d %H:%M} UTC"
    if held.answer is Reply.REJECTED:
        told = f"A plan of sync {place.spec.id!r} ({at}) was rejected by {held.by}; for a day only a run by hand asks."
        return PlanWaits(told, next_step="trigger a run, which plans and asks anew")
    told = f"A plan of sync {place.spec.id!r} ({at}) waits for a person; this run does nothing."
    return PlanWaits(told, next_step="answer it in Airflow under Browse > Required Actions")


def _stop_before_links(place: Workplace, request: RunRequest) -> None:
    if request.kind is not RunKind.SCHEDULED or place.spec.first_run is not FirstRun.REVIEW:
        return
    runs = place.reader.runs(place.spec.id, 1)
    if not runs or runs[0].state is not RunState.WAITING or runs[0].run_id == request.run_id:
        return
    ended = runs[0].ended_at or runs[0].started_at
    asked = place.reader.approval(place.spec.id, runs[0].run_id)  # in Airflow, and nobody can answer any more
    if asked is None and place.clock() - ended < ANEW:
        raise PlanWaits(
            f"The first plan of sync {place.spec.id!r} ({runs[0].plan_hash}, of {ended:%Y-%m-%d %H:%M} UTC) waits "
            "for a person; nothing is read until he lets it pass, or until it is a day old.",
            next_step=f"let it pass by {how_to_release(place.spec.id, runs[0].plan_hash)}",
        )
