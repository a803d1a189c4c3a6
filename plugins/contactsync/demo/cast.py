"""Who is in which app when the demo begins: invented persons, typed differently by those who typed them.

Freshsales holds 60 of them, Google 60, the address book 40. Persons 7 and 8 share a family's e-mail address, some have
no e-mail address, one has neither e-mail nor phone.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from contactsync.sandbox.people_data import Person, person, retyped

SEED = 2026
HOME = "DE"

EVERYWHERE = range(25)  # in all three apps
CRM_AND_GOOGLE = range(25, 40)
CRM_AND_BOOK = range(40, 45)
BOTH_BOOKS = range(45, 47)  # not in Freshsales: two syncs want to create them there
ONLY_CRM = range(49, 64)
ONLY_GOOGLE = range(64, 81)
ONLY_BOOK = range(89, 97)
FAMILY = (7, 8)  # one e-mail address for two persons
UNREACHABLE = 113  # neither e-mail nor phone, in Google only

_RETYPED_BY = {"google": SEED, "book": SEED + 50}


@dataclass(frozen=True)
class Cast:
    """The persons of each app, as typed there."""

    freshsales: tuple[Person, ...]
    google: tuple[Person, ...]
    book: tuple[Person, ...]

    def everyone(self) -> dict[str, Person]:
        """One of each, by name."""
        return {name_of(p): p for p in (*self.book, *self.google, *self.freshsales)}


def first_cast() -> Cast:
    """Who is there before the first run."""
    crm = (*EVERYWHERE, *CRM_AND_GOOGLE, *CRM_AND_BOOK, *ONLY_CRM)
    google = (*EVERYWHERE, *CRM_AND_GOOGLE, *BOTH_BOOKS, *ONLY_GOOGLE, UNREACHABLE)
    book = (*EVERYWHERE, *CRM_AND_BOOK, *BOTH_BOOKS, *ONLY_BOOK)
    return Cast(
        tuple(known(n) for n in crm),
        tuple(_again("google", n) for n in google),
        tuple(_again("book", n) for n in book),
    )


def known(number: int) -> Person:
    """A person as Freshsales has them."""
    return person(SEED, number, HOME)


def _again(app: str, number: int) -> Person:
    return retyped(_RETYPED_BY[app], known(number))


def name_of(person: Person) -> str:
    """What an invented person is known by: no two have the same."""
    return full_name(person.given, person.family)


def full_name(given: str, family: str) -> str:
    """Given and family name in one spelling."""
    return " ".join(unicodedata.normalize("NFC", f"{given} {family}").split())
