"""A filter on what Freshsales changes without a modified time: who enters, leaves and comes back, and what stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from contactsync.mapping.loader import load_sync
from contactsync.model.spec import Side
from contactsync.orchestration.shipped_apps import ShippedApps
from radicale_server import RadicaleServer, card
from views import differences, links
from world import WIDE, Hub, World, hub_of

FILE = """\
version: 1
id: hot-leads
left:
  app: freshsales
  connection: freshsales_acme
  options: {minute_limit: 100000, hourly_limit: 100000}
right: {app: APP, connection: other}
dag: {schedule: "*/15 * * * *"}
first_run: apply
fields: {exclude: [tags]}
rules:
  left_to_right:
    - name: hot
      if: [{lead_score: {between: [60, 100]}}]
      then: {actions: [{add_WORD: Hot}]}
      on_leave: [{remove_WORD: Hot}]
  right_to_left:
    - name: known
      if: [{has_WORD: Hot}]
      then: {contacts: update_only}
"""
WORDS = {"google_contacts": "label", "carddav": "category"}
CRM, OTHER = Side.LEFT, Side.RIGHT


def hot_leads(hub: Hub, app: str = "google_contacts") -> World:
    """The sync, as its file says."""
    file = hub.root / "hot-leads.yaml"
    file.write_text(FILE.replace("APP", app).replace("WORD", WORDS[app]))
    world = hub.world("freshsales-google")
    world.spec = replace(load_sync(file, hub.root, ShippedApps()), limits=WIDE)
    return world


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with hub_of(tmp_path) as hub:
        yield hub


def add(hub: Hub, name: str, score: int, **data: Any) -> str:
    made = {"first_name": name, "emails": [f"{name.lower()}@example.org"], "lead_score": score, **data}
    return str(hub.freshsales.add_contact(made)["id"])


def score(hub: Hub, contact: str, value: int) -> None:
    """Freshsales works a score out anew, and leaves the modified time as it was."""
    before = hub.freshsales.contact(contact)["updated_at"]
    hub.freshsales.edit_contact(contact, {"lead_score": value})
    assert hub.freshsales.contact(contact)["updated_at"] == before


def settle(hub: Hub, world: World) -> None:
    for _ in range(3):
        assert world.run().ok
    hub.reset_counters()
    assert world.run().ok
    assert hub.writes() == 0


def a_day_later(hub: Hub, world: World) -> None:
    hub.clock.forward(days=1)
    settle(hub, world)


def in_google(hub: Hub) -> dict[str, dict[str, Any]]:
    return {p["names"][0]["givenName"]: p for p in hub.google.contacts() if p.get("names")}


def labels(hub: Hub, person: dict[str, Any]) -> set[str]:
    groups = (m["contactGroupMembership"]["contactGroupId"] for m in person["memberships"])
    return {hub.google.account().groups.find(group).name for group in groups} - {"myContacts"}


def test_a_score_moves_contacts_in_and_out_within_a_day_without_being_asked(hub: Hub) -> None:
    ada, uma = add(hub, "Ada", 20), add(hub, "Uma", 80)
    world = hot_leads(hub)
    assert world.spec.full_every == timedelta(days=1)
    settle(hub, world)
    assert set(in_google(hub)) == {"Uma"}
    score(hub, ada, 75)
    score(hub, uma, 10)
    assert world.run().ok
    assert set(in_google(hub)) == {"Uma"}, "no delta can show it"
    a_day_later(hub, world)
    assert {name: labels(hub, person) for name, person in in_google(hub).items()} == {"Uma": set(), "Ada": {"Hot"}}
    assert len(hub.freshsales.contacts()) == len(links(world)) == 2


def test_who_leaves_and_comes_back_is_neither_deleted_blanked_nor_doubled_and_edits_are_reconciled(hub: Hub) -> None:
    ada = add(hub, "Ada", 90, job_title="Buyer", mobile_number="+49 170 1234567")
    world = hot_leads(hub)
    settle(hub, world)
    name = in_google(hub)["Ada"]["resourceName"]
    score(hub, ada, 10)
    a_day_later(hub, world)
    outside = in_google(hub)["Ada"]
    assert (outside["resourceName"], outside["organizations"][0]["title"]) == (name, "Buyer")
    assert outside["phoneNumbers"]
    hub.freshsales.edit_contact(ada, {"job_title": "Head of buying", "last_name": "Muster"})
    hub.google.edit_contact(name, {"names": [{"givenName": "Ada", "familyName": "Beispiel"}], "phoneNumbers": []})
    settle(hub, world)
    a_day_later(hub, world)
    assert in_google(hub)["Ada"]["organizations"][0]["title"] == "Buyer", "what is out of scope flows nowhere"
    assert hub.freshsales.contact(ada)["last_name"] == "Muster"
    score(hub, ada, 99)
    a_day_later(hub, world)
    (back,) = hub.google.contacts()
    assert (back["resourceName"], labels(hub, back)) == (name, {"Hot"})
    assert back["organizations"][0]["title"] == "Head of buying"
    assert back["names"][0]["familyName"] == hub.freshsales.contact(ada)["last_name"] == "Muster"
    (lost,) = [c for _, _, c in world.known.conflicts(world.spec.id) if c.field == "names.family"]
    assert (lost.left, lost.right, lost.winner) == ("Muster", "Beispiel", CRM)
    assert hub.freshsales.contact(ada)["mobile_number"] == "+49 170 1234567", "a blank clears nothing"
    assert differences(world) == {}
    assert len(hub.freshsales.contacts()) == 1


def test_what_a_person_makes_of_actions_stands_through_deltas_and_complete_reads(hub: Hub) -> None:
    ada = add(hub, "Ada", 90)
    world = hot_leads(hub)
    settle(hub, world)
    person = in_google(hub)["Ada"]
    assert labels(hub, person) == {"Hot"}
    hub.google.edit_contact(person["resourceName"], {"labels": ["Mine"]})
    for _ in range(2):
        hub.freshsales.edit_contact(ada, {"job_title": f"Buyer at {hub.clock.now:%d}"})
        settle(hub, world)
        a_day_later(hub, world)
        score(hub, ada, 80)  # moves within the filter: that is no entering
    assert labels(hub, in_google(hub)["Ada"]) == {"Mine"}


def test_the_same_holds_for_the_categories_of_an_address_book(tmp_path: Path, radicale: RadicaleServer) -> None:
    book = radicale.home().book()
    with hub_of(tmp_path, book=book) as hub:
        ada, uma = add(hub, "Ada", 90), add(hub, "Uma", 10)
        book.put("uma", card("uma", "FN:Uma", "N:;Uma;;;", "EMAIL:uma@example.org", "CATEGORIES:Club"))
        world = hot_leads(hub, "carddav")
        settle(hub, world)
        (made,) = book.names() - {"uma"}
        assert "CATEGORIES:Hot" in book.get(made)
        book.put(made, book.get(made).replace("CATEGORIES:Hot", "CATEGORIES:Mine"))
        score(hub, uma, 70)
        a_day_later(hub, world)
        assert "CATEGORIES:Club,Hot" in book.get("uma").replace("\\", "")
        score(hub, uma, 5)
        score(hub, ada, 61)
        a_day_later(hub, world)
        assert "CATEGORIES:Club" in book.get("uma").splitlines()
        assert "CATEGORIES:Mine" in book.get(made).splitlines()
        assert book.names() == {"uma", made}
