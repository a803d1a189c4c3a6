"""The whole sync as one readable function over the stages; the DAG calls the same stages one by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from contactsync.errors import AccountBusy, ConfigError, ContactsyncError
from contactsync.frames import plan_from
from contactsync.model.approval import Reply
from contactsync.model.match_report import MatchReport
from contactsync.model.plan import Plan
from contactsync.model.spec import SIDES, Side, SyncSpec
from contactsync.model.stages import Loaded, Opened, Planned, Read, RunRequest, Summary, Waits
from contactsync.model.undo import Stays, UndoOrder
from contactsync.stages.answering import answered, approved, declined, has_answer, unanswered
from contactsync.stages.asking import ask
from contactsync.stages.match_reporting import match_report
from contactsync.stages.opening import open_run
from contactsync.stages.permitting import permitted
from contactsync.stages.planning import reconcile
from contactsync.stages.reading import extract_side, transform
from contactsync.stages.recording import record
from contactsync.stages.run_words import failed_words, new_holds_words
from contactsync.stages.undoing import check_order, plan_undo
from contactsync.stages.undone import failures
from contactsync.stages.workplace import Workplace
from contactsync.stages.writing import load_side, written_line

__all__ = [
    "Workplace",
    "answer_sync",
    "answered",
    "approved",
    "ask",
    "compare_specs",
    "declined",
    "extract_side",
    "failed_words",
    "has_answer",
    "load_side",
    "new_holds_words",
    "open_run",
    "permitted",
    "plan_sync",
    "reconcile",
    "record",
    "report_sync",
    "run_sync",
    "transform",
    "unanswered",
    "undo_sync",
    "written_line",
]

ACCOUNT_PATIENCE = 900.0
ACCOUNT_PAUSE = 30.0


@dataclass(frozen=True)
class Undone:
    """What an undo did, or would do; failed: what of its plan was not done after all."""

    plan: Plan
    summary: Summary
    failed: tuple[Stays, ...] = ()


def run_sync(place: Workplace, request: RunRequest) -> Summary:
    """One run of one sync in this process: the same stages as the DAG. A failing stage still records what is known."""
    return _run(place, request)[0]


def plan_sync(place: Workplace, request: RunRequest) -> tuple[Plan, Summary]:
    """A dry run and its plan: what a run would do now. Writes nothing but its artefacts."""
    summary, planned = _run(place, replace(request, dry_run=True))
    plan = plan_from(*place.artefacts.read_pieces(planned.ref)) if planned else Plan()
    return plan, summary


def compare_specs(place: Workplace, other: SyncSpec, request: RunRequest) -> tuple[Plan, Plan]:
    """What a run would do by the sync's file as it is, and by another version of it: one reading, two plans.

    Every contact is looked at under both. Errors: ConfigError where the other version reads something else.
    """
    for side in SIDES:
        here, there = place.spec.side(side), other.side(side)
        if (here.app, here.connection, dict(here.options)) != (there.app, there.connection, dict(there.options)):
            raise ConfigError(
                f"The two versions read different things on the {side} side (app, connection or options differ).",
                next_step="compare versions of the same two accounts, or look at each with: contactsync plan",
            )
    request = replace(request, dry_run=True, full_read=True, every_row=True)
    opened = open_run(place, request)
    left, right = (extract_side(place, request, opened, side).ref for side in SIDES)
    plans = []
    for at in (place, replace(place, spec=replace(other, id=place.spec.id))):
        planned = reconcile(at, request, opened, transform(at, request, opened, left, right))
        plans.append(plan_from(*place.artefacts.read_pieces(planned.ref)))
    return plans[0], plans[1]


def _run(place: Workplace, request: RunRequest) -> tuple[Summary, Planned | None]:
    request = permitted(place, request)
    opened = open_run(place, request)
    reads: dict[Side, Read | None] = {Side.LEFT: None, Side.RIGHT: None}
    loaded: dict[Side, Loaded | None] = {Side.LEFT: None, Side.RIGHT: None}
    planned: Planned | None = None
    stage = "extract"
    try:
        for side in SIDES:
            stage = f"extract_{side}"
            reads[side] = extract_side(place, request, opened, side)
        left, right = (r for r in reads.values() if r is not None)
        if not (left.quiet and right.quiet and opened.due == 0):
            stage = "transform"
            frames = transform(place, request, opened, left.ref, right.ref)
            stage = "reconcile"
            planned = reconcile(place, request, opened, frames)
            if planned.waits is Waits.APPROVAL and not request.dry_run:
                return _asked(place, request, opened, planned, reads), planned
            for side in SIDES if planned.waits is Waits.NOBODY else ():
                stage = f"load_{side}"
                loaded[side] = _load(place, request, opened, planned, side)
    except ContactsyncError as error:
        record(place, request, opened, reads, planned, loaded, [stage], {stage: type(error).__name__})
        raise
    return record(place, request, opened, reads, planned, loaded, []), planned


def _asked(
    place: Workplace, request: RunRequest, opened: Opened, planned: Planned, reads: dict[Side, Read | None]
) -> Summary:
    return Summary(True, ask(place, request, opened, planned, reads).line)


def answer_sync(place: Workplace, request: RunRequest, answer: Reply, by: str) -> Summary:
    """The rest of a run that asked about its plan: what follows from the answer. `request`: as the run was begun."""
    asked = answered(place, request, answer, by)
    if asked is None or asked.answer is not Reply.APPROVED:
        return Summary(True, declined(place, request, asked).line if asked else "")
    reviewed = approved(place, request, asked)
    if reviewed.planned is None or reviewed.opened is None:
        return Summary(True, reviewed.line)
    request = replace(request, apply_plan=asked.plan_hash)
    opened, planned = reviewed.opened, reviewed.planned
    loaded: dict[Side, Loaded | None] = {s: _load(place, request, opened, planned, s) for s in SIDES}
    reads = {Side.LEFT: reviewed.left, Side.RIGHT: reviewed.right}
    return record(place, request, opened, reads, planned, loaded, [])


def report_sync(place: Workplace, request: RunRequest) -> MatchReport:
    """Who meets whom, and what a first run would do, with a row a contact. Everybody is read; nothing is written."""
    request = replace(request, dry_run=True, full_read=True, every_row=True)
    place = replace(place, spec=replace(place.spec, limit=None))
    opened = open_run(place, request)
    reads = {side: extract_side(place, request, opened, side) for side in SIDES}
    frames = transform(place, request, opened, reads[Side.LEFT].ref, reads[Side.RIGHT].ref)
    planned = reconcile(place, request, opened, frames)
    plan = plan_from(*place.artefacts.read_pieces(planned.ref))
    return match_report(place, plan, {s: r.rows for s, r in reads.items()}, place.artefacts.read(frames)[0])


def undo_sync(place: Workplace, request: RunRequest, order: UndoOrder) -> Undone:
    """Take back what earlier runs did, as a run of its own. A dry run says what would be done, and writes nothing."""
    request = permitted(place, request)
    check_order(place, order)
    opened = open_run(place, request)
    nothing: dict[Side, Read | None] = dict.fromkeys(SIDES)
    loaded: dict[Side, Loaded | None] = dict.fromkeys(SIDES)
    planned: Planned | None = None
    stage = "reconcile"
    try:
        planned = plan_undo(place, request, opened, order)
        for side in SIDES:
            stage = f"load_{side}"
            loaded[side] = _load(place, request, opened, planned, side)
    except ContactsyncError as error:
        record(place, request, opened, nothing, planned, loaded, [stage], {stage: type(error).__name__})
        raise
    summary = record(place, request, opened, nothing, planned, loaded, [])
    plan = plan_from(*place.artefacts.read_pieces(planned.ref))
    rows = place.reader.journal(place.spec.id, request.run_id)
    return Undone(plan, summary, () if request.dry_run else failures(plan, rows))


def _load(place: Workplace, request: RunRequest, opened: Opened, planned: Planned, side: Side) -> Loaded:
    """Load one side; another sync that writes to the same account is waited for."""
    sleep: Callable[[float], None] = place.app(side).access.services.sleep
    started = time.monotonic()
    while True:
        try:
            return load_side(place, request, opened, planned, side)
        except AccountBusy:
            if time.monotonic() - started > ACCOUNT_PATIENCE:
                raise
            sleep(ACCOUNT_PAUSE)
