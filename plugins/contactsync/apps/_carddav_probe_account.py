"""An address book as its probe sees it: what is asked for once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from contactsync.apps._carddav_books import Book
from contactsync.apps._carddav_reports import Listing, Stored, all_cards, cards_at, changes
from contactsync.apps._probing import CannotTell
from contactsync.apps._webdav import Dav
from contactsync.rest.services import Services

REPORT = "harmless to you; please report it"
REPORTS, CARDS = "apps/_carddav_reports.py", "apps/_carddav_cards.py"
WRITES, POINTS = "apps/_carddav_writes.py", "apps/_carddav_points.py"
SAMPLE = 20  # cards that are looked at


@dataclass
class Account:
    """The address book as the checks see it."""

    dav: Dav
    book: Book
    services: Services

    def changes(self, token: str) -> Listing:
        """What changed since a token; everything without one. Errors: CursorExpired, BadListing."""
        return changes(self.dav, self.book, token)

    @cached_property
    def listed(self) -> Listing:
        """Everything, as the connector lists it."""
        return self.changes("")

    @cached_property
    def plain(self) -> Listing:
        """Everything, by a plain listing."""
        return all_cards(self.dav, self.book)

    @property
    def token(self) -> str:
        """Of the listing. Errors: CannotTell where the server knows none."""
        if not self.listed.token:
            raise CannotTell("the server does not tell changes")
        return self.listed.token

    @property
    def paths(self) -> Sequence[str]:
        """Some cards. Errors: CannotTell."""
        if not self.listed.paths:
            raise CannotTell("the address book is empty")
        return self.listed.paths[:SAMPLE]

    @cached_property
    def cards(self) -> Sequence[Stored]:
        """The same, read. Errors: CannotTell."""
        found = cards_at(self.dav, self.book, self.paths).cards
        if not found:
            raise CannotTell("no card can be read")
        return found
