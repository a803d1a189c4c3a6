"""connections.list: pages, sync tokens and their expiry."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from contactsync.sandbox import listing
from contactsync.sandbox.knobs import Fault
from contactsync.sandbox.people_errors import invalid, sync_token_expired
from contactsync.sandbox.people_index import Entry, Index
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.people_view import View

Json = dict[str, Any]
SORT_ORDERS = ("LAST_MODIFIED_ASCENDING", "LAST_MODIFIED_DESCENDING", "FIRST_NAME_ASCENDING", "LAST_NAME_ASCENDING")
_WALKS_KEPT = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of one call. `fixed` are those a sync token is bound to; a page token is bound to all."""

    view: View
    size: int
    sort_order: str
    want_token: bool
    sync_token: str

    @property
    def fixed(self) -> list[Any]:
        """personFields, sources and sortOrder as JSON data."""
        return [list(self.view.mask), list(self.view.sources), self.sort_order]

    def same(self, other: Asked) -> bool:
        """True when nothing but the page token differs."""
        mine = (self.size, self.want_token, self.sync_token)
        return self.fixed == other.fixed and mine == (other.size, other.want_token, other.sync_token)


@dataclass(frozen=True, slots=True)
class _Walk:
    """One listing from its first page on: it shows what there was when it began."""

    rows: Sequence[Entry]
    total: int
    asked: Asked
    position: int
    full_at: float


@dataclass
class Listings:
    """The listings of one user."""

    index: Index
    knobs: PeopleKnobs
    walks: dict[str, _Walk] = field(default_factory=dict)
    tokens_given: int = 0
    tokens_void: int = 0
    _walks_begun: int = 0

    def expire_all(self) -> None:
        """Makes every sync token given out so far void."""
        self.tokens_void = self.tokens_given

    def first(self, asked: Asked, now: float, fault: Fault | None) -> Json:
        """The first page of a full listing or of a delta."""
        self.index.listing_began(now)
        if asked.sync_token:
            position, full_at = self._opened(asked, now)
            rows: Sequence[Entry] = self.index.since(position)
        else:
            rows, full_at = _sorted(self.index.live(), asked.sort_order), now
        self._walks_begun += 1
        walk = _Walk(listing.cut(rows, fault), len(rows), asked, self.index.position, full_at)
        if fault is None or not fault.true_total:
            walk = _Walk(walk.rows, len(walk.rows), asked, walk.position, full_at)
        key = f"w{self._walks_begun}"
        self.walks = dict([*self.walks.items(), (key, walk)][-_WALKS_KEPT:])
        return self._page(key, 1, fault)

    def following(self, token: str, asked: Asked, now: float, fault: Fault | None) -> Json:
        """A later page; all parameters must be those of the first."""
        key, _, page = _decoded(token).partition(".")
        if key not in self.walks or not page.isdecimal():
            raise invalid("Invalid page token.")
        if not asked.same(self.walks[key].asked):
            raise invalid("Request parameters must match those of the call that returned the page token.")
        if asked.sync_token:
            self._opened(asked, now)
        return self._page(key, int(page), fault)

    def _page(self, key: str, page: int, fault: Fault | None) -> Json:
        walk = self.walks[key]
        delta = bool(walk.asked.sync_token)
        if delta and page == self.knobs.expire_at_page:
            self.knobs.expire_at_page = 0
            self.expire_all()
            raise sync_token_expired(self.knobs.expired_code, self.knobs.expired_status)
        size = walk.asked.size
        start = (listing.shown_page(page, fault) - 1) * size
        out = _found([_shown(walk.asked.view, entry, delta) for entry in walk.rows[start : start + size]])
        if page * size < len(walk.rows) or listing.loops(fault):
            out["nextPageToken"] = _encoded(f"{key}.{page + 1}")
        elif walk.asked.want_token:
            out["nextSyncToken"] = self._token(walk)
        if walk.total and not delta:
            out |= {"totalPeople": walk.total, "totalItems": walk.total}
        return out

    def _token(self, walk: _Walk) -> str:
        self.tokens_given += 1
        return _encoded(json.dumps([self.tokens_given, walk.position, walk.full_at, walk.asked.fixed]))

    def _opened(self, asked: Asked, now: float) -> tuple[int, float]:
        """The position and the time of the full listing behind a sync token: 7 days count from there."""
        try:
            serial, position, full_at, fixed = json.loads(_decoded(asked.sync_token))
        except (ValueError, TypeError) as wrong:
            if not self.knobs.check_sync_tokens:
                return 0, now
            raise invalid("Request contains an invalid argument.") from wrong
        if serial <= self.tokens_void or now - full_at > self.knobs.sync_token_seconds:
            raise sync_token_expired(self.knobs.expired_code, self.knobs.expired_status)
        if fixed != asked.fixed and self.knobs.check_sync_tokens:
            raise invalid("Request parameters must match those of the call that returned the sync token.")
        return int(position), float(full_at)


def _found(people: list[Json]) -> Json:
    """As all empty lists of this API, an empty one is left out."""
    return {"connections": people} if people else {}


def _shown(view: View, entry: Entry, delta: bool) -> Json:
    return view.stub(entry.person) if entry.deleted else view.show(entry.person, former=delta)


def _sorted(rows: list[Entry], order: str) -> list[Entry]:
    match order:
        case "LAST_MODIFIED_DESCENDING":
            return rows[::-1]
        case "FIRST_NAME_ASCENDING":
            return sorted(rows, key=lambda entry: _name(entry, "givenName"))
        case "LAST_NAME_ASCENDING":
            return sorted(rows, key=lambda entry: _name(entry, "familyName"))
    return rows


def _name(entry: Entry, part: str) -> str:
    names = entry.person.fields.get("names", ())
    return str(names[0].get(part, "")).casefold() if names else ""


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _decoded(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError:
        return ""
