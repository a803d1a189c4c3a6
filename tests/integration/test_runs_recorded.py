"""Runs whose last task is started again after they ended, and runs that begin again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import FenceLost
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Opened, RunRequest, Summary
from contactsync.pipeline import record, run_sync
from world import World, mail

NOTHING: dict[Side, Any] = dict.fromkeys(SIDES)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.left.put("a", {"names.given": "Ada", "emails": mail("ada@example.org")})
    return made


def again(world: World, request: RunRequest, failed: Sequence[str] = ()) -> Summary:
    """The last task, with what the first run of it was handed."""
    return record(world.place(), request, Opened(1, 1, 0), NOTHING, None, NOTHING, failed)


def test_the_last_task_of_a_run_that_ended_says_its_line_again_and_changes_nothing(world: World) -> None:
    request = world.request()
    ended = run_sync(world.place(), request)
    world.left.put("a", {"job_title": "Tester"})
    world.run()
    before = world.known.dump()
    assert again(world, request).line == ended.line
    assert again(world, request).ok
    assert world.known.dump() == before


def test_one_whose_other_tasks_failed_this_time_is_not_taken_for_recorded(world: World) -> None:
    request = world.request()
    run_sync(world.place(), request)
    before = world.known.dump()
    with pytest.raises(FenceLost, match="clear the task `open` of this run with everything downstream"):
        again(world, request, ["load_right"])
    assert world.known.dump() == before


def test_a_backup_from_before_an_old_run_ran_again_is_seen_to_be_older(world: World) -> None:
    request = world.request()
    run_sync(world.place(), request)
    world.run()
    file = world.root / "ledger.db"
    backup = file.read_bytes()
    world.left.put("b", {"names.given": "Ben", "emails": mail("ben@example.org")})
    run_sync(world.place(), request)  # as somebody clears the whole run
    assert len(world.right.contacts()) == 2
    world.known._engine.dispose()
    for part in world.root.glob("ledger.db-*"):
        part.unlink()
    file.write_bytes(backup)
    world.run()
    row = world.known.sync(world.spec.id)
    assert row is not None
    assert row.union > 0
    assert len(world.right.contacts()) == 2
