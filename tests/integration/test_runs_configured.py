"""What a change of the sync's file does with the contacts that nobody edits (core 2, 3, 7)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.errors import LimitExceeded
from contactsync.mapping.rule_sections import RulesSection
from contactsync.model.plan import HoldReason
from contactsync.model.spec import ConflictPolicy, Direction, FieldsSpec, Limit, MatchSpec, Side
from odd_books import linked
from views import differences
from world import WIDE, World, mail, memory_spec


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


# ---- what a changed file would do to very many at once


def crowd(tmp_path: Path, **changes: object) -> World:
    """Ten on each side who have a phone number in common, and job titles that differ where both have one."""
    world = World(tmp_path, memory_spec(**changes))
    for n in range(10):
        phone = [{"value": f"+49 30 123456{n}", "label": "work", "primary": False}]
        title = "" if n == 0 else f"Left {n}"
        world.left.put(f"l{n}", {"names.given": "Ada", "phones": phone, "emails": mail(f"l{n}@example.org")})
        world.left.put(f"l{n}", {"job_title": title})
        world.right.put(f"r{n}", {"names.given": "Ada", "phones": phone, "emails": mail(f"r{n}@example.org")})
        world.right.put(f"r{n}", {"job_title": f"Right {n}"})
    return world


def passes_only_by_its_hash(world: World, **spec: object) -> None:
    """The changed sync stops before its first write, again and again, until a person lets that very plan pass."""
    for _ in range(2):
        assert world.run().ok
    writes, before = world.writes(), (world.left.contacts(), world.right.contacts())
    world.with_spec(**spec)
    for _ in range(2):
        with pytest.raises(LimitExceeded) as stopped:
            world.run()
        assert (world.writes(), world.left.contacts(), world.right.contacts()) == (writes, *before)
        world.clock.forward(minutes=20)  # the stopped run's lock is its own until then
    assert world.run(apply_plan=stopped.value.plan_hash).ok
    assert world.run().ok
    writes = world.writes()
    assert world.run().ok
    assert world.writes() == writes
    assert differences(world) == {}


def test_a_field_taken_in_that_would_change_most_contacts_stops_first_and_blanks_nobody(tmp_path: Path) -> None:
    by_phone = MatchSpec(keys=(("phone",),))
    world = crowd(tmp_path, match=by_phone, fields=FieldsSpec(exclude=("job_title", "emails")))
    passes_only_by_its_hash(
        world, fields=FieldsSpec(exclude=("emails",)), limits=replace(WIDE, updates=Limit(None, 50))
    )
    assert [job(world, side) for side in Side] == ["Right 0", "Right 0"]
    assert {c["job_title"] for c in world.right.contacts().values()} == {
        "Right 0",
        *(f"Left {n}" for n in range(1, 10)),
    }
    lost = [c for _, _, c in world.known.conflicts(world.spec.id)]
    assert {c.right for c in lost} == {f"Right {n}" for n in range(1, 10)}


def test_other_match_keys_that_would_join_most_contacts_stop_first(tmp_path: Path) -> None:
    world = crowd(tmp_path, match=MatchSpec(keys=(("company",),)))
    for side in Side:
        world.book(side).put(f"{side.value[0]}99", {"company": "Muster", "emails": mail("uma@example.org")})
    assert world.run().ok
    assert (world.writes(), len(world.held())) == (0, 20), "only Uma has that key"
    passes_only_by_its_hash(world, match=MatchSpec(keys=(("phone",),)), limits=replace(WIDE, updates=Limit(None, 50)))
    assert len(world.left.contacts()) == len(world.right.contacts()) == 11


def test_a_filter_taken_away_that_would_create_very_many_stops_first(tmp_path: Path) -> None:
    section = {"left_to_right": [{"name": "some", "if": [{"works_at": "Muster"}]}], "right_to_left": []}
    world = World(tmp_path, memory_spec(rules=RulesSection.model_validate(section).spec()))
    for n in range(30):
        company = "Muster" if n < 5 else "Others"
        world.left.put(f"l{n}", {"emails": mail(f"p{n}@example.org"), "company": company})
    passes_only_by_its_hash(world, rules={}, limits=replace(WIDE, creates=Limit(10, 20)))
    assert len(world.right.contacts()) == 30
