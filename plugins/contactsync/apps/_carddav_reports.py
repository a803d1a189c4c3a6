"""The questions a CardDAV server answers (RFC 6352, 6578): what changed, these cards, the cards like that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin
from xml.sax.saxutils import escape  # nosec B406 # only to escape what is sent

from contactsync.apps._carddav_books import Book
from contactsync.apps._vcard import clean
from contactsync.apps._webdav import CARD, DAV, Dav, Member, Multistatus, error_conditions, multistatus
from contactsync.apps._xml_bounds import XmlError
from contactsync.errors import BadListing, CursorExpired
from contactsync.rest.pagination import PageTrail
from contactsync.rest.session import Reply

MAX_ROUNDS = 10_000  # answers that a server may cut its list of changes into
GONE = frozenset({404, 410})
ETAG = f"{DAV}getetag"
DATA = f"{CARD}address-data"

_XML = '<?xml version="1.0" encoding="utf-8"?>'
_NAMESPACES = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'
_ENTITY_TAG = re.compile(r"""(?:W/)?+(?:"[^"]*"|[^"*,\s][^"*,]*)""")
_CARD_PROPS = "<prop><getetag/><C:address-data/></prop>"


class BookGone(BadListing):
    """The address book is not where it was."""


@dataclass(frozen=True)
class Stored:
    """A card as the server keeps it: path in one spelling, etag ('' where it gives no proper one), text with \\n."""

    path: str
    etag: str
    text: str


@dataclass(frozen=True)
class Listing:
    """Paths that are there (all of them, or those changed), paths removed, and the token for the next time."""

    paths: Sequence[str]
    removed: Sequence[str] = ()
    token: str = ""
    complete: bool = False


@dataclass(frozen=True)
class Answer:
    """Cards that were asked for by path, and the status of each that did not come."""

    cards: Sequence[Stored]
    missing: Mapping[str, int] = field(default_factory=dict)


# ---- what changed


def changes(dav: Dav, book: Book, token: str) -> Listing:
    """What changed since a token; everything without one, also where the server knows no tokens.

    Errors: CursorExpired, BookGone, BadListing (no token at the end, or the same one again).
    """
    there: dict[str, None] = {}
    removed: dict[str, None] = {}
    trail, now = PageTrail(f"{book.url} changes", limit=MAX_ROUNDS), token
    while True:
        trail.step(now)
        answer = _sync(dav, book, now)
        if answer is None:
            return all_cards(dav, book)
        for member in _cards(answer, book):
            there.pop(member.path, None)
            removed.pop(member.path, None)
            (removed if member.status in GONE else there)[member.path] = None
        if not answer.token:
            raise BadListing(f"{book.url}: the server's sync-collection answer lacks its sync-token.")
        now = answer.token
        if not any(m.path == book.path and m.status == 507 for m in answer.members):
            # The first listing also names cards that were removed long ago: they were never shown.
            return Listing(tuple(there), tuple(removed) if token else (), now, complete=not token)


def _sync(dav: Dav, book: Book, token: str) -> Multistatus | None:
    """One sync-collection report, None where the server has no such report."""
    body = (
        f"{_XML}<sync-collection {_NAMESPACES}><sync-token>{escape(token)}</sync-token>"
        "<sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"
    )
    # Depth belongs to the header in the drafts that older servers follow; RFC 6578 has it 0.
    reply = dav.read("REPORT", book.url, body, depth="0")
    if reply.status == 207:
        return _whole(reply, book)
    if reply.status in GONE:
        raise _no_book(book, reply.status)
    if not token:
        return None
    # 403 or, of old servers, 409 with valid-sync-token; without that a complete read shows whether the book is well.
    raise CursorExpired(f"{book.url}: the server no longer accepts the sync-token ({reason(reply)}).")


def all_cards(dav: Dav, book: Book) -> Listing:
    """Every card, as a plain listing names them."""
    body = f"{_XML}<propfind {_NAMESPACES}><prop><resourcetype/><getetag/></prop></propfind>"
    reply = dav.read("PROPFIND", book.url, body, depth="1")
    if reply.status in GONE:
        raise _no_book(book, reply.status)
    return Listing([m.path for m in _cards(_whole(reply, book), book) if m.status not in GONE], complete=True)


def count(dav: Dav, book: Book) -> int:
    """How many cards the book holds."""
    return len(all_cards(dav, book).paths)


