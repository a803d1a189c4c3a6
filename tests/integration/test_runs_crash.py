"""A run killed at any point: the next ones find what it made, nothing is there twice, nothing is lost."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.apps.memory import Book
from contactsync.demo.vcards import card_of
from contactsync.model.exchange import State
from contactsync.model.spec import Side, SideSpec
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people_data import people
from contactsync.sandbox.people_seed import seed_people
from crash_run import KILLED, crash
from radicale_server import RadicaleServer
from views import at_rest, differences, links
from world import Hub, World, hub_of, mail, memory_spec

PLACES = ("before", "no_response", "after")
PERSON = [replace(people(5, 1)[0], emails=("ada.beispiel@example.org",), tags=())]


def assert_once(hub: Hub, world: World, place: str) -> None:
    """One contact on each side, linked, equal; the journal says whether it was found again or made again."""
    rows = at_rest(world)
    assert [r.outcome.state for r in rows] == [State.DONE if place == "before" else State.ADOPTED]
    assert len(links(world)) == 1
    assert differences(world) == {}
    hub.reset_counters()
    assert world.run().ok
    assert hub.writes() == 0
    assert not world.held()


@pytest.mark.parametrize("place", PLACES)
def test_a_create_in_google_is_found_by_its_mark(tmp_path: Path, place: str) -> None:
    with hub_of(tmp_path) as hub:
        seed_freshsales(hub.freshsales, PERSON)
        world = hub.world("freshsales-google")
        assert crash(world, f"request:{place}:1", hub) == KILLED
        assert_once(hub, world, place)
        assert len(hub.google.contacts()) == 1


@pytest.mark.parametrize("place", PLACES)
def test_a_create_in_freshsales_is_found_by_its_e_mail(tmp_path: Path, place: str) -> None:
    with hub_of(tmp_path) as hub:
        seed_people(hub.google, PERSON)
        world = hub.world("freshsales-google")
        assert crash(world, f"request:{place}:1", hub) == KILLED
        assert_once(hub, world, place)
        assert len(hub.freshsales.contacts()) == 1


@pytest.mark.parametrize("place", PLACES)
def test_a_create_on_a_carddav_server_is_found_by_its_uid(tmp_path: Path, radicale: RadicaleServer, place: str) -> None:
    book = radicale.home().book()
    with hub_of(tmp_path, book=book) as hub:
        seed_freshsales(hub.freshsales, PERSON)
        world = hub.world("freshsales-carddav")
        assert crash(world, f"request:{place}:1", hub) == KILLED
        assert_once(hub, world, place)
        assert len(book.names()) == 1


@pytest.mark.parametrize("place", PLACES)
def test_an_update_of_a_card_is_neither_lost_nor_repeated(tmp_path: Path, radicale: RadicaleServer, place: str) -> None:
    book = radicale.home().book()
    book.put("ada", card_of(PERSON[0], "ada"))
    with hub_of(tmp_path, book=book) as hub:
        seed_freshsales(hub.freshsales, PERSON)
        world = hub.world("freshsales-carddav")
        world.run()
        hub.freshsales.edit_contact(str(hub.freshsales.contacts()[0]["id"]), {"job_title": "Lighthouse keeper"})
        assert crash(world, f"request:{place}:1", hub) == KILLED
        at_rest(world)
        assert differences(world) == {}
        assert book.get("ada").count("TITLE:Lighthouse keeper") == 1
        hub.reset_counters()
        etag = book.get("ada")
        assert world.run().ok
        assert book.get("ada") == etag


def on_disk(root: Path) -> World:
    """Two memory books in files, so that every process sees them; the right one makes contacts by jobs."""
    sides = [
        SideSpec("memory", f"book_{side}", {"path": str(root / f"{side}.book"), "bulk": int(side is Side.RIGHT)})
        for side in Side
    ]
    return World(root, memory_spec(left=sides[0], right=sides[1]), step=300.0)


def books(root: Path) -> tuple[Book, Book]:
    left, right = (Book(root / f"{side}.book") for side in Side)
    return left, right


def test_a_run_may_die_at_any_commit(tmp_path: Path) -> None:
    """Each turn brings a contact on either side, one on both and an edit, and dies one commit later than the last."""
    world = on_disk(tmp_path)
    left, right = books(tmp_path)
    deaths = 0
    for n, when in zip(range(1, 60), itertools.cycle(["before", "after"]), strict=False):
        left.put(f"l{n}", {"names.given": f"Ada {n}", "emails": mail(f"ada{n}@example.org")})
        right.put(f"r{n}", {"names.given": f"Uma {n}", "emails": mail(f"uma{n}@example.org")})
        for book, own in ((left, "company"), (right, "job_title")):
            book.put(f"b{n}", {"names.given": f"Bo {n}", "emails": mail(f"bo{n}@example.org"), own: f"Muster {n}"})
        if n > 1:
            left.put(f"l{n - 1}", {"job_title": f"Editor {n}"})
        code = crash(world, f"commit:{when}:{n}")
        at_rest(world)
        assert len(left.contacts()) == len(right.contacts()) == len(links(world)) == 3 * n
        assert differences(world) == {}
        if code != KILLED:
            break
        deaths += 1
    assert deaths > 10
    writes = left.writes + right.writes
    assert world.run().ok
    assert left.writes + right.writes == writes
