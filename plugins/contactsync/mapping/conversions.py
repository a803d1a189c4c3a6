"""Single values of one kind as values of another, and the normal form of each kind. Nothing is guessed.

A day (DATE) and an instant (DATETIME) are told apart: an instant is the day that the calendars of the sync's zone show
then, a day is an instant that shows the same day there and, as far as the globe allows, everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from contactsync.contact import Kind, decode, encode, normal_text

YES = frozenset({"true", "yes", "y", "on", "1"})
NO = frozenset({"false", "no", "n", "off", "0"})
WIDEST = 400  # places before or behind the point that a number may take, written without an exponent

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,9})?")
_CODE = re.compile(r"\+|-?0[0-9]")  # a phone number, a postal code
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_MIDNIGHT = re.compile(r"[T ]00:?00(:?00(\.0{1,6})?)?(Z|[+-]00:?00)?")
_NO_YEAR = re.compile(r"--([0-9]{2})-?([0-9]{2})")
_INSTANT = re.compile(
    r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ][0-9]{2}(:?[0-9]{2}){0,2}([.,][0-9]{1,9})?(Z|[+-][0-9:.]{2,15})?"
)
_SAME_DAY = time(10, tzinfo=UTC)  # 10:00Z lies on one day from Honolulu to Auckland's summer
_NO_SUCH_YEAR = "a date-time outside of the years 1 to 9999"


# ---- normal forms


def normal(text: str, kind: Kind) -> str:
    """The normal form of a value; one that is not of its kind keeps the normal form of a text."""
    if kind.several:
        return encode(decode(text))
    text = normal_text(text)
    read = _READ.get(kind)
    return (read(text) if read else "") or text


def plain(text: str) -> str:
    """A number in plain digits: 12.50 and 1.25e1 as 12.5; '' where it is none. A comma is never guessed at."""
    if text.isdigit() and text.isascii() and text[0] != "0":
        return text
    if not _NUMBER.fullmatch(text):
        return ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return ""
    if not number:
        return "0"
    if not number.is_finite() or abs(number.adjusted()) > WIDEST + len(text):
        return ""
    digits = f"{number:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def yes_or_no(text: str) -> str:
    """'true' or 'false' for the words of both; '' for any other."""
    word = text.casefold()
    return "true" if word in YES else "false" if word in NO else ""


def day(text: str) -> str:
    """YYYY-MM-DD, or --MM-DD; a day that was written as its midnight is that day. '' for anything else."""
    found = _DAY.match(text)
    return _day(text[: found.end()] if found and _MIDNIGHT.fullmatch(text, found.end()) else text)


def known_day(text: str) -> str | None:
    """The same; '' where none is said, None (not known) for what says no day: an app's free text, zeros, seconds."""
    text = normal_text(text)
    return (day(text) or None) if text else ""


def _day(text: str) -> str:
    if found := _NO_YEAR.fullmatch(text):
        return _valid_day("2000", *found.groups(), shown=f"--{found[1]}-{found[2]}")
    found = _DAY.fullmatch(text)
    return _valid_day(*found.groups(), shown="-".join(found.groups())) if found else ""


def _valid_day(year: str, month: str, number: str, *, shown: str) -> str:
    try:
        date(int(year), int(month), int(number))
    except ValueError:
        return ""
    return shown


def instant(text: str) -> str:
    """A date-time in UTC as 2024-02-29T09:30:00Z; one without an offset stays without. '' for anything else."""
    found = _when(text)
    return _stamp(found) if found else ""


def _when(text: str) -> datetime | None:
    if not _INSTANT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, OverflowError):
        return None


def _stamp(when: datetime) -> str:
    text = when.replace(tzinfo=None).isoformat()
    text = text.rstrip("0") if when.microsecond else text
    return f"{text}Z" if when.tzinfo else text


_READ: Mapping[Kind, Callable[[str], str]] = {
    Kind.NUMBER: plain,
    Kind.BOOLEAN: yes_or_no,
    Kind.DATE: day,
    Kind.DATETIME: instant,
}


# ---- one kind as another


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
    return _to_instant(text, source, zone) if source is Kind.DATETIME and _when(text) else text


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
        return _stamp(_within(date.fromisoformat(found), zone))
    try:
        return _stamp(found if found.tzinfo else found.replace(tzinfo=zone).astimezone(UTC))
    except OverflowError:
        raise ValueError(_NO_SUCH_YEAR) from None


def on_day(day: str, held: str, zone: ZoneInfo) -> str:
    """A date-time on that day, upon the one that is there: itself if it lies on it, else at its time of day.

    Errors: ValueError(why) for a day that is none of a date-time.
    """
    before = _when(normal_text(held))
    if before is None or day.startswith("--"):
        return converted(day, Kind.DATE, Kind.DATETIME, zone)
    try:
        shown = before.astimezone(zone) if before.tzinfo else before
        if shown.date().isoformat() == day:
            return held
        moved = datetime.combine(date.fromisoformat(day), shown.timetz())
        moved = moved.astimezone(UTC) if before.tzinfo else moved
        if _to_day(_stamp(moved), Kind.DATETIME, zone) == day:  # a clock that was put forward may have left it out
            return _stamp(moved)
    except OverflowError:
        pass
    return converted(day, Kind.DATE, Kind.DATETIME, zone)


def _read(text: str, source: Kind) -> str | datetime:
    """A day as text, or a date-time; from a text neither is made of the other, as it would not come back."""
    found = None if source in (Kind.NUMBER, Kind.BOOLEAN) else _day(text) or _when(text)
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
