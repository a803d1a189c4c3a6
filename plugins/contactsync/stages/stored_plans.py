"""Plans of earlier runs, as they were made, for as long as artefacts are kept."""

from __future__ import annotations

from contactsync.errors import ArtefactError, ConfigError
from contactsync.frames import plan_from
from contactsync.model.ledger import RunState
from contactsync.model.plan import Plan
from contactsync.model.stages import ArtefactRef, Summary
from contactsync.stages.workplace import Workplace

NAMED = 5  # runs named where one is not known


def stored_plan(place: Workplace, plan_hash: str) -> Plan | None:
    """The plan of that hash; None where no run made it, or it is no longer kept."""
    run = place.reader.run_with_plan(place.spec.id, plan_hash)
    if run is None or run.plan_ref is None:
        return None
    try:
        return plan_from(*place.artefacts.read_pieces(ArtefactRef(**run.plan_ref)))
    except ArtefactError:
        return None


def plan_of_run(place: Workplace, run_id: str) -> tuple[Plan, Summary]:
    """The plan of a run, and how that run ended.

    Errors: ConfigError (no such run, or it made no plan), ArtefactError (its artefacts are no longer kept).
    """
    run = place.reader.run(place.spec.id, run_id)
    if run is None or run.plan_ref is None:
        every = place.reader.runs(place.spec.id)
        what = "has had no run" if run is None else "made no plan in its run"
        raise ConfigError(
            f"Sync {place.spec.id!r} {what} {run_id!r}.",
            allowed=tuple(r.run_id for r in every if r.plan_ref is not None)[:NAMED],
            next_step=f"list its runs with: contactsync runs {place.spec.id}",
        )
    plan = plan_from(*place.artefacts.read_pieces(ArtefactRef(**run.plan_ref)))
    return plan, Summary(run.state is not RunState.FAILED, run.message, run.counts)
