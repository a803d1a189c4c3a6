"""What people did to contacts, one by one, and who saw what of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vendor import Values

TOKEN = re.compile(r"^p(\d+)x(\d+)")
OTHER = {"left": "right", "right": "left"}


class Broken(AssertionError):
    """A promise does not hold."""


@dataclass(frozen=True)
class Typed:
    """A person typed one single value. before: the token that stood there; previous: the last one typed there.

    beside: what was last typed in other places that this one took the place of: contacts merged into this one
    """

    serial: int
    person: int
    side: str
    rec: int
    name: str
    text: str
    at: float
    before: int
    previous: Typed | None
    beside: tuple[Typed, ...] = ()


@dataclass(frozen=True)
class Lost:
    """A value that a person typed and a program overwrote. winner: the token that took its place."""

    typed: Typed
    stored: str
    winner: int
    run: int


@dataclass(frozen=True)
class Deleted:
    """A person deleted a contact."""

    side: str
    rec: int
    person: int
    values: Values
    at: float
    last: Mapping[str, Typed]
    removed: frozenset[tuple[str, str]]
    outside: bool = False  # of the filter, as a program had seen
    unread: bool = False  # a program made it, and could not read it since; nor does anything tell of its end


def token(value: str) -> int:
    """The serial number in a value; 0 = it holds none."""
    found = TOKEN.match(value.lower())
    return int(found[2]) if found else 0


def saw(typed: Typed, later: Typed | None, value: object) -> bool:
    """Whoever typed `later` (or left `value`) had `typed` before his eyes: it stood there by then."""
    if isinstance(value, str) and token(value) == typed.serial:
        return True
    return any(one.before == typed.serial for one in chain(later))


def chain(typed: Typed | None) -> Iterator[Typed]:
    """This edit and those before it in the same place, or in one whose place it took."""
    if typed is not None:
        yield typed
        for earlier in (typed.previous, *typed.beside):
            yield from chain(earlier)


def by_merge(typed: Typed) -> bool:
    """Nobody typed there: whoever merged two contacts let this value, or none, stand for both."""
    chosen = typed.previous is not None and typed.previous.serial == typed.serial
    return chosen or bool(typed.beside)
