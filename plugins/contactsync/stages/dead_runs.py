"""Rows of runs that will never end by themselves: killed, or ended in Airflow while a person was asked."""

from __future__ import annotations

import logging
from dataclasses import replace

from contactsync.model.exchange import State
from contactsync.model.ledger import RunRow, RunState
from contactsync.model.stages import RunKind, RunRequest
from contactsync.stages.workplace import Workplace

log = logging.getLogger(__name__)


def end_dead_runs(place: Workplace, request: RunRequest) -> None:
    """End them, and say what becomes of the rest. The caller holds the sync's lock: no other run is at work."""
    for run in place.ledger.runs(place.spec.id):
        if run.run_id != request.run_id and (words := _words(place, run)):
            log.warning("%s: %s", run.run_id, words)
            place.ledger.end_run(replace(run, state=RunState.FAILED, ended_at=place.clock(), message=words))


def _words(place: Workplace, run: RunRow) -> str:
    """How such a run ended; '' for one that has ended, or goes on."""
    match run.state:
        case RunState.RUNNING:
            return _cut_short(run, _done(place, run))
        case RunState.WAITING if _given_up(place, run):
            return f"Nothing written: the run was ended in Airflow while plan {run.plan_hash} waited for approval"
        case _:
            return ""


def _cut_short(run: RunRow, done: int) -> str:
    if run.kind == RunKind.UNDO.value:  # the rest of it nobody does by himself
        return f"Undo cut short after {done} actions; to take back the rest, give the same command again"
    return f"Cut short after {done} actions; later runs plan anew what is left, and a command is to be given again"


def _done(place: Workplace, run: RunRow) -> int:
    rows = place.ledger.journal(place.spec.id, run.run_id)
    return sum(r.outcome.state in (State.DONE, State.ADOPTED) for r in rows)


def _given_up(place: Workplace, run: RunRow) -> bool:
    """A plan that waits for a release, in no run of Airflow's, goes on waiting."""
    asked = place.reader.approval(place.spec.id, run.run_id)
    return asked is not None and place.ended(asked.owner)
