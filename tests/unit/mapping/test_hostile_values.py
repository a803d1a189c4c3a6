"""Values that nobody would type: each is mapped, judged or held within a moment, and none ends in a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from contactsync import contact
from contactsync.apps.memory import Memory
from contactsync.contact import Kind
from contactsync.mapping.app_frame import records_frame
from contactsync.mapping.canonical import canonical_frame
from contactsync.mapping.conversions import converted, on_day
from contactsync.mapping.judging import matching
from contactsync.mapping.normal_values import normal
from contactsync.mapping.side_map import SideMap
from contactsync.mapping.transforms import TRANSFORMS
from contactsync.mapping.value_tests import Moment
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import Record
from contactsync.model.rules import FIELD, Compare, Condition, Join, Rule

MIB = 1024 * 1024
MANY = 20_000
SOON = 1.0  # second of this thread alone; most take a hundredth
ZONES = (ZoneInfo("Europe/Berlin"), ZoneInfo("America/Adak"), ZoneInfo("Pacific/Kiritimati"))
SINGLE = tuple(kind for kind in Kind if not kind.several)

VALUES = {
    "a letter, 1 MiB": "a" * MIB,
    "spaces": " " * MIB,
    "lines": "\r\n" * (MIB // 4),
    "words": "a-b c'd " * MANY,
    "combining marks": "Z" + "\u0301\u0327" * 10_000,
    "half characters": "\ud83d" * MANY,
    "NUL and controls": "\x00\x01\x1b\x85" * MANY,
    "directions": "\u202e\u202c\u200f" * MANY + "a",
    "joiners": "👩\u200d👩\u200d👧" * (MANY // 10),
    "letters that grow": "İßﬁ\ufdfa" * (MANY // 10),
    "digits of other scripts": "٣３" * MANY,
    "ten thousand digits": "1" * 10_000,
    "a million digits": f"-{'9' * MIB}.5",
    "past all numbers": "1e400",
    "far past all numbers": "-1e999999999",
    "nearly nothing": "1e-999999999",
    "no number": "nan",
    "endless": "-Infinity",
    "phone": "+49 " + "3 - (" * MANY,
    "phone of zeros": "0" * MANY,
    "e-mail": "a@" * MANY + "b.example",
    "e-mail with dots": "a.+" * MANY + "@b.example",
    "foreign host": "a@" + "ä.xn--a." * 5_000 + "example",
    "mailto": "mailto:" * MANY + "a@b.example",
    "address": "https://u@[::1" + "/?#[" * MANY,
    "HTML": "<p <!-- &#99999999; <script> " * 5_000,
    "nested HTML": "<div>" * MANY + "</div>" * MANY,
    "markup's end": "<" * MANY + ">" * MANY,
    "nested JSON": "[" * MANY + "]" * MANY,
    "the year 0": "0000-01-01",
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
    "before all days": "0001-01-01T00:00:00+14:00",
    "after all days": "9999-12-31T23:59:59-14:00",
    "the last second": "9999-12-31T23:59:59Z",
    "the first second": "0001-01-01T00:00:00Z",
    "the last second of somewhere": "9999-12-31T23:59:59",
    "no day": "2023-02-29",
    "no day of any year": "--02-30",
    "a week": "2024-W01-1",
    "parts of a second": "2024-01-01T00:00:00." + "9" * MANY,
    "an odd offset": "2024-01-01T00:00:00+23:59:59.999999",
    "many seconds since 1970": "9" * 20,
}


def soon(what: str, call: Callable[..., Any], *given: Any) -> Any:
    """What it gives; None where it says, by a ValueError, that it cannot."""
    began = time.thread_time()
    try:
        return call(*given)
    except ValueError:
        return None
    finally:
        took = time.thread_time() - began
        assert took < SOON, (what, took)


@pytest.fixture(params=VALUES, ids=VALUES)
def value(request: pytest.FixtureRequest) -> str:
    return VALUES[request.param]


@pytest.fixture
def part(value: str) -> str:
    """Enough of it for what calls the same normal forms many times over."""
    return value[:5_000]


def test_normal_forms_and_keys(value: str) -> None:
    for form in (contact.normal_text, contact.normal_email, contact.normal_phone, contact.normal_url, contact.fold):
        found = soon(form.__name__, form, value)
        assert soon(form.__name__, form, found) == found
    for kind in (kind for kind in Kind if kind.several and kind is not Kind.ADDRESSES):
        soon(f"the id of {kind}", contact.element_id, kind, value, "DE")
    soon("an address", contact.address_text, dict.fromkeys(contact.ADDRESS_PARTS, value))
    names = dict.fromkeys(("names.given", "names.family", "names.full", "company"), contact.normal_text(value))
    for key in contact.MATCH_KEYS:
        soon(f"the key {key}", contact.key_values, names, key)


def test_a_hundred_thousand_marks_on_one_letter() -> None:
    soon("marks", contact.normal_text, "Z" + "\u0301\u0327" * 50_000)


def test_transforms_there_and_back(value: str) -> None:
    for transform in TRANSFORMS.values():
        there = soon(transform.name, transform.within("DE"), value)
        assert there is None or isinstance(there, str)
        if transform.inverse and there is not None:
            soon(f"{transform.name} taken back", transform.inverse, there)


def test_conversions(part: str) -> None:
    for source, target in product(SINGLE, SINGLE):
        for zone in ZONES:
            found = soon(f"{source} as {target}", converted, part, source, target, zone)
            assert found is None or soon("again", normal, found, target) == found, (source, target)
    for zone, day in product(ZONES, ("0001-01-01", "2024-02-29", "9999-12-31", "--02-29")):
        soon("a day upon it", on_day, day, part, zone)


OWN = tuple(FieldInfo(f"own {kind}", kind) for kind in SINGLE)


def conditions() -> Iterator[Condition]:
    asked = {
        Compare.EQUALS: ("5",),
        Compare.CONTAINS: ("zz",),
        Compare.STARTS_WITH: ("zz",),
        Compare.GREATER_THAN: ("5",),
        Compare.BETWEEN: ("5", "7"),
        Compare.BEFORE: ("2026-01-01T00:00:00Z",),
        Compare.AFTER: ("2026-01-01",),
        Compare.WITHIN_DAYS: ("3",),
        Compare.EMPTY: ("true",),
    }
    for field, (compare, values) in product(OWN, asked.items()):
        yield Condition(Join.LEAF, FIELD, field.name, compare, values)


def test_conditions_in_every_zone(part: str) -> None:
    app = Memory.info
    app = type(app)(**{**vars(app), "fields": (*app.fields, *OWN)})
    rules = [Rule(f"rule {n}", (condition,)) for n, condition in enumerate(conditions())]
    frame = records_frame([Record("c", {field.name: part for field in OWN}, 1)])
    for zone in ZONES:
        (found,) = soon("rules", matching, frame, rules, app, Moment(datetime(2026, 1, 5, tzinfo=UTC), zone))
        assert set(found.rules) <= {rule.name for rule in rules}


def test_a_whole_contact(part: str) -> None:
    def own(info: FieldInfo) -> Any:
        if not info.kind.several:
            return part
        return [{"value": dict.fromkeys(contact.ADDRESS_PARTS, part) if info.kind is Kind.ADDRESSES else part}] * 3

    fields = Memory.info.fields
    mapped = tuple(dict.fromkeys(info.contact for info in fields if info.contact))
    frame = records_frame([Record("c", {info.name: own(info) for info in fields}, 1), Record("d", {}, 2)])
    began = time.thread_time()
    canonical, bad = canonical_frame(frame, SideMap(fields, mapped, "DE"), {})
    assert time.thread_time() - began < 2 * SOON
    assert canonical["id"].tolist() == ["c", "d"]
    assert set(bad) <= {"c"}
