"""Possible duplicates inside each app and across both: found by likeness, shown to a person, never merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contactsync.contact import Values
from contactsync.model.spec import SIDES, Side
from contactsync.sync.blocks import Crowded, pairs
from contactsync.sync.likeness import likeness
from contactsync.sync.profiles import Profile, profile

LIKELY = 60
SHARED = 3  # an address or number that more contacts of one app have says little about a person

At = tuple[Side, str]


class Scope(StrEnum):
    """Where duplicates are looked for."""

    LEFT = "left"
    RIGHT = "right"
    ACROSS = "across"
    ALL = "all"


@dataclass(frozen=True)
class Duplicate:
    """Two contacts that may be one person: 0 to 100 points, and the fields that speak for and against it."""

    one: At
    other: At
    score: int
    agree: tuple[str, ...]
    contradict: tuple[str, ...]

    @property
    def where(self) -> Scope:
        """Inside which app, or across both."""
        return Scope(self.one[0].value) if self.one[0] is self.other[0] else Scope.ACROSS


@dataclass(frozen=True)
class Duplicates:
    """What was found, the likeliest first; how many pairs were compared, and where not all could be."""

    found: tuple[Duplicate, ...]
    compared: int
    crowded: tuple[Crowded, ...]


@dataclass(frozen=True)
class Settled:
    """Pairs (left id, right id) that need no person any more. decided: those of whom one said who they are."""

    links: Collection[tuple[str, str]] = ()
    decided: Collection[tuple[str, str]] = ()


def possible_duplicates(
    contacts: Mapping[Side, Mapping[str, Values]],
    settled: Settled = Settled(),
    *,
    scope: Scope = Scope.ALL,
    least: int = LIKELY,
) -> Duplicates:
    """Pairs of at least that score. Linked contacts are compared inside their app; across the apps links have decided.

    Deterministic: the order of contacts does not matter.
    """
    people = [profile(side, i, contacts[side][i]) for side in _sides(scope) for i in sorted(contacts.get(side, {}))]
    shared = _shared(people)
    candidates, crowded = pairs(people)
    out, compared = [], 0
    for one, other in _open(people, sorted(candidates), settled, scope):
        compared += 1
        alike = likeness(one, other, shared, least)
        if alike.score >= least and alike.agree + alike.contradict:
            at = ((one.side, one.id), (other.side, other.id))
            out.append(Duplicate(*at, alike.score, tuple(alike.agree), tuple(alike.contradict)))
    out.sort(key=lambda d: (-d.score, d.one, d.other))
    return Duplicates(tuple(out), compared, crowded)


def _sides(scope: Scope) -> Sequence[Side]:
    return [side for side in SIDES if scope in (Scope.ALL, Scope.ACROSS) or scope.value == side.value]


def _open(
    people: Sequence[Profile], candidates: Sequence[tuple[int, int]], settled: Settled, scope: Scope
) -> Iterator[tuple[Profile, Profile]]:
    """Pairs that nobody has decided yet. Across the apps, two contacts that have their partners are two."""
    lefts, rights = {left for left, _ in settled.links}, {right for _, right in settled.links}
    known = {*settled.links, *settled.decided}
    for first, second in candidates:
        one, other = people[first], people[second]
        across = one.side is not other.side
        if across and (scope in (Scope.LEFT, Scope.RIGHT) or (one.id, other.id) in known):
            continue
        if across and one.id in lefts and other.id in rights:
            continue
        if across or scope is not Scope.ACROSS:
            yield one, other


def _shared(people: Sequence[Profile]) -> frozenset[str]:
    """Addresses and numbers that many contacts of one app have."""
    counts = Counter((one.side, value) for one in people for value in (*one.emails, *one.numbers))
    return frozenset(value for (_, value), count in counts.items() if count > SHARED)
