"""Holds over whole runs: they name what waits, stay while it waits, and end with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from contactsync.apps.base import Access
from contactsync.apps.memory import Memory
from contactsync.model.app import AppInfo
from contactsync.model.plan import HoldReason
from contactsync.model.spec import ConflictPolicy, Side
from world import World, mail, memory_spec


class Narrow(Memory):
    """A book whose job titles are short."""

    info: ClassVar[AppInfo] = replace(
        Memory.info,
        fields=tuple(replace(f, max_length=6) if f.name == "job_title" else f for f in Memory.info.fields),
    )


def pair(tmp_path: Path, **changes: object) -> tuple[World, str]:
    """One person on both sides, and the id on the right."""
    world = World(tmp_path, memory_spec(**changes))
    world.left.put("l1", {"names.given": "Ada", "emails": mail("ada@example.org"), "job_title": "Author"})
    assert world.run().ok
    (right,) = world.right.contacts()
    return world, right


def held(world: World) -> dict[str, HoldReason]:
    return {h.field: h.reason for h in world.held()}


def test_a_hold_ends_whichever_side_settles_it(tmp_path: Path) -> None:
    world, right = pair(tmp_path, conflicts=ConflictPolicy.HOLD)
    for n, side in enumerate(Side):
        world.left.put("l1", {"job_title": f"Editor {n}", "nickname": f"Adi {n}"})
        world.right.put(right, {"job_title": f"Writer {n}", "nickname": f"Ada {n}"})
        world.run()
        assert held(world) == {"job_title": HoldReason.CONFLICT, "nickname": HoldReason.CONFLICT}
        value = f"Editor {n}" if side is Side.RIGHT else f"Writer {n}"
        world.book(side).put("l1" if side is Side.LEFT else right, {"job_title": value})
        world.run()
        assert held(world) == {"nickname": HoldReason.CONFLICT}


def test_what_a_new_contact_could_not_take_is_held_until_it_is_shortened(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    left, right_app = (
        kind(Access(world.spec.side(side).connection, {}, services=world.services), Memory.Options())
        for kind, side in ((Memory, Side.LEFT), (Narrow, Side.RIGHT))
    )
    world.open_app = lambda side: left if side is Side.LEFT else right_app
    world.left.put("l1", {"names.given": "Ada", "emails": mail("ada@example.org"), "job_title": "Bookseller"})
    summary = world.run()
    (right,) = world.right.contacts()
    assert summary.counts["left_to_right"]["created"] == 1
    (hold,) = world.held()
    assert (hold.contact_id, hold.field, hold.reason) == ("l1", "job_title", HoldReason.TOO_LONG)
    assert hold.detail == "10 characters; the other app holds 6"
    for full in (False, True):
        world.right.put(right, {"nickname": f"Adi {full}"})
        assert world.run(full_read=full).ok
        assert held(world) == {"job_title": HoldReason.TOO_LONG}
    world.left.put("l1", {"job_title": "Author"})
    assert world.run().ok
    assert world.right.contacts()[right]["job_title"] == "Author"
    assert not world.held()