def _cards(answer: Multistatus, book: Book) -> Iterable[Member]:
    """Without the book itself, which some servers list among its cards, and collections in it."""
    own = book.path.rstrip("/")
    for member in answer.members:
        if member.path.rstrip("/") != own and not member.path.endswith("/") and not member.is_a(f"{DAV}collection"):
            yield member


def _whole(reply: Reply, book: Book) -> Multistatus:
    try:
        return multistatus(reply)
    except XmlError as error:
        problem = str(error)
    raise BadListing(f"{book.url}: the server's listing cannot be read: {problem}.")


def _no_book(book: Book, status: int) -> BookGone:
    return BookGone(
        f"{book.url}: the address book is not there any more (HTTP {status}).",
        next_step="check the URL in the connection and the option `book`, then run again",
    )


# ---- cards


def cards_at(dav: Dav, book: Book, paths: Sequence[str]) -> Answer:
    """The cards at these paths, in one request where possible; one by one where one of them spoils the answer.

    Errors: BadListing for a single card that is larger than any answer may be.
    """
    if not paths:
        return Answer(())
    try:
        members = multiget(dav, book, paths)
    except XmlError:
        members = ()
    except BadListing:  # too large: of cards with photos a few already fill an answer
        if len(paths) == 1:
            raise
        return _halved(dav, book, paths)
    asked = dict.fromkeys(paths)
    cards = {m.path: _stored(m) for m in members if m.path in asked and DATA in m.props}
    missing = {m.path: m.status for m in members if m.path in asked and m.path not in cards and m.status != 200}
    for path in asked:
        if path not in cards and path not in missing:
            found = card_at(dav, book, path)
            if isinstance(found, Stored):
                cards[path] = found
            else:
                missing[path] = found
    return Answer(tuple(cards.values()), missing)


def _halved(dav: Dav, book: Book, paths: Sequence[str]) -> Answer:
    middle = len(paths) // 2
    one, other = cards_at(dav, book, paths[:middle]), cards_at(dav, book, paths[middle:])
    return Answer((*one.cards, *other.cards), {**one.missing, **other.missing})


def multiget(dav: Dav, book: Book, paths: Sequence[str]) -> Sequence[Member]:
    """What the server says of these paths in one answer. Errors: XmlError."""
    hrefs = "".join(f"<href>{escape(path)}</href>" for path in paths)
    body = f"{_XML}<C:addressbook-multiget {_NAMESPACES}>{_CARD_PROPS}{hrefs}</C:addressbook-multiget>"
    return multistatus(dav.read("REPORT", book.url, body, depth="0")).members


def card_at(dav: Dav, book: Book, path: str) -> Stored | int:
    """The card at a path, or the status that came instead."""
    reply = dav.read("GET", urljoin(book.url, path))
    if reply.status != 200:
        return reply.status
    try:
        text = reply.body.decode()
    except UnicodeDecodeError:
        text = reply.body.decode("latin-1")  # of vCard 2.1 days
    return Stored(path, entity_tag(reply.headers.get("ETag", "")), text.replace("\r\n", "\n"))


def cards_like(dav: Dav, book: Book, wanted: Sequence[tuple[str, str]]) -> list[Stored] | None:
    """Cards that hold one of these (property, text); None where the server cannot say, or not in full."""
    filters = "".join(
        f'<C:prop-filter name="{name}"><C:text-match collation="i;unicode-casemap" match-type="equals">'
        f"{escape(clean(text))}</C:text-match></C:prop-filter>"
        for name, text in wanted
    )
    body = (
        f"{_XML}<C:addressbook-query {_NAMESPACES}>{_CARD_PROPS}"
        f'<C:filter test="anyof">{filters}</C:filter></C:addressbook-query>'
    )
    try:
        members = multistatus(dav.read("REPORT", book.url, body, depth="1")).members
    except XmlError:
        return None
    if any(m.status == 507 for m in members):
        return None
    return [_stored(m) for m in members if DATA in m.props]


def _stored(member: Member) -> Stored:
    return Stored(member.path, entity_tag(member.text(ETAG)), member.text(DATA))


def entity_tag(given: str) -> str:
    """An etag that can be a condition, '' for any other: `*` would hold for every version, a list for several.

    Some servers leave the quotes out.
    """
    tag = given.strip()
    return tag if _ENTITY_TAG.fullmatch(tag) else ""


def reason(reply: Reply) -> str:
    """Why a request was refused, in words without contact data."""
    return ", ".join((f"HTTP {reply.status}", *error_conditions(reply)))
