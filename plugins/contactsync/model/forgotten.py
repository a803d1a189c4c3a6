"""What is kept of a person who was forgotten: salted hashes, by which the person's contacts are known again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contactsync.model.spec import Side


@dataclass(frozen=True)
class Tombstone:
    """One trace.

    kind    left | right: hash of a contact's id there; else the name of a key (sync.forgotten)
    hash    salted with the sync's own salt
    person  which traces belong together; a random name that says nothing
    """

    kind: str
    hash: int
    person: str
    since: datetime


@dataclass(frozen=True)
class Traces:
    """What of a sync's ledger belongs to a person.

    contacts  all their rows go; links: these links alone, where a contact of theirs is somebody's now
    actions   operation keys of actions that no link and no contact tells of
    """

    contacts: frozenset[tuple[Side, str]] = frozenset()
    links: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.contacts or self.links or self.actions)
