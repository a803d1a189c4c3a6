"""Every own field of a side is listed with what it is mapped to, or with the reason why it is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from contactsync.apps import load_app
from contactsync.apps.freshsales import Freshsales, FreshsalesOptions
from contactsync.contact import Kind
from contactsync.mapping.field_list import Listed, listed
from contactsync.model.app import FieldInfo
from contactsync.model.spec import (
    SIDES,
    DagSpec,
    Direction,
    FieldsSpec,
    PairSpec,
    Pick,
    Side,
    SideSpec,
    SyncSpec,
    Unsubscribes,
)

TIER = FieldInfo("custom.cf_tier", Kind.TEXT, "Tier", custom=True, choices=("Gold", "Silver"))
SCORE = FieldInfo("custom.cf_score", Kind.NUMBER, "Score", custom=True, writable=False)


def fields_of(
    side: Side,
    left: str = "freshsales",
    right: str = "google_contacts",
    more: Sequence[FieldInfo] = (),
    **spec: object,
) -> dict[str, Listed]:
    sync = SyncSpec("test", SideSpec(left, "l"), SideSpec(right, "r"), DagSpec(None), **spec)  # type: ignore[arg-type]
    apps = {each: load_app(sync.side(each).app).info for each in SIDES}
    known = {each: (*apps[each].fields, *(more if each is side else ())) for each in SIDES}
    found = listed(sync, side, apps, known)
    assert [one.field for one in found] == list(known[side]), "all of them, in the app's order"
    assert all(bool(one.flow) is not bool(one.why) for one in found), "each flows or says why not"
    return {one.field.name: one for one in found}


def test_a_mapped_field_names_the_contact_field_the_partner_and_the_way() -> None:
    found = fields_of(Side.LEFT)
    assert (found["first_name"].mapped, found["first_name"].partner, found["first_name"].flow) == (
        "names.given",
        "names.givenName",
        "<->",
    )
    mobile = found["mobile_number"]
    assert (mobile.mapped, mobile.partner, mobile.flow) == ("phones (mobile)", "phoneNumbers", "<->")
    there = fields_of(Side.RIGHT)
    assert there["phoneNumbers"].partner == "work_number, mobile_number"


def test_what_can_only_be_read_flows_one_way() -> None:
    assert fields_of(Side.LEFT)["company.name"].flow == "->"
    assert fields_of(Side.RIGHT)["organizations.name"].flow == "->"


@pytest.mark.parametrize(
    ("name", "spec", "why"),
    [
        ("custom.cf_tier", {}, "a pair in fields.pairs can map it"),
        ("owner", {}, "Google Contacts has no owner"),
        ("first_name", {"fields": FieldsSpec(defaults=False)}, "fields.defaults is false"),
        ("first_name", {"fields": FieldsSpec(exclude=("names",))}, "fields.exclude leaves out names.given"),
        ("tags", {"fields": FieldsSpec(only=("names",))}, "fields.only leaves out tags"),
        (
            "company.name",
            {"direction": Direction.RIGHT_TO_LEFT},
            "direction is right_to_left, where Freshsales can only be read",
        ),
    ],
)
def test_what_is_not_mapped_says_why(name: str, spec: dict[str, object], why: str) -> None:
    found = fields_of(Side.LEFT, more=(TIER, SCORE), **spec)[name]
    assert (found.flow, why in found.why) == ("", True), found.why


def test_a_field_that_nobody_may_write_is_offered_only_where_the_other_app_could_take_it() -> None:
    assert "fields.pairs" in fields_of(Side.LEFT, more=(SCORE,))["custom.cf_score"].why


def test_consent_says_that_unsubscribes_do_not_carry() -> None:
    apps = ("memory", "memory")
    assert fields_of(Side.LEFT, *apps)["consent"].why == "unsubscribes is not carry"
    assert fields_of(Side.LEFT, *apps, unsubscribes=Unsubscribes.CARRY)["consent"].flow == "<->"


def test_a_classic_department_is_mapped_and_a_suite_one_is_not() -> None:
    classic = Freshsales.declared(FreshsalesOptions(flavour="classic"))
    sync = SyncSpec("test", SideSpec("freshsales", "l"), SideSpec("google_contacts", "r"), DagSpec(None))
    apps = {Side.LEFT: classic, Side.RIGHT: load_app("google_contacts").info}
    found = {f.field.name: f for f in listed(sync, Side.LEFT, apps, {side: apps[side].fields for side in SIDES})}
    assert found["department"].flow == "<->"
    assert fields_of(Side.LEFT)["department"].flow == ""


PAIRS = (
    PairSpec(("custom.cf_tier",), ("custom.Tier",), direction=Direction.LEFT_TO_RIGHT),
    PairSpec(("mobile_number",), ("phoneNumbers",), pick=Pick("mobile")),
    PairSpec(("first_name", "last_name"), ("nicknames",)),
)


def test_a_field_of_a_pair_names_its_partner_and_what_is_left_to_the_default_mapping() -> None:
    spec = {"fields": FieldsSpec(pairs=PAIRS)}
    found = fields_of(Side.LEFT, more=(TIER,), **spec)
    told = {name: (one.mapped, one.partner, one.flow) for name, one in found.items()}
    assert told["custom.cf_tier"] == ("pair", "custom.Tier", "->")
    assert told["mobile_number"] == ("pair (mobile)", "phoneNumbers", "<->")
    assert told["work_number"] == ("phones (work)", "phoneNumbers", "<->")
    assert told["first_name"] == told["last_name"] == ("pair", "nicknames", "<->")
    there = fields_of(Side.RIGHT, **spec)
    assert there["phoneNumbers"].mapped == "pair (mobile), phones"
    assert there["phoneNumbers"].partner == "mobile_number, work_number"
    assert (there["nicknames"].partner, there["nicknames"].flow) == ("first_name, last_name", "<->")
    assert there["names.givenName"].why == "a pair takes first_name"
