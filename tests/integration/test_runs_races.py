"""Edits that arrive while a run is under way, and listings that follow behind: nobody's edit is lost or reverted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from contactsync.apps.base import App
from contactsync.demo.vcards import card_of
from contactsync.model.exchange import State
from contactsync.model.spec import Side
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.knobs import Fault, Trouble
from contactsync.sandbox.people_data import people
from radicale_server import RadicaleBook, RadicaleServer
from requests.adapters import HTTPAdapter
from views import differences, links
from world import Hub, World, hub_of

PERSONS = [p for p in people(5, 12) if p.emails and p.number % 2]


@pytest.fixture
def book(radicale: RadicaleServer) -> RadicaleBook:
    return radicale.home().book()


@pytest.fixture
def hub(tmp_path: Path, book: RadicaleBook) -> Iterator[Hub]:
    with hub_of(tmp_path, book=book) as hub:
        seed_freshsales(hub.freshsales, PERSONS)
        yield hub


def settled(world: World) -> World:
    for _ in range(3):
        assert world.run().ok
    return world


def meanwhile(server: Any, action: Callable[[], object], method: str, path: str) -> None:
    """Somebody does something just before the next such request takes effect."""
    server.knobs.faults = [Fault(Trouble.CALL, method=method, path=path, action=action)]


class Interrupted(HTTPAdapter):
    """Does something once, just before the first PUT of a card leaves."""

    def __init__(self, action: Callable[[], object]) -> None:
        super().__init__()
        self.actions = [action]

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:  # type: ignore[override]
        if request.method == "PUT" and str(request.url).endswith(".vcf") and self.actions:
            self.actions.pop()()
        return super().send(request, **settings)


def person(hub: Hub, name: str) -> Any:
    return hub.google.contact(name)["organizations"][0]


def outcomes(world: World) -> list[State]:
    return [r.outcome.state for r in world.known.journal(world.spec.id, world.last().run_id)]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "batchGet", id="before our check"),
        pytest.param("POST", "batchUpdateContacts", id="between check and write"),
    ],
)
def test_a_google_contact_edited_meanwhile_is_not_overwritten(hub: Hub, method: str, path: str) -> None:
    world = settled(hub.world("freshsales-google"))
    link = links(world)[0]
    hub.freshsales.edit_contact(link.left.contact_id, {"job_title": "From the CRM"})
    edit = {"organizations": [{"title": "From the phone"}]}
    meanwhile(hub.google, lambda: hub.google.edit_contact(link.right.contact_id, edit), method, path)
    world.run()
    assert outcomes(world) == [State.OVERTAKEN]
    assert person(hub, link.right.contact_id)["title"] == "From the phone"
    world.run()  # both changed: Freshsales is preferred, and the loser is kept in the log
    assert person(hub, link.right.contact_id)["title"] == "From the CRM"
    lost = [c for _, _, c in world.known.conflicts(world.spec.id) if c.field == "job_title" and c.right]
    assert "From the phone" in [c.right for c in lost]
    settled(world)
    assert differences(world) == {}


def test_a_freshsales_contact_edited_before_our_check_is_not_overwritten(hub: Hub) -> None:
    world = settled(hub.world("freshsales-google"))
    link = links(world)[0]
    hub.google.edit_contact(link.right.contact_id, {"organizations": [{"title": "From the phone"}]})
    hub.freshsales.knobs.faults = [
        Fault(
            Trouble.CALL,
            method="POST",
            path="filtered_search",
            nth=2,  # the first is the run's own reading
            action=lambda: hub.freshsales.edit_contact(link.left.contact_id, {"job_title": "From the CRM"}),
        )
    ]
    world.run()
    assert outcomes(world) == [State.OVERTAKEN]
    assert hub.freshsales.contact(link.left.contact_id)["job_title"] == "From the CRM"
    settled(world)
    assert person(hub, link.right.contact_id)["title"] == "From the CRM"


def test_another_field_edited_there_meanwhile_does_not_stop_our_write(hub: Hub) -> None:
    world = settled(hub.world("freshsales-google"))
    link = links(world)[0]
    hub.google.edit_contact(link.right.contact_id, {"organizations": [{"title": "From the phone"}]})
    hub.freshsales.knobs.faults = [
        Fault(
            Trouble.CALL,
            method="POST",
            path="filtered_search",
            nth=2,
            action=lambda: hub.freshsales.edit_contact(link.left.contact_id, {"last_name": "Married"}),
        )
    ]
    world.run()
    assert outcomes(world) == [State.DONE]
    after = hub.freshsales.contact(link.left.contact_id)
    assert (after["job_title"], after["last_name"]) == ("From the phone", "Married")
    settled(world)
    assert hub.google.contact(link.right.contact_id)["names"][0]["familyName"] == "Married"


def test_a_card_edited_between_reading_and_writing_is_not_overwritten(hub: Hub, book: RadicaleBook) -> None:
    world = settled(hub.world("freshsales-carddav"))
    link = links(world)[0]
    name = link.right.contact_id
    hub.freshsales.edit_contact(link.left.contact_id, {"job_title": "From the CRM"})

    def edit() -> None:
        text = book.get(name)
        lines = [line for line in text.splitlines() if not line.startswith("TITLE")]
        book.put(name, "\r\n".join([*lines[:-1], "TITLE:From the phone", lines[-1], ""]))

    calm = world.open_app
    assert calm is not None

    def open_app(side: Side) -> App:
        app = calm(side)
        app.access.session.mount("http://", Interrupted(edit))
        return app

    world.open_app = open_app
    world.run()
    world.open_app = calm
    assert outcomes(world) == [State.OVERTAKEN]
    assert "TITLE:From the phone" in book.get(name)
    settled(world)
    assert "TITLE:From the CRM" in book.get(name)
    assert differences(world) == {}


def test_a_foreign_edit_that_comes_with_the_answer_to_our_write_is_carried_on(hub: Hub) -> None:
    world = settled(hub.world("freshsales-google"))
    link = links(world)[0]
    hub.google.edit_contact(link.right.contact_id, {"organizations": [{"title": "From the phone"}]})
    edit = {"last_name": "Married"}
    meanwhile(hub.freshsales, lambda: hub.freshsales.edit_contact(link.left.contact_id, edit), "PUT", "/contacts/")
    world.run()
    assert outcomes(world) == [State.DONE]
    hub.freshsales.knobs.faults = []
    world.run()
    assert hub.google.contact(link.right.contact_id)["names"][0]["familyName"] == "Married"
    assert differences(world) == {}


# ---- lag


def test_a_lagging_freshsales_neither_reverts_our_write_nor_creates_twice(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        hub.freshsales.knobs.lag_seconds = 100.0
        hub.step = 30.0
        for p in PERSONS:
            hub.google.add_contact({"names": [{"givenName": p.given, "familyName": p.family}],
                                    "emailAddresses": [{"value": p.emails[0]}]})  # fmt: skip
        world = hub.world("freshsales-google")
        for n in range(4):
            assert world.run().ok, n
            assert len(hub.freshsales.contacts()) == len(PERSONS)
        link = links(world)[0]
        hub.google.edit_contact(link.right.contact_id, {"organizations": [{"title": "Captain"}]})
        for _ in range(6):
            assert world.run().ok
            assert hub.freshsales.contact(link.left.contact_id)["job_title"] == "Captain"
        assert person(hub, link.right.contact_id)["title"] == "Captain"
        assert len(hub.freshsales.contacts()) == len(hub.google.contacts()) == len(PERSONS)
        hub.reset_counters()
        world.run()
        assert hub.writes() == 0


def test_a_lagging_google_neither_reverts_our_write_nor_creates_twice(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        hub.google.knobs.lag_seconds = 250.0
        hub.step = 60.0
        seed_freshsales(hub.freshsales, PERSONS)
        world = hub.world("freshsales-google")
        for n in range(7):
            assert world.run().ok, n
            assert len(hub.google.contacts()) == len(PERSONS)
        link = links(world)[0]
        hub.freshsales.edit_contact(link.left.contact_id, {"job_title": "Captain"})
        for _ in range(7):
            assert world.run(full_read=True).ok
            assert person(hub, link.right.contact_id)["title"] == "Captain"
            assert hub.freshsales.contact(link.left.contact_id)["job_title"] == "Captain"
        assert len(links(world)) == len(hub.google.contacts()) == len(PERSONS)


def test_what_one_sync_of_the_hub_made_is_not_made_again_by_the_other(tmp_path: Path, radicale: RadicaleServer) -> None:
    """The same person is in both address books; Freshsales shows its new contacts late."""
    book = radicale.home().seeded([card_of(p, f"person-{p.number}") for p in PERSONS])
    with hub_of(tmp_path, book=book) as hub:
        hub.freshsales.knobs.lag_seconds = 100.0
        hub.step = 10.0
        for p in PERSONS:
            hub.google.add_contact({"names": [{"givenName": p.given, "familyName": p.family}],
                                    "emailAddresses": [{"value": p.emails[0]}]})  # fmt: skip
        worlds = [hub.world("freshsales-google"), hub.world("freshsales-carddav")]
        for n in range(4):
            for world in worlds:
                assert world.run().ok, n
            assert len(hub.freshsales.contacts()) == len(PERSONS)
        hub.clock.forward(seconds=1000)
        for world in worlds * 2:
            assert world.run().ok
        assert len(hub.freshsales.contacts()) == len(hub.google.contacts()) == len(book.names()) == len(PERSONS)
        assert [len(links(w)) for w in worlds] == [len(PERSONS)] * 2
        assert [differences(w) for w in worlds] == [{}, {}]
