"""Doing what the form of contactsync__manage asks for: each act is the very function that its command calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from contactsync.errors import ConfigError
from contactsync.model.acts import Act, Order, Told
from contactsync.model.decisions import Answer
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import RunKind, RunRequest
from contactsync.stages.manage_form import AGAIN, bare_id

if TYPE_CHECKING:
    from contactsync.pipeline import Undone, Workplace
    from contactsync.stages.deciding import Judge
    from contactsync.stages.forgetting import Portion
    from contactsync.stages.persons import Archive

ANYBODY = (Act.FORGET, Act.LIFT)  # done to a person in all syncs
DO_IT = "To do it, trigger the same with `yes`"


def do_to_sync(place: Workplace, request: RunRequest, order: Order, asked_at: datetime) -> Told:
    """An act on one sync. asked_at: when the form was sent, for it may say `2h` and be cleared much later.

    Errors: those of its command; nothing was done where one of ConfigError's comes.
    """
    match order.act:
        case Act.UNDO:
            return _undo(place, request, order, asked_at)
        case Act.RELEASE:
            return _release(place, request, order)
        case Act.RELINK:
            return _relink(place, request, order)
        case Act.RESET:
            return _reset(place, request)
        case Act.RETRY:
            return _retry(place, request, order)
        case _:
            return _decided(place, request, order)


def do_to_person(archives: Mapping[str, Archive], request: RunRequest, order: Order) -> Told:
    """forget and lift. Errors: those of the command; LockBusy before anything was done."""
    from contactsync.stages import forgetting
    from contactsync.stages.persons import find, key_of

    key = key_of(order.contact)
    if order.act is Act.LIFT:
        lifted = forgetting.lift(archives.values(), key, request)
        line = f"Lifted in {', '.join(lifted)}. The next run reads both sides completely and meets the person anew."
        return Told(line, {"syncs": len(lifted)})
    found = find(archives, key)
    if order.only_shown:
        portions = forgetting.look(found, key)
        return Told(f"Dry run, nothing erased. {_would_go(portions)} {DO_IT}.", _sizes(portions), dry_run=True)
    erased = forgetting.forget(found, key, request)
    sizes = {**_sizes(erased.portions), "artefacts": erased.artefacts}
    return Told(" ".join(forgetting.lines(erased)), sizes, erased.compacted)


def _would_go(portions: list[Portion]) -> str:
    of = [f"{one.sync_id}: {len(one.traces.contacts)} contacts, {len(one.artefacts)} artefacts" for one in portions]
    return f"Would go: {'; '.join(of) or 'nothing'}. Nothing is deleted in the apps."


def _sizes(portions: list[Portion] | tuple[Portion, ...]) -> dict[str, int]:
    return {
        "syncs": len(portions),
        "contacts": sum(len(one.traces.contacts) for one in portions),
        "links": sum(len(one.stored.links) for one in portions),
        "journal": sum(len(one.stored.actions) for one in portions),
        "artefacts": sum(len(one.artefacts) for one in portions),
    }


def _undo(place: Workplace, request: RunRequest, order: Order, asked_at: datetime) -> Told:
    from contactsync.pipeline import undo_sync
    from contactsync.stages.undo_orders import undo_order

    zone = ZoneInfo(place.spec.dag.timezone)
    wanted = undo_order(order.run, order.since, order.contact, order.fields, zone, asked_at)
    done = undo_sync(place, replace(request, kind=RunKind.UNDO, apply_plan=order.apply_plan), wanted)
    plan = done.plan
    counts = {**Counter(intent.verb.value for intent in plan.intents), "links": len(plan.links)}
    stays = len(plan.stays) + len(done.failed)
    line, counts = _line(done, dry_run=request.dry_run), {**counts, "stays": stays}
    return Told(line, counts, done.summary.ok, plan.hash, done.summary.dry_run)


def _line(done: Undone, *, dry_run: bool) -> str:
    if not dry_run:
        return done.summary.line
    also = f" and apply_plan = {done.plan.hash}, for it is over a limit" if done.plan.problems else ""
    return f"{done.summary.line}. Plan {done.plan.hash}. {DO_IT}{also}."


def _release(place: Workplace, request: RunRequest, order: Order) -> Told:
    from contactsync.pipeline import run_sync

    asked = replace(request, apply_plan=order.apply_plan, limit=order.limit, contacts=order.contacts)
    summary = run_sync(place, asked)
    counts = {f"{way}_{what}": n for way, of in summary.counts.items() for what, n in of.items() if n}
    return Told(summary.line, counts, summary.ok, order.apply_plan, summary.dry_run)


def _relink(place: Workplace, request: RunRequest, order: Order) -> Told:
    from contactsync.stages.relinking import relink

    accounts = relink(place, request, never_ran=order.lost)
    told = {side: "as before" if before == now else "another account" for side, (before, now) in accounts.items()}
    line = f"{'; '.join(f'{side}: {words}' for side, words in told.items())}. The next two runs read both sides "
    return Told(f"{line}completely and find the links again.", {"changed": sum(a != b for a, b in accounts.values())})


def _reset(place: Workplace, request: RunRequest) -> Told:
    from contactsync.stages.desk import desk_of
    from contactsync.stages.resetting import reset

    return Told(reset(desk_of(place), request), {"cursors": len(SIDES)})


def _retry(place: Workplace, request: RunRequest, order: Order) -> Told:
    from contactsync.stages.deciding import Judge
    from contactsync.stages.retrying import lines, retry_waiting
    from contactsync.stages.waiting import Wanted

    done = retry_waiting(Judge(place, request), Wanted(order.reason, order.contact))
    counts = {"again": len(done.again), "left": len(done.left), "unread": len(done.unread)}
    return Told(" ".join(lines(place.spec.id, done)), counts)


def _decided(place: Workplace, request: RunRequest, order: Order) -> Told:
    from contactsync.stages import deciding

    judge = deciding.Judge(place, request)
    if order.act is Act.DECIDE:
        return Told(deciding.decide(judge, order.hold, _answer(order.answer), bare_id(order.of)), {"decided": 1})
    say: Callable[[Judge, str, str], str] = deciding.link if order.act is Act.LINK else deciding.keep_apart
    return Told(say(judge, bare_id(order.left, Side.LEFT), bare_id(order.right, Side.RIGHT)), {"decided": 1})


def _answer(text: str) -> Answer:
    try:
        return Answer(text)
    except ValueError:
        answers = tuple(answer.value for answer in Answer)
        raise ConfigError("No such answer.", allowed=answers, next_step=f"{AGAIN} with one of these") from None
