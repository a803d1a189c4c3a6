"""Both sides edited one field, over whole runs between real apps: who wins, and what is kept of the loser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contactsync.model.plan import Conflict, HoldReason
from contactsync.model.spec import ConflictPolicy, Side
from radicale_server import RadicaleServer, card
from views import differences, links
from world import Hub, World, hub_of

LEFT, RIGHT = Side.LEFT, Side.RIGHT


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with hub_of(tmp_path) as hub:
        yield hub


def met(hub: Hub, policy: ConflictPolicy) -> tuple[World, str, str]:
    """One buyer on both sides, and the two ids."""
    person = {"first_name": "Ada", "last_name": "Muster", "emails": ["ada@example.org"], "job_title": "Buyer"}
    hub.freshsales.add_contact(person)
    world = hub.world("freshsales-google", conflicts=policy)
    for _ in range(2):
        assert world.run().ok
    (link,) = links(world)
    hub.clock.forward(hours=1)  # what was written is listed by now
    return world, link.left.contact_id, link.right.contact_id


def titles(hub: Hub) -> tuple[str, str]:
    (crm,), (person,) = hub.freshsales.contacts(), hub.google.contacts()
    return crm["job_title"], person["organizations"][0]["title"]


def type_title(hub: Hub, side: Side, contact_id: str, title: str) -> None:
    if side is LEFT:
        hub.freshsales.edit_contact(contact_id, {"job_title": title})
    else:
        hub.google.edit_contact(contact_id, {"organizations": [{"title": title}]})


def conflicts(world: World) -> list[tuple[Conflict, str]]:
    return [(conflict, run) for run, _, conflict in world.known.conflicts(world.spec.id)]


def rest(hub: Hub, world: World) -> None:
    for full in (False, True, False):
        hub.reset_counters()
        assert world.run(full_read=full).ok
        assert hub.writes() == 0


@pytest.mark.parametrize("later", [LEFT, RIGHT])
def test_the_newer_edit_wins_and_the_older_one_is_kept_with_everything_about_it(hub: Hub, later: Side) -> None:
    world, *ids = met(hub, ConflictPolicy.NEWEST)
    by_side = dict(zip((LEFT, RIGHT), ids, strict=True))
    type_title(hub, later.other, by_side[later.other], "Older")
    hub.clock.forward(seconds=5)
    type_title(hub, later, by_side[later], "Newer")
    for _ in range(2):
        assert world.run().ok
    assert titles(hub) == ("Newer", "Newer")
    ((lost, run),) = conflicts(world)
    assert (lost.field, lost.base_left, lost.base_right, lost.winner) == ("job_title", "Buyer", "Buyer", later)
    assert {lost.left, lost.right} == {"Older", "Newer"}
    assert "newest" in lost.rule
    assert run in {row.run_id for row in world.known.runs(world.spec.id)}
    rest(hub, world)


def test_of_two_edits_in_one_second_none_is_newer_so_the_preferred_side_wins(hub: Hub) -> None:
    world, crm, google = met(hub, ConflictPolicy.NEWEST)
    type_title(hub, LEFT, crm, "Left")
    hub.clock.forward(seconds=0.9)
    type_title(hub, RIGHT, google, "Right")
    for _ in range(2):
        assert world.run().ok
    assert titles(hub) == ("Left", "Left")
    rest(hub, world)


def test_what_is_newer_is_decided_field_by_field_only_where_both_edited(hub: Hub) -> None:
    world, crm, google = met(hub, ConflictPolicy.NEWEST)
    hub.freshsales.edit_contact(crm, {"job_title": "Older", "last_name": "Only here"})
    hub.clock.forward(minutes=1)
    type_title(hub, RIGHT, google, "Newer")
    for _ in range(2):
        assert world.run().ok
    assert titles(hub) == ("Newer", "Newer")
    assert hub.google.contacts()[0]["names"][0]["familyName"] == "Only here", "an edit on one side only never loses"
    assert [lost.field for lost, _ in conflicts(world)] == ["job_title"]
    rest(hub, world)


def test_under_hold_both_stay_until_a_person_makes_them_equal(hub: Hub) -> None:
    world, crm, google = met(hub, ConflictPolicy.HOLD)
    type_title(hub, LEFT, crm, "Left")
    type_title(hub, RIGHT, google, "Right")
    hub.freshsales.edit_contact(crm, {"last_name": "Elsewhere"})
    for _ in range(2):
        assert world.run().ok
    assert titles(hub) == ("Left", "Right")
    assert [(hold.field, hold.reason) for hold in world.held()] == [("job_title", HoldReason.CONFLICT)]
    assert hub.google.contacts()[0]["names"][0]["familyName"] == "Elsewhere", "other fields go on"
    ((lost, _),) = conflicts(world)
    assert (lost.left, lost.right, lost.winner) == ("Left", "Right", None)
    rest(hub, world)
    type_title(hub, RIGHT, google, "Left")
    for _ in range(2):
        assert world.run().ok
    assert world.held() == []
    type_title(hub, RIGHT, google, "Next")
    for _ in range(2):
        assert world.run().ok
    assert titles(hub) == ("Next", "Next")
    rest(hub, world)


@pytest.mark.parametrize("dated", [True, False], ids=["with REV", "without REV"])
def test_a_card_is_newer_only_where_it_says_so(tmp_path: Path, radicale: RadicaleServer, dated: bool) -> None:
    book = radicale.home().book()
    person = ("FN:Ada", "N:;Ada;;;", "EMAIL:ada@example.org")
    with hub_of(tmp_path, book=book) as hub:
        book.put("ada", card("ada", *person, "TITLE:Buyer", "REV:20260101T000000Z"))
        world = hub.world("freshsales-carddav", conflicts=ConflictPolicy.NEWEST)
        for _ in range(2):
            assert world.run().ok
        hub.clock.forward(hours=1)
        (crm,) = hub.freshsales.contacts()
        hub.freshsales.edit_contact(crm["id"], {"job_title": "From Freshsales"})
        hub.clock.forward(minutes=1)
        rev = f"REV:{hub.clock.now:%Y%m%dT%H%M%SZ}" if dated else "NOTE:edited by a program that dates nothing"
        book.put("ada", card("ada", *person, "TITLE:From the card", rev))
        for _ in range(2):
            assert world.run().ok
        wins = "From the card" if dated else "From Freshsales"
        assert hub.freshsales.contacts()[0]["job_title"] == wins
        assert f"TITLE:{wins}" in book.get("ada")
        assert differences(world) == {}
