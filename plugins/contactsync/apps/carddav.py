"""CardDAV: an address book on any server of RFC 6352 (Nextcloud, iCloud, Fastmail, Radicale, Baikal ...).

A contact's id is its vCard's UID; href and etag are its ref. Cards are changed line by line, so that whatever this
package does not know (photos, X- lines, groups) survives.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from random import Random
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit

from contactsync.apps._carddav_books import Book, find_book
from contactsync.apps._carddav_cards import Uids, has_key, reading, searches, usual_path
from contactsync.apps._carddav_points import Point, points
from contactsync.apps._carddav_probe import READS
from contactsync.apps._carddav_probe_account import Account as Probed
from contactsync.apps._carddav_probe_writes import CHECKS, tried
from contactsync.apps._carddav_reports import (
    GONE,
    BookGone,
    Listing,
    Stored,
    cards_at,
    cards_like,
    changes,
    count,
)
from contactsync.apps._carddav_writes import Writer, nothing_sent, own_uid
from contactsync.apps._probing import findings, unchecked
from contactsync.apps._vcard_read import FIELDS
from contactsync.apps._webdav import Dav
from contactsync.apps.base import Access, App, AppOptions
from contactsync.errors import BadListing, CursorExpired, StopError
from contactsync.model.app import (
    PERMISSIONS,
    Account,
    ActionInfo,
    Adopt,
    AppInfo,
    Batch,
    Capabilities,
    Check,
    ConditionInfo,
    Credential,
    Deletes,
    Rate,
    Takes,
)
from contactsync.model.app import Window as WindowKind
from contactsync.model.exchange import (
    Cursor,
    Fetched,
    Op,
    Page,
    Record,
    Ref,
    Result,
    Unreadable,
    Window,
)
from contactsync.model.probe import Finding
from contactsync.model.rules import Compare, How

T = TypeVar("T")

PAGE = 100
UIDS_PER_QUERY = 20
RATES = (Rate(600, 60),)


class CardDavOptions(AppOptions):
    """book: display name or path of the address book; needed only where the connection leads to several."""

    book: str = ""


class CardDav(App):
    """One address book; see the module's text."""

    Options = CardDavOptions

    info: ClassVar[AppInfo] = AppInfo(
        name="carddav",
        title="CardDAV",
        kind="address book",
        conn_type="carddav",
        credentials=(
            Credential(
                "host",
                "host",
                "URL",
                description="The server, a principal, or the address book itself; https where no scheme is given",
                placeholder="https://dav.example.org",
            ),
            Credential("login", "login", "User name"),
            Credential(
                "password",
                "password",
                "Password",
                secret=True,
                description="An app password where the server offers them (iCloud and Fastmail demand one)",
            ),
            *PERMISSIONS,
        ),
        fields=FIELDS,
        caps=Capabilities(
            page_size=PAGE,
            batch=Batch(create=1, update=1, delete=1, fetch=PAGE, find=UIDS_PER_QUERY),
            check=Check.VERSION,
            adopt=Adopt.CLIENT_ID,
            returns_record=False,
            deletes=Deletes.FEED,
            window=WindowKind.NONE,
            lag=timedelta(0),
            granularity=timedelta(seconds=1),
            rates=RATES,
        ),
        docs="https://www.rfc-editor.org/rfc/rfc6352",
        conditions=(ConditionInfo("has_category", "Has the category", Takes.TEXTS, ("CATEGORIES",), Compare.HAS),),
        actions=(
            ActionInfo("add_category", "Add a category", "CATEGORIES", How.ADD, reverse="remove_category"),
            ActionInfo("remove_category", "Remove a category", "CATEGORIES", How.REMOVE, reverse="add_category"),
        ),
        tag_field="CATEGORIES",
        account_options=("book",),
        no_consent="a vCard has no field for it",
        notes=(
            "Lines of a vCard that are not mapped are kept to the character.",
            "FN follows the parts of the name; one that was worded otherwise stays as it is.",
            "A server without sync-collection is read completely each time.",
            "Groups (KIND:group) are not contacts and are left alone.",
            "A birthday that is no full date (only a year, or words) counts as not shown.",
        ),
    )

    def __init__(self, access: Access, options: AppOptions) -> None:
        super().__init__(access, options)
        self.chosen = CardDavOptions.model_validate(options.model_dump())
        self._dav = Dav(access, RATES)
        self._cached_as = f"book {self._dav.start} {self.chosen.book}"

    # ---- where

    @cached_property
    def _book(self) -> Book:
        """The address book; where it was found is cached, for discovery takes up to five requests."""
        cache, account = self.access.services.metadata, self._dav.account
        match cache.get(account, self._cached_as):
            case {"url": str(url), "title": str(title)}:
                return Book(url, title)
        book = find_book(self._dav, self.chosen.book)
        cache.put(account, self._cached_as, {"url": book.url, "title": book.title})
        return book

    def account(self) -> Account:
        """The address book, looked for anew: the Test button must not answer from a cache."""
        book = find_book(self._dav, self.chosen.book)
        place = urlsplit(book.url)
        owner = self.access.credentials["login"]
        return Account(f"{place.netloc}{book.path}", place.netloc, contacts=count(self._dav, book), owner=owner)

    # ---- reading

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        """All cards, or those changed since the sync-token in the cursor, in pages of 100."""
        if isinstance(start, Window):
            raise StopError(
                "CardDAV cannot list what changed within a time.", next_step="run without a backfill window"
            )
        uids, token = _read_cursor(start)
        listing = self._changes(token)
        shown: set[str] = set()
        chunks = _chunks(listing.paths, PAGE) or [()]
        for number, chunk in enumerate(chunks, 1):
            records, unreadable = self._read(chunk, uids, shown)
            if number < len(chunks):
                yield Page(records, unreadable=unreadable, complete=listing.complete)
        # A UID shown at another href is the same contact in another place.
        deleted = [uid for uid in dict.fromkeys(uids.forget(path) for path in listing.removed) if uid not in shown]
        cursor = {"token": listing.token, "uids": uids.kept}
        yield Page(records, deleted, unreadable=unreadable, last=True, cursor=cursor, complete=listing.complete)

    def sample(self, wanted: int, calls: int, chance: Random) -> Iterator[Page]:
        """Cards from anywhere in the book, whose listing names them all in one request."""
        paths = sorted(self._changes("").paths)
        chosen = chance.sample(paths, min(wanted, len(paths), (calls - 1) * PAGE))
        for chunk in _chunks(chosen, PAGE):
            records, unreadable = self._read(chunk, Uids({}), set())
            yield Page(records, unreadable=unreadable)
        yield Page([], last=True)

    def _changes(self, token: str) -> Listing:
        try:
            return changes(self._dav, self._book, token)
        except BookGone:
            self.access.services.metadata.drop(self._dav.account, self._cached_as)  # the next run looks for it anew
            raise

    def _read(self, paths: Sequence[str], uids: Uids, shown: set[str]) -> tuple[list[Record], list[Unreadable]]:
        """The contacts at these paths; what was removed since the listing is told by the next one."""
        answer = cards_at(self._dav, self._book, paths)
        records: list[Record] = []
        unreadable = [
            Unreadable(path, f"the server does not give it (HTTP {status})")
            for path, status in answer.missing.items()
            if status not in GONE
        ]
        for stored in answer.cards:
            found = self._reading(stored)
            if found is None:
                continue
            uids.learn(stored.path, found.id)
            if found.id in shown:
                found = Unreadable(stored.path, "another card of this address book has the same UID")
            shown.add(found.id)
            if isinstance(found, Record):
                records.append(found)
            else:
                unreadable.append(found)
        return records, unreadable

    def _reading(self, stored: Stored) -> Record | Unreadable | None:
        return reading(stored, self.access.services.clock())

    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        """By href, then by UID: gone only when both say so. A card that cannot be read is forbidden, never gone."""
        for chunk in _chunks(refs, PAGE):
            yield from (Fetched(point.ref.id, point.presence, point.record) for point in self._points(chunk))

    def _points(self, refs: Sequence[Ref]) -> Iterator[Point]:
        return points(self._dav, self._book, refs, self.access.services.clock())

    def find(self, keys: Mapping[str, Sequence[str]]) -> Iterable[Record]:
        """Cards with one of these e-mail addresses, phone numbers, full names or companies.

        Servers compare text, so a phone number is found only as +E.164 or in the usual international form.
        Errors: BadListing where the server cannot say.
        """
        for chunk in _chunks(searches(keys), UIDS_PER_QUERY):
            cards = cards_like(self._dav, self._book, chunk)
            if cards is None:
                raise BadListing(f"{self._book.url}: the server does not answer addressbook-query in full.")
            for stored in cards:
                found = self._reading(stored)
                if isinstance(found, Record) and has_key(found, keys):
                    yield found

    def own_id(self, key: str) -> str:
        """The UID that a create of this key chooses."""
        return own_uid(key)

    def look_up(self, op: Op) -> Iterator[Record]:
        """The card with the UID that a create of this key chose."""
        uid = own_uid(op.key)
        refs = [Ref(uid, {"href": usual_path(self._book.path, uid)})]
        return (point.record for point in self._points(refs) if point.record)

    # ---- writing

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        """One request a card: PUT If-None-Match, PUT If-Match, DELETE If-Match."""
        with nothing_sent():
            writer = Writer(self._dav, self._book, self.access.services.clock)
        yield from (writer.write(op) for op in ops)

    def probe(self, *, write: bool) -> Generator[Finding, None, None]:
        """What servers do differently, checked against this one."""
        account = Probed(self._dav, find_book(self._dav, self.chosen.book), self.access.services)
        yield from findings(READS, account)
        yield from tried(account) if write else unchecked(CHECKS)


def _read_cursor(cursor: Cursor | None) -> tuple[Uids, str]:
    """UIDs and sync-token of a cursor. Errors: CursorExpired where it has another form."""
    if cursor is None:
        return Uids({}), ""
    uids, token = cursor.get("uids"), cursor.get("token")
    if not isinstance(uids, Mapping) or not isinstance(token, str):
        raise CursorExpired("The cursor is none of a CardDAV address book.")
    return Uids(uids), token


def _chunks(rows: Sequence[T], size: int) -> list[Sequence[T]]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]


APP = CardDav
