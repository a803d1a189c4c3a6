"""Deletions in Freshsales, read from its Recycle Bin where the side's option says so; nobody else counts as deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.errors import ConfigError, LimitExceeded
from contactsync.model.link import LinkStatus
from contactsync.model.plan import HoldReason
from contactsync.model.spec import DeletionPolicy, Limit, Side
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people_data import people
from views import differences, links
from world import WIDE, Hub, World, hub_of

PERSONS = [p for p in people(5, 12) if p.emails and p.number % 2]
POLICIES = {policy: dict.fromkeys(Side, policy) for policy in DeletionPolicy}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with hub_of(tmp_path) as hub:
        yield hub


def linked(hub: Hub, policy: DeletionPolicy = DeletionPolicy.DELETE, view: str = "Recycle Bin") -> World:
    """Some people in both apps, at rest."""
    seed_freshsales(hub.freshsales, PERSONS)
    world = hub.world("freshsales-google", deletions=POLICIES[policy], deletion_tag="Gone from Freshsales")
    options = {**world.spec.left.options, "recycle_bin": view}
    world.with_spec(left=replace(world.spec.left, options=options))
    for _ in range(3):
        assert world.run().ok
    hub.clock.forward(hours=1)
    return world


def crm(world: World, n: int = 0) -> str:
    return links(world)[n].left.contact_id


def rest(hub: Hub, world: World) -> None:
    for full in (False, True, False, False):
        hub.reset_counters()
        assert world.run(full_read=full).ok
        assert hub.writes() == 0


@pytest.mark.parametrize("shown", [404, 200], ids=["deleted answers 404", "deleted is marked"])
@pytest.mark.parametrize("full", [False, True], ids=["delta", "complete"])
def test_who_is_in_the_bin_is_deleted_in_the_other_app_too(hub: Hub, shown: int, full: bool) -> None:
    world = linked(hub)
    hub.freshsales.knobs.deleted_get = shown
    hub.freshsales.delete_contact(crm(world))
    summary = world.run(full_read=full)
    if full:  # a complete read only misses it; the next run asks by id
        assert len(hub.google.contacts()) == len(PERSONS)
        summary = world.run()
    assert summary.counts["left_to_right"]["deleted"] == 1
    assert len(hub.google.contacts()) == len(PERSONS) - 1
    assert len(links(world, LinkStatus.CLOSED)) == 1
    rest(hub, world)
    assert len(hub.freshsales.contacts()) == len(hub.google.contacts()) == len(PERSONS) - 1


def test_ignore_parts_the_link_leaves_the_survivor_alone_and_counts_it(hub: Hub) -> None:
    world = linked(hub, DeletionPolicy.IGNORE)
    gone = links(world)[0]
    hub.freshsales.delete_contact(gone.left.contact_id)
    survivor = hub.google.contact(gone.right.contact_id)["etag"]
    hub.reset_counters()
    summary = world.run()
    assert (summary.counts["left_to_right"]["skipped"], summary.counts["left_to_right"]["deleted"]) == (1, 0)
    assert hub.writes() == 0
    assert hub.google.contact(gone.right.contact_id)["etag"] == survivor
    hub.google.edit_contact(gone.right.contact_id, {"nicknames": [{"value": "Left alone"}]})
    rest(hub, world)
    assert len(hub.freshsales.contacts()) == len(PERSONS) - 1


def test_the_partner_of_who_is_in_the_bin_may_be_tagged_instead(hub: Hub) -> None:
    world = linked(hub, DeletionPolicy.TAG)
    gone = links(world)[0]
    hub.freshsales.delete_contact(gone.left.contact_id)
    for _ in range(2):
        assert world.run().ok
    groups = {
        m["contactGroupMembership"]["contactGroupId"] for m in hub.google.contact(gone.right.contact_id)["memberships"]
    }
    names = {hub.google.account().groups.find(group).name for group in groups}
    assert "Gone from Freshsales" in names
    assert len(links(world, LinkStatus.PARTED)) == 1
    rest(hub, world)


@pytest.mark.parametrize("full", [False, True], ids=["delta", "complete"])
@pytest.mark.parametrize("what", ["hide", "forget", "merge"])
def test_who_is_gone_without_being_in_the_bin_is_held_and_its_partner_stays(hub: Hub, what: str, full: bool) -> None:
    world = linked(hub)
    first, second = links(world)[:2]
    loser = first.left.contact_id
    data = {"loser": int(loser)} if what == "merge" else {}
    if what == "forget":
        hub.freshsales.delete_contact(loser)
    hub.freshsales.act(second.left.contact_id if what == "merge" else loser, what, data)
    for _ in range(3):
        assert world.run(full_read=full).ok
    assert len(hub.google.contacts()) == len(PERSONS)
    held = {(h.contact_id, h.reason) for h in world.held()}
    if full:
        assert (loser, HoldReason.UNREADABLE) in held
    hub.reset_counters()
    assert world.run().ok
    assert hub.writes() == 0
    if what == "hide":
        hub.freshsales.act(loser, "show", {})
        hub.freshsales.edit_contact(loser, {"job_title": "Back"})
        for _ in range(2):
            assert world.run(full_read=True).ok
        assert world.held() == []
        assert differences(world) == {}
        assert hub.google.contact(first.right.contact_id)["organizations"][0]["title"] == "Back"


def test_who_was_taken_out_of_the_bin_before_it_was_read_is_not_deleted(hub: Hub) -> None:
    world = linked(hub)
    back = crm(world)
    hub.freshsales.delete_contact(back)
    hub.clock.forward(minutes=5)
    hub.freshsales.act(back, "restore", {})
    hub.freshsales.edit_contact(back, {"job_title": "Back"})
    rested = [world.run() for _ in range(2)]
    assert all(summary.ok for summary in rested)
    assert len(hub.google.contacts()) == len(links(world)) == len(PERSONS)
    assert differences(world) == {}


def test_many_deletions_stop_before_the_first(hub: Hub) -> None:
    world = linked(hub)
    world.with_spec(limits=replace(WIDE, deletes=Limit(2, None)))
    for n in range(3):
        hub.freshsales.delete_contact(crm(world, n))
    with pytest.raises(LimitExceeded):
        world.run()
    assert len(hub.google.contacts()) == len(PERSONS)


@pytest.mark.parametrize(("view", "words"), [("All Contacts", "are not deleted"), ("Papierkorb", "no contact view")])
def test_another_view_by_mistake_stops_the_run_before_it_deletes_anybody(hub: Hub, view: str, words: str) -> None:
    world = linked(hub)
    options = {**world.spec.left.options, "recycle_bin": view}
    world.with_spec(left=replace(world.spec.left, options=options))
    hub.freshsales.edit_contact(crm(world), {"job_title": "Edited"})
    with pytest.raises(ConfigError, match=words) as told:
        world.run()
    assert "options.recycle_bin" in str(told.value)
    assert len(hub.google.contacts()) == len(hub.freshsales.contacts()) == len(PERSONS)


def test_a_quiet_run_asks_once_more_and_an_old_bin_costs_no_more_than_that(hub: Hub) -> None:
    world = linked(hub, DeletionPolicy.IGNORE)
    for person in people(9, 130, first=500):
        if person.emails:
            made = hub.freshsales.add_contact(
                {"first_name": person.given, "emails": [f"bin{person.number}@example.org"]}
            )
            hub.freshsales.delete_contact(str(made["id"]))
    assert world.run().ok
    hub.clock.forward(hours=1)
    assert world.run().ok
    hub.reset_counters()
    assert world.run().ok
    paths = {path: n for path, n in hub.freshsales.counters.paths.items() if "filters" not in path}
    assert paths == {"POST /filtered_search/contact": 1, "GET /contacts/view/{id}": 1}
    assert hub.writes() == 0
