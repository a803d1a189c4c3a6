"""Looks for contact data and secrets where they must not be: Airflow's logs, its database, names of files."""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote_plus

import phonenumbers

from contactsync.demo.cast import HOME, full_name
from contactsync.sandbox.people_data import Person

_SHORTEST = 6  # shorter words turn up by chance
_CODED = re.compile(r"[A-Za-z0-9+/_-]{8,}")  # base64, also of the URL-safe kind
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_PLAIN_BASE64 = str.maketrans("-_", "+/")


def planted(persons: Iterable[Person], words: Iterable[str], secrets: Iterable[str]) -> dict[str, str]:
    """What to look for -> what to call it in a report."""
    found: dict[str, str] = {}
    for person in persons:
        mine = f"of person {person.number}"
        found |= dict.fromkeys(_names(person), f"name {mine}")
        found |= {form: f"e-mail {mine}" for mail in person.emails for form in (mail, mail.partition("@")[0])}
        found |= {form: f"phone {mine}" for phone in person.phones for form in _spellings(phone)}
        found |= dict.fromkeys(person.notes.splitlines(), f"note {mine}")
        found |= {person.address.street: f"address {mine}"} if person.address else {}
    found |= dict.fromkeys(words, "something typed in the story")
    found |= dict.fromkeys(secrets, "a secret")
    return {form: what for form, what in found.items() if len(form) >= _SHORTEST}


def _names(person: Person) -> Iterator[str]:
    yield full_name(person.given, person.family)
    yield f"{person.given} {person.family}".strip()
    yield f"{person.family};{person.given}"
    yield f"{person.family}, {person.given}"


def _spellings(phone: str) -> Iterator[str]:
    yield phone
    try:
        number = phonenumbers.parse(phone, HOME)
    except phonenumbers.NumberParseException:
        return
    for form in (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL):
        yield str(phonenumbers.format_number(number, form))


def search(forms: dict[str, str], home: Path, *logs: Path) -> list[str]:
    """Every place below `home` and in `logs` that holds one of the forms; the ledger and the artefacts may."""
    places = [(place, reading) for place, text in (*_files(home, logs), *_tables(home / "airflow.db"))
              for reading in readings(text)]  # fmt: skip
    return sorted({f"{what} in {place}" for place, text in places for what in _hits(forms, text)})


def readings(text: str) -> Iterator[str]:
    """A text as it stands, without what JSON and URLs escape, and what it says in base64, wherever a value begins."""
    escaped = "\n".join(line for line in text.splitlines() if "\\" in line or "%" in line)
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), escaped)
    yield text
    yield plain
    yield unquote_plus(plain)
    words = {word.translate(_PLAIN_BASE64) for word in _CODED.findall(text)}
    yield "\n".join(_decoded(word[start:]) for word in words for start in range(4))


def _decoded(word: str) -> str:
    """Bytes that are no text become something else; what is text stays beside them."""
    return base64.b64decode(word + "A" * (-len(word) % 4)).decode(errors="replace")


def _hits(forms: dict[str, str], text: str) -> Iterator[str]:
    folded = text.casefold()
    for form, what in forms.items():
        if form.casefold() in folded:
            yield what


def _files(home: Path, logs: Iterable[Path]) -> Iterator[tuple[str, str]]:
    inside = [p for p in (home / "logs").rglob("*") if p.is_file() and not p.is_symlink()]
    for path in (*inside, *logs):
        yield str(path), path.read_text(errors="replace")
    yield "the names of files", "\n".join(str(p.relative_to(home)) for p in home.rglob("*"))


def _tables(database: Path) -> Iterator[tuple[str, str]]:
    """Airflow's whole metadata database as text: XCom, rendered fields, serialised DAGs, its own log."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            quoted = f'"{name}"'
            rows = connection.execute(f"SELECT * FROM {quoted}").fetchall()  # nosec B608 # noqa: S608 - of the schema
            yield f"Airflow's table {name}", "\n".join(_text(value) for row in rows for value in row)


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
