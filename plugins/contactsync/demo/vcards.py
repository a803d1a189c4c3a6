"""vCards as a phone writes them, and as a person reads them; apart from the code that the demo shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contactsync.sandbox.people_data import Person

_ESCAPES = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})
_PHONE_TYPES = ("CELL", "WORK", "HOME")
_EMAIL_TYPES = ("WORK", "HOME", "OTHER")
KEPT = (
    "X-PHONE-RINGTONE:Gentle Bells",
    "item1.X-SOCIALPROFILE;TYPE=chat:uma.example",
    "PHOTO;ENCODING=b;TYPE=GIF:R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
)
"""Lines that no other app knows. They have to outlive every change from the other side."""


@dataclass(frozen=True)
class Line:
    """One line of a card, unfolded."""

    name: str
    params: str
    value: str

    @property
    def text(self) -> str:
        """The value without escapes."""
        return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], self.value)

    @property
    def parts(self) -> list[str]:
        """The pieces of a structured value."""
        return [Line("", "", piece).text for piece in re.split(r"(?<!\\);", self.value)]


def card_of(person: Person, uid: str, extra: Sequence[str] = ()) -> str:
    """A person as a vCard 3.0."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", *_lines(person), *extra, "END:VCARD", ""]
    return "\r\n".join(lines)


def _lines(person: Person) -> Iterator[str]:
    yield f"FN:{_plain(f'{person.given} {person.family}'.strip())}"
    yield f"N:{_plain(person.family)};{_plain(person.given)};;;"
    yield from _typed("EMAIL", person.emails, _EMAIL_TYPES)
    yield from _typed("TEL", person.phones, _PHONE_TYPES)
    if person.job_title:
        yield f"TITLE:{_plain(person.job_title)}"
    if person.company:
        yield f"ORG:{_plain(person.company)}"
    if person.birthday:
        yield f"BDAY:{person.birthday}"
    if person.notes:
        yield f"NOTE:{_plain(person.notes)}"
    if person.tags:
        yield f"CATEGORIES:{','.join(map(_plain, person.tags))}"
    if person.address:
        place = person.address
        parts = ("", "", place.street, place.city, place.region, place.postal_code, place.country)
        yield f"ADR;TYPE=HOME:{';'.join(map(_plain, parts))}"


def _typed(name: str, values: Sequence[str], types: Sequence[str]) -> Iterator[str]:
    for number, value in enumerate(values):
        yield f"{name};TYPE={types[min(number, len(types) - 1)]}:{_plain(value)}"


def _plain(text: str) -> str:
    return text.translate(_ESCAPES)


def read(card: str) -> list[Line]:
    """The lines of a card."""
    found = []
    for line in re.sub(r"\r?\n[ \t]", "", card).splitlines():
        head, _, value = line.partition(":")
        name, _, params = head.partition(";")
        found.append(Line(name.rpartition(".")[2].upper(), params, value))
    return found


def with_text(card: str, name: str, text: str) -> str:
    """The card with another value in its (first) line of this name; added where there is none."""
    line = f"{name}:{_plain(text)}"
    changed, count = re.subn(rf"(?m)^{name}[;:][^\r\n]*", lambda _: line, re.sub(r"\r?\n[ \t]", "", card), count=1)
    return changed if count else changed.replace("END:VCARD", f"{line}\r\nEND:VCARD")
