"""Single values of one kind as values of another. Nothing is guessed.

A day (DATE) and an instant (DATETIME) are told apart: an instant is the day that the calendars of the sync's zone show
then, a day is an instant that shows the same day there and, as far as the globe allows, everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from contactsync.contact import Kind, normal_text
from contactsync.mapping.normal_values import bare_day, moment, normal, plain, stamped, yes_or_no

_CODE = re.compile(r"\+|-?0[0-9]")  # a phone number, a postal code
_SAME_DAY = time(10, tzinfo=UTC)  # 10:00Z lies on one day from Honolulu to Auckland's summer
_NO_SUCH_YEAR = "a date-time outside of the years 1 to 9999"


def converted(text: str, source: Kind, target: Kind, zone: ZoneInfo) -> str:
    """A value of one kind as the other holds it, in its normal form. A date-time without offset is one of `zone`.

    Errors: ValueError(why), without the value, where it cannot be held. A list is only ever a list of its own kind.
    """
    if source.several or target.several:
        if source is not target:
            raise ValueError(f"{_named(source)} is not {_named(target)}")
        return normal(text, target)
    text = normal(text, source)
    return _TO[target](text, source, zone) if text else ""


def _to_text(text: str, source: Kind, zone: ZoneInfo) -> str:
    return _to_instant(text, source, zone) if source is Kind.DATETIME and moment(text) else text


def _to_number(text: str, source: Kind, _zone: ZoneInfo) -> str:
    if source is Kind.BOOLEAN and text in ("true", "false"):
        return "1" if text == "true" else "0"
    if source not in (Kind.TEXT, Kind.NUMBER):
        raise ValueError(f"{_named(source)} is not a number")
    if source is Kind.TEXT and _CODE.match(text):
        raise ValueError("a number does not keep leading zeros or a plus sign")
    found = plain(text)
    if not found:
        raise ValueError("not a number in plain digits, such as 1234.5 (a comma is not guessed at)")
    return found


def _to_boolean(text: str, source: Kind, _zone: ZoneInfo) -> str:
    found = yes_or_no(text) if source in (Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN) else ""
    if not found:
        raise ValueError("neither true nor false (true, yes, on, 1; false, no, off, 0)")
    return found


def _to_day(text: str, source: Kind, zone: ZoneInfo) -> str:
    found = _read(text, source)
    if isinstance(found, str):
        return found
    if source is Kind.TEXT:
        raise ValueError("a date does not keep a time of day")
    try:  # a time without an offset names its day itself
        return (found.astimezone(zone) if found.tzinfo else found).date().isoformat()
    except OverflowError:
        raise ValueError(_NO_SUCH_YEAR) from None


def _to_instant(text: str, source: Kind, zone: ZoneInfo) -> str:
    found = _read(text, source)
    if isinstance(found, str):
        if source is Kind.TEXT or found.startswith("--"):
            raise ValueError("a date-time needs a time of day" if source is Kind.TEXT else "a date-time needs a year")
        return stamped(_within(date.fromisoformat(found), zone))
    try:
        return stamped(found if found.tzinfo else found.replace(tzinfo=zone).astimezone(UTC))
    except OverflowError:
        raise ValueError(_NO_SUCH_YEAR) from None


def on_day(day: str, held: str, zone: ZoneInfo) -> str:
    """A date-time on that day, upon the one that is there: itself if it lies on it, else at its time of day.

    Errors: ValueError(why) for a day that is none of a date-time.
    """
    before = moment(normal_text(held))
    if before is None or day.startswith("--"):
        return converted(day, Kind.DATE, Kind.DATETIME, zone)
    with suppress(OverflowError):  # at the ends of time there is no such moment
        shown = before.astimezone(zone) if before.tzinfo else before
        if shown.date().isoformat() == day:
            return held
        moved = datetime.combine(date.fromisoformat(day), shown.timetz())
        moved = moved.astimezone(UTC) if before.tzinfo else moved
        if _to_day(stamped(moved), Kind.DATETIME, zone) == day:  # a clock that was put forward may have left it out
            return stamped(moved)
    return converted(day, Kind.DATE, Kind.DATETIME, zone)


def _read(text: str, source: Kind) -> str | datetime:
    """A day as text, or a date-time; from a text neither is made of the other, as it would not come back."""
    found = None if source in (Kind.NUMBER, Kind.BOOLEAN) else bare_day(text) or moment(text)
    if not found:
        raise ValueError("neither a date such as 2024-02-29 or --02-29 nor a date-time such as 2024-02-29T09:30:00Z")
    return found


def _within(found: date, zone: ZoneInfo) -> datetime:
    """An instant of that day in the zone, and elsewhere too where the zone leaves the choice."""
    for when in (datetime.combine(found, _SAME_DAY), datetime.combine(found, time(12), zone)):
        try:
            if when.astimezone(UTC).astimezone(zone).date() == found:
                return when.astimezone(UTC)
        except OverflowError:
            continue
    raise ValueError("the calendars of the sync's time zone left that day out")


def _named(kind: Kind) -> str:
    return f"a list of {kind}" if kind.several else f"a {kind.replace('datetime', 'date-time')}"


_TO: Mapping[Kind, Callable[[str, Kind, ZoneInfo], str]] = {
    Kind.TEXT: _to_text,
    Kind.NUMBER: _to_number,
    Kind.BOOLEAN: _to_boolean,
    Kind.DATE: _to_day,
    Kind.DATETIME: _to_instant,
}
