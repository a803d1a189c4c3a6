"""What follows from the answer to a plan: it is written as far as it still holds, or the run ends (core 27)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from contactsync.errors import PlanMismatch
from contactsync.model.approval import Asked, Reply, When
from contactsync.model.exchange import State
from contactsync.model.ledger import RunState
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Opened, Reviewed, RunRequest, Summary
from contactsync.stages.desk import check_may_write, forbidden_in
from contactsync.stages.opening import open_run
from contactsync.stages.planning import reconcile
from contactsync.stages.putting_off import remapped
from contactsync.stages.reading import extract_side, transform
from contactsync.stages.workplace import Workplace

log = logging.getLogger(__name__)


def answered(place: Workplace, request: RunRequest, answer: Reply, by: str) -> Asked | None:
    """Write the answer down; the question with the answer that holds. None where this run has asked nothing.

    Errors: WritesForbidden.
    """
    check_may_write(forbidden_in(place.project))
    asked = place.reader.approval(place.spec.id, request.run_id)
    if asked is not None:
        place.ledger.reply(asked, answer, by)
    return place.reader.approval(place.spec.id, request.run_id)


def has_answer(place: Workplace, request: RunRequest, plan_hash: str) -> Asked | None:
    """This run's question about this plan, where it is answered and only its process died of following the answer.

    A run that was started again since then, as a person cleared it, asks again what had been declined.
    """
    asked, run = place.reader.approval(place.spec.id, request.run_id), place.reader.run(place.spec.id, request.run_id)
    if asked is None or run is None or asked.plan_hash != plan_hash or asked.answered_at is None:
        return None
    return asked if asked.answer is Reply.APPROVED or asked.answered_at >= run.started_at else None


def approved(place: Workplace, request: RunRequest, asked: Asked) -> Reviewed:
    """Take the sync anew, read both sides anew, and plan what of the approved plan still holds; nothing is added.

    Errors: LockBusy (another run works on the sync), ArtefactError (the plan is not kept any more), LimitExceeded (an
    app lists too few contacts now), and what else stops a reading.
    """
    request = replace(request, apply_plan=asked.plan_hash, by="")  # who answered is written down already
    opened = open_run(place, request)
    try:
        return _planned_anew(place, request, opened, asked)
    except BaseException:  # another try takes it again; whoever else comes needs not wait
        place.ledger.release_lock(place.spec.id, request.owner, opened.fence)
        raise


def _planned_anew(place: Workplace, request: RunRequest, opened: Opened, asked: Asked) -> Reviewed:
    reads = {side: extract_side(place, request, opened, side) for side in SIDES}
    left, right = reads[Side.LEFT], reads[Side.RIGHT]
    frames = transform(place, request, opened, left.ref, right.ref)
    try:
        planned = reconcile(place, request, opened, frames)
    except PlanMismatch:  # its own words ask a person to look, who has just done so
        why = "the file and some of it" if remapped(place) else "all of it"
        line = f"{_told(asked)}, 0 written: {why} has changed meanwhile; planned anew by the next run"
        ended = _ended(place, request, line)
        place.ledger.release_lock(place.spec.id, request.owner, opened.fence)
        return ended
    return Reviewed(asked.answer, _told(asked), opened, left, right, planned)


def declined(place: Workplace, request: RunRequest, asked: Asked) -> Reviewed:
    """Nothing is written; the run ends as it should."""
    return _ended(place, request, f"{_told(asked)}, nothing written", asked.answer)


def unanswered(place: Workplace, request: RunRequest) -> None:
    """The task that was to wait failed: so did the run."""
    run = place.reader.run(place.spec.id, request.run_id)
    if run is not None and run.state in (RunState.WAITING, RunState.RUNNING):
        told = "Nothing was written: the task review failed"
        place.ledger.end_run(replace(run, state=RunState.FAILED, ended_at=place.clock(), message=told))


def _ended(place: Workplace, request: RunRequest, line: str, answer: Reply = Reply.APPROVED) -> Reviewed:
    run = place.reader.run(place.spec.id, request.run_id)
    if run is not None:
        # Without counts it is no complete run: whoever watches the sync's age goes on waiting for one.
        place.ledger.end_run(replace(run, state=RunState.DONE, ended_at=place.clock(), counts={}, message=line))
    return Reviewed(answer, line)


def _told(asked: Asked) -> str:
    what = f"Plan {asked.plan_hash} ({asked.actions} actions)"
    if asked.answer is Reply.TIMED_OUT:
        return f"{what} was answered by nobody in time and counts as rejected"
    return f"{what} was {asked.answer.value} by {asked.by}"


def with_answer(place: Workplace, request: RunRequest, summary: Summary, states: Mapping[str, State]) -> Summary:
    """The end of a run whose plan was approved says so: how many actions were approved, and how many were done."""
    if not request.apply_plan or place.spec.approval.when is When.NEVER:
        return summary
    asked = place.reader.approval(place.spec.id, request.run_id)
    if asked is None or (asked.answer, asked.plan_hash) != (Reply.APPROVED, request.apply_plan):
        return summary
    done = sum(state in (State.DONE, State.ADOPTED) for state in states.values())
    return replace(summary, line=f"{_told(asked)}, {done} written. {summary.line}")
