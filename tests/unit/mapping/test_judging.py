"""Conditions over all contacts of a side: every test, three-valued, and the same as plain Python says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from contactsync.apps.freshsales import FreshsalesOptions, declaration
from contactsync.apps.memory import Memory
from contactsync.contact import Kind, fold
from contactsync.mapping.app_frame import records_frame
from contactsync.mapping.judging import explained, matching
from contactsync.mapping.value_tests import Moment
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import Record
from contactsync.model.rules import ALREADY_EXISTS, FIELD, Compare, Condition, Join, Rule
from hypothesis import given, settings
from hypothesis import strategies as st

BERLIN = Moment(datetime(2026, 3, 10, 23, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"))  # the 11th in Berlin
CLASSIC = declaration("classic", FreshsalesOptions())
NAMED = FreshsalesOptions(authority_field="custom.cf_authority", do_not_disturb_field="custom.cf_quiet")
SUITE = declaration("suite", NAMED)


def word(name: str, *values: str, compare: Compare = Compare.EQUALS) -> Condition:
    return Condition(Join.LEAF, name, compare=compare, values=values)


def on(field: str, compare: Compare, *values: str) -> Condition:
    return Condition(Join.LEAF, FIELD, field, compare, values)


def none_of(*parts: Condition) -> Condition:
    return Condition(Join.NOT, parts=parts)


def frame_of(rows: list[dict[str, Any]]) -> Any:
    return records_frame(Record(f"r{n}", row, n) for n, row in enumerate(rows))


def holds(row: Mapping[str, Any], condition: Condition, app: Any = CLASSIC, moment: Moment = BERLIN) -> str:
    return explained(row, Rule("rule", (condition,)), app, moment)[0][1]


ROWS: list[tuple[Condition, dict[str, Any], str]] = [
    (word("medium", "blog"), {"medium": " Blog "}, "true"),
    (word("medium", "Blog", "Fair"), {"medium": "Web"}, "false"),
    (word("medium", "Blog"), {}, "unknown"),
    (word("open_deals_revenue", "100", compare=Compare.GREATER_THAN), {"open_deals_amount": "100.5"}, "true"),
    (word("open_deals_revenue", "100", compare=Compare.GREATER_THAN), {"open_deals_amount": "0"}, "false"),
    (word("won_deals_revenue", "5", "7", compare=Compare.BETWEEN), {"won_deals_amount": "7"}, "true"),
    (word("won_deals_revenue", "5", "7", compare=Compare.BETWEEN), {"won_deals_amount": "7.01"}, "false"),
    (word("owned_by", "uma@acme.example"), {"owner": "UMA@acme.example"}, "true"),
    (word("owned_by", "Uma Muster"), {"owner": "uma@acme.example", "owner.name": "Uma  muster"}, "true"),
    (word("owned_by", "9"), {"owner": "uma@acme.example", "owner.name": "Uma", "owner.id": "9"}, "true"),
    (word("owned_by", "ada@acme.example"), {"owner": "", "owner.name": "", "owner.id": ""}, "false"),
    (word("has_authority"), {"has_authority": "true"}, "true"),
    (word("has_authority"), {"has_authority": "false"}, "false"),
    (word("has_authority"), {}, "unknown"),
    (word("has_no_authority"), {"has_authority": "false"}, "true"),
    (word("has_no_authority"), {"has_authority": ""}, "true"),
    (word("has_no_authority"), {}, "unknown"),
    (word("contacted"), {"last_contacted": "2026-03-01T10:00:00Z"}, "true"),
    (word("contacted"), {"last_contacted": ""}, "false"),
    (word("not_contacted"), {"last_contacted": ""}, "true"),
    (word("has_open_deals"), {"open_deals_count": "2", "open_deals_amount": "0"}, "true"),
    (word("has_open_deals"), {"open_deals_amount": "10"}, "true"),
    (word("has_open_deals"), {"open_deals_count": "0", "open_deals_amount": "0"}, "false"),
    (word("do_not_disturb"), {"do_not_disturb": "true"}, "true"),
    (word("lead_score", "60", "100", compare=Compare.BETWEEN), {"lead_score": "60"}, "true"),
    (word("lead_score", "60", compare=Compare.GREATER_THAN), {"lead_score": ""}, "false"),
    (word("lead_score", "60", compare=Compare.GREATER_THAN), {"lead_score": "many"}, "unknown"),
    (on("custom.cf_tier", Compare.IN, "Gold", "Silver"), {"custom.cf_tier": "silver"}, "true"),
    (on("first_name", Compare.CONTAINS, "da"), {"first_name": "ADA"}, "true"),
    (on("first_name", Compare.STARTS_WITH, "da"), {"first_name": "Ada"}, "false"),
    (on("emails", Compare.CONTAINS, "@acme."), {"emails": [{"value": "x@b.io"}, {"value": "a@ACME.example"}]}, "true"),
    (on("emails", Compare.EMPTY, "true"), {"emails": []}, "true"),
    (on("tags", Compare.HAS, "vip"), {"tags": [{"value": "VIP"}]}, "true"),
    (on("first_name", Compare.EMPTY, "false"), {"first_name": "Ada"}, "true"),
    (on("last_contacted", Compare.BEFORE, "2026-03-10"), {"last_contacted": "2026-03-09T22:59:00Z"}, "true"),
    (on("last_contacted", Compare.BEFORE, "2026-03-10"), {"last_contacted": "2026-03-09T23:00:00Z"}, "false"),
    (on("last_contacted", Compare.AFTER, "2026-03-10T09:00"), {"last_contacted": "2026-03-10T08:01:00Z"}, "true"),
    (on("last_contacted", Compare.WITHIN_DAYS, "0"), {"last_contacted": "2026-03-10T23:00:00Z"}, "true"),
    (on("last_contacted", Compare.WITHIN_DAYS, "0"), {"last_contacted": "2026-03-10T22:59:00Z"}, "false"),
    (on("last_contacted", Compare.BEFORE, "2026-03-10"), {"last_contacted": "9999-12-31T23:59:59Z"}, "false"),
    (on("last_contacted", Compare.WITHIN_DAYS, "9"), {"last_contacted": "0001-01-01T00:00:00+14:00"}, "false"),
    (none_of(word("do_not_disturb")), {"do_not_disturb": "false"}, "true"),
    (none_of(word("do_not_disturb")), {}, "unknown"),
    (none_of(word("has_authority"), word("do_not_disturb")), {"has_authority": "true"}, "false"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "row", "expected"), ROWS)
def test_every_condition_on_one_contact(condition: Condition, row: dict[str, Any], expected: str) -> None:
    assert holds(row, condition) == expected


def test_a_suite_account_judges_the_fields_that_its_options_name() -> None:
    assert holds({"custom.cf_authority": "true"}, word("has_authority"), SUITE) == "true"
    assert holds({"custom.cf_authority": ""}, word("has_no_authority"), SUITE) == "true"
    assert holds({"custom.cf_quiet": "true"}, word("do_not_disturb"), SUITE) == "true"
    assert holds({"has_authority": "true"}, word("has_authority"), SUITE) == "unknown"


def test_who_has_no_partner_is_judged_apart_only_where_a_rule_asks() -> None:
    rules = [Rule("known", (word(ALREADY_EXISTS),)), Rule("all")]
    (found,) = matching(frame_of([{}]), rules, CLASSIC, BERLIN)
    assert (found.rules, found.alone) == (("known", "all"), ("all",))


# ---- the same as plain Python

FIELDS = ("text", "number", "day", "instant", "box", "list")
KINDS = {
    "text": Kind.TEXT,
    "number": Kind.NUMBER,
    "day": Kind.DATE,
    "instant": Kind.DATETIME,
    "box": Kind.BOOLEAN,
    "list": Kind.TAGS,
}
APP = replace(Memory.info, fields=tuple(FieldInfo(name, kind) for name, kind in KINDS.items()))
WORDS = st.sampled_from(["", "Gold", "gold ", "Silver", "old"])
MIDNIGHT = "2026-03-10T23:00:00Z"  # of the 11th in Berlin
INSTANTS = st.sampled_from(["", "soon", MIDNIGHT, "2026-03-10T22:59:59Z", "2026-03-11T00:30:00+01:00", "2026-03-11",
                            "2026-03-11T08:00:00", "2026-03-29T02:30:00", "2025-12-31T23:30:00-05:00", "2026-01-01",
                            "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])  # fmt: skip
VALUES = {
    "text": WORDS,
    "number": st.sampled_from(["", "0", "5", "7.5", "60", "x"]),
    "day": st.sampled_from(["", "2026-03-11", "2026-03-10", "2026-01-01", "soon"]),
    "instant": INSTANTS,
    "box": st.sampled_from(["", "true", "false"]),
    "list": st.lists(WORDS.filter(bool), max_size=3).map(lambda texts: [{"value": t} for t in texts]),
}
ROW = st.fixed_dictionaries({}, optional=VALUES)
LEAF = st.one_of(
    st.tuples(st.just("text"), st.sampled_from([Compare.EQUALS, Compare.IN, Compare.CONTAINS, Compare.STARTS_WITH]),
              st.lists(WORDS.filter(bool), min_size=1, max_size=2)),
    st.tuples(st.just("list"), st.sampled_from([Compare.HAS, Compare.CONTAINS]),
              st.lists(WORDS.filter(bool), min_size=1, max_size=2)),
    st.tuples(st.just("number"), st.sampled_from([Compare.GREATER_THAN, Compare.LESS_THAN, Compare.EQUALS]),
              st.just(["5"])),
    st.tuples(st.just("number"), st.just(Compare.BETWEEN), st.just(["5", "7.5"])),
    st.tuples(st.just("day"), st.sampled_from([Compare.BEFORE, Compare.AFTER]), st.just(["2026-03-10"])),
    st.tuples(st.sampled_from(["day", "instant"]), st.just(Compare.WITHIN_DAYS),
              st.sampled_from([["0"], ["1"], ["100"]])),
    st.tuples(st.just("instant"), st.sampled_from([Compare.BEFORE, Compare.AFTER]),
              st.lists(INSTANTS.filter(lambda text: text not in ("", "soon")), min_size=1, max_size=1)),
    st.tuples(st.just("instant"), st.just(Compare.BETWEEN), st.just(["2026-01-01", MIDNIGHT])),
    st.tuples(st.just("box"), st.just(Compare.EQUALS), st.sampled_from([["true"], ["false"]])),
    st.tuples(st.sampled_from(FIELDS), st.just(Compare.EMPTY), st.sampled_from([["true"], ["false"]])),
).map(lambda found: on(found[0], found[1], *found[2]))  # fmt: skip
TREE = st.recursive(
    LEAF | st.just(word(ALREADY_EXISTS)),
    lambda inner: st.tuples(
        st.sampled_from([Join.ALL, Join.ANY, Join.NOT]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda found: Condition(found[0], parts=tuple(found[1]))),
    max_leaves=6,
)


def plain(row: Mapping[str, Any], node: Condition, exists: bool) -> bool | None:
    """The oracle: one contact, one condition, as a person would work it out."""
    if node.join is not Join.LEAF:
        told = [plain(row, part, exists) for part in node.parts]
        if node.join is Join.ALL:
            return False if False in told else None if None in told else True
        found = True if True in told else None if None in told else False
        return found if node.join is Join.ANY or found is None else not found
    if node.name == ALREADY_EXISTS:
        return exists
    if node.field not in row:
        return None
    value = row[node.field]
    texts = [item["value"] for item in value] if isinstance(value, list) else [value]
    if node.compare is Compare.EMPTY:
        return (not any(texts)) == (node.values == ("true",))
    told = [one(node, text) for text in texts]
    return True if True in told else None if None in told else False


def one(node: Condition, text: str) -> bool | None:
    wanted = [fold(value) for value in node.values]
    match node.compare:
        case Compare.CONTAINS:
            return any(w in fold(text) for w in wanted)
        case Compare.STARTS_WITH:
            return any(fold(text).startswith(w) for w in wanted)
        case Compare.EQUALS | Compare.IN | Compare.HAS:
            if node.field == "number":
                return text not in ("", "x") and float(text) == float(node.values[0])
            return fold(text) in wanted or (node.field == "box" and not text and "false" in wanted)
    if not text:
        return False
    if text in ("x", "soon"):
        return None
    if node.field == "number":
        low, high = float(node.values[0]), float(node.values[-1])
        number = float(text)
        return {
            Compare.GREATER_THAN: number > low, Compare.LESS_THAN: number < low, Compare.BETWEEN: low <= number <= high
        }[node.compare]  # fmt: skip
    if node.compare is Compare.WITHIN_DAYS:
        return abs(in_berlin(text) - date(2026, 3, 11)) <= timedelta(days=int(node.values[0]))
    if node.compare is Compare.BETWEEN:
        return earlier(node.values[0], text) is not False and earlier(text, node.values[1]) is not False
    return earlier(text, node.values[0]) is (node.compare is Compare.BEFORE)


def earlier(one: str, other: str) -> bool | None:
    """None where neither is: two instants by the second, anything else by the days in Berlin."""
    by_second = len(one) > 10 < len(other)
    left, right = (since_1970(one), since_1970(other)) if by_second else (in_berlin(one), in_berlin(other))
    return None if left == right else left < right


def since_1970(text: str) -> float:
    """Seconds; one without an offset is Berlin's."""
    found = datetime.fromisoformat(text)
    naive = found.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    offset = found.utcoffset() if found.tzinfo else found.replace(tzinfo=ZoneInfo("Europe/Berlin")).utcoffset()
    return naive.total_seconds() - (offset or timedelta()).total_seconds()


def in_berlin(text: str) -> date:
    """The day there; the written one where that would lie outside of the years 1 to 9999."""
    written = date.fromisoformat(text[:10])
    if len(text) == 10 or datetime.fromisoformat(text).tzinfo is None or written.year in (1, 9999):
        return written
    return datetime.fromisoformat(text).astimezone(ZoneInfo("Europe/Berlin")).date()


@settings(max_examples=300, deadline=None)
@given(st.lists(ROW, max_size=8), st.lists(st.lists(TREE, max_size=3), min_size=1, max_size=5))
def test_masks_are_what_plain_python_says(rows: list[dict[str, Any]], trees: list[list[Condition]]) -> None:
    rules = [Rule(f"rule {n}", tuple(conditions)) for n, conditions in enumerate(trees)]
    found = matching(frame_of(rows), rules, APP, BERLIN)
    for row, matched in zip(rows, found, strict=True):
        for exists, names in ((True, matched.rules), (False, matched.alone)):
            wanted = [r.name for r in rules if all(plain(row, c, exists) is True for c in r.conditions)]
            assert list(names) == wanted
