"""Fills Google's sandbox with invented contacts.

there = both_sides(7, shared=80, left=10, right=5)
seed_people(google, there.right)        # while Freshsales gets there.left: 80 persons are on both sides
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from contactsync.sandbox.people import USER
from contactsync.sandbox.people_data import Address, Person

if TYPE_CHECKING:
    from contactsync.sandbox.people import PeopleSandbox

Json = dict[str, Any]
_EMAIL_TYPES = ("work", "home", "other")
_PHONE_TYPES = ("mobile", "work", "home")


def seed_people(sandbox: PeopleSandbox, people: Iterable[Person], user: str = USER) -> dict[int, str]:
    """Adds persons to a user's contacts; who they are (`number`) and under which resource name."""
    known = list(people)
    names = sandbox.load(user, (draft(person) for person in known))
    return {person.number: name for person, name in zip(known, names, strict=True)}


def draft(person: Person) -> Json:
    """An invented person as a Person of the People API, plus `labels`."""
    out: Json = {
        "names": [{"givenName": person.given, "familyName": person.family}],
        "emailAddresses": _typed(person.emails, _EMAIL_TYPES),
        "phoneNumbers": _typed(person.phones, _PHONE_TYPES),
        "addresses": [_address(person.address)] if person.address else [],
        "organizations": [{"name": person.company, "title": person.job_title, "type": "work"}],
        "birthdays": [_birthday(person.birthday)] if person.birthday else [],
        "biographies": [{"value": person.notes, "contentType": "TEXT_PLAIN"}] if person.notes else [],
    }
    return out | {"labels": list(person.tags)}


def _typed(values: tuple[str, ...], types: tuple[str, ...]) -> list[Json]:
    return [{"value": value, "type": types[min(i, len(types) - 1)]} for i, value in enumerate(values)]


def _address(address: Address) -> Json:
    parts = {"streetAddress": address.street, "city": address.city, "region": address.region}
    return parts | {"postalCode": address.postal_code, "country": address.country, "type": "home"}


def _birthday(text: str) -> Json:
    year, month, day = (int(part) for part in text.split("-"))
    return {"date": {"year": year, "month": month, "day": day}}
