"""How much two contacts look like one person: points per field, for what agrees and against what contradicts.

100 points are certain enough for anyone; 60 is one strong sign with nothing against it. What many share (an office's
number, a family's mailbox) never makes two people one by itself, and given names that differ keep relatives apart.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from contactsync.sync.profiles import Profile, Words, own_box, same_number

NAMES = 62
SWAPPED = 2  # points less than names in their order
GUESSED = 0.65  # of the points of a name that an e-mail address tells
EMAIL, SHARED_EMAIL, SAME_BOX = 65, 20, 15
PHONE, SHARED_PHONE = 40, 12
COMPANY, ADDRESS = 12, 20
BIRTHDAY, DAY_ONLY = 20, 12
AGAINST = {"emails": 5, "phones": 5, "company": 8, "addresses": 5, "birthday": 35, "year": 10}
PLACE = 40  # most that phone, company and address are worth where the names hardly agree
HARDLY = 20
RELATIVES = 55  # most where the names contradict each other

# How far one part of a name agrees.
EQUAL, PART, NEAR, INITIAL, UNSURE, UNKNOWN, OTHER = 1.0, 0.8, 0.77, 0.55, 0.3, 0.22, 0.0
GIVEN_ONLY = 0.35  # instead of UNKNOWN for a family name: many are filed as Ada alone, few as Beispiel alone
_ENDINGS = ("a", "e", "ie", "in", "ina", "ine", "ne", "o")  # Martin and Martina are two
_NUMBER = re.compile(r"\d")


@dataclass
class Likeness:
    """Points and reasons of one comparison; `score` is 0 to 100."""

    score: int = 0
    agree: list[str] = field(default_factory=list)
    contradict: list[str] = field(default_factory=list)

    def add(self, points: int, reason: str) -> None:
        """Points for or against, with the reason."""
        self.score += points
        if points:
            (self.agree if points > 0 else self.contradict).append(reason)


def likeness(one: Profile, other: Profile, shared: Collection[str], least: int = 0) -> Likeness:
    """Compare two contacts. shared: e-mail addresses and numbers that many contacts of one app have.

    Where the names alone keep the score below `least`, the rest is not compared.
    """
    found = Likeness()
    apart = _names(found, one, other)
    if apart and least > RELATIVES:
        return Likeness()
    named = found.score
    _emails(found, one, other, shared)
    _birthday(found, one.birthday, other.birthday)
    place = Likeness()
    _phones(place, one, other, shared)
    _company(place, one.company, other.company)
    _addresses(place, one, other)
    limit = 100 if named >= HARDLY or not (one.named or other.named) else PLACE
    found.score += min(place.score, limit)
    found.agree += place.agree
    found.contradict += place.contradict
    found.score = max(0, min(found.score, RELATIVES if apart else 100))
    if one.content == other.content and any(one.content):
        found.score = 100
    return found


# ---- names


def _names(found: Likeness, one: Profile, other: Profile) -> bool:
    """True where the names contradict each other."""
    if not one.named or not other.named:
        return False
    given, family = _given(one, other), part_of_name(one.family, other.family)
    points, swapped = _points(given, family), _swapped(one, other)
    if swapped > max(0, points):
        found.add(swapped, "names swapped")
        return False
    if one.guessed or other.guessed:
        found.add(max(0, round(points * GUESSED)), "name in the e-mail address")
        return False
    found.add(points, _named(given, family, points))
    return OTHER in (given, family) and not (family == OTHER and given >= PART)


def _given(one: Profile, other: Profile) -> float:
    """A nickname stands for the given name, though not as surely."""
    direct = part_of_name(one.given, other.given)
    if not one.nickname and not other.nickname:
        return direct
    pairs = ((one.nickname, other.given), (one.given, other.nickname), (one.nickname, other.nickname))
    return max(direct, *(min(PART, part_of_name(a, b)) for a, b in pairs if a and b), OTHER)


def _points(given: float, family: float) -> int:
    if OTHER not in (given, family):
        known = GIVEN_ONLY if family == UNKNOWN else family
        return 0 if given == family == UNKNOWN else round(NAMES * given * known)
    if given == OTHER:
        return -45 if family == OTHER else -30 if family > UNKNOWN else -40
    return -5 if given >= PART else -40 if given <= UNKNOWN else -30


def _swapped(one: Profile, other: Profile) -> int:
    given, family = part_of_name(one.given, other.family), part_of_name(one.family, other.given)
    return round(NAMES * given * family) - SWAPPED if min(given, family) >= NEAR else 0


def _named(given: float, family: float, points: int) -> str:
    if points < 0:
        return "given name" if family != OTHER else "family name" if given != OTHER else "names"
    if UNKNOWN in (given, family):
        return "family name" if given == UNKNOWN else "given name"
    return "names" if given == family == EQUAL else "names alike"


@functools.lru_cache(maxsize=200_000)
def part_of_name(one: Words, other: Words) -> float:
    """How far two given names, or two family names, agree."""
    if not one or not other:
        return UNKNOWN
    short, long = sorted(("".join(one), "".join(other)), key=lambda text: (len(text), text))
    if short == long:
        return EQUAL
    if len(short) == 1:
        return INITIAL if long[0] == short else OTHER
    if set(one) <= set(other) or set(other) <= set(one) or _initials(one, other):
        return PART
    if long.startswith(short):
        return UNSURE if long[len(short) :] in _ENDINGS else PART if len(short) > 2 else INITIAL
    alike = OSA.normalized_similarity(short, long)
    return NEAR if alike >= 0.83 else UNSURE if alike >= 0.7 else OTHER


def _initials(one: Words, other: Words) -> bool:
    """Ada M. and Ada Maria."""
    if one[0] != other[0] or len(one) != len(other):
        return False
    return all(a == b or (min(len(a), len(b)) == 1 and a[0] == b[0]) for a, b in zip(one, other, strict=True))


# ---- the other fields


def _emails(found: Likeness, one: Profile, other: Profile, shared: Collection[str]) -> None:
    both = one.emails & other.emails
    if both:
        own = any(email not in shared for email in both)
        found.add(EMAIL if own else SHARED_EMAIL, "e-mail" if own else "shared e-mail")
    elif one.emails and other.emails:
        boxes = {box for e in one.emails if (box := own_box(e))} & {own_box(e) for e in other.emails}
        if boxes:
            found.add(SAME_BOX, "e-mail before the @")
        else:
            found.add(-AGAINST["emails"], "e-mails")


def _phones(found: Likeness, one: Profile, other: Profile, shared: Collection[str]) -> None:
    both = [{n, m} for n in one.numbers for m in other.numbers if same_number(n, m)]
    if both:
        own = any(not numbers.intersection(shared) for numbers in both)
        found.add(PHONE if own else SHARED_PHONE, "phone" if own else "shared phone")
    elif one.numbers and other.numbers:
        found.add(-AGAINST["phones"], "phones")


def _company(found: Likeness, one: str, other: str) -> None:
    if one and other:
        same = one == other or fuzz.token_set_ratio(one, other) >= 90
        found.add(COMPANY if same else -AGAINST["company"], "company")


def _addresses(found: Likeness, one: Profile, other: Profile) -> None:
    if one.places and other.places:
        same = any(_same_place(here, there) for here in one.places for there in other.places)
        found.add(ADDRESS if same else -AGAINST["addresses"], "address")


def _same_place(one: Words, other: Words) -> bool:
    """The words alike, and the numbers of one all in the other: house numbers and codes are never nearly right."""
    if one == other:
        return True
    numbers = [{w for w in words if _NUMBER.search(w)} for words in (one, other)]
    small, large = sorted(numbers, key=len)
    return small <= large and fuzz.ratio(" ".join(one), " ".join(other)) >= 80


def _birthday(found: Likeness, one: str, other: str) -> None:
    if not one or not other:
        return
    if one[-5:] != other[-5:]:
        found.add(-AGAINST["birthday"], "birthday")
    elif one == other:
        found.add(DAY_ONLY if one.startswith("--") else BIRTHDAY, "birthday")
    elif one.startswith("--") or other.startswith("--"):
        found.add(DAY_ONLY, "birthday")
    else:
        found.add(-AGAINST["year"], "year of birth")
