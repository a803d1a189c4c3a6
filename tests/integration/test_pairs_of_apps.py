"""Pairs of each form between Freshsales and Google Contacts, on local servers that speak as the vendors do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ConfigError
from contactsync.model.plan import HoldReason
from contactsync.sandbox.knobs import Fault, Trouble
from paired import fields
from world import Hub, World, hub_of

PAIRS: tuple[dict[str, Any], ...] = (
    {
        "left": "custom.cf_segment",
        "right": "custom.Segment",
        "options": {"Small": "small", "Middle & Large": "big"},
    },
    {
        "left": "mobile_number",
        "right": "phoneNumbers",
        "pick": {"label": "mobile", "else": "first"},
        "conflicts": "right",
        "blanks": "clear",
    },
    {"left": "company.website", "right": "custom.Website", "direction": "left_to_right"},
    {
        "left": "custom.cf_off-loading_point",
        "right": "custom.Gate",
        "direction": "left_to_right",
        "transforms": ["strip_html"],
        "blanks": "clear",
    },
    {"left": "custom.cf_unit_", "right": "custom.Unit"},
    {"left": "custom.cf_birthday", "right": "birthdays"},
    {
        "left": "custom.cf_has_authority",
        "right": "custom.Authority",
        "options": {"true": "ja", "false": "nein"},
    },
    {"left": "custom.cf_customer_number", "right": "nicknames", "conflicts": "hold"},
)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with hub_of(tmp_path) as hub:
        yield hub


@pytest.fixture
def world(hub: Hub) -> World:
    return hub.world("freshsales-google", fields=fields(*PAIRS, exclude=["tags"]))


def rest(hub: Hub, world: World) -> None:
    """Two runs, and a third that writes nothing."""
    for _ in range(2):
        assert world.run().ok
    hub.reset_counters()
    assert world.run().ok
    assert hub.writes() == 0


def crm(hub: Hub, **data: Any) -> str:
    custom = {key.removeprefix("custom_"): data.pop(key) for key in list(data) if key.startswith("custom_")}
    made = hub.freshsales.add_contact(
        {"last_name": "Beispiel", "emails": ["ada@example.org"], "custom_field": custom, **data}
    )
    return str(made["id"])


def phone(hub: Hub) -> dict[str, Any]:
    """The only contact of the Google account."""
    (found,) = hub.google.contacts()
    return dict(found)


def numbers(person: dict[str, Any]) -> set[str]:
    return {f"{p.get('type', '')}:{p['value']}" for p in person.get("phoneNumbers", ())}


def own(person: dict[str, Any]) -> dict[str, str]:
    return {i["key"]: i["value"] for i in person.get("userDefined", ())}


def edited(hub: Hub, **data: Any) -> None:
    """Somebody edits the Google contact; `own` replaces custom fields and leaves the others."""
    person = phone(hub)
    if "own" in data:
        data["userDefined"] = [{"key": k, "value": v} for k, v in {**own(person), **data.pop("own")}.items()]
    hub.google.edit_contact(person["resourceName"], data)


def custom(hub: Hub, contact: str) -> dict[str, Any]:
    return dict(hub.freshsales.contact(contact)["custom_field"])


def test_every_form_reaches_google_and_edits_there_come_back(hub: Hub, world: World) -> None:
    company = hub.freshsales.add_account("Acme")
    hub.freshsales.store.settings.accounts[company]["website"] = "https://acme.example"
    ada = crm(
        hub,
        mobile_number="+49 170 1111111",
        work_number="+49 30 1111111",
        sales_accounts=[{"id": company, "is_primary": True}],
        custom_cf_segment="Middle & Large",
        **{"custom_cf_off-loading_point": "<p>Gate <b>4</b></p>"},
        custom_cf_unit_=12.5,
        custom_cf_birthday="1990-02-28",
        custom_cf_has_authority=True,
        custom_cf_customer_number="K 17",
    )
    rest(hub, world)
    person = phone(hub)
    assert own(person) == {
        "Segment": "big",
        "Website": "https://acme.example",
        "Gate": "Gate 4",
        "Unit": "12.5",
        "Authority": "ja",
    }
    assert numbers(person) == {"mobile:+49 170 1111111", "work:+49 30 1111111"}
    assert person["birthdays"][0]["date"] == {"year": 1990, "month": 2, "day": 28}
    assert person["nicknames"][0]["value"] == "K 17"
    edited(
        hub,
        own={"Segment": "small", "Unit": "13.00", "Authority": "nein", "Gate": "Gate 5"},
        phoneNumbers=[{"value": "+49 170 2222222", "type": "mobile"}, {"value": "+49 30 1111111", "type": "work"}],
        birthdays=[{"date": {"year": 1991, "month": 3, "day": 1}}],
        nicknames=[{"value": "K 18"}],
    )
    rest(hub, world)
    stored = hub.freshsales.contact(ada)
    found = custom(hub, ada)
    assert (stored["mobile_number"], stored["work_number"]) == ("+49 170 2222222", "+49 30 1111111")
    assert (found["cf_segment"], found["cf_unit_"], found["cf_has_authority"]) == ("Small", 13, False)
    assert (found["cf_birthday"][:10], found["cf_customer_number"]) == ("1991-03-01", "K 18")
    assert found["cf_off-loading_point"] == "<p>Gate <b>4</b></p>", "one way"
    assert own(phone(hub))["Unit"] == "13.00", "the same number"


def test_edits_in_freshsales_replace_only_their_own(hub: Hub, world: World) -> None:
    ada = crm(hub, mobile_number="+49 170 1111111")
    rest(hub, world)
    others = [{"value": "+49 30 5555555", "type": "home"}, {"value": "+49 170 1111111", "type": "mobile"}]
    edited(hub, phoneNumbers=others, own={"Shoe size": "38"})
    rest(hub, world)
    assert hub.freshsales.contact(ada)["work_number"] == "+49 30 5555555", "the only place that is left"
    hub.freshsales.edit_contact(ada, {"mobile_number": "+49 170 9999999", "custom_field": {"cf_segment": "Small"}})
    rest(hub, world)
    assert numbers(phone(hub)) == {"mobile:+49 170 9999999", "home:+49 30 5555555"}
    assert own(phone(hub)) == {"Segment": "small", "Shoe size": "38"}
    hub.freshsales.edit_contact(ada, {"mobile_number": None})
    rest(hub, world)
    assert numbers(phone(hub)) == {"home:+49 30 5555555"}, "cleared, as the pair says"


def test_what_was_added_on_the_phone_while_the_run_wrote_survives(hub: Hub, world: World) -> None:
    ada = crm(hub, mobile_number="+49 170 1111111")
    rest(hub, world)
    hub.freshsales.edit_contact(ada, {"mobile_number": "+49 170 9999999"})
    added = [{"value": "+49 170 1111111", "type": "mobile"}, {"value": "+49 30 7777777", "type": "fax"}]
    hub.google.knobs.faults = [
        Fault(Trouble.CALL, method="GET", path="batchGet", action=lambda: edited(hub, phoneNumbers=added))
    ]
    rest(hub, world)
    assert numbers(phone(hub)) == {"mobile:+49 170 9999999", "fax:+49 30 7777777"}


def test_a_choice_that_freshsales_does_not_have_is_held_and_never_sent(hub: Hub) -> None:
    plain = {"left": "custom.cf_segment", "right": "custom.Segment"}
    world = hub.world("freshsales-google", fields=fields(plain))
    ada = crm(hub, custom_cf_segment="Small")
    rest(hub, world)
    edited(hub, own={"Segment": "Gigantic"})
    rest(hub, world)
    assert custom(hub, ada)["cf_segment"] == "Small"
    assert [h.reason for h in world.held()] == [HoldReason.UNKNOWN_OPTION]
    edited(hub, own={"Segment": "Größte"})
    rest(hub, world)
    assert custom(hub, ada)["cf_segment"] == "Größte"
    assert not world.held()


def test_a_text_where_freshsales_holds_numbers_is_held_and_never_sent(hub: Hub, world: World) -> None:
    ada = crm(hub, custom_cf_unit_=4)
    rest(hub, world)
    edited(hub, own={"Unit": "about four"})
    rest(hub, world)
    assert custom(hub, ada)["cf_unit_"] == 4
    assert [h.reason for h in world.held()] == [HoldReason.NOT_REPRESENTABLE]


def test_a_field_that_the_account_lacks_stops_the_run_before_it_reads(hub: Hub) -> None:
    world = hub.world("freshsales-google", fields=fields({"left": "custom.cf_shoe_size", "right": "custom.Shoes"}))
    crm(hub)
    with pytest.raises(
        ConfigError, match=r"fields\.pairs\[0\]\.left.*no field 'custom.cf_shoe_size'.*contactsync fields"
    ):
        world.run()
    assert hub.google.contacts() == []
    hub.freshsales.add_field("cf_shoe_size", "Shoe size", "number")
    assert world.run().ok, "asked anew rather than taken from what was kept"


def test_a_name_whole_in_google_and_in_parts_in_freshsales(hub: Hub) -> None:
    whole = {"left": ["first_name", "last_name"], "right": "nicknames"}
    world = hub.world("freshsales-google", fields=fields(whole, exclude=["names"]))
    ada = crm(hub, first_name="Ada Maria")
    rest(hub, world)
    assert phone(hub)["nicknames"][0]["value"] == "Ada Maria Beispiel"
    edited(hub, nicknames=[{"value": "Ada Maria Muster"}])
    rest(hub, world)
    stored = hub.freshsales.contact(ada)
    assert (stored["first_name"], stored["last_name"]) == ("Ada Maria", "Muster")


def test_one_number_in_two_fields_is_two_entries_on_the_phone_and_stays_two(hub: Hub, world: World) -> None:
    ada = crm(hub, mobile_number="+49 170 1111111", work_number="+49 170 1111111")
    rest(hub, world)
    assert numbers(phone(hub)) == {"mobile:+49 170 1111111", "work:+49 170 1111111"}
    hub.freshsales.edit_contact(ada, {"job_title": "Buyer", "mobile_number": "+49 170 2222222"})
    rest(hub, world)
    hub.freshsales.edit_contact(ada, {"mobile_number": "+49 170 1111111"})
    rest(hub, world)
    assert numbers(phone(hub)) == {"mobile:+49 170 1111111", "work:+49 170 1111111"}
    assert len(phone(hub)["phoneNumbers"]) == 2
