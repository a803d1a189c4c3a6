"""Runs taken back, as the command line does it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contactsync.model.stages import RunKind
from contactsync.model.undo import Stay, UndoOrder
from contactsync.pipeline import Undone, undo_sync
from world import World

BY = "maria.sample"


def undo(world: World, run_id: str = "", **asked: Any) -> Undone:
    """An undo of this run, or of what else is asked for (since, contact, fields)."""
    order = {name: asked.pop(name) for name in ("since", "contact", "fields") if name in asked}
    request = replace(world.request(**asked), kind=RunKind.UNDO, by=BY)
    return undo_sync(world.place(), request, UndoOrder(run_id, **order))


def why(done: Undone) -> list[tuple[Stay, str]]:
    """What stays: the reason, and which field."""
    return [(s.why, s.field) for s in (*done.plan.stays, *done.failed)]
