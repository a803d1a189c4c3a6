"""Values of one kind as another: normal forms, round trips, and days that stay themselves in every time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from contactsync.contact import Element, Kind, encode
from contactsync.mapping.conversions import converted, on_day
from contactsync.mapping.normal_values import normal
from hypothesis import example, given
from hypothesis import strategies as st
from test_normal_values import DAYS, FAST, INSTANTS, LIKE_VALUES, NUMBERS, SINGLE

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ZONES = sorted(name for name in available_timezones() if name != "localtime")
ZONE = st.sampled_from(ZONES).map(ZoneInfo)

# ---- days and instants


@FAST
@given(DAYS, ZONE)
@example("2018-11-04", ZoneInfo("America/Sao_Paulo"))  # its midnight did not exist
@example("1844-12-30", ZoneInfo("Asia/Manila"))  # then 16 hours behind
@example("0001-01-01", ZoneInfo("Pacific/Pago_Pago"))
@example("9999-12-31", ZoneInfo("Pacific/Kiritimati"))
def test_a_day_is_the_same_day_after_it_was_a_date_time(day: str, zone: ZoneInfo) -> None:
    try:
        when = converted(day, Kind.DATE, Kind.DATETIME, zone)
    except ValueError:  # Samoa went to bed on the 29th and rose on the 31st
        assert _is_no_day_in(day, zone)
        return
    assert converted(when, Kind.DATETIME, Kind.DATE, zone) == day


def _is_no_day_in(day: str, zone: ZoneInfo) -> bool:
    midnight = datetime.fromisoformat(f"{day}T00:00:00Z")
    hours = (midnight + timedelta(minutes=15 * n) for n in range(-80, 180))
    return all(when.astimezone(zone).date().isoformat() != day for when in hours)


@FAST
@given(DAYS, INSTANTS | INSTANTS.map(lambda text: text.removesuffix("Z")), ZONE)
@example("2024-03-31", "2024-01-15T01:30:00Z", BERLIN)  # half past two, which that day left out
@example("9999-12-31", "2024-01-15T23:30:00Z", NEW_YORK)
@example("0001-01-01", "2024-01-15T00:30:00Z", BERLIN)
def test_a_day_put_upon_a_date_time_is_that_day_and_the_same_day_changes_nothing(
    day: str, held: str, zone: ZoneInfo
) -> None:
    try:
        found, before = on_day(day, held, zone), converted(held, Kind.DATETIME, Kind.DATE, zone)
    except ValueError:
        return
    assert converted(found, Kind.DATETIME, Kind.DATE, zone) == day
    assert found == held or before != day
    assert on_day(before, held, zone) == held


@pytest.mark.parametrize(
    ("held", "moved"),
    [
        ("2024-01-15T17:00:00Z", "2024-07-01T16:00:00Z"),  # six in the evening in Berlin, by the clock
        ("2024-01-15T23:30:00Z", "2024-06-30T22:30:00Z"),
        ("2024-01-15T18:00:00", "2024-07-01T18:00:00"),
        ("2024-01-15T18:00:00.5+01:00", "2024-07-01T16:00:00.5Z"),
        ("soon", "2024-07-01T10:00:00Z"),
        ("", "2024-07-01T10:00:00Z"),
    ],
)
def test_another_day_keeps_the_time_of_day(held: str, moved: str) -> None:
    assert on_day("2024-07-01", held, BERLIN) == moved


def test_a_day_that_a_zone_left_out_is_said_to_be_so() -> None:
    with pytest.raises(ValueError, match="left that day out"):
        converted("2011-12-30", Kind.DATE, Kind.DATETIME, ZoneInfo("Pacific/Apia"))


@FAST
@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2050, 1, 1)), ZONE, ZONE)
def test_a_day_is_the_same_day_for_readers_elsewhere(day: date, writer: ZoneInfo, reader: ZoneInfo) -> None:
    """From 10 hours behind to 14 hours before Greenwich; the islands beyond have no hour in common with the others."""
    noon = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=10)
    offsets = [noon.astimezone(zone).utcoffset() or timedelta() for zone in (writer, reader)]
    when = converted(day.isoformat(), Kind.DATE, Kind.DATETIME, writer) if _holds(day, writer) else ""
    if when and all(timedelta(hours=-10) <= offset < timedelta(hours=14) for offset in offsets):
        assert converted(when, Kind.DATETIME, Kind.DATE, reader) == day.isoformat()


def _holds(day: date, zone: ZoneInfo) -> bool:
    return not _is_no_day_in(day.isoformat(), zone)


@pytest.mark.parametrize(
    "day", ["2024-02-29", "2024-03-10", "2024-03-31", "2024-10-27", "2024-11-03", "1970-01-01", "2037-12-31"]
)
def test_no_zone_moves_a_leap_day_or_a_day_of_changing_clocks(day: str) -> None:
    for zone in map(ZoneInfo, ZONES):
        when = converted(day, Kind.DATE, Kind.DATETIME, zone)
        assert converted(when, Kind.DATETIME, Kind.DATE, zone) == day, zone


def test_an_instant_is_the_day_that_the_zone_shows() -> None:
    assert converted("2024-02-29T23:30:00Z", Kind.DATETIME, Kind.DATE, BERLIN) == "2024-03-01"
    assert converted("2024-02-29T23:30:00Z", Kind.DATETIME, Kind.DATE, NEW_YORK) == "2024-02-29"
    assert converted("2024-02-29T23:30", Kind.DATETIME, Kind.DATE, BERLIN) == "2024-02-29"


@FAST
@given(INSTANTS, ZONE)
def test_an_instant_is_the_same_after_it_was_text(when: str, zone: ZoneInfo) -> None:
    assert converted(converted(when, Kind.DATETIME, Kind.TEXT, zone), Kind.TEXT, Kind.DATETIME, zone) == when


def test_a_time_without_an_offset_is_one_of_the_zone_even_where_clocks_skip_it() -> None:
    assert converted("2024-07-01T12:00", Kind.TEXT, Kind.DATETIME, BERLIN) == "2024-07-01T10:00:00Z"
    assert converted("2024-03-31T02:30", Kind.TEXT, Kind.DATETIME, BERLIN) == "2024-03-31T01:30:00Z"


# ---- texts, numbers, booleans


@FAST
@given(NUMBERS, ZONE)
def test_a_number_is_the_same_after_it_was_text(text: str, zone: ZoneInfo) -> None:
    number = normal(text, Kind.NUMBER)
    assert converted(converted(number, Kind.NUMBER, Kind.TEXT, zone), Kind.TEXT, Kind.NUMBER, zone) == number


@FAST
@given(DAYS | st.sampled_from(["--02-29", "--12-31"]))
def test_a_day_is_the_same_after_it_was_text(day: str) -> None:
    assert converted(converted(day, Kind.DATE, Kind.TEXT, BERLIN), Kind.TEXT, Kind.DATE, BERLIN) == day


@pytest.mark.parametrize("between", [Kind.TEXT, Kind.NUMBER])
@pytest.mark.parametrize("word", ["true", "false"])
def test_a_boolean_is_the_same_after_it_was_text_or_a_number(word: str, between: Kind) -> None:
    there = converted(word, Kind.BOOLEAN, between, BERLIN)
    assert converted(there, between, Kind.BOOLEAN, BERLIN) == word


@pytest.mark.parametrize("source", SINGLE)
@pytest.mark.parametrize("target", SINGLE)
def test_the_empty_value_is_empty_in_every_kind(source: Kind, target: Kind) -> None:
    assert converted(" ", source, target, BERLIN) == ""


@pytest.mark.parametrize(
    ("text", "source", "target", "why"),
    [
        ("1,234.50", Kind.TEXT, Kind.NUMBER, "a comma is not guessed at"),
        ("00742", Kind.TEXT, Kind.NUMBER, "leading zeros"),
        ("+4930123", Kind.TEXT, Kind.NUMBER, "plus sign"),
        ("twelve", Kind.NUMBER, Kind.NUMBER, "not a number"),
        ("--02-29", Kind.DATE, Kind.DATETIME, "needs a year"),
        ("29.02.2024", Kind.TEXT, Kind.DATE, "neither a date"),
        ("2023-02-29", Kind.DATE, Kind.DATE, "neither a date"),
        ("2024-07-01T10:00Z", Kind.TEXT, Kind.DATE, "a time of day"),
        ("2024-07-01", Kind.TEXT, Kind.DATETIME, "needs a time of day"),
        ("20240229", Kind.NUMBER, Kind.DATE, "neither a date"),
        ("true", Kind.BOOLEAN, Kind.DATETIME, "neither a date"),
        ("2024-02-29", Kind.DATE, Kind.NUMBER, "a date is not a number"),
        ("2", Kind.NUMBER, Kind.BOOLEAN, "neither true nor false"),
        ("maybe", Kind.TEXT, Kind.BOOLEAN, "neither true nor false"),
        ("2024-02-29", Kind.DATE, Kind.BOOLEAN, "neither true nor false"),
        ("0001-01-01T00:30:00Z", Kind.DATETIME, Kind.DATE, "outside of the years"),
        ("Ada", Kind.TEXT, Kind.TAGS, "a text is not a list of tags"),
        ("[]", Kind.EMAILS, Kind.TEXT, "a list of emails is not a text"),
    ],
)
def test_what_cannot_be_held_is_said_without_the_value(text: str, source: Kind, target: Kind, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        converted(text, source, target, NEW_YORK)
    assert text not in str(caught.value) or text in ("2", "--02-29")  # an example of the sentence itself


@pytest.mark.parametrize("source", SINGLE)
@pytest.mark.parametrize("target", SINGLE)
@FAST
@given(LIKE_VALUES)
def test_what_comes_out_is_in_normal_form_or_refused(source: Kind, target: Kind, text: str) -> None:
    try:
        found = converted(text, source, target, NEW_YORK)
    except ValueError:
        return
    assert normal(found, target) == found
    assert converted(found, target, target, NEW_YORK) == found


def test_a_list_is_only_a_list_of_its_own_kind() -> None:
    tags = encode([Element("b", "B"), Element("a", "A")])
    assert converted(tags, Kind.TAGS, Kind.TAGS, BERLIN) == tags
    with pytest.raises(ValueError, match="a list of tags is not a text"):
        converted(tags, Kind.TAGS, Kind.TEXT, BERLIN)
