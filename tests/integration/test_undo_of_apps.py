"""Undo on the shipped apps: Freshsales, Google and a real CardDAV server, over whole runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.mapping.rule_sections import RulesSection
from contactsync.model.link import LinkStatus
from contactsync.model.spec import DeletionPolicy, FieldsSpec, Side
from contactsync.model.undo import Stay
from contactsync.sandbox.knobs import Fault, Trouble
from radicale_server import RadicaleBook, RadicaleServer, card
from undos import undo, why
from views import differences, links, values_of
from world import Hub, World, hub_of

LEFT, RIGHT = Side.LEFT, Side.RIGHT
ADA = {
    "first_name": "Ada",
    "last_name": "Beispiel",
    "emails": ["ada@example.org"],
    "job_title": "Clerk",
    "mobile_number": "+49 170 1111111",
}
GOOGLE, CARDDAV = "freshsales-google", "freshsales-carddav"


@pytest.fixture
def book(radicale: RadicaleServer) -> RadicaleBook:
    return radicale.home().book()


@pytest.fixture
def hub(tmp_path: Path, book: RadicaleBook) -> Iterator[Hub]:
    with hub_of(tmp_path, book=book) as hub:
        yield hub


def settle(world: World) -> None:
    for _ in range(2):
        assert world.run().ok


def linked(hub: Hub, name: str, **changes: Any) -> World:
    """Ada in Freshsales and in the other app, at rest."""
    hub.freshsales.add_contact(ADA)
    world = hub.world(name, **changes)
    settle(world)
    assert len(links(world)) == 1
    return world


def the(world: World, side: Side) -> dict[str, str]:
    """The contact values of the only contact there."""
    (found,) = values_of(world, side).values()
    return dict(found)


def at_rest(hub: Hub, world: World) -> None:
    """Two more runs, and a complete one, write nothing anywhere."""
    before = {s: values_of(world, s) for s in Side}
    hub.reset_counters()
    settle(world)
    assert world.run(full_read=True).ok
    assert hub.writes() == 0
    assert {s: values_of(world, s) for s in Side} == before
    assert differences(world) == {}


def fresh(hub: Hub) -> str:
    return str(hub.freshsales.contacts()[0]["id"])


# ---- updates


@pytest.mark.parametrize("name", [GOOGLE, CARDDAV])
def test_an_update_from_freshsales_is_taken_back(hub: Hub, name: str) -> None:
    world = linked(hub, name)
    before = the(world, RIGHT)
    hub.freshsales.edit_contact(
        fresh(hub), {"job_title": "Editor", "mobile_number": "", "work_number": "+49 30 2222222"}
    )
    assert world.run().ok
    assert the(world, RIGHT)["job_title"] == "Editor"
    done = undo(world, world.last().run_id)
    assert why(done) == []
    assert the(world, RIGHT) == before
    assert hub.freshsales.contact(fresh(hub))["job_title"] == "Editor"
    at_rest(hub, world)
    hub.freshsales.edit_contact(fresh(hub), {"job_title": "Head editor"})
    assert world.run().ok
    assert the(world, RIGHT)["job_title"] == "Head editor"


@pytest.mark.parametrize("name", [GOOGLE, CARDDAV])
def test_what_was_filled_in_becomes_empty_again(hub: Hub, name: str) -> None:
    world = linked(hub, name)
    hub.freshsales.edit_contact(fresh(hub), {"department": "Press", "address": "Musterweg 1", "city": "Berlin"})
    assert world.run().ok
    before = the(world, RIGHT)
    done = undo(world, world.last().run_id)
    assert why(done) == []
    now = the(world, RIGHT)
    assert now["addresses"] == "[]"
    assert before["addresses"] != "[]"
    at_rest(hub, world)


def test_an_update_from_google_is_taken_back_in_freshsales_though_its_listing_lags(hub: Hub) -> None:
    world = linked(hub, GOOGLE)
    hub.freshsales.knobs.lag_seconds = 100.0
    world.step = 10.0
    person = links(world)[0].right.contact_id
    hub.google.edit_contact(person, {"organizations": [{"title": "From the phone"}]})
    assert world.run().ok
    assert hub.freshsales.contact(fresh(hub))["job_title"] == "From the phone"
    done = undo(world, world.last().run_id)
    assert why(done) == []
    assert hub.freshsales.contact(fresh(hub))["job_title"] == "Clerk"
    hub.clock.forward(seconds=200)
    at_rest(hub, world)
    assert the(world, RIGHT)["job_title"] == "From the phone"


def test_what_a_person_typed_in_google_meanwhile_stays(hub: Hub) -> None:
    world = linked(hub, GOOGLE)
    hub.freshsales.edit_contact(fresh(hub), {"job_title": "Editor"})
    assert world.run().ok
    run, person = world.last().run_id, links(world)[0].right.contact_id
    hub.google.knobs.faults = [
        Fault(Trouble.CALL, "POST", "batchUpdateContacts", action=lambda: hub.google.edit_contact(
            person, {"organizations": [{"title": "Countess"}]}
        ))
    ]  # fmt: skip
    done = undo(world, run)
    assert why(done) == [(Stay.EDITED, "")]
    assert the(world, RIGHT)["job_title"] == "Countess"
    settle(world)
    assert hub.freshsales.contact(fresh(hub))["job_title"] == "Countess"


def test_a_card_keeps_what_other_clients_wrote(hub: Hub, book: RadicaleBook) -> None:
    book.put("ada", card("ada", "FN:Ada Beispiel", "N:Beispiel;Ada;;;", "EMAIL:ada@example.org", "X-SKILL:tea"))
    world = linked(hub, CARDDAV)
    hub.freshsales.edit_contact(fresh(hub), {"job_title": "Editor"})
    assert world.run().ok
    undo(world, world.last().run_id)
    assert "TITLE:Clerk" in book.get("ada")
    assert "X-SKILL:tea" in book.get("ada")
    at_rest(hub, world)


# ---- creates


@pytest.mark.parametrize("name", [GOOGLE, CARDDAV])
def test_whom_a_run_made_is_deleted_and_comes_only_after_an_edit(hub: Hub, name: str) -> None:
    hub.freshsales.add_contact(ADA)
    world = hub.world(name)
    assert world.run().ok
    assert len(values_of(world, RIGHT)) == 1
    done = undo(world, world.last().run_id)
    assert why(done) == []
    assert values_of(world, RIGHT) == {}
    at_rest(hub, world)
    hub.freshsales.edit_contact(fresh(hub), {"job_title": "Editor"})
    settle(world)
    assert the(world, RIGHT)["job_title"] == "Editor"
    at_rest(hub, world)


def test_whom_a_run_made_in_freshsales_is_deleted(hub: Hub) -> None:
    hub.google.add_contact({"names": [{"givenName": "Ada"}], "emailAddresses": [{"value": "ada@example.org"}]})
    world = hub.world(GOOGLE)
    assert world.run().ok
    assert len(hub.freshsales.contacts()) == 1
    undo(world, world.last().run_id)
    assert hub.freshsales.contacts() == []
    at_rest(hub, world)


def touch_google(hub: Hub, contact: str) -> None:
    hub.google.edit_contact(contact, {"biographies": [{"value": "Likes tea"}]})


def touch_card(hub: Hub, contact: str) -> None:
    assert hub.book is not None
    text = hub.book.get(contact)
    hub.book.put(contact, text.replace("END:VCARD", "X-SKILL:tea\r\nEND:VCARD"))


@pytest.mark.parametrize(("name", "touch"), [(GOOGLE, touch_google), (CARDDAV, touch_card)])
def test_whom_somebody_touched_in_a_field_of_no_sync_is_not_deleted(hub: Hub, name: str, touch: Any) -> None:
    hub.freshsales.add_contact(ADA)
    world = hub.world(name, fields=FieldsSpec(exclude=("notes",)))
    assert world.run().ok
    run = world.last().run_id
    touch(hub, links(world)[0].right.contact_id)
    assert why(undo(world, run)) == [(Stay.EDITED, "")]
    assert len(values_of(world, RIGHT)) == 1
    at_rest(hub, world)


def test_freshsales_tells_by_its_modified_time_who_was_touched(hub: Hub) -> None:
    hub.google.add_contact({"names": [{"givenName": "Ada"}], "emailAddresses": [{"value": "ada@example.org"}]})
    world = hub.world(GOOGLE)
    assert world.run().ok
    run = world.last().run_id
    hub.clock.forward(minutes=10)
    hub.freshsales.edit_contact(fresh(hub), {"lead_score": 70, "external_id": "7"})
    assert why(undo(world, run)) == [(Stay.EDITED, "")]
    assert len(hub.freshsales.contacts()) == 1


# ---- deletes


@pytest.mark.parametrize("name", [GOOGLE, CARDDAV])
def test_whom_a_run_deleted_in_freshsales_is_made_anew(hub: Hub, book: RadicaleBook, name: str) -> None:
    world = linked(hub, name, deletions={RIGHT: DeletionPolicy.DELETE})
    before = the(world, LEFT)
    contact = links(world)[0].right.contact_id
    if name == GOOGLE:
        hub.google.delete_contact(contact)
    else:
        book.delete(contact)
    settle(world)
    assert hub.freshsales.contacts() == []
    run = next(r.run_id for r in world.known.journal(world.spec.id)[::-1])
    done = undo(world, run)
    assert why(done) == []
    assert the(world, LEFT) == before
    at_rest(hub, world)
    assert values_of(world, RIGHT) == {}
    assert len(links(world, LinkStatus.PARTED)) == 1


def test_whom_a_person_made_anew_in_google_is_not_made_twice(hub: Hub) -> None:
    """Google refuses no second contact and cannot be asked for keys: what changed there since is listed first."""
    hub.freshsales.add_contact(ADA)
    world = hub.world(GOOGLE)
    assert world.run().ok
    undo(world, world.last().run_id)
    hub.google.add_contact({"names": [{"givenName": "Ada"}], "emailAddresses": [{"value": "ada@example.org"}]})
    assert why(undo(world, world.last().run_id)) == [(Stay.KEY_TAKEN, "")]
    assert len(hub.google.contacts()) == 1


def test_whom_an_undo_deleted_in_google_comes_back_linked(hub: Hub) -> None:
    hub.freshsales.add_contact(ADA)
    world = hub.world(GOOGLE)
    assert world.run().ok
    undo(world, world.last().run_id)
    assert why(undo(world, world.last().run_id)) == []
    assert the(world, RIGHT)["job_title"] == "Clerk"
    at_rest(hub, world)
    hub.freshsales.edit_contact(fresh(hub), {"job_title": "Editor"})
    settle(world)
    assert the(world, RIGHT)["job_title"] == "Editor"


# ---- links, rules, refusals


@pytest.mark.parametrize("name", [GOOGLE])
def test_a_first_meeting_is_taken_back_on_both_sides(hub: Hub, name: str) -> None:
    hub.freshsales.add_contact(ADA)
    hub.google.add_contact({"emailAddresses": [{"value": "ada@example.org"}], "biographies": [{"value": "Likes tea"}]})
    world = hub.world(name, fields=FieldsSpec(exclude=("notes",)))
    before = {s: the(world, s) for s in Side}
    assert world.run().ok
    done = undo(world, world.last().run_id)
    assert why(done) == []
    assert {s: the(world, s) for s in Side} == before
    at_rest(hub, world)
    assert len(links(world, LinkStatus.PARTED)) == 1


def test_labels_are_taken_back_and_do_not_disturb_is_not(hub: Hub) -> None:
    press = {"name": "press", "if": [{"field": {"name": "job_title", "equals": "Press"}}]}
    quiet = {"name": "quiet", "if": [{"field": {"name": "organizations.title", "equals": "Quiet"}}]}
    rules = {
        "left_to_right": [{**press, "then": {"actions": [{"add_label": "Press"}]}}, {"name": "all"}],
        "right_to_left": [{**quiet, "then": {"actions": ["mark_do_not_disturb"]}}, {"name": "all"}],
    }
    hub.freshsales.add_contact(ADA)
    world = hub.world(GOOGLE, rules=RulesSection.model_validate(rules).spec(), fields=FieldsSpec(exclude=("tags",)))
    options = {**world.spec.left.options, "flavour": "suite", "do_not_disturb_field": "custom.cf_do_not_disturb"}
    world.with_spec(left=replace(world.spec.left, options=options))
    settle(world)
    person = links(world)[0].right.contact_id
    hub.freshsales.edit_contact(fresh(hub), {"job_title": "Press"})
    before = labels_of(hub, person)
    assert world.run().ok
    assert len(labels_of(hub, person)) == len(before) + 1
    assert why(undo(world, world.last().run_id)) == []
    assert labels_of(hub, person) == before
    hub.google.edit_contact(person, {"organizations": [{"title": "Quiet"}]})
    assert world.run().ok
    assert quiet_there(hub)
    done = undo(world, world.last().run_id)
    assert [(s.why, s.field) for s in done.plan.stays] == [(Stay.CONSENT, "own.custom.cf_do_not_disturb")]
    assert quiet_there(hub)
    assert hub.freshsales.contact(fresh(hub))["job_title"] == "Press"
    settle(world)
    assert labels_of(hub, person) == before, "the rule was entered, and its action is not done again"


def labels_of(hub: Hub, person: str) -> list[Any]:
    return list(hub.google.contact(person).get("memberships", []))


def quiet_there(hub: Hub) -> bool:
    return str(hub.freshsales.contact(fresh(hub))["custom_field"]["cf_do_not_disturb"]).lower() == "true"


def test_a_refused_undo_says_so_and_changes_nothing(hub: Hub) -> None:
    world = linked(hub, GOOGLE)
    person = links(world)[0].right.contact_id
    hub.google.edit_contact(person, {"organizations": [{"title": "From the phone"}]})
    assert world.run().ok
    run = world.last().run_id
    hub.freshsales.knobs.faults = [Fault(Trouble.ERROR_BEFORE, "PUT", "/contacts/", status=400, times=0)]
    done = undo(world, run)
    assert not done.summary.ok
    assert why(done) == [(Stay.REFUSED, "")]
    hub.freshsales.knobs.faults = []
    assert hub.freshsales.contact(fresh(hub))["job_title"] == "From the phone"
    at_rest(hub, world)
    assert world.held() == []
    assert undo(world, run).summary.ok
    assert hub.freshsales.contact(fresh(hub))["job_title"] == "Clerk"
