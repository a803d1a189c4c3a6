"""A listing is followed page by page, but never in a circle and never without end."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from contactsync.errors import BadListing

Token = TypeVar("Token", bound=Hashable)
MAX_PAGES = 20_000  # of 50 contacts each: a million contacts


class PageTrail:
    """The page tokens or next-links of one listing.

    while token:
        page = api.read(..., params={"pageToken": token})
        token = trail.step(page["nextPageToken"])
    """

    def __init__(self, listing: str, *, limit: int = MAX_PAGES) -> None:
        """`listing`: which one, for messages, such as `freshsales contacts`."""
        self._listing = listing
        self._limit = limit
        self._seen: set[Hashable] = set()

    @property
    def pages(self) -> int:
        """How many pages were stepped to."""
        return len(self._seen)

    def step(self, token: Token) -> Token:
        """Note where the next page is, and hand it back. Errors: BadListing for one seen before, or one too many."""
        if token in self._seen:
            raise BadListing(
                f"{self._listing}: page {self.pages + 1} leads back to an earlier page.",
                next_step="run again; if it stays, the vendor's paging is broken",
            )
        if self.pages >= self._limit:
            raise BadListing(
                f"{self._listing}: no end after {self._limit} pages.",
                next_step="narrow the listing or ask for larger pages",
            )
        self._seen.add(token)
        return token
