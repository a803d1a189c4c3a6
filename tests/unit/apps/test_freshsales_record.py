"""Freshsales rows to own fields and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from contactsync.apps._freshsales_record import email_items, own_fields, to_body, to_record
from contactsync.contact import Kind, normal_email
from contactsync.errors import RecordRefused
from hypothesis import given
from hypothesis import strategies as st

KINDS = {"cf_tier": Kind.TEXT, "cf_size": Kind.NUMBER, "cf_vip": Kind.BOOLEAN, "cf_since": Kind.DATE}

ROW: dict[str, Any] = {
    "id": 17008066468,
    "first_name": "Ada",
    "last_name": None,
    "emails": [
        {"id": 5, "value": "ada@acme.example", "is_primary": True, "label": None, "_destroy": False},
        {"id": 6, "value": "old@acme.example", "is_primary": False, "label": None, "_destroy": False},
    ],
    "mobile_number": "0151 234",
    "address": "Main St 1",
    "city": "Berlin",
    "state": None,
    "zipcode": "10115",
    "country": "",
    "open_deals_amount": "22780.0",
    "won_deals_amount": None,
    "lead_score": 71,
    "last_contacted": "2023-03-23T05:26:56-06:00",
    "updated_at": "2023-03-24T05:26:56-06:00",
    "tags": ["vip"],
    "owner_id": 9,
    "sales_accounts": [{"id": 1, "name": "Other"}, {"id": 2, "name": "Acme", "is_primary": True}],
    "custom_field": {
        "cf_tier": "Gold",
        "cf_size": 12.0,
        "cf_vip": True,
        "cf_since": "2024-02-29T00:00:00Z",
        "cf_no": None,
    },
}


def test_a_row_becomes_a_record() -> None:
    record = to_record(ROW, {"9": ("uma@acme.example", "Uma Muster")}, KINDS)

    assert record.id == "17008066468"
    assert record.version is None
    assert record.modified_at == datetime(2023, 3, 24, 11, 26, 56, tzinfo=UTC)
    assert [e["id"] for e in record.ref["emails"]] == [5, 6]
    assert record.fields == {
        "first_name": "Ada",
        "last_name": "",
        "emails": [{"value": "ada@acme.example", "primary": True}, {"value": "old@acme.example", "primary": False}],
        "mobile_number": "0151 234",
        "address": [{"value": {"street": "Main St 1", "city": "Berlin", "postal_code": "10115"}}],
        "open_deals_amount": "22780",
        "won_deals_amount": "0",
        "lead_score": "71",
        "last_contacted": "2023-03-23T11:26:56Z",
        "tags": [{"value": "vip"}],
        "owner": "uma@acme.example",
        "owner.name": "Uma Muster",
        "owner.id": "9",
        "company.name": "Acme",
        "custom.cf_tier": "Gold",
        "custom.cf_size": "12",
        "custom.cf_vip": "true",
        "custom.cf_since": "2024-02-29",
        "custom.cf_no": "",
    }


@pytest.mark.parametrize("odd", [["Buyer"], {"a": 1}, float("nan"), float("-inf")], ids=str)
def test_a_value_of_another_form_is_no_text_and_leaves_the_rest_alone(odd: Any) -> None:
    row = {"id": 1, "job_title": odd, "lead_score": odd, "first_name": "Ada", "custom_field": {"cf_tier": [odd]}}
    fields = own_fields(row, {}, KINDS)
    assert fields["first_name"] == "Ada"
    assert not isinstance(fields["job_title"], str)
    assert not isinstance(fields["lead_score"], str)


def test_tags_are_never_made_of_letters_or_of_nothing() -> None:
    assert own_fields({"id": 1, "tags": "VIP"}, {}, {})["tags"] == "VIP"
    assert own_fields({"id": 1, "tags": [None, "VIP", 7]}, {}, {})["tags"] == [{"value": "VIP"}, {"value": "7"}]
    with pytest.raises(TypeError):
        own_fields({"id": 1, "tags": [{"name": "VIP"}]}, {}, {})


@pytest.mark.parametrize(("shown", "meant"), [("Yes", "true"), (1, "true"), (0, "false"), (True, "true"), ("?", "?")])
def test_a_flag_is_one_however_it_is_written(shown: Any, meant: str) -> None:
    row = {"id": 1, "do_not_disturb": shown, "custom_field": {"cf_vip": shown}}
    fields = own_fields(row, {}, KINDS)
    assert (fields["do_not_disturb"], fields["custom.cf_vip"]) == (meant, meant)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-1e999", "9" * 400 + ".5", "many"])
def test_a_number_that_json_cannot_say_is_refused_alone(text: str) -> None:
    with pytest.raises(RecordRefused):
        to_body({"custom.cf_size": text}, KINDS, ())


def test_what_did_not_come_is_missing_not_blank() -> None:
    fields = own_fields({"id": 1, "first_name": None}, {}, {})

    assert fields == {"first_name": ""}


def test_an_owner_nobody_can_name_is_missing() -> None:
    assert "owner" not in own_fields({"id": 1, "owner_id": 4}, {}, {})
    assert own_fields({"id": 1, "owner_id": None}, {}, {})["owner"] == ""


def test_an_empty_list_of_accounts_is_no_company() -> None:
    assert own_fields({"id": 1, "sales_accounts": []}, {}, {})["company.name"] == ""


def test_the_single_e_mail_stands_in_where_the_list_did_not_come() -> None:
    assert own_fields({"id": 1, "email": "a@b.example"}, {}, {})["emails"] == [
        {"value": "a@b.example", "primary": True}
    ]


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": "x"}, {"id": True}])
def test_a_row_without_an_id_is_an_error(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="without an id"):
        to_record(row, {}, {})


def test_the_same_contact_shown_by_another_endpoint_is_no_change() -> None:
    other = {
        **dict(reversed(ROW.items())),
        "links": {"notes": "/x"},
        "avatar": "y",
        "updated_at": "2023-04-01T00:00:00Z",
    }

    assert to_record(ROW, {}, {}).raw == to_record(other, {}, {}).raw
    assert to_record(ROW, {}, {}).raw != to_record({**ROW, "medium": "Blog"}, {}, {}).raw


def test_an_e_mail_to_go_is_named_with_its_id_and_others_keep_theirs() -> None:
    items = email_items([{"value": "ADA@acme.example"}, {"value": "new@acme.example"}], ROW["emails"])

    assert items == [
        {"id": 5, "value": "ADA@acme.example", "is_primary": True},
        {"value": "new@acme.example", "is_primary": False},
        {"id": 6, "value": "old@acme.example", "_destroy": True},
    ]


def test_no_e_mail_is_never_sent_as_an_empty_text() -> None:
    body = to_body({"emails": [], "last_name": ""}, {}, ())

    assert body == {"last_name": None}


def test_parts_without_a_place_of_their_own_stay_readable_in_the_street() -> None:
    parts = {"street": "Main St 1", "extended": "Floor 2", "po_box": "Box 3", "region": "BE"}

    body = to_body({"address": [{"value": parts}]}, {}, ())

    assert body == {
        "address": "Main St 1, Floor 2, Box 3",
        "city": None,
        "state": "BE",
        "zipcode": None,
        "country": None,
    }


@pytest.mark.parametrize(
    "patch",
    [
        {"company.name": "Acme"},
        {"owner": "x"},
        {"lead_score": "3"},
        {"address": [{"value": {"city": "A"}}, {"value": {"city": "B"}}]},
        {"custom.cf_size": "many"},
        {"custom.cf_vip": "perhaps"},
        {"tags": "vip"},
        {"first_name": [{"value": "x"}]},
    ],
)
def test_what_cannot_be_held_is_refused_without_repeating_it(patch: dict[str, Any]) -> None:
    with pytest.raises(RecordRefused) as refusal:
        to_body(patch, KINDS, ())
    assert "Acme" not in refusal.value.reason
    assert "many" not in refusal.value.reason


LINE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
EMAIL = st.builds("{}@{}.example".format, st.from_regex(r"[a-zA-Z0-9.]{1,8}", fullmatch=True), st.sampled_from("abc"))
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "first_name": LINE | st.just(""),
        "work_number": LINE | st.just(""),
        "medium": LINE | st.just(""),
        "has_authority": st.sampled_from(["true", "false", ""]),
        "tags": st.lists(LINE, unique=True, max_size=3).map(lambda tags: [{"value": t} for t in tags]),
        "emails": st.lists(EMAIL, unique_by=normal_email, max_size=4).map(
            lambda found: [{"value": e, "primary": i == 0} for i, e in enumerate(found)]
        ),
        "address": st.dictionaries(
            st.sampled_from(["street", "city", "region", "postal_code", "country"]), LINE, max_size=5
        ).map(lambda parts: [{"value": parts}] if parts else []),
        "custom.cf_tier": LINE | st.just(""),
        "custom.cf_size": st.integers(-(10**12), 10**12).map(str) | st.just(""),
        "custom.cf_vip": st.sampled_from(["true", "false", ""]),
        "custom.cf_since": st.dates().map(str) | st.just(""),
    },
)


@given(PATCHES, st.lists(EMAIL, unique_by=normal_email, max_size=3))
def test_what_is_written_reads_back_the_same(patch: dict[str, Any], held: list[str]) -> None:
    current = [{"id": i, "value": e, "is_primary": i == 0} for i, e in enumerate(held)]

    row = _stored({"id": 1, "emails": current}, to_body(patch, KINDS, current))

    read = own_fields(row, {}, KINDS)
    for name, value in patch.items():
        assert _sorted(read[name]) == _sorted(value), name


def _stored(row: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """What an account holds after a PUT: named keys replaced, custom fields merged, e-mails by id and `_destroy`."""
    emails = {e["id"]: dict(e) for e in row["emails"]}
    for item in body.get("emails", ()):
        key = item.get("id", -len(emails) - 1)
        emails[key] = {**emails.get(key, {}), **item, "id": key}
        if item.get("_destroy"):
            del emails[key]
    custom = {**row.get("custom_field", {}), **body.get("custom_field", {})}
    return {**row, **body, "emails": list(emails.values()), "custom_field": custom}


def _sorted(value: Any) -> Any:
    return sorted(json.dumps(v, sort_keys=True) for v in value) if isinstance(value, list) else value


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_a_number_is_sent_to_the_last_digit_or_refused(asked: Decimal) -> None:
    try:
        sent = to_body({"custom.cf_size": f"{asked:f}"}, {"cf_size": Kind.NUMBER}, ())["custom_field"]["cf_size"]
    except RecordRefused:
        assert len(asked.as_tuple().digits) > 15
        return
    assert Decimal(json.dumps(sent)) == asked


@pytest.mark.parametrize("text", ["NaN", "Infinity", "twelve", "1e999999", "1e400", "0.1234567890123456789"])
def test_what_is_no_number_of_json_is_refused(text: str) -> None:
    with pytest.raises(RecordRefused, match="holds"):
        to_body({"custom.cf_size": text}, {"cf_size": Kind.NUMBER}, ())


@pytest.mark.parametrize(
    ("shown", "text"),
    [("22780.0", "22780"), (-0.0, "0"), (1e21, "1000000000000000000000"), ("1e999999999", "1e999999999")],
)
def test_an_amount_is_read_in_plain_digits_and_one_without_end_as_it_stands(shown: object, text: str) -> None:
    assert own_fields({"id": 1, "open_deals_amount": shown}, {}, {})["open_deals_amount"] == text


def test_an_amount_keeps_every_digit() -> None:
    long = "12345678901234567890123456789012345.5"
    assert own_fields({"id": 1, "won_deals_amount": long + "0"}, {}, {})["won_deals_amount"] == long
