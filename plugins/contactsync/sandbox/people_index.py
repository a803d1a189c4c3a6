"""What listings show of a user's contacts: writes arrive here late, in order, each under a growing number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contactsync.sandbox.people_state import Person


@dataclass(frozen=True, slots=True)
class Entry:
    """A contact as listings show it; `position` orders the changes, a sync token names one."""

    position: int
    person: Person
    deleted: bool


@dataclass(frozen=True, slots=True)
class _Pending:
    person: Person
    until: float
    until_listing: int
    deleted: bool


@dataclass
class Index:
    """The state that listings and deltas read."""

    entries: dict[int, Entry] = field(default_factory=dict)
    position: int = 0
    listings: int = 0
    _pending: list[_Pending] = field(default_factory=list)

    def note(self, person: Person, until: float, listings: int, *, deleted: bool) -> None:
        """Takes a write, to be shown at a time and after a number of listings that still show the old state."""
        self._pending.append(_Pending(person, until, self.listings + listings, deleted))

    def listing_began(self, now: float) -> None:
        """Counts a listing and shows the writes whose time has come; a contact's writes keep their order."""
        self.listings += 1
        held, waiting = [], set()
        for change in self._pending:
            number = change.person.number
            if number in waiting or now < change.until or self.listings <= change.until_listing:
                held.append(change)
                waiting.add(number)
            else:
                self._show(change)
        self._pending = held

    def flush(self) -> None:
        """Shows all writes at once."""
        for change in self._pending:
            self._show(change)
        self._pending = []

    def live(self) -> list[Entry]:
        """All contacts, the least recently changed first."""
        return [entry for entry in self.entries.values() if not entry.deleted]

    def since(self, position: int) -> list[Entry]:
        """Changed and deleted contacts after a position, in the order of the changes."""
        return [entry for entry in self.entries.values() if entry.position > position]

    def _show(self, change: _Pending) -> None:
        self.position += 1
        self.entries.pop(change.person.number, None)  # to the end: the dict keeps the order of the changes
        self.entries[change.person.number] = Entry(self.position, change.person, change.deleted)
