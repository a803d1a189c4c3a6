"""Values that stand for what people type: by which a pair is proven where no real contacts are to be read.

The same for the same pair, always: half of them chosen because they are awkward, half put together by chance.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from contactsync.contact import Kind
from contactsync.mapping.pairs import OwnPair
from contactsync.mapping.transforms import TRANSFORMS
from contactsync.model.exchange import OwnValue
from contactsync.model.spec import SIDES, Side

BY_CHANCE = 40
_NEITHER = "a choice of neither list"
_LETTERS = "abcdeßéñŁ漢🙂 ABCÄ0189.,;:-+'\"<>&/\n"
_LABELS = ("", "work", "home", "mobile", "other")

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
_NAMES = (
    *(("Ada", "Maria", "Sample"), ("Ada Maria", "", "van Sample"), ("Ada", "", ""), ("", "", "Sample")),
    *(("Jean-Luc", "de", "la Tour"), ("Ada", "M.", "O'Neil Sample")),
)
_ELEMENTS: Mapping[Kind, Sequence[Any]] = {
    Kind.EMAILS: _EMAILS,
    Kind.PHONES: _PHONES,
    Kind.URLS: _URLS,
    Kind.ADDRESSES: _ADDRESSES,
    Kind.TAGS: ("Gold", "VIP", "Käse; Brot"),
}


def samples(pair: OwnPair, side: Side) -> Iterator[dict[str, OwnValue]]:
    """Own fields of one side, each with a value of the pair."""
    names, own = pair.spec.names(side), pair.own(side)
    if len(names) > 1:
        for parts in _NAMES:
            kept = (parts[0], parts[2]) if len(names) == 2 else parts
            yield dict(zip(names, kept, strict=True))
        return
    chance = random.Random(f"{pair.column}\x1f{side}")  # nosec B311 # noqa: S311 - the same each time, on purpose
    values: Iterator[OwnValue] = _lists(pair, side, chance) if own.kind.several else _singles(pair, side, chance)
    yield from ({names[0]: value} for value in values)


# ---- single values


def _singles(pair: OwnPair, side: Side, chance: random.Random) -> Iterator[str]:
    own = pair.own(side)
    if pair.spec.options:
        yield from pair.spec.options if side is Side.LEFT else pair.spec.options.values()
        yield from own.choices or (_NEITHER,)
    elif own.choices:
        yield from own.choices
    elif pair.element:
        yield from (str(value) for value in _ELEMENTS[pair.element])
    elif max(len(pair.spec.left), len(pair.spec.right)) > 1:
        yield from (" ".join(part for part in parts if part) for parts in _NAMES)
    else:
        yield from _of_kind(own.kind, chance)
        if own.kind is Kind.TEXT:
            yield from pair.own(side.other).choices
            yield from _long(pair)
            yield from (value for kind in _met(pair, side) for value in _of_kind(kind, chance))


def _met(pair: OwnPair, side: Side) -> list[Kind]:
    """The kinds that a text of this side may have to be read as."""
    steps = [TRANSFORMS[name] for name in pair.spec.transforms]
    kinds = (pair.own(side.other).kind, *(kind for step in steps for kind in (step.takes, step.gives)))
    return [kind for kind in dict.fromkeys(kinds) if kind is not Kind.TEXT]


def _of_kind(kind: Kind, chance: random.Random) -> Iterator[str]:
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


def _long(pair: OwnPair) -> Iterator[str]:
    """About as long as each side holds, and longer."""
    for length in dict.fromkeys(held for side in SIDES if (held := pair.own(side).max_length)):
        yield from (("Ada Sample " * (size // 11 + 1))[:size] for size in (length, length + 1, 3 * length))


# ---- lists


def _lists(pair: OwnPair, side: Side, chance: random.Random) -> Iterator[list[dict[str, Any]]]:
    own = pair.own(side)
    values, most = _ELEMENTS[own.kind], min(own.max_items or 3, 3)
    labels = (*_LABELS, pair.spec.pick.label) if pair.spec.pick and pair.spec.pick.label else _LABELS
    yield from ([_item(pair, side, value, labels[-1], primary=True)] for value in values)
    for _ in range(BY_CHANCE):
        chosen = chance.sample(values, min(chance.randint(1, most), len(values)))
        first = chance.randrange(len(chosen))
        yield [_item(pair, side, value, chance.choice(labels), primary=n == first) for n, value in enumerate(chosen)]


def _item(pair: OwnPair, side: Side, value: Any, label: str, *, primary: bool) -> dict[str, Any]:
    own, item = pair.own(side), {"value": value}
    if own.holds_label:
        item["label"] = label
    if own.holds_primary:
        item["primary"] = primary
    return item
