"""The sync's file is changed between two tasks of a run: Airflow reads it anew for each of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import FileChanged
from contactsync.model.spec import (
    SIDES,
    ConflictPolicy,
    DagSpec,
    DeletionPolicy,
    Direction,
    FieldsSpec,
    MatchSpec,
    Side,
    Unsubscribes,
)
from contactsync.model.stages import Summary
from contactsync.pipeline import extract_side, load_side, open_run, reconcile, record, transform
from contactsync.stages.same_file import file_state
from contactsync.stages.workplace import Workplace
from world import World, mail, memory_spec

TASKS = ("open", "extract_left", "extract_right", "transform", "reconcile", "load", "record")
BEFORE = FieldsSpec(only=("names", "emails"))
AFTER = FieldsSpec(only=("names", "emails", "job_title"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A title on each side that the file does not speak of yet."""
    made = World(tmp_path, memory_spec(fields=BEFORE))
    made.left.put("ada", {"names.given": "Ada", "emails": mail("ada@example.org"), "job_title": "Of the left"})
    made.right.put("bo", {"names.given": "Bo", "emails": mail("bo@example.org"), "job_title": "Of the right"})
    return made


def run_changed_before(world: World, task: str) -> Summary:
    """One run, task by task, that reads everything."""
    request = world.request(full_read=True)

    def place(of: str) -> Workplace:
        if of == task:
            world.with_spec(fields=AFTER)
        return world.place()

    opened = open_run(place("open"), request)
    reads = {side: extract_side(place(f"extract_{side}"), request, opened, side) for side in SIDES}
    frames = transform(place("transform"), request, opened, reads[Side.LEFT].ref, reads[Side.RIGHT].ref)
    planned = reconcile(place("reconcile"), request, opened, frames)
    at_work = place("load")
    loaded = {side: load_side(at_work, request, opened, planned, side) for side in SIDES}
    return record(place("record"), request, opened, reads, planned, loaded, [])


def titles(world: World) -> list[dict[str, str]]:
    return [
        {r["names.given"]: r.get("job_title", "") for r in book.contacts().values()}
        for book in (world.left, world.right)
    ]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_nothing_is_written_by_two_files_and_the_next_run_carries_what_the_new_one_asks_for(
    world: World, task: str, known: bool
) -> None:
    if known:
        world.run()
        world.run()
    writes = world.writes()
    if task in ("extract_right", "transform", "reconcile", "load"):
        with pytest.raises(FileChanged, match=r"was changed while this run was under way.*clear the task `open`"):
            run_changed_before(world, task)
        assert world.writes() == writes
    else:
        assert run_changed_before(world, task).ok
    world.run()
    assert titles(world) == [{"Ada": "Of the left", "Bo": "Of the right"}] * 2
    writes = world.writes()
    world.run()
    assert world.writes() == writes


def test_a_quiet_run_by_the_old_file_does_not_count_as_read_by_the_new_one(world: World) -> None:
    world.run()
    world.run()
    request = world.request(full_read=True)
    opened = open_run(world.place(), request)
    reads = {side: extract_side(world.place(), request, opened, side) for side in SIDES}
    assert all(read.quiet for read in reads.values())
    world.with_spec(fields=AFTER)
    record(world.place(), request, opened, reads, None, dict.fromkeys(SIDES), [])
    world.run()
    assert titles(world) == [{"Ada": "Of the left", "Bo": "Of the right"}] * 2


def test_what_says_nothing_of_contacts_may_change_at_any_time() -> None:
    spec = memory_spec()
    assert file_state(replace(spec, title="Another", limit=5, alerts=("ops",), dag=DagSpec("@daily"))) == file_state(
        spec
    )
    meaning: list[dict[str, Any]] = [
        {"match": MatchSpec(keys=(("phone",),))},
        {"direction": Direction.LEFT_TO_RIGHT},
        {"conflicts": ConflictPolicy.RIGHT},
        {"deletions": {Side.LEFT: DeletionPolicy.DELETE}},
        {"unsubscribes": Unsubscribes.CARRY},
        {"left": replace(spec.left, options={"path": "/another"})},
    ]
    for changes in meaning:
        assert file_state(replace(spec, **changes)) != file_state(spec)
