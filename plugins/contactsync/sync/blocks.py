"""Who is compared with whom: only contacts of one block, so that many contacts never mean n times n comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from contactsync.sync.profiles import PARTICLES, Profile, Words, own_box, tail

CROWD = 50  # members of a block that are all compared with each other
WINDOW = 20  # in a larger one each is compared with so many that stand next to it by name


@dataclass(frozen=True)
class Crowded:
    """Blocks of one kind that were too large to compare everybody with everybody."""

    kind: str
    blocks: int
    contacts: int
    largest: int


def pairs(people: Sequence[Profile]) -> tuple[set[tuple[int, int]], tuple[Crowded, ...]]:
    """Positions of contacts that share a block, the smaller first; and the blocks of which not all were paired."""
    found: set[tuple[int, int]] = set()
    crowds: dict[str, list[int]] = {}
    for (kind, _), members in _blocks(people).items():
        if len(members) <= CROWD:
            found.update(combinations(members, 2))
            continue
        crowds.setdefault(kind, []).append(len(members))
        found.update(_neighbours(people, members))
    return found, tuple(Crowded(kind, len(s), sum(s), max(s)) for kind, s in sorted(crowds.items()))


def _blocks(people: Sequence[Profile]) -> dict[tuple[str, object], list[int]]:
    blocks: dict[tuple[str, object], list[int]] = {}
    for position, one in enumerate(people):
        for block in dict.fromkeys(_keys(one)):
            blocks.setdefault(block, []).append(position)
    return blocks


def _neighbours(people: Sequence[Profile], members: Sequence[int]) -> Iterator[tuple[int, int]]:
    nearest = sorted(members, key=lambda n: (_sorted_by(people[n]), n))
    for place, one in enumerate(nearest):
        for other in nearest[place + 1 : place + 1 + WINDOW]:
            yield (one, other) if one < other else (other, one)


def _sorted_by(one: Profile) -> tuple[Words, Words, list[str], list[str]]:
    return one.family, one.given, sorted(one.emails), sorted(one.numbers)


def _keys(one: Profile) -> Iterator[tuple[str, object]]:
    if any(one.content):
        yield "same content", one.content
    for email in one.emails:
        yield "e-mail", email
        if box := own_box(email):
            yield "e-mail before the @", box
    for number in one.numbers:
        yield "phone", tail(number)
    yield from _of_names(one)
    if one.company:
        yield "company and given name", (one.company, one.given[:1])
    if one.birthday and one.named:
        initials = {word[0] for word in (*one.given[:1], *one.family[-1:], *one.nickname[:1])}
        yield from (("birthday and initial", (one.birthday[-5:], letter)) for letter in sorted(initials))


def _of_names(one: Profile) -> Iterator[tuple[str, object]]:
    """Either name with the first letter of the other: finds swapped names, initials, and an error in one of them."""
    whole = sorted((*one.given, *one.family))
    if whole:
        yield "name", "".join(whole)
    called = (*one.given[:1], *one.nickname[:1])
    families = [word for word in one.family if word not in PARTICLES] or one.family
    for given in called:
        for family in families:
            yield "name and initial", (family, given[0])
            yield "name and initial", (given, family[0])
