"""searchContacts: finds by the beginning of words, in a cache that only an empty query brings up to date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from contactsync.contact import fold
from contactsync.sandbox.people_state import Person
from contactsync.sandbox.people_view import GOT, View

_SEARCHED = {
    "names": ("displayName", "displayNameLastFirst"),
    "nicknames": ("value",),
    "emailAddresses": ("value",),
    "phoneNumbers": ("value", "canonicalForm"),
    "organizations": ("name", "title"),
}


@dataclass
class SearchCache:
    """What can be found: the phrases of each contact as of the last warm-up."""

    phrases: dict[int, list[str]] = field(default_factory=dict)

    def warm(self, people: Iterable[Person], view: View, until: float) -> None:
        """Takes in all contacts; one changed after `until` is still found as it was before."""
        fresh: dict[int, list[str]] = {}
        for person in people:
            if person.updated <= until:
                fresh[person.number] = _phrases(person, view)
            elif person.number in self.phrases:
                fresh[person.number] = self.phrases[person.number]
        self.phrases = fresh

    def find(self, query: str) -> set[int]:
        """The numbers of the contacts with a phrase, or a word in it, that begins with the query."""
        wanted = " " + fold(query)
        return {number for number, phrases in self.phrases.items() if any(wanted in phrase for phrase in phrases)}


def _phrases(person: Person, view: View) -> list[str]:
    shown = View(tuple(sorted(_SEARCHED)), view.sources, GOT, view.region).show(person)
    texts = (item.get(part, "") for name, parts in _SEARCHED.items() for item in shown.get(name, ()) for part in parts)
    return [" " + fold(text) for text in texts if text]
