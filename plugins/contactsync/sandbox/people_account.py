"""One Google user's account, and what the user does in Google's own web page."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from contactsync.sandbox.people_groups import Groups
from contactsync.sandbox.people_input import read_person
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.people_listing import Listings
from contactsync.sandbox.people_schema import CONTACT, READABLE
from contactsync.sandbox.people_search import SearchCache
from contactsync.sandbox.people_state import MY_CONTACTS, Book, Person, Profile, Rules
from contactsync.sandbox.people_view import GOT, View
from contactsync.sandbox.people_writes import Writer

Json = dict[str, Any]
_PROFILE_IDS = itertools.count(104729000000000000001, 7919)


@dataclass
class Account:
    """Contacts, groups and listings of one user. The methods act as that person, not as an API client."""

    user: str
    rules: Rules
    knobs: PeopleKnobs
    dice: random.Random
    book: Book = field(init=False)
    groups: Groups = field(init=False)
    listings: Listings = field(init=False)
    search: SearchCache = field(init=False, default_factory=SearchCache)
    writer: Writer = field(init=False)

    def __post_init__(self) -> None:
        self.book = Book(self.rules)
        self.groups = Groups(self.book)
        self.listings = Listings(self.book.index, self.knobs)
        self.writer = Writer(self.book, self.groups, self.knobs)

    def view(self, mask: tuple[str, ...] = READABLE, sources: tuple[str, ...] = (CONTACT,), kind: str = GOT) -> View:
        """How this account shows contacts."""
        shown = sources if self.knobs.show_profiles else tuple(s for s in sources if s == CONTACT)
        return View(
            mask,
            shown,
            kind,
            self.knobs.phone_region or None,
            self.dice if self.knobs.shuffle else None,
            self.knobs.vary_source_etags,
        )

    def add(self, data: Json) -> Person:
        """A new contact from a Person's JSON data; `labels` names groups, which are created where missing."""
        person = {key: value for key, value in data.items() if key != "labels"}
        draft = read_person(person)
        return self.book.create(draft.fields, draft.groups or (MY_CONTACTS, *self._labelled(data.get("labels", ()))))

    def edit(self, name: str, data: Json) -> Person:
        """Replaces the given fields; `labels` replaces the user groups, `resourceName` renames the contact."""
        person = self.book.find(name)
        draft = read_person({key: value for key, value in data.items() if key != "labels"})
        fields = {f: items for f, items in person.fields.items() if f not in data} | dict(draft.fields)
        groups = draft.groups or person.groups
        if "labels" in data:
            system = tuple(g for g in groups if self.groups.find(g).system)
            groups = (*system, *self._labelled(data["labels"])) or (MY_CONTACTS,)
        person = self.book.save(person, fields=fields, groups=groups)
        new_name = data.get("resourceName", person.resource_name)
        return self.book.rename(name, new_name) if new_name != person.resource_name else person

    def label(self, name: str, label: str) -> Person:
        """Puts a contact under a label."""
        person = self.book.find(name)
        return self.book.save(person, groups=tuple(dict.fromkeys((*person.groups, *self._labelled([label])))))

    def verify_email(self, name: str, email: str) -> Person:
        """The contact's owner proves an e-mail address: a profile is linked and the resource name changes."""
        person = self.book.find(name)
        id_ = str(next(_PROFILE_IDS))
        names = [dict(item) for item in person.fields.get("names", ())]
        profile = Profile(id_, {"names": names, "emailAddresses": [{"value": email}]})
        return self.book.rename(name, f"people/{id_}", profile)

    def link_profile(self, name: str, fields: Json) -> Person:
        """Links a profile without renaming; its items are read-only for API clients."""
        person = self.book.find(name)
        return self.book.save(person, profile=Profile(str(next(_PROFILE_IDS)), fields))

    def load(self, drafts: Iterable[Json]) -> list[str]:
        """Adds many contacts at once, shown by listings without lag; their resource names."""
        lag = self.rules.lag
        self.rules.lag = lambda: (0.0, 0)
        try:
            return [self.add(draft).resource_name for draft in drafts]
        finally:
            self.rules.lag = lag

    def _labelled(self, labels: Iterable[str]) -> list[str]:
        return [(self.groups.named(label) or self.groups.add(label)).id for label in labels]
