"""Who was forgotten: the traces that are kept of a person, and how a contact is known by them.

By id for good, whatever becomes of the contact. By key for whoever is not linked: a contact that shares an address with
a forgotten one and is linked with a partner is another person, and goes on. Keys are what stands for one person,
whatever the sync matches by: e-mail addresses, with and without their +tag; phone numbers together with the name, for
colleagues share them; the name alone only where there is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contactsync.contact import Values, decode, key_hash, key_values
from contactsync.letters import without_plus_tag
from contactsync.model.forgotten import Tombstone
from contactsync.model.spec import Side

FIELDS = ("emails", "phones", "names.given", "names.family", "names.full")
"""Contact fields that keys are made of."""

EMAIL, NUMBER, NAME = "email", "phone+full_name", "full_name"
PHONE = "phone"  # only to find a person's tombstones by
BLOCKING = frozenset({EMAIL, NUMBER, NAME})

Trace = tuple[str, int]
"""Kind and salted hash."""


def id_trace(salt: str, side: Side, contact_id: str) -> Trace:
    """The trace of a contact's id."""
    return side.value, key_hash(salt, side.value, f"\x1e{contact_id}")


def mail_traces(salt: str, address: str) -> tuple[Trace, ...]:
    """The traces of an e-mail address in its normal form."""
    forms = dict.fromkeys((address, without_plus_tag(address)))
    return tuple((EMAIL, key_hash(salt, EMAIL, f"\x1e{form}")) for form in forms)


def phone_trace(salt: str, number: str) -> Trace:
    """The trace of a phone number alone."""
    return PHONE, key_hash(salt, PHONE, f"\x1e{number}")


def key_traces(salt: str, values: Values) -> Iterator[Trace]:
    """The traces of a contact's keys."""
    mails = [e.id for e in decode(values.get("emails", ""))]
    numbers = key_values(values, "phone")
    name = next(iter(key_values(values, "full_name")), "")
    for address in mails:
        yield from mail_traces(salt, address)
    for number in numbers:
        yield NUMBER, key_hash(salt, NUMBER, f"\x1e{number}\x1e{name}")
        yield phone_trace(salt, number)
    if name and not (mails or numbers):
        yield NAME, key_hash(salt, NAME, f"\x1e{name}")


@dataclass(frozen=True)
class Forgotten:
    """Everybody whom a sync has forgotten."""

    salt: str
    tombstones: tuple[Tombstone, ...] = ()

    @cached_property
    def _persons(self) -> dict[Trace, str]:
        return {(t.kind, t.hash): t.person for t in self.tombstones}

    def __bool__(self) -> bool:
        return bool(self.tombstones)

    def by_id(self, side: Side, contact_id: str) -> str:
        """The person to whom the contact belongs; '' = nobody who was forgotten."""
        return self._persons.get(id_trace(self.salt, side, contact_id), "")

    def by_values(self, values: Values) -> str:
        """The person who has one of the contact's keys; '' = nobody."""
        return self.by_traces(t for t in key_traces(self.salt, values) if t[0] in BLOCKING)

    def by_traces(self, traces: Iterable[Trace]) -> str:
        """The person with one of these traces; '' = nobody."""
        return next((self._persons[t] for t in traces if t in self._persons), "")

    def hashes(self) -> Mapping[str, set[int]]:
        """Key -> hashes, as the key index has them."""
        found: dict[str, set[int]] = {}
        for kind, number in self._persons:
            if kind in BLOCKING:
                found.setdefault(kind, set()).add(number)
        return found

    def knows(self, trace: Trace) -> bool:
        """True for a trace that is kept already."""
        return trace in self._persons


def name_traces(salt: str, side: Side, names: Mapping[str, str]) -> dict[Trace, str]:
    """Traces of names under which an app keeps contacts, with and without an ending: they may come as ids one day."""
    forms = {form: person for name, person in names.items() for form in (name, name.rpartition(".")[0]) if form}
    return {id_trace(salt, side, form): person for form, person in forms.items()}


def cursor_without(cursor: Any, person_of: Callable[[str], str]) -> tuple[Any, dict[str, str]]:
    """A cursor without what stands for a forgotten id, and the names it stood under there -> the person.

    Cursors are the app's own affair; one that keeps ids keeps them as texts, under names that may tell more than they.
    """
    if isinstance(cursor, Mapping):
        named = {name: person_of(held) for name, held in cursor.items() if isinstance(held, str)}
        named = {name: person for name, person in named.items() if person}
        parts = {
            k: cursor_without(held, person_of) for k, held in cursor.items() if k not in named and not person_of(k)
        }
        for _, found in parts.values():
            named.update(found)
        return {k: part for k, (part, _) in parts.items()}, named
    if isinstance(cursor, list):
        return [held for held in cursor if not (isinstance(held, str) and person_of(held))], {}
    return cursor, {}
