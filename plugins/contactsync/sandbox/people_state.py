"""The contacts of one Google user: what is stored, what listings already show of it, and the trash."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from contactsync.sandbox.people_errors import PeopleError, not_found
from contactsync.sandbox.people_index import Index
from contactsync.sandbox.people_schema import SINGLETONS

Json = dict[str, Any]
Fields = Mapping[str, Sequence[Json]]
MY_CONTACTS = "myContacts"
_TRASH_SECONDS = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Profile:
    """A Google profile that is linked with a contact; its items can be read, never written."""

    id: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class Person:
    """One contact, replaced as a whole on each change. The first item of each field is the primary one."""

    number: int
    resource_name: str
    fields: Fields
    groups: tuple[str, ...]
    version: int
    updated: float
    profile: Profile | None = None
    former_names: tuple[str, ...] = ()

    @property
    def source_id(self) -> str:
        """The id of the CONTACT source: it stays when the resource name changes."""
        return f"{self.number:x}"

    @property
    def source_etag(self) -> str:
        """The etag of the CONTACT source: changes with every write, and only then."""
        digest = hashlib.sha256(f"{self.number}:{self.version}".encode()).digest()
        return "#" + base64.b64encode(digest[:8]).decode()


@dataclass
class Rules:
    """What a book asks the server for at each write: the time, the lag of listings, and how many contacts fit."""

    now: Callable[[], float]
    lag: Callable[[], tuple[float, int]]
    capacity: Callable[[], tuple[int, int]]  # contacts, and the HTTP status that refuses one more


@dataclass
class Book:
    """All contacts of one user."""

    rules: Rules
    next_number: int = 0x1A2B3C4D5E6F7
    people: dict[str, Person] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    trash: dict[str, tuple[float, Person]] = field(default_factory=dict)
    index: Index = field(default_factory=Index)

    def find(self, name: str) -> Person:
        """The contact by its present or a former resource name; NOT_FOUND otherwise."""
        for _ in range(len(self.renamed) + 1):
            if name in self.people:
                return self.people[name]
            name = self.renamed.get(name, "")
        raise not_found()

    def create(self, fields: Fields, groups: tuple[str, ...] = ()) -> Person:
        """Adds a contact; without groups it goes to My Contacts."""
        self.make_room(1)
        self.next_number += 0x9E3779B1
        name = f"people/c{self.next_number}"
        person = Person(self.next_number, name, fields, groups or (MY_CONTACTS,), 1, self.rules.now())
        return self._store(person)

    def save(self, person: Person, **changes: Any) -> Person:
        """Stores a changed contact under a new version."""
        return self._store(replace(person, **changes, version=person.version + 1, updated=self.rules.now()))

    def remove(self, name: str) -> None:
        """Moves a contact to the trash, where it counts against the limit for 30 days."""
        person = self.find(name)
        del self.people[person.resource_name]
        self.trash[person.resource_name] = (self.rules.now(), person)
        self._note(person, deleted=True)

    def restore(self, name: str) -> Person:
        """Takes a contact out of the trash again, which only a person can do."""
        if name not in self.trash:
            raise not_found()
        _, person = self.trash.pop(name)
        return self.save(person)

    def rename(self, name: str, new_name: str, profile: Profile | None = None) -> Person:
        """Gives a contact another resource name, as linking it with a profile does."""
        person = self.find(name)
        del self.people[person.resource_name]
        self.renamed[person.resource_name] = new_name
        former = (*person.former_names, person.resource_name)
        return self.save(person, resource_name=new_name, former_names=former, profile=profile or person.profile)

    def merge(self, kept: str, lost: str) -> Person:
        """Puts the items of one contact into another and deletes the first, as 'merge and fix' does."""
        winner, loser = self.find(kept), self.find(lost)
        fields = {name: list(items) for name, items in winner.fields.items()}
        for name, items in loser.fields.items():
            mine = fields.setdefault(name, [])
            mine.extend(item for item in items if item not in mine and not (mine and name in SINGLETONS))
        groups = tuple(dict.fromkeys((*winner.groups, *loser.groups)))
        self.remove(lost)
        return self.save(winner, fields=fields, groups=groups)

    def make_room(self, wanted: int) -> None:
        """Refuses when so many more contacts do not fit; the trash counts."""
        now = self.rules.now()
        self.trash = {n: (at, p) for n, (at, p) in self.trash.items() if now - at < _TRASH_SECONDS}
        capacity, status = self.rules.capacity()
        if len(self.people) + len(self.trash) + wanted > capacity:
            name = "RESOURCE_EXHAUSTED" if status == 429 else "FAILED_PRECONDITION"
            raise PeopleError(status, name, "MY_CONTACTS_OVERFLOW_COUNT")

    def _store(self, person: Person) -> Person:
        self.people[person.resource_name] = person
        self._note(person, deleted=False)
        return person

    def _note(self, person: Person, *, deleted: bool) -> None:
        seconds, listings = self.rules.lag()
        self.index.note(person, self.rules.now() + seconds, listings, deleted=deleted)
