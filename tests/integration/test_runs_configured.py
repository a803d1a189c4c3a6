"""What a change of the sync's file does with the contacts that nobody edits (core 2, 3, 7)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.model.plan import HoldReason
from contactsync.model.spec import ConflictPolicy, Direction, Side
from odd_books import linked
from views import differences
from world import World, mail, memory_spec


def pair(tmp_path: Path, **changes: object) -> World:
    world = World(tmp_path, memory_spec(**changes))
    linked(world)
    return world


def job(world: World, side: Side) -> object:
    return world.book(side).contacts()[f"{side.value[0]}0"].get("job_title")


def test_another_region_of_phone_numbers_leaves_edits_of_other_fields_alone(tmp_path: Path) -> None:
    world = pair(tmp_path)
    world.left.put("l0", {"job_title": "Writer"})
    assert world.run().ok
    world.right.put("r0", {"job_title": "Editor"})
    world.with_spec(match=replace(world.spec.match, default_region="DE"))
    assert world.run().ok
    assert (job(world, Side.LEFT), job(world, Side.RIGHT)) == ("Editor", "Editor")


def test_another_region_joins_what_now_is_one_number(tmp_path: Path) -> None:
    def phones(number: str) -> list[dict[str, object]]:
        return [{"value": number, "label": "mobile", "primary": False}]

    world = pair(tmp_path)
    world.left.put("l0", {"phones": phones("030 1234567")})
    assert world.run().ok
    world.right.put("r0", {"phones": phones("+49 30 1234567")})
    world.with_spec(match=replace(world.spec.match, default_region="DE"))
    for _ in range(2):
        assert world.run().ok
    numbers = [[p["value"] for p in b.contacts()[i]["phones"]] for b, i in ((world.left, "l0"), (world.right, "r0"))]
    assert [len(n) for n in numbers] == [1, 1]
    assert differences(world) == {}


@pytest.mark.parametrize("after", [Direction.BOTH, Direction.RIGHT_TO_LEFT])
def test_a_direction_that_opens_sends_at_once_whatever_waited_there(tmp_path: Path, after: Direction) -> None:
    world = pair(tmp_path, direction=Direction.LEFT_TO_RIGHT)
    world.right.put("r9", {"names.given": "Uma", "emails": mail("uma@example.org")})
    world.right.put("r0", {"job_title": "Editor", "emails": mail("ada0@example.org", "ada@example.com")})
    for _ in range(2):
        assert world.run().ok
    assert len(world.left.contacts()) == 3
    world.with_spec(direction=after)
    assert world.run().ok
    assert len(world.left.contacts()) == 4
    assert job(world, Side.LEFT) == "Editor"
    assert len(world.left.contacts()["l0"]["emails"]) == 2
    writes = world.writes()
    assert world.run().ok
    assert world.writes() == writes
    assert differences(world) == {}


def test_another_policy_settles_what_was_held_under_the_old_one(tmp_path: Path) -> None:
    world = pair(tmp_path, conflicts=ConflictPolicy.HOLD)
    world.left.put("l0", {"job_title": "Writer"})
    world.right.put("r0", {"job_title": "Editor"})
    assert world.run().ok
    assert [h.reason for h in world.held()] == [HoldReason.CONFLICT]
    world.with_spec(conflicts=ConflictPolicy.RIGHT)
    assert world.run().ok
    assert (job(world, Side.LEFT), job(world, Side.RIGHT)) == ("Editor", "Editor")
    assert world.held() == []


def test_what_changes_no_meaning_reads_nobody_anew(tmp_path: Path) -> None:
    world = pair(tmp_path)
    assert world.run().ok
    world.with_spec(title="Another title", limits=replace(world.spec.limits, blanked=world.spec.limits.deletes))
    summary = world.run()
    assert summary.counts["left_to_right"]["read"] == summary.counts["right_to_left"]["read"] == 0
