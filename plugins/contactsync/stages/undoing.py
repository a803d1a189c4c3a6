"""undo: what can be taken back of earlier runs, as a plan that goes the way of every plan (core 30)."""

from __future__ import annotations

import logging
from dataclasses import replace

from contactsync.errors import ConfigError
from contactsync.frames import plan_artefact
from contactsync.model.ledger import SyncRow
from contactsync.model.plan import Plan
from contactsync.model.spec import SIDES
from contactsync.model.stages import Opened, Planned, RunRequest
from contactsync.model.undo import UndoOrder
from contactsync.stages.letting_pass import judge
from contactsync.stages.run_count import ledger_lost
from contactsync.stages.same_file import FILE, file_state
from contactsync.stages.undo_choice import choose
from contactsync.stages.undo_means import means_of
from contactsync.stages.undo_past import past_of
from contactsync.stages.undone import asked_for
from contactsync.stages.workplace import Workplace, sync_row
from contactsync.sync.approval import asks
from contactsync.sync.guards import exceeded
from contactsync.sync.readings import Reading
from contactsync.sync.undoing import undo

log = logging.getLogger(__name__)

ASKED = "every plan of this sync is asked about (approval: always)"


def check_order(place: Workplace, order: UndoOrder) -> None:
    """Refuse at once what cannot be undone at all. Errors: ConfigError, LedgerSchema."""
    place.ledger.check()
    _row(place)
    choose(place, order)


def plan_undo(place: Workplace, request: RunRequest, opened: Opened, order: UndoOrder) -> Planned:
    """Plan what is taken back. Errors: ConfigError (no such run, values trimmed), LimitExceeded, PlanMismatch."""
    if not request.dry_run:
        place.ledger.renew_lock(place.spec.id, request.owner, opened.fence)
    began_at = place.clock().isoformat()
    plan = make_undo(place, order, dry_run=request.dry_run)
    # No cursor: each target is asked for by id once more, just before it is written.
    sides = {"cursors": {s.value: None for s in SIDES}, "began_at": {s.value: began_at for s in SIDES}}
    about = {"sync": place.spec.id, "run": request.run_id, FILE: file_state(place.spec), **sides}
    ref = place.artefacts.write_pieces("plan", *plan_artefact(plan, about))
    log.info("Undo %s: %d actions, %d things stay", plan.hash, len(plan.intents), len(plan.stays))
    if not request.dry_run:
        look = "the same command with --dry-run (in a form: without yes)"
        passes = f"the same command with --apply-plan {plan.hash} (in a form: apply_plan)"
        judge(request, plan, look=look, passes=passes)
        # Before the first write: who asked is known of an undo that is killed, too.
        place.ledger.fold(place.spec.id, request.run_id, asked_for(plan, request.by), fence=opened.fence)
    left, right = (sum(i.side is side for i in plan.intents) for side in SIDES)
    return Planned(ref, plan.hash, left, right)


def make_undo(place: Workplace, order: UndoOrder, *, dry_run: bool = False) -> Plan:
    """Everything that the undo does, what it leaves, and the limits it exceeds.

    A dry run is the way to look at a plan that a person is asked about, so there the question is no problem.
    """
    row = _row(place)
    chosen = choose(place, order)
    plan = undo(past_of(place, row, chosen), means_of(place, row, order, chosen.fields))
    known = {side: place.reader.known_count(place.spec.id, side) for side in SIDES}
    nothing_read = {side: Reading(side, place.clock()) for side in SIDES}
    problems = exceeded(plan, place.spec.limits, known, nothing_read, has_links=True)
    if not problems and asks(place.spec.approval.when, plan, problems):  # where every plan is asked about, an undo too
        if dry_run:
            log.info("Undo %s would have to be let pass: %s", plan.hash, ASKED)
        else:
            problems = (ASKED,)
    return replace(plan, stays=[*plan.stays, *chosen.decisions], problems=problems)


def _row(place: Workplace) -> SyncRow:
    row = sync_row(place)
    if row is None:
        raise ConfigError(
            f"Sync {place.spec.id!r} has not run with this ledger yet; there is nothing to undo.",
            next_step="look whether sync and environment are the ones you mean: contactsync doctor",
        )
    if row.union or ledger_lost(place.reader, place.artefacts, place.spec.id):
        raise ConfigError(
            f"The ledger of sync {place.spec.id!r} was lost or is older than the apps: what it says was written may "
            "not be so.",
            next_step="let the sync run until it trusts its links again (docs/runbook.md), then undo",
        )
    return row
