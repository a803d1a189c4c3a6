"""The normal form of a single value of each kind: a number, a box, a day, a date-time. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from contactsync.contact import Kind, decode, encode, normal_text

YES = frozenset({"true", "yes", "y", "on", "1"})
NO = frozenset({"false", "no", "n", "off", "0"})
WIDEST = 400  # places before or behind the point that a number may take, written without an exponent

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,9})?")
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_MIDNIGHT = re.compile(r"[T ]00:?00(:?00(\.0{1,6})?)?(Z|[+-]00:?00)?")
_NO_YEAR = re.compile(r"--([0-9]{2})-?([0-9]{2})")
_INSTANT = re.compile(
    r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ][0-9]{2}(:?[0-9]{2}){0,2}([.,][0-9]{1,9})?(Z|[+-][0-9:.]{2,15})?"
)


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
    return bare_day(text[: found.end()] if found and _MIDNIGHT.fullmatch(text, found.end()) else text)


def known_day(text: str) -> str | None:
    """The same; '' where none is said, None (not known) for what says no day: an app's free text, zeros, seconds."""
    text = normal_text(text)
    return (day(text) or None) if text else ""


def bare_day(text: str) -> str:
    """A day of which no time is said; '' for anything else."""
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
    found = moment(text)
    return stamped(found) if found else ""


def moment(text: str) -> datetime | None:
    """A date-time, in UTC where it says an offset; None for anything else."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, OverflowError):
        return None


def stamped(when: datetime) -> str:
    """Its normal form; in UTC, or without an offset."""
    text = when.replace(tzinfo=None).isoformat()
    text = text.rstrip("0") if when.microsecond else text
    return f"{text}Z" if when.tzinfo else text


_READ: Mapping[Kind, Callable[[str], str]] = {
    Kind.NUMBER: plain,
    Kind.BOOLEAN: yes_or_no,
    Kind.DATE: day,
    Kind.DATETIME: instant,
}
