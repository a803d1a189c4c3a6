"""Values as people type them, by kind: half chosen because they are awkward, half put together by chance."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from contactsync.contact import Kind

BY_CHANCE = 40
"""How many values are put together by chance, beside those that are chosen."""
_LETTERS = "abcdeßéñŁ漢🙂 ABCÄ0189.,;:-+'\"<>&/\n"

_TEXTS = (
    *(
        "Ada",
        "ada LOVELACE",
        "ŁUKASZ Ñandú",
        "Zoë 🙂 漢字",
        "O'Neil, Ada-Maria",
        "two  spaces",
        "two\nlines\n\nand one",
    ),
    *(
        "<p>Tom &amp; Ada</p><p>Sample</p>",
        "a < b & c",
        "true",
        "No",
        "yes",
        "no",
        "0",
        "1",
        "12.50",
        "-3",
        "1,234.50",
        "1e3",
    ),
    *(
        "007",
        "+49 30 123456",
        "030 123456",
        "ada@example.org",
        "https://www.example.org/a?b=c",
        "2024-02-29",
        "--02-29",
    ),
    *(
        "2024-02-29",
        "--02-29",
        "2024-02-29T23:30:00Z",
        "29.02.2024",
        "a",
        "Gold;Silver",
        '"quoted"',
        "#1",
        "=1+1",
        "null",
    ),
)
_NUMBERS = ("0", "1", "-1", "12.5", "0.000001", "1234567890.12", "9007199254740993", "-0.1", "1000000000000000000000")
_DATES = ("2024-02-29", "1900-03-01", "--02-29", "--12-31", "1970-01-01", "2024-03-31", "2024-11-03", "1604-05-01")
_INSTANTS = (
    *("2024-02-29T00:00:00Z", "2024-02-29T23:59:59Z", "2024-03-31T01:30:00Z", "2024-11-03T06:00:00Z"),
    *("1970-01-01T10:00:00Z", "2024-07-01T12:00:00.5Z"),
)
_EMAILS = ("ada@example.org", "Ada.Maria+news@EXAMPLE.org", "uma@example.com", "zoë@example.org")
_PHONES = ("+4930123456", "+49 170 1234567", "030 123456", "110", "+1 212 555 0100")
_URLS = ("https://example.org", "http://www.example.com/ada?x=1", "example.org/Ada")
_ADDRESSES = ({"street": "Weg 1", "city": "Ort", "postal_code": "01234", "country": "DE"}, {"city": "Ort"})
NAMES = (
    *(("Ada", "Maria", "Sample"), ("Ada Maria", "", "van Sample"), ("Ada", "", ""), ("", "", "Sample")),
    *(("Jean-Luc", "de", "la Tour"), ("Ada", "M.", "O'Neil Sample")),
)
ELEMENTS: Mapping[Kind, Sequence[Any]] = {
    Kind.EMAILS: _EMAILS,
    Kind.PHONES: _PHONES,
    Kind.URLS: _URLS,
    Kind.ADDRESSES: _ADDRESSES,
    Kind.TAGS: ("Gold", "VIP", "Käse; Brot"),
}


def values_of(kind: Kind, chance: random.Random) -> Iterator[str]:
    """Values of one kind."""
    match kind:
        case Kind.NUMBER:
            yield from _NUMBERS
            yield from (f"{chance.randint(-(10**9), 10**9)}.{chance.randint(1, 999):03}5" for _ in range(BY_CHANCE))
        case Kind.BOOLEAN:
            yield from ("true", "false")
        case Kind.DATE:
            yield from _DATES
            yield from (_some_day(chance).isoformat() for _ in range(BY_CHANCE))
        case Kind.DATETIME:
            yield from _INSTANTS
            moments = (_some_day(chance, chance.randrange(86_400)) for _ in range(BY_CHANCE))
            yield from (f"{moment.isoformat()}Z" for moment in moments)
        case _:
            yield from _TEXTS
            sizes = (chance.randint(1, 40) for _ in range(BY_CHANCE))
            yield from ("".join(chance.choices(_LETTERS, k=size)) for size in sizes)


def _some_day(chance: random.Random, second: int | None = None) -> date | datetime:
    found = datetime(1910, 1, 1) + timedelta(days=chance.randrange(60_000))  # noqa: DTZ001 - a calendar day
    return found.date() if second is None else found + timedelta(seconds=second)
