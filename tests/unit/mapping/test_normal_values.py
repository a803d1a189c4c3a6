"""Normal forms of single values, by example and by chance."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from contactsync.contact import EMPTY_LIST, Element, Kind, encode
from contactsync.mapping.normal_values import normal
from hypothesis import example, given, settings
from hypothesis import strategies as st

FAST = settings(max_examples=300, deadline=None, database=None)
SINGLE = [kind for kind in Kind if not kind.several]
DAYS = st.dates().map(date.isoformat)
INSTANTS = st.datetimes(timezones=st.just(UTC), max_value=datetime(9999, 12, 30)).map(  # noqa: DTZ001 - a bound
    lambda when: normal(when.isoformat(), Kind.DATETIME)
)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40).map(str)
LIKE_VALUES = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.text("0123456789+-.,eETZ: /yesnotruefalse", max_size=40),
    DAYS,
    INSTANTS,
    NUMBERS,
)


@pytest.mark.parametrize("kind", SINGLE)
@FAST
@given(LIKE_VALUES)
def test_a_normal_form_is_its_own_normal_form(kind: Kind, text: str) -> None:
    assert normal(normal(text, kind), kind) == normal(text, kind)


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        (Kind.NUMBER, "12.50", "12.5"),
        (Kind.NUMBER, "1e3", "1000"),
        (Kind.NUMBER, "1.5E-7", "0.00000015"),
        (Kind.NUMBER, "-0.0", "0"),
        (Kind.NUMBER, "+.5", "0.5"),
        (Kind.NUMBER, "100", "100"),
        (Kind.NUMBER, "9007199254740993.10", "9007199254740993.1"),
        (Kind.NUMBER, "12345678901234567890123456789012345678.9", "12345678901234567890123456789012345678.9"),
        (Kind.NUMBER, "1,234.50", "1,234.50"),
        (Kind.NUMBER, "1_000", "1_000"),
        (Kind.NUMBER, "１２", "１２"),
        (Kind.NUMBER, "NaN", "NaN"),
        (Kind.NUMBER, "1e999999999", "1e999999999"),
        (Kind.BOOLEAN, "Yes", "true"),
        (Kind.BOOLEAN, "OFF", "false"),
        (Kind.BOOLEAN, "perhaps", "perhaps"),
        (Kind.DATE, "20240229", "2024-02-29"),
        (Kind.DATE, "--0229", "--02-29"),
        (Kind.DATE, "2024-02-29T00:00:00.000Z", "2024-02-29"),
        (Kind.DATE, "2023-02-29", "2023-02-29"),
        (Kind.DATE, "29.02.2024", "29.02.2024"),
        (Kind.DATETIME, "2024-02-29T10:00:00+01:00", "2024-02-29T09:00:00Z"),
        (Kind.DATETIME, "2024-02-29 09:00:00.500000Z", "2024-02-29T09:00:00.5Z"),
        (Kind.DATETIME, "2024-02-29T09:00", "2024-02-29T09:00:00"),
        (Kind.TEXT, " Zoe\u0308\r\n", "Zoë"),
    ],
)
def test_normal_forms_by_example(kind: Kind, typed: str, expected: str) -> None:
    assert normal(typed, kind) == expected


@FAST
@given(NUMBERS)
@example("1E+40")
def test_a_number_keeps_its_value_to_the_last_digit_and_loses_its_exponent(text: str) -> None:
    shown = normal(text, Kind.NUMBER)
    assert Decimal(shown) == Decimal(text)
    assert set(shown) <= set("-.0123456789")
    assert not ("." in shown and shown.endswith(("0", ".")))


def test_numbers_that_are_equal_have_one_normal_form() -> None:
    assert len({normal(t, Kind.NUMBER) for t in ("12.5", "12.50", "+12.500", "1.25e1", "125E-1", "012.5")}) == 1


def test_a_list_keeps_its_canonical_text() -> None:
    tags = encode([Element("b", "B"), Element("a", "A")])
    assert normal(tags, Kind.TAGS) == tags
    assert normal("", Kind.TAGS) == EMPTY_LIST
