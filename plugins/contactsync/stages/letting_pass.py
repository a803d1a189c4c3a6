"""May a plan be written by itself, because a person let it pass, or not before somebody did (core 27, 29)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from contactsync.errors import ArtefactError, LimitExceeded, PlanMismatch
from contactsync.model.approval import Reply
from contactsync.model.plan import Plan
from contactsync.model.spec import FirstRun
from contactsync.model.stages import RunRequest, Waits
from contactsync.stages.putting_off import check_mapping, remapped
from contactsync.stages.stored_plans import stored_plan
from contactsync.stages.workplace import Workplace
from contactsync.sync.narrowing import beyond, narrowed, not_in, others_than


def part_of(place: Workplace, request: RunRequest, plan: Plan, short: Collection[str]) -> Plan:
    """What this run is to do of its plan: what was let pass, of whom it was asked for, and not more than `limit`.

    short: listings of too few contacts, in words

    Errors: ConfigError, PlanMismatch (fields have come to mean something else, which is not learnt for a part); of an
    approved plan ArtefactError, LimitExceeded.
    """
    if request.apply_plan and request.apply_plan != plan.hash:
        _stop_unless_comparable(place, request, plan, short)
        plan = _released_part(place, request.apply_plan, plan, short)
    most = request.limit or place.spec.limit
    if most or request.contacts:
        check_mapping(place)
    if request.contacts:
        plan = narrowed(plan, others_than(plan, request.contacts))
    return narrowed(plan, beyond(plan, most)) if most else plan


def _stop_unless_comparable(place: Workplace, request: RunRequest, plan: Plan, short: Collection[str]) -> None:
    """Who approved a plan is not to be told that all of it has changed, where that cannot be known."""
    asked = place.reader.approval(place.spec.id, request.run_id)
    if asked is None or (asked.answer, asked.plan_hash) != (Reply.APPROVED, request.apply_plan):
        return
    released = stored_plan(place, asked.plan_hash)
    if released is None:
        raise ArtefactError(
            f"Plan {asked.plan_hash} was approved and is no longer kept; nothing was written.",
            next_step="trigger a run, which plans and asks anew; if need be raise artefacts.keep",
        )
    if new := sorted({*short} - {*released.problems}):
        raise LimitExceeded(
            f"Nothing was written of the approved plan {asked.plan_hash}: {'; '.join(new)}.",
            plan_hash=plan.hash,
            next_step="see that the app lists all contacts, then trigger a run, which plans and asks anew",
        )


def _released_part(place: Workplace, plan_hash: str, plan: Plan, short: Collection[str]) -> Plan:
    """Accounts are edited while a person looks: what he let pass and is planned still is done, and nothing else."""
    released = stored_plan(place, plan_hash)
    if released is None or not set(short) <= {*released.problems}:
        return plan
    cut = narrowed(plan, not_in(plan, released))
    if not cut.intents:
        return plan
    if cut.put_off and (new := remapped(place)):
        raise PlanMismatch(
            f"Only a part of plan {plan_hash} still holds, and the file of sync {place.spec.id!r} maps "
            f"{', '.join(sorted(new))} in another way than before; such a change cannot be carried out for some "
            "contacts only.",
            next_step=f"look at what would be done now with: contactsync plan {place.spec.id}; then let that plan pass",
        )
    return replace(cut, hash=plan_hash)


def who_decides(place: Workplace, request: RunRequest, plan: Plan, *, first: bool) -> Waits:
    """For whom the plan waits, if for anybody. first: of a sync that has no links yet, and never had."""
    if request.apply_plan:
        return Waits.NOBODY  # which plan was meant is judged next
    asks = first and place.spec.first_run is FirstRun.REVIEW and bool(plan.intents)
    return Waits.RELEASE if asks else Waits.NOBODY


def how_to_release(sync: str, plan_hash: str) -> str:
    """In words."""
    return f"triggering a run with apply_plan = {plan_hash} (or: contactsync release {sync} {plan_hash})"


def judge(request: RunRequest, plan: Plan, *, look: str, passes: str) -> None:
    """A plan over a limit passes once, by its own hash. Errors: LimitExceeded, PlanMismatch.

    look, passes  how a person looks at the plan, and lets it pass, in words
    """
    if request.apply_plan and request.apply_plan != plan.hash:
        raise PlanMismatch(
            f"This run was to apply plan {request.apply_plan}, but the plan worked out now is {plan.hash}.",
            next_step=f"look at it with: {look}",
        )
    if plan.problems and request.apply_plan != plan.hash:
        raise LimitExceeded(
            f"Nothing was written: {'; '.join(plan.problems)}. Plan {plan.hash}.",
            plan_hash=plan.hash,
            next_step=f"look at it with: {look}; let it pass once by {passes}",
        )
