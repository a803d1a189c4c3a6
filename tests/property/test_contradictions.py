"""Conditions that are called impossible together match no contact, whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from contactsync.apps.freshsales import Freshsales
from contactsync.contact import Kind
from contactsync.mapping.app_frame import records_frame
from contactsync.mapping.contradictions import exclusive, impossible
from contactsync.mapping.judging import matching
from contactsync.mapping.value_tests import Moment
from contactsync.model.exchange import Record
from contactsync.model.rules import FIELD, Compare, Condition, Join, Rule
from hypothesis import event, given, settings
from hypothesis import strategies as st

INFO = Freshsales.info
NUMBERS = ["1", "5", "5.0", "10"]
WORDS = ["true", "false", "Gold", " gold ", "Silver", "10"]
DAYS = ["2026-01-01", "2026-01-03", "2026-01-03T10:00+01:00", "2026-02-01"]
VALUES = ["", *NUMBERS, *WORDS, *DAYS, "golden"]
FIELDS = ["lead_score", "medium", "do_not_disturb", "last_contacted", "tags", "custom.cf_x"]


def leaf(compare: Compare, values: list[str]) -> st.SearchStrategy[Condition]:
    return st.sampled_from(FIELDS).map(lambda name: Condition(Join.LEAF, FIELD, name, compare, tuple(values)))


def _leaves() -> st.SearchStrategy[Condition]:
    some = st.lists(st.sampled_from([*NUMBERS, *WORDS]), min_size=1, max_size=2, unique=True)
    return st.one_of(
        some.flatmap(lambda v: leaf(Compare.IN, v)),
        some.flatmap(lambda v: leaf(Compare.CONTAINS, v)),
        some.flatmap(lambda v: leaf(Compare.STARTS_WITH, v)),
        st.sampled_from(NUMBERS).flatmap(lambda v: leaf(Compare.GREATER_THAN, [v])),
        st.sampled_from(NUMBERS).flatmap(lambda v: leaf(Compare.LESS_THAN, [v])),
        st.sampled_from([["1", "5"], ["5", "10"], ["2026-01-01", "2026-01-03"]]).flatmap(
            lambda v: leaf(Compare.BETWEEN, v)
        ),
        st.sampled_from(["true", "false"]).flatmap(lambda v: leaf(Compare.EMPTY, [v])),
        st.sampled_from(DAYS).flatmap(lambda v: leaf(Compare.BEFORE, [v])),
        st.sampled_from(DAYS).flatmap(lambda v: leaf(Compare.AFTER, [v])),
        st.sampled_from(
            [
                Condition(Join.LEAF, "has_open_deals"),
                Condition(Join.LEAF, "do_not_disturb"),
                Condition(Join.LEAF, "contacted"),
                Condition(Join.LEAF, "not_contacted"),
                Condition(Join.LEAF, "medium", values=("Gold",)),
            ]
        ),
    )


CONDITIONS = st.recursive(
    _leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Condition(Join.ANY, parts=tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Condition(Join.ALL, parts=tuple(parts))),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: Condition(Join.NOT, parts=tuple(parts))),
    ),
    max_leaves=6,
)
ZONES = [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago"), UTC]


def contacts() -> list[Record]:
    """Each field with each value, alone and beside others, shown and not shown."""
    rows = []
    for value in VALUES:
        for other in VALUES:
            own = {name: value for name in FIELDS if name != "tags"}
            own |= {"last_contacted": other, "medium": other, "open_deals_count": other}
            rows.append({**own, "tags": [{"value": v} for v in (value, other) if v]})
            rows.append({"lead_score": value, "custom.cf_x": other})
    return [Record(str(n), fields, n) for n, fields in enumerate(rows)]


FRAME = records_frame(contacts())


@settings(max_examples=300, deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=4), st.sampled_from(ZONES))
def test_what_is_impossible_never_happens(conditions: list[Condition], zone: ZoneInfo) -> None:
    found = impossible(conditions, INFO)
    event(f"impossible: {found}")
    if found:
        moment = Moment(datetime(2026, 1, 2, tzinfo=UTC), zone)
        rules = [Rule("a", tuple(conditions))]
        assert not any(one.rules for one in matching(FRAME, rules, INFO, moment)), conditions


@settings(max_examples=200, deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=2), st.lists(CONDITIONS, min_size=1, max_size=2))
def test_two_rules_that_exclude_each_other_match_nobody_together(one: list[Condition], other: list[Condition]) -> None:
    rules = [Rule("a", tuple(one)), Rule("b", tuple(other))]
    if exclusive(*rules, INFO):
        moment = Moment(datetime(2026, 1, 2, tzinfo=UTC), UTC)
        assert not any(len(found.rules) == 2 for found in matching(FRAME, rules, INFO, moment))


def _field(name: str, compare: Compare, *values: str) -> Condition:
    return Condition(Join.LEAF, FIELD, name, compare, values)


def test_what_a_person_would_see_is_seen() -> None:
    assert INFO.fields[0].kind is Kind.TEXT
    score, medium = "lead_score", "medium"
    hot, cold = _field(score, Compare.GREATER_THAN, "60"), _field(score, Compare.LESS_THAN, "60")
    gold = _field(medium, Compare.IN, "Gold", "Silver")
    for pair in (
        (hot, cold),
        (hot, _field(score, Compare.BETWEEN, "1", "60")),
        (hot, _field(score, Compare.EQUALS, "60.0")),
        (gold, _field(medium, Compare.EQUALS, "Bronze")),
        (gold, _field(medium, Compare.STARTS_WITH, "b")),
        (gold, _field(medium, Compare.CONTAINS, "x")),
        (gold, _field(medium, Compare.EMPTY, "true")),
        (Condition(Join.LEAF, "contacted"), Condition(Join.LEAF, "not_contacted")),
        (Condition(Join.LEAF, "has_authority"), Condition(Join.LEAF, "has_no_authority")),
        (gold, Condition(Join.NOT, parts=(gold,))),
        (gold, Condition(Join.NOT, parts=(hot, gold))),
        (gold, Condition(Join.NOT, parts=(Condition(Join.ANY, parts=(hot, gold)),))),
        (hot, Condition(Join.ALL, parts=(gold, cold))),
        (hot, Condition(Join.ANY, parts=(cold, Condition(Join.ALL, parts=(cold, gold))))),
        (_field("last_contacted", Compare.AFTER, "2026-02-01"), _field("last_contacted", Compare.BEFORE, "2026-01-01")),
    ):
        assert impossible(pair, INFO), pair
        assert impossible(pair[::-1], INFO), pair
    assert not impossible((hot, _field(score, Compare.LESS_THAN, "60.5")), INFO)
    assert not impossible(
        (_field("do_not_disturb", Compare.EMPTY, "true"), Condition(Join.LEAF, "has_authority")), INFO
    )


def test_a_number_equals_however_it_is_written_and_begins_as_it_is_written() -> None:
    for compare in (Compare.CONTAINS, Compare.STARTS_WITH):
        both = (_field("lead_score", Compare.IN, "5"), _field("lead_score", compare, "5.0"))
        assert not impossible(both, INFO)
        assert any(found.rules for found in matching(FRAME, [Rule("a", both)], INFO, Moment(datetime.now(UTC), UTC)))


def test_what_is_no_number_equals_no_number() -> None:
    rule = Rule("a", (_field("lead_score", Compare.IN, "true"),))
    assert not any(found.rules for found in matching(FRAME, [rule], INFO, Moment(datetime.now(UTC), UTC)))
