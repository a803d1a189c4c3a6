"""Pages of Freshsales contacts: read to their end, counted, and read again where rows moved between pages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any

from contactsync.apps._freshsales_record import Owners, moment
from contactsync.apps._freshsales_site import INCLUDE, Site, not_understood, users_of
from contactsync.contact import raw_hash
from contactsync.errors import BadListing
from contactsync.rest.origin import segment
from contactsync.rest.reply import Reply

log = logging.getLogger(__name__)

PER_PAGE = 100  # more is cut to this without a word
PASSES = 3
MAX_PAGES = 100_000
ALIKE_PAGES = 3

Ask = Callable[[int], Reply]


class View:
    """A contact view of an account, by its name or id. `option`: which one of the side names it."""

    def __init__(self, site: Site, name: str, option: str = "view") -> None:
        self.name = name
        self._site = site
        self._option = option

    def page(self, **params: Any) -> Reply:
        """One page of it; its id is asked anew where the cached one is unknown."""
        reply = self._once(params)
        if reply.status == 404 and not self.name.isdigit():
            self._site.forget("views")
            reply = self._once(params)
        return reply

    def _once(self, params: Mapping[str, Any]) -> Reply:
        found = self._site.view_id(self.name, self._option)
        return self._site.api.read("GET", f"contacts/view/{segment(found)}", params=params)

    def ask(self, direction: str) -> Ask:
        """Asks for its pages, by the time of the last change."""
        return lambda page: self.page(**paging(page, direction), include=INCLUDE)


def paging(page: int, direction: str) -> dict[str, Any]:
    """Parameters of one page, sorted by the time of the last change."""
    return {"sort": "updated_at", "sort_type": direction, "per_page": PER_PAGE, "page": page}


@dataclass(frozen=True)
class Sheet:
    """One page as sent. `owners`: user id -> (e-mail, name), from the users beside the contacts."""

    rows: Sequence[Any]
    total: int
    pages: int
    owners: Owners
    asked_at: datetime | None  # by the vendor's clock


def sheet(reply: Reply) -> Sheet:
    """Errors: BadListing, AuthError, NotTheApi for anything but a page of contacts: an error is never an empty page."""
    body = reply.json() if reply.status == 200 else None
    rows = body.get("contacts") if isinstance(body, dict) else None
    meta = body.get("meta") if isinstance(body, dict) else None
    total = _count(meta, "total")
    if body is None or not isinstance(rows, list) or total is None:
        raise not_understood(reply, "contacts")
    pages = _count(meta, "total_pages")
    if pages is None:
        pages = -(-total // PER_PAGE)
    return Sheet(rows, total, pages, users_of(body.get("users")), answered_at(reply))


def _count(meta: Any, name: str) -> int | None:
    found = meta.get(name) if isinstance(meta, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def answered_at(reply: Reply) -> datetime | None:
    """When it was answered, by the vendor's clock."""
    try:
        return parsedate_to_datetime(reply.headers.get("Date", "")).astimezone(UTC)
    except (ValueError, TypeError):
        return None


def sheets(ask: Ask, *, until: datetime | None = None) -> Iterator[Sheet]:
    """Every page of a listing, each row once unless it changed meanwhile. `ask(page)` requests one.

    Pages are numbered, so a contact that is edited or deleted while they are read pulls the next ones over a page's
    edge, unseen. The count at the end shows that, and the listing is read again for what is missing. With `until` the
    newest come first and reading ends at the first row not newer than that. Errors: BadListing where it never adds up.
    """
    shown: dict[Any, Any] = {}
    for _ in range(PASSES):
        totals: list[int] = []
        for page in _pages(ask, until):
            totals.append(page.total)
            fresh = [row for row in page.rows if _is_fresh(row, shown)]
            yield Sheet(fresh, page.total, page.pages, page.owners, page.asked_at)
        if len(shown) >= max(totals) or (until is not None and min(totals) >= totals[0]):
            return
        log.info("Freshsales: rows moved while the listing was read; reading it again")
    raise BadListing(
        f"Freshsales lists {len(shown)} contacts but counts {max(totals)}, also after {PASSES} readings.",
        next_step="try again when fewer contacts are being edited or deleted.",
    )


def scattered(ask: Ask, most: int, chance: Random) -> Iterator[Sheet]:
    """At most `most` pages, all of them or some by chance: how many there are is known from the first."""
    first = sheet(ask(1))
    whole = first.pages <= most
    for number in range(1, first.pages + 1) if whole else sorted(chance.sample(range(1, first.pages + 1), most - 1)):
        yield first if number == 1 else sheet(ask(number))


def _pages(ask: Ask, until: datetime | None) -> Iterator[Sheet]:
    before: Sequence[Any] = ()
    alike = 0
    for number in range(1, MAX_PAGES + 1):
        page = sheet(ask(number))
        alike = alike + 1 if page.rows == before else 0
        before = page.rows
        if alike == ALIKE_PAGES:
            raise BadListing("Freshsales shows the same contacts on page after page.", next_step="try again.")
        kept = [row for row in page.rows if until is None or not _not_newer(row, until)]
        yield Sheet(kept, page.total, page.pages, page.owners, page.asked_at)
        if number >= page.pages or not page.rows or len(kept) < len(page.rows):
            return
    raise BadListing(f"Freshsales has more than {MAX_PAGES} pages of contacts.", next_step="choose a smaller view.")


def _not_newer(row: Any, until: datetime) -> bool:
    changed = moment(row.get("updated_at")) if isinstance(row, dict) else None
    return changed is not None and changed <= until


def _is_fresh(row: Any, shown: dict[Any, Any]) -> bool:
    """False for a row already handed on as it is now; notes it."""
    key = row.get("id") if isinstance(row, dict) else None
    if not isinstance(key, (int, str)):
        key = f"unreadable {raw_hash(row)}"
    stamp = row.get("updated_at") if isinstance(row, dict) else None
    fresh = key not in shown or shown[key] != stamp
    shown[key] = stamp
    return fresh
