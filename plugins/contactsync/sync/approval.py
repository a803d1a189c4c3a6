"""Which plans wait for a person, and which of those that were asked about still hold others back. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from contactsync.model.approval import Asked, Reply, When
from contactsync.model.plan import Plan
from contactsync.sync.narrowing import Subject, subject_of

LATE = timedelta(minutes=15)  # Airflow counts from when it has put the task aside
STANDS = timedelta(days=1)  # a plan that was rejected is not asked about again for so long, but by a run by hand
IN_WAITING = "in a plan that waits for a person, or was rejected: planned again later"


def asks(when: When, plan: Plan, problems: Sequence[str]) -> bool:
    """Does this plan wait for a person? problems: the limits that it exceeds. (A first plan is judged before.)"""
    match when:
        case When.NEVER:
            return False
        case When.OVER_LIMITS:
            return bool(problems)
        case When.ALWAYS:
            return bool(problems) or bool(plan.intents)


def unsettled(asked: Sequence[Asked], applied: Mapping[str, datetime], by_hand: Collection[str]) -> list[Asked]:
    """The questions that nothing has settled since: newest first, as `asked` is.

    applied: when a plan was last let pass by its hash; by_hand: runs that planned anew what was rejected.
    """
    anew = max((one.asked_at for one in asked if one.answer is Reply.APPROVED and one.run_id in by_hand), default=None)
    return [
        one
        for one in asked
        if not (one.plan_hash in applied and applied[one.plan_hash] >= one.asked_at)
        and not (one.answer is Reply.REJECTED and anew is not None and one.asked_at < anew)
    ]


def open_one(asked: Sequence[Asked], now: datetime, ended: Callable[[Asked], bool]) -> Asked | None:
    """The question that nobody has answered, or whose plan is yet to be written, if any. ended: has its run ended?"""
    waiting = [
        one for one in asked if one.answer is Reply.APPROVED or (one.answer is Reply.NONE and now < one.ends_at + LATE)
    ]
    return next((one for one in waiting if not ended(one)), None)


def rejected(asked: Sequence[Asked], now: datetime) -> list[Asked]:
    """Plans that a person rejected lately. One for which time ran out is asked about again by the next run."""
    return [
        one
        for one in asked
        if one.answer is Reply.REJECTED and one.answered_at is not None and now - one.answered_at < STANDS
    ]


def contacts_of(plans: Sequence[Plan]) -> Mapping[Subject, str]:
    """Whom later runs leave out because of these plans."""
    return {subject_of(intent): IN_WAITING for plan in plans for intent in plan.intents}
