"""An invented person as a vCard, as another program would have written it."""

from __future__ import annotations

from collections.abc import Iterable

from contactsync.sandbox.people_data import Person
from radicale_server import card

_PHONE_TYPES = ("CELL", "WORK", "HOME")
_MAIL_TYPES = ("WORK", "HOME", "OTHER")


def cards(persons: Iterable[Person]) -> list[str]:
    """One card a person; its UID is `person-NUMBER`."""
    return [card(f"person-{p.number}", *lines(p)) for p in persons]


def lines(person: Person) -> list[str]:
    """The lines of a card, without UID."""
    out = [f"FN:{_text(person.given)} {_text(person.family)}", f"N:{_text(person.family)};{_text(person.given)};;;"]
    out += [f"EMAIL;TYPE={_MAIL_TYPES[min(n, 2)]}:{mail}" for n, mail in enumerate(person.emails)]
    out += [f"TEL;TYPE={_PHONE_TYPES[min(n, 2)]}:{phone}" for n, phone in enumerate(person.phones)]
    if person.address:
        a = person.address
        parts = (a.street, a.city, a.region, a.postal_code, a.country)
        out.append(f"ADR;TYPE=HOME:;;{';'.join(_text(p) for p in parts)}")
    if person.company:
        out.append(f"ORG:{_text(person.company)}")
    if person.job_title:
        out.append(f"TITLE:{_text(person.job_title)}")
    if person.tags:
        out.append(f"CATEGORIES:{','.join(_text(t) for t in person.tags)}")
    if person.birthday:
        out.append(f"BDAY:{person.birthday}")
    if person.notes:
        out.append(f"NOTE:{_text(person.notes)}")
    return out


def _text(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return value
