"""Google's Person to own fields and back, with everything that is not mapped left as it was."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from contactsync.apps._people_body import mask_of, to_fields
from contactsync.apps._people_record import KEPT, own_fields, own_items, to_record
from contactsync.contact import normal_email
from contactsync.errors import RecordRefused
from hypothesis import given
from hypothesis import strategies as st

LABELS = {"contactGroups/1": "Freshsales", "contactGroups/2": "Family", "contactGroups/myContacts": ""}
CONTACT = {"source": {"type": "CONTACT", "id": "1a"}}

ADA: dict[str, Any] = {
    "resourceName": "people/c1",
    "etag": "%person",
    "metadata": {
        "sources": [
            {"type": "PROFILE", "id": "9", "etag": "#p"},
            {"type": "CONTACT", "id": "1a", "etag": "#c", "updateTime": "2026-01-02T03:04:05.678901234Z"},
        ]
    },
    "names": [
        {"metadata": {"source": {"type": "PROFILE", "id": "9"}}, "givenName": "Profile"},
        {
            "metadata": CONTACT,
            "givenName": "Ada",
            "familyName": "Beispiel",
            "displayName": "Ada B",
            "phoneticGivenName": "Ey",
        },
    ],
    "emailAddresses": [
        {
            "metadata": CONTACT,
            "value": "ada@acme.example",
            "type": "work",
            "formattedType": "Arbeit",
            "displayName": "A.",
        },
        {"metadata": CONTACT, "value": "ada@home.example"},
    ],
    "addresses": [
        {"metadata": CONTACT, "formattedValue": "Behind the mill"},
        {"metadata": CONTACT, "type": "home", "streetAddress": "A 1", "city": "B", "formattedValue": "A 1\nB"},
    ],
    "organizations": [
        {"metadata": CONTACT, "name": "Acme", "title": "CTO", "current": True, "jobDescription": "all"},
        {"metadata": CONTACT, "name": "Aardvark", "type": "school"},
    ],
    "birthdays": [{"metadata": CONTACT, "date": {"month": 2, "day": 29}}],
    "memberships": [
        {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/myContacts"}},
        {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/1"}},
        {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/lost"}},
        {"domainMembership": {"inViewerDomain": True}},
    ],
    "userDefined": [
        {"key": "Tier", "value": "gold"},
        {"key": "Car", "value": "blue"},
        {"key": "Car", "value": "red"},
    ],
    "clientData": [{"key": "contactsync.op", "value": "op-1"}, {"key": "other", "value": "x"}],
}


def label(group: str) -> str:
    return LABELS.get(group, "")


def group(name: str) -> str:
    return next((g for g, n in LABELS.items() if n == name), f"contactGroups/new-{name}")


def held(person: dict[str, Any]) -> dict[str, Any]:
    return {field: own_items(person, field) for field in KEPT}


def test_a_person_becomes_a_record() -> None:
    record = to_record(ADA, label, ["Tier", "Size"])

    assert (record.id, record.version, record.marker) == ("people/c1", "#c", ("op-1",))
    assert record.modified_at == datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert record.ref == {"etag": "%person", "source": {"type": "CONTACT", "id": "1a", "etag": "#c"}}
    fields = record.fields
    assert (fields["names.givenName"], fields["names.familyName"]) == ("Ada", "Beispiel")
    assert (fields["organizations.name"], fields["organizations.title"]) == ("Acme", "CTO")
    assert fields["birthdays"] == "--02-29"
    assert fields["memberships"] == [{"value": "Freshsales"}]
    assert {"value": "ada@acme.example", "label": "work"} in fields["emailAddresses"]
    assert {"value": {"street": "Behind the mill"}, "label": ""} in fields["addresses"]
    assert (fields["custom.Tier"], fields["custom.Size"], fields["custom.Car"]) == ("gold", "", "blue\nred")


def test_what_google_shuffles_or_stamps_is_no_change() -> None:
    shaken = {**ADA, "etag": "%other", "metadata": {"sources": [{"type": "CONTACT", "id": "1a", "etag": "#d"}]}}
    dice = random.Random(3)
    for field in ("emailAddresses", "addresses", "organizations", "memberships", "userDefined"):
        shaken[field] = dice.sample(ADA[field], len(ADA[field]))

    before, after = to_record(ADA, label), to_record(shaken, label)

    assert before.raw == after.raw
    assert before.fields == after.fields
    assert to_record({**ADA, "birthdays": []}, label).raw != before.raw


def test_a_renamed_label_is_a_change() -> None:
    assert to_record(ADA, label).raw != to_record(ADA, lambda g: label(g).upper()).raw


@pytest.mark.parametrize(
    "birthday", [{"text": "spring"}, {"date": {"year": 1980}}, {"date": {"year": 1980, "month": 2}}]
)
def test_a_birthday_that_is_no_day_is_missing_not_blank(birthday: dict[str, Any]) -> None:
    assert "birthdays" not in own_fields({"birthdays": [birthday]}, label)


@pytest.mark.parametrize(
    "person",
    [{}, {"resourceName": "people/1"}, {"resourceName": "people/1", "metadata": {"sources": [{"type": "PROFILE"}]}}],
)
def test_a_person_without_a_contact_source_is_an_error(person: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="without"):
        to_record(person, label)


def test_what_is_not_mapped_survives_a_write() -> None:
    patch = {
        "names.givenName": "Uma",
        "organizations.title": "",
        "custom.Tier": "silver",
        "memberships": [{"value": "Family"}],
        "emailAddresses": [{"value": "ADA@acme.example", "label": "home"}],
        "addresses": [{"value": {"street": "Behind the mill"}}, {"value": {"city": "C"}, "label": "work"}],
    }

    fields = to_fields(patch, held(ADA), group, label)

    assert fields["names"] == [{"givenName": "Uma", "familyName": "Beispiel", "phoneticGivenName": "Ey"}]
    assert {"name": "Acme", "current": True, "jobDescription": "all"} in fields["organizations"]
    assert {"name": "Aardvark", "type": "school"} in fields["organizations"]
    assert {"key": "Car", "value": "red"} in fields["userDefined"]
    assert {"key": "Car", "value": "blue"} in fields["userDefined"]
    assert fields["emailAddresses"] == [{"value": "ADA@acme.example", "type": "home", "displayName": "A."}]
    assert fields["addresses"] == [{"formattedValue": "Behind the mill"}, {"city": "C", "type": "work"}]
    groups = [m["contactGroupMembership"]["contactGroupResourceName"] for m in fields["memberships"]]
    assert sorted(groups) == ["contactGroups/2", "contactGroups/lost", "contactGroups/myContacts"]


def test_the_primary_address_stays_the_primary_one() -> None:
    first = {"value": "a@acme.example", "metadata": {"sourcePrimary": True, "primary": True}}
    items = {"emailAddresses": [{"value": "b@acme.example"}, first]}

    fields = to_fields(
        {"emailAddresses": [{"value": v} for v in ("b@acme.example", "a@acme.example")]}, items, group, label
    )

    assert fields["emailAddresses"] == [
        {"value": "a@acme.example", "metadata": {"sourcePrimary": True}},
        {"value": "b@acme.example"},
    ]


def test_a_new_contact_with_a_label_is_still_among_my_contacts() -> None:
    fields = to_fields({"memberships": [{"value": "New"}]}, {}, group, label)

    groups = [m["contactGroupMembership"]["contactGroupResourceName"] for m in fields["memberships"]]
    assert groups == ["contactGroups/myContacts", "contactGroups/new-New"]


def test_a_contact_that_loses_its_last_label_is_not_left_without_a_group() -> None:
    only = [{"contactGroupMembership": {"contactGroupResourceName": "contactGroups/1"}}]

    fields = to_fields({"memberships": []}, {"memberships": only}, group, label)

    assert fields["memberships"] == [
        {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/myContacts"}}
    ]


def test_a_contact_taken_out_of_my_contacts_stays_out() -> None:
    only = [{"contactGroupMembership": {"contactGroupResourceName": "contactGroups/1"}}]

    fields = to_fields(
        {"memberships": [{"value": "Freshsales"}, {"value": "Family"}]}, {"memberships": only}, group, label
    )

    groups = [m["contactGroupMembership"]["contactGroupResourceName"] for m in fields["memberships"]]
    assert groups == ["contactGroups/1", "contactGroups/2"]


def test_the_mask_names_only_what_is_patched() -> None:
    assert mask_of({"custom.a": "", "names.givenName": "", "names.familyName": "", "urls": []}) == (
        "names",
        "urls",
        "userDefined",
    )


@pytest.mark.parametrize(
    "patch",
    [
        {"names.displayName": "x"},
        {"custom.": "x"},
        {"clientData": []},
        {"birthdays": "spring"},
        {"urls": "x"},
        {"biographies": []},
    ],
)
def test_what_cannot_be_held_is_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(RecordRefused):
        to_fields(patch, {}, group, label)


LINE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=10)
KIND = st.sampled_from(["", "home", "work", "Boat"])
PLAIN = LINE | st.just("")
EMAIL = st.builds("{}@{}.example".format, st.from_regex(r"[a-zA-Z0-9.]{1,6}", fullmatch=True), st.sampled_from("ab"))
PARTS = st.dictionaries(st.sampled_from(["street", "po_box", "city", "region", "country"]), LINE, min_size=1)
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "names.givenName": PLAIN,
        "names.honorificSuffix": PLAIN,
        "organizations.name": PLAIN,
        "organizations.title": PLAIN,
        "nicknames": PLAIN,
        "biographies": PLAIN,
        "birthdays": st.dates().map(str) | st.sampled_from(["", "--02-29"]),
        "custom.Tier": PLAIN,
        "custom.Car": PLAIN,
        "emailAddresses": st.lists(st.tuples(EMAIL, KIND), unique_by=lambda e: normal_email(e[0]), max_size=3).map(
            lambda found: [{"value": value, "label": kind} for value, kind in found]
        ),
        "addresses": st.lists(st.tuples(PARTS, KIND), unique_by=lambda a: repr(sorted(a[0].items())), max_size=2).map(
            lambda found: [{"value": value, "label": kind} for value, kind in found]
        ),
        "memberships": st.sets(st.sampled_from(["Freshsales", "Family"])).map(
            lambda found: [{"value": name} for name in found]
        ),
    },
)


@given(PATCHES, st.sampled_from([ADA, {"resourceName": "people/c2"}]))
def test_what_is_written_reads_back_the_same(patch: dict[str, Any], person: dict[str, Any]) -> None:
    fields = to_fields(patch, held(person), group, label)

    read = own_fields({**person, **fields}, label, ["Tier", "Car"])

    for name, value in patch.items():
        assert _sorted(read[name]) == _sorted(value), name
    if "organizations" in fields and person is ADA and patch.get("organizations.name") != "":
        assert any(o.get("name") == "Aardvark" for o in fields["organizations"])


def _sorted(value: Any) -> Any:
    return sorted(json.dumps(v, sort_keys=True) for v in value) if isinstance(value, list) else value
