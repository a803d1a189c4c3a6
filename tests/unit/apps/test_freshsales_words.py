"""What Freshsales shows of a contact, Classic and Suite, to what a condition says of it: true, false or not known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from contactsync.apps._freshsales_record import own_fields
from contactsync.apps.freshsales import FreshsalesOptions, declaration
from contactsync.contact import Kind
from contactsync.mapping.judging import explained
from contactsync.mapping.leaves import conditions_of
from contactsync.mapping.value_tests import Moment
from contactsync.model.app import Takes
from contactsync.model.rules import Compare, Condition, Join, Rule

OPTIONS = FreshsalesOptions(authority_field="custom.cf_authority", do_not_disturb_field="custom.cf_quiet")
CLASSIC, SUITE = declaration("classic", OPTIONS), declaration("suite", OPTIONS)
BARE = declaration("suite", FreshsalesOptions())
OWNERS = {"9": ("uma@acme.example", "Uma Muster")}
KINDS = {"cf_authority": Kind.BOOLEAN, "cf_quiet": Kind.BOOLEAN}
NOW = Moment(datetime(2026, 3, 10, tzinfo=UTC))
MORE = Compare.GREATER_THAN


def says(row: dict[str, Any], name: str, *values: str, compare: Compare = Compare.EQUALS, app: Any = CLASSIC) -> str:
    shown = own_fields(row, OWNERS, KINDS)
    condition = Condition(Join.LEAF, name, compare=compare, values=values)
    return explained(shown, Rule("one", (condition,)), app, NOW)[0][1]


COMMON: list[tuple[str, tuple[str, ...], Compare, str, Any, Any]] = [
    ("medium", ("Blog",), Compare.EQUALS, "medium", "blog", None),
    ("open_deals_revenue", ("100",), MORE, "open_deals_amount", "100.5", None),
    ("won_deals_revenue", ("0",), MORE, "won_deals_amount", "22780.0", "0.0"),
    ("contacted", (), Compare.EQUALS, "last_contacted", "2026-03-01T10:00:00-06:00", None),
    ("not_contacted", (), Compare.EQUALS, "last_contacted", None, "2026-03-01T10:00:00Z"),
    ("lead_score", ("60", "100"), Compare.BETWEEN, "lead_score", 60, 101),
]


@pytest.mark.parametrize("app", [CLASSIC, SUITE], ids=["classic", "suite"])
@pytest.mark.parametrize("case", COMMON, ids=lambda case: case[0])
def test_what_both_products_show(case: tuple[Any, ...], app: Any) -> None:
    name, values, compare, key, yes, no = case
    verdicts = [says(row, name, *values, compare=compare, app=app) for row in ({key: yes}, {key: no}, {})]
    assert verdicts == ["true", "false", "unknown"]


@pytest.mark.parametrize("app", [CLASSIC, SUITE], ids=["classic", "suite"])
@pytest.mark.parametrize("owner", ["9", "UMA@acme.example", "uma  muster"])
def test_an_owner_by_id_e_mail_or_name(owner: str, app: Any) -> None:
    assert says({"owner_id": 9}, "owned_by", owner, app=app) == "true"
    assert says({"owner_id": None}, "owned_by", owner, app=app) == "false"
    assert says({}, "owned_by", owner, app=app) == "unknown", "owners come only where they were asked for"


def test_open_deals_by_their_count_or_where_there_is_none_by_their_amount() -> None:
    assert says({"open_deals_count": 2, "open_deals_amount": "0.0"}, "has_open_deals") == "true"
    assert says({"open_deals_count": None, "open_deals_amount": "5.0"}, "has_open_deals") == "true"
    assert says({"open_deals_amount": "5.0"}, "has_open_deals") == "true"
    assert says({"open_deals_count": None, "open_deals_amount": None}, "has_open_deals") == "false"
    assert says({"open_deals_revenue": "5.0"}, "has_open_deals") == "unknown"


FLAGS = [
    ("has_authority", "has_authority", "cf_authority", {True: "true", False: "false", None: "false"}),
    ("has_no_authority", "has_authority", "cf_authority", {True: "false", False: "true", None: "true"}),
    ("do_not_disturb", "do_not_disturb", "cf_quiet", {True: "true", False: "false", None: "false"}),
]


@pytest.mark.parametrize(("name", "built_in", "custom", "verdicts"), FLAGS)
def test_authority_and_do_not_disturb(name: str, built_in: str, custom: str, verdicts: dict[Any, str]) -> None:
    for value, wanted in verdicts.items():
        assert says({built_in: value}, name) == wanted
        assert says({"custom_field": {custom: value}}, name, app=SUITE) == wanted
        assert says({"custom_field": {custom: value}}, name) == "unknown", "Classic judges what is built in"
        assert says({"custom_field": {}}, name, app=SUITE) == "unknown", "a search may leave custom fields out"
        assert says({}, name, app=BARE) == "unknown"


def test_every_condition_stands_in_a_table_of_this_file() -> None:
    tested = {case[0] for case in COMMON} | {case[0] for case in FLAGS} | {"owned_by", "has_open_deals"}
    assert set(conditions_of(CLASSIC)) == tested
    assert all(one.takes is not Takes.NOTHING or one.fields for one in CLASSIC.conditions)
