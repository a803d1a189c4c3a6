"""Deletions: by policy, never by mistake, and an edit survives."""

from __future__ import annotations

from pathlib import Path

import pytest
from contactsync.model.link import LinkStatus
from contactsync.model.plan import HoldReason
from contactsync.model.spec import DeletionPolicy, Side
from contactsync.pipeline import extract_side, load_side, open_run, reconcile, transform
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people_data import people
from radicale_server import RadicaleServer
from views import differences, links
from world import World, hub_of, mail, memory_spec

DELETE = {Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE}
PERSONS = [p for p in people(5, 12) if p.emails and p.number % 2]


def pair(tmp_path: Path, n: int = 10, **changes: object) -> World:
    """Two books of the same people, linked."""
    world = World(tmp_path, memory_spec(**changes))
    for k in range(n):
        world.left.put(f"l{k}", {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org")})
        world.right.put(f"r{k}", {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org")})
    assert world.run().ok
    assert len(links(world)) == n
    return world


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("full", [False, True], ids=["delta", "complete"])
def test_ignore_parts_the_link_and_leaves_the_partner_alone(tmp_path: Path, side: Side, full: bool) -> None:
    world = pair(tmp_path)
    gone, kept = ("l0", "r0") if side is Side.LEFT else ("r0", "l0")
    world.book(side).remove(gone)
    writes = world.writes()
    summary = world.run(full_read=full)
    if full:  # a complete read only misses it; the next run asks by id
        summary = world.run()
    assert summary.counts[f"{side}_to_{side.other}"]["skipped"] == 1
    assert kept in world.book(side.other).contacts()
    assert [k.side(side).contact_id for k in links(world, LinkStatus.PARTED)] == [gone]
    world.book(side.other).put(kept, {"job_title": "Editor"})
    for _ in range(2):
        assert world.run(full_read=full).ok
    assert gone not in world.book(side).contacts()
    assert len(world.book(side).contacts()) == 9
    assert world.writes() == writes


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("full", [False, True], ids=["delta", "complete"])
def test_delete_deletes_the_unchanged_partner_once(tmp_path: Path, side: Side, full: bool) -> None:
    world = pair(tmp_path, deletions=DELETE)
    gone, partner = ("l0", "r0") if side is Side.LEFT else ("r0", "l0")
    world.book(side).remove(gone)
    world.run(full_read=full)
    if full:
        assert partner in world.book(side.other).contacts()
        world.run()
    assert partner not in world.book(side.other).contacts()
    assert world.last().counts[f"{side}_to_{side.other}"]["deleted"] == 1
    assert len(links(world, LinkStatus.CLOSED)) == 1
    writes = world.writes()
    for _ in range(2):
        assert world.run(full_read=full).ok
    assert world.writes() == writes
    assert len(world.left.contacts()) == len(world.right.contacts()) == 9


def test_an_edit_beats_a_delete_and_the_deleted_does_not_return(tmp_path: Path) -> None:
    world = pair(tmp_path, deletions=DELETE)
    world.left.remove("l0")
    world.right.put("r0", {"job_title": "Editor"})
    assert world.run().ok
    assert world.right.contacts()["r0"]["job_title"] == "Editor"
    assert [(h.contact_id, h.reason) for h in world.held()] == [("r0", HoldReason.DELETED_AND_EDITED)]
    assert any(c.field == "job_title" for _, _, c in world.known.conflicts(world.spec.id))
    for full in (False, True, False):
        world.right.put("r0", {"nickname": f"Kap {full}"})
        assert world.run(full_read=full).ok
    assert len(world.left.contacts()) == 9
    assert [(h.contact_id, h.reason) for h in world.held()] == [("r0", HoldReason.DELETED_AND_EDITED)]


def test_both_deleted_closes_the_link(tmp_path: Path) -> None:
    world = pair(tmp_path)
    world.left.remove("l0")
    world.right.remove("r0")
    assert world.run().ok
    assert len(links(world, LinkStatus.CLOSED)) == 1


def test_the_kept_partner_of_a_parted_link_is_watched(tmp_path: Path) -> None:
    world = pair(tmp_path)
    world.left.remove("l0")
    world.run()
    world.right.remove("r0")
    world.run()
    assert len(links(world, LinkStatus.CLOSED)) == 1
    assert not links(world, LinkStatus.PARTED)


def test_a_deleted_contact_that_reappears_is_linked_again(tmp_path: Path) -> None:
    world = pair(tmp_path)
    fields = world.left.contacts()["l0"]
    world.left.remove("l0")
    world.run()
    world.left.put("l0", {**fields, "job_title": "Back again"})
    assert world.run().ok
    assert world.right.contacts()["r0"]["job_title"] == "Back again"
    assert len(links(world)) == 10
    assert differences(world) == {}


def test_one_deleted_on_both_sides_that_reappears_is_held(tmp_path: Path) -> None:
    world = pair(tmp_path, deletions=DELETE)
    fields = world.left.contacts()["l0"]
    world.left.remove("l0")
    world.run()
    assert "r0" not in world.right.contacts()
    world.left.put("l0", fields)
    assert world.run().ok
    assert [(h.contact_id, h.reason) for h in world.held()] == [("l0", HoldReason.REAPPEARED)]
    assert len(world.right.contacts()) == 9


def test_a_new_contact_of_the_same_person_is_a_new_contact(tmp_path: Path) -> None:
    """Tombstones are by id: who is added anew after a deletion is created again."""
    world = pair(tmp_path, deletions=DELETE)
    world.left.remove("l0")
    world.run()
    world.left.put("l99", {"names.given": "Ada 0", "emails": mail("ada0@example.org")})
    assert world.run().ok
    assert len(world.left.contacts()) == len(world.right.contacts()) == 10
    assert len(links(world)) == 10


def test_a_source_that_is_back_before_the_delete_stops_it(tmp_path: Path) -> None:
    """Over a limit the delete waits; meanwhile the contact was restored."""
    world = pair(tmp_path, deletions=DELETE)
    fields = world.left.contacts()["l0"]
    world.left.remove("l0")
    world.left.put("l0", fields)
    assert world.run().ok
    assert "r0" in world.right.contacts()
    assert len(links(world)) == 10


def test_a_source_that_is_restored_after_the_plan_was_made_stops_the_delete(tmp_path: Path) -> None:
    world = pair(tmp_path, deletions=DELETE)
    fields = world.left.contacts()["l0"]
    world.left.remove("l0")
    place, request = world.place(), world.request()
    opened = open_run(place, request)
    left, right = (extract_side(place, request, opened, side).ref for side in Side)
    planned = reconcile(place, request, opened, transform(place, request, opened, left, right))
    assert planned.right == 1
    world.left.put("l0", fields)
    load_side(place, request, opened, planned, Side.RIGHT)
    assert "r0" in world.right.contacts()


def test_google_deletions_reach_freshsales_only_by_policy(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        seed_freshsales(hub.freshsales, PERSONS)
        world = hub.world("freshsales-google")
        for _ in range(3):
            world.run()
        first, second = links(world)[:2]
        hub.google.delete_contact(first.right.contact_id)
        hub.clock.forward(seconds=600)
        assert world.run().counts["right_to_left"]["skipped"] == 1
        assert len(hub.freshsales.contacts()) == len(PERSONS)
        world.with_spec(deletions=DELETE)
        hub.google.delete_contact(second.right.contact_id)
        assert world.run().counts["right_to_left"]["deleted"] == 1
        assert {str(c["id"]) for c in hub.freshsales.contacts()} == {
            k.left.contact_id for k in (*links(world), *links(world, LinkStatus.PARTED))
        }
        hub.reset_counters()
        for full in (False, True, False):
            assert world.run(full_read=full).ok
        assert hub.writes() == 0


def test_freshsales_tells_no_deletions_so_its_partners_are_only_parted(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        seed_freshsales(hub.freshsales, PERSONS)
        world = hub.world("freshsales-google", deletions=DELETE)
        for _ in range(3):
            world.run()
        hub.freshsales.delete_contact(links(world)[0].left.contact_id)
        hub.clock.forward(seconds=600)
        for full in (False, True, False, False):
            assert world.run(full_read=full).ok
        assert len(hub.google.contacts()) == len(PERSONS)
        assert len(links(world, LinkStatus.PARTED)) == 1
        hub.reset_counters()
        world.run(full_read=True)
        assert hub.writes() == 0


def test_a_deleted_card_deletes_its_partner_where_the_policy_says_so(tmp_path: Path, radicale: RadicaleServer) -> None:
    book = radicale.home().book()
    with hub_of(tmp_path, book=book) as hub:
        seed_freshsales(hub.freshsales, PERSONS)
        world = hub.world("freshsales-carddav", deletions=DELETE)
        for _ in range(2):
            world.run()
        names = sorted(book.names())
        book.delete(names[0])
        assert world.run().counts["right_to_left"]["deleted"] == 1
        assert len(hub.freshsales.contacts()) == len(book.names()) == len(PERSONS) - 1
        hub.freshsales.delete_contact(links(world)[0].left.contact_id)
        hub.clock.forward(seconds=600)
        world.run(full_read=True)
        world.run()
        assert len(book.names()) == len(PERSONS) - 1
        assert len(links(world, LinkStatus.PARTED)) == 1
