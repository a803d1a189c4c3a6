"""Invented contacts for the sandboxes, the same for the same seed: person number i never depends on how many there are.

people(7, 100)                 a hundred persons
both_sides(7, 80, 10, 5)       85 persons left and right: 80 on both sides, typed differently, 10 and 5 on one only
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

import phonenumbers

from contactsync.sandbox.people_names import COMPANIES, CULTURES, LINES, STREETS, TAGS, TITLES

DOMAIN = "example.org"
_STRIDE = 7919  # coprime to the number of lines: neighbours get numbers of different countries
_LINES = sum(10**digits for _, _, digits in LINES)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address in parts."""

    street: str
    city: str
    region: str
    postal_code: str
    country: str


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person; `number` is who it is, whatever is typed about them. Phones: mobile, work, others."""

    number: int
    given: str
    family: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    address: Address | None
    job_title: str
    company: str
    tags: tuple[str, ...]
    birthday: str
    notes: str


@dataclass(frozen=True, slots=True)
class Population:
    """The persons of two apps. `shared` are the numbers of those on both sides."""

    left: tuple[Person, ...]
    right: tuple[Person, ...]
    shared: frozenset[int]


def people(seed: int, n: int, *, first: int = 0, home: str = "") -> list[Person]:
    """Persons number `first` to `first + n - 1`.

    With a `home` region (ISO 3166 code) some of that region's phones are typed without the country code, which only
    a reader who knows the region understands.
    """
    return [person(seed, number, home) for number in range(first, first + n)]


def both_sides(seed: int, shared: int, left: int, right: int, *, home: str = "") -> Population:
    """`shared` persons on both sides, the right ones typed differently, and persons on one side only."""
    everyone = people(seed, shared + left + right, home=home)
    here, there = everyone[: shared + left], everyone[:shared] + everyone[shared + left :]
    again = [retyped(seed, p) if p.number < shared else p for p in there]
    return Population(tuple(here), tuple(again), frozenset(range(shared)))


def person(seed: int, number: int, home: str = "") -> Person:
    """Person number `number`; some share a family's e-mail address with the next, some have no address at all."""
    dice = _dice(seed, number)
    given, family, local = _name(number)
    reachable = number % 200 != 113  # one in 200 has neither e-mail nor phone
    return Person(
        number=number,
        given=given,
        family=family,
        emails=_emails(dice, number, local) if reachable else (),
        phones=_phones(dice, number, home) if reachable else (),
        address=_address(dice, number) if dice.random() < 0.7 else None,
        job_title=dice.choice(TITLES),
        company=dice.choice(COMPANIES) if dice.random() < 0.6 else "",
        tags=tuple(sorted(dice.sample(TAGS, dice.choice((0, 0, 1, 2))))),
        birthday=f"{dice.randint(1940, 2007)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        if dice.random() < 0.3
        else "",
        notes=dice.choice(
            ("", "", "Met at the sample fair.\nCall back in spring.", 'Prefers mail 📬, "not" phone; <b>ask</b>')
        ),
    )


def retyped(seed: int, original: Person) -> Person:
    """The same person as somebody else typed them: other case, spelling or spaces, or a detail more, less or other."""
    changes: tuple[Callable[[Person], Person], ...] = (
        lambda p: p,
        lambda p: replace(p, emails=tuple(mail.upper() if k == 0 else mail for k, mail in enumerate(p.emails))),
        lambda p: replace(p, phones=tuple(spelled(phone, style=2) for phone in p.phones)),
        lambda p: replace(p, given=unicodedata.normalize("NFD", p.given), family=p.family + " "),
        lambda p: replace(p, job_title="", birthday=p.birthday or "1988-02-29"),
        lambda p: replace(p, job_title="Deputy " + p.job_title if p.job_title else "Deputy"),
        lambda p: replace(p, address=None, emails=(*p.emails, f"second-{p.number}@{DOMAIN}")),
    )
    return _dice(seed + 1, original.number).choice(changes)(original)


def spelled(phone: str, *, style: int, home: str = "") -> str:
    """One of several spellings of a phone number; a number that cannot be read stays as it is."""
    try:
        number = phonenumbers.parse(phone, home or None)
    except phonenumbers.NumberParseException:
        return phone
    international = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    if number.extension:  # E.164 has no place for it
        return international
    match style % 5:
        case 0:
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        case 1:
            return international
        case 2:
            return international.replace(" ", "-")
        case 3:
            code, area, *local = international.replace("-", " ").split()
            return f"{code} ({area}) {' '.join(local)}".rstrip()
    if home and phonenumbers.region_code_for_number(number) == home:
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    return international.replace(" ", ".")


def _dice(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed}:{number}")  # nosec B311 # noqa: S311 - invented data, no secret


def _name(number: int) -> tuple[str, str, str]:
    """Given and family name and the local part of an address; no two numbers have the same full name."""
    rest, culture = divmod(number, len(CULTURES))
    given, family = CULTURES[culture].given, CULTURES[culture].family
    rest, g = divmod(rest, len(given))
    rest, f = divmod(rest, len(family))
    rest, second = divmod(rest, len(family) + 1)
    rest, middle = divmod(rest, len(given) + 1)
    first, last = given[g], family[(f + g) % len(family)]
    full_given = f"{first[0]} {given[middle - 1][0]}" if middle else first[0]
    full_family = f"{last[0]}-{family[second - 1][0]}" if second else last[0]
    return full_given, f"{full_family} {rest + 1}" if rest else full_family, f"{first[1]}.{last[1]}"


def _emails(dice: random.Random, number: int, local: str) -> tuple[str, ...]:
    own = (f"{local}.{number}@{DOMAIN}", f"{local[0]}{number}.home@{DOMAIN}", f"office-{number}@{DOMAIN}")
    chosen = own[: dice.choices((0, 1, 2, 3), (8, 62, 22, 8))[0]]
    if chosen and dice.random() < 0.1:
        chosen = (chosen[0].title(), *chosen[1:])
    if number % 40 in (7, 8):  # two of one household
        return (f"family-{number // 40}@{DOMAIN}", *chosen[:2])
    return chosen


def _phones(dice: random.Random, number: int, home: str) -> tuple[str, ...]:
    count = dice.choices((1, 2, 3), (55, 35, 10))[0]
    return tuple(spelled(_line(3 * number + k), style=dice.randrange(5), home=home) for k in range(count))


def _line(index: int) -> str:
    round_, place = divmod(index, _LINES)
    place = place * _STRIDE % _LINES
    for code, prefix, digits in LINES:
        if place < 10**digits:
            # a second person at one line would look like the same person: they get an extension
            return f"+{code}{prefix}{place:0{digits}}" + (f" ext. {100 + round_}" if round_ else "")
        place -= 10**digits
    raise ValueError(f"no line {index}")


def _address(dice: random.Random, number: int) -> Address:
    culture = CULTURES[number % len(CULTURES)]
    city, region, postal_code = dice.choice(culture.cities)
    return Address(f"{dice.choice(STREETS)} {dice.randint(1, 250)}", city, region, postal_code, culture.country)
