"""Contacts that became one in their app: whoever loses a partner is held, and stays himself (core 8)."""

from __future__ import annotations

from pathlib import Path

import pytest
from contactsync.model.decisions import Answer, hold_id
from contactsync.model.link import LinkStatus
from contactsync.model.plan import HoldReason
from contactsync.model.spec import MatchSpec, Side
from contactsync.stages.deciding import Judge, decide, keep_apart
from odd_books import books, linked
from undos import undo
from views import differences, links
from world import World, mail, memory_spec


def partners(world: World, status: LinkStatus = LinkStatus.LIVE) -> list[tuple[str, str]]:
    return sorted((k.left.contact_id, k.right.contact_id) for k in links(world, status))


def becomes(world: World, new: str, *old: str) -> World:
    """In the right app the old contacts become the new one."""
    right = books(world)
    fields = [world.right.contacts()[i] for i in old]
    for contact_id in old:
        world.right.remove(contact_id)
    if new not in world.right.contacts():
        world.right.put(new, fields[0])
    right.moved = dict.fromkeys(old, new)
    assert world.run().ok
    return world


def test_a_contact_under_a_new_id_keeps_its_partner(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    linked(world)
    becomes(world, "r9", "r0")
    assert partners(world) == [("l0", "r9"), ("l1", "r1"), ("l2", "r2")]
    world.left.put("l0", {"job_title": "Editor"})
    assert world.run().ok
    assert world.right.contacts()["r9"]["job_title"] == "Editor"


@pytest.mark.parametrize("new", ["r1", "r9"], ids=["one of the two", "a third"])
def test_of_two_that_became_one_the_second_loses_its_partner_and_is_held(tmp_path: Path, new: str) -> None:
    world = World(tmp_path, memory_spec())
    linked(world)
    becomes(world, new, *(i for i in ("r0", "r1") if i != new))
    (kept,) = (left for left, right in partners(world) if right == new)
    ((lost, _),) = partners(world, LinkStatus.MERGED)
    assert {kept, lost} == {"l0", "l1"}
    assert [(h.contact_id, h.reason) for h in world.held()] == [(lost, HoldReason.MERGED)]
    assert new in world.held()[0].detail


@pytest.mark.parametrize("full", [False, True], ids=["delta", "complete"])
def test_who_lost_a_partner_is_neither_changed_nor_deleted_however_often_it_is_read(tmp_path: Path, full: bool) -> None:
    world = World(tmp_path, memory_spec())
    linked(world)
    becomes(world, "r1", "r0")
    writes = world.writes()
    for n in range(2):
        world.left.put("l0", {"job_title": f"Editor {n}"})
        assert world.run(full_read=full).ok
        assert world.last().counts["left_to_right"]["skipped"] == 1
        assert [h.reason for h in world.held()] == [HoldReason.MERGED]
    assert world.writes() == writes
    assert world.known.known_count("pair", Side.RIGHT) == 2
    world.left.remove("l0")
    assert world.run().ok
    assert world.held() == []
    assert differences(world) == {}


@pytest.mark.parametrize("listed", [True, False], ids=["listed again", "not listed again"])
def test_merged_into_a_contact_that_was_known_and_had_no_partner_his_values_are_news(
    tmp_path: Path, listed: bool
) -> None:
    world = World(tmp_path, memory_spec())
    world.right.put("r9", {"names.full": "Somebody", "job_title": "Editor"})  # held: nothing to know him by
    linked(world)
    right = books(world)
    world.right.remove("r0")
    right.moved = {"r0": "r9"}
    if listed:
        world.right.put("r9", {"job_title": "Editor"})
    assert world.run().ok
    assert world.left.contacts()["l0"]["job_title"] == "Editor"
    assert list(right.asked) == ([] if listed else ["r9"])
    right.asked = ()
    assert world.run().ok
    assert right.asked == ()
    assert differences(world) == {}


# ---- what was decided of somebody who has another id now

TOLD = pytest.mark.parametrize("tells", [True, False], ids=["told by a delta", "told when asked by id"])
ADA = {"names.given": "Ada", "emails": mail("ada@example.org")}


def moves(world: World, tells: bool) -> None:
    """r1 goes on as r2, of which a delta tells, or the answer to who asks for r1."""
    right = books(world)
    world.right.remove("r1")
    world.right.put("r2", ADA)
    right.moved, right.tells = {"r1": "r2"}, tells
    for n in range(2):
        assert world.run(full_read=not tells and n == 0).ok


@TOLD
def test_a_create_that_was_undone_stays_so(tmp_path: Path, tells: bool) -> None:
    world = World(tmp_path, memory_spec())
    world.right.put("r1", ADA)
    assert world.run().ok
    undo(world, world.last().run_id)
    moves(world, tells)
    assert world.left.contacts() == {}
    world.right.put("r2", {"job_title": "Editor"})
    assert world.run().ok
    assert len(world.left.contacts()) == 1


@TOLD
def test_who_was_left_out_stays_out(tmp_path: Path, tells: bool) -> None:
    world = World(tmp_path, memory_spec(match=MatchSpec(keys=(("full_name",),))))
    world.right.put("r1", {**ADA, "names.given": ""})
    assert world.run().ok
    decide(Judge(world.place(), world.request(by="maria.sample")), hold_id(world.held()[0]), Answer.SKIP)
    moves(world, tells)
    assert world.left.contacts() == {}
    assert world.held() == []


def test_who_was_kept_apart_stays_so(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    world.left.put("l1", ADA)
    for contact_id in ("r1", "r3"):  # which of them she is, nobody can tell
        world.right.put(contact_id, ADA)
    assert world.run().ok
    keep_apart(Judge(world.place(), world.request(by="maria.sample")), "l1", "r1")
    moves(world, tells=True)
    assert partners(world) == [("l1", "r3")]
