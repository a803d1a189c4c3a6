"""Finding the address book (RFC 6352 section 7, RFC 6764): from the book, a principal, a home or just a host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from contactsync.apps._webdav import CARD, DAV, Dav, Member, Multistatus, multistatus, path_of
from contactsync.apps._xml_bounds import XmlError
from contactsync.errors import ConfigError, NotTheApi

WELL_KNOWN = "/.well-known/carddav"
_HOME = f"{CARD}addressbook-home-set"
_PRINCIPAL = f"{DAV}current-user-principal"
_BOOK = f"{CARD}addressbook"
_WHAT_IS_IT = (
    '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop>'
    "<resourcetype/><displayname/><current-user-principal/><C:addressbook-home-set/></prop></propfind>"
)


@dataclass(frozen=True)
class Book:
    """An address book: its absolute URL, ending in a slash, and what people call it."""

    url: str
    title: str

    @property
    def path(self) -> str:
        """Its path in one spelling."""
        return path_of(self.url)

    def answers_to(self, word: str) -> bool:
        """True where `word` is its name, its path or the last part of its path."""
        place = unquote(self.path).strip("/")
        return word.strip().casefold() == self.title.casefold() or unquote(word).strip("/") in (
            place,
            place.rpartition("/")[2],
        )


def find_book(dav: Dav, wanted: str) -> Book:
    """The address book that the connection leads to, by name or path if there are several.

    Errors: ConfigError (none, several, or none of that name), NotTheApi (no CardDAV server), and those of Api.read.
    """
    books = sorted({b.path: b for b in _books(dav)}.values(), key=lambda b: b.path)
    fitting = [b for b in books if b.answers_to(wanted)] if wanted else books
    if len(fitting) == 1:
        return fitting[0]
    host = urlsplit(dav.start).netloc
    if not books:
        raise ConfigError(
            f"{host}: these credentials see no address book.", next_step="create one on the server, or correct the URL"
        )
    problem = f"several address books are called {wanted!r}" if fitting else f"there is no address book {wanted!r}"
    raise ConfigError(
        f"{host}: {problem if wanted else 'there are several address books'}.",
        allowed=tuple(f"{b.title} ({unquote(b.path)})" for b in books),
        next_step="name one of them as the option `book`, by its name or path",
    )


def _books(dav: Dav) -> Iterator[Book]:
    """The address books at the first place that has any."""
    well_known = urljoin(dav.start, WELL_KNOWN)
    seen_any = False
    for place in dict.fromkeys((dav.start, well_known)):
        members = _ask(dav, place, "0")
        if members is None:
            continue
        seen_any = True
        books = list(_books_from(dav, place, members))
        if books:
            yield from books
            return
    if not seen_any:
        raise NotTheApi(
            f"{urlsplit(dav.start).netloc}: neither the address in the connection nor {WELL_KNOWN} answers like a "
            "CardDAV server.",
            next_step="check the URL in the connection (it may name the server, a principal or an address book) and "
            "whether these credentials may see it",
        )


def _books_from(dav: Dav, place: str, found: Multistatus) -> Iterator[Book]:
    """From what a place says about itself: it is a book, it names homes, or it names who we are."""
    for member in found.members:
        if member.is_a(_BOOK):
            yield _book(place, member)
            return
    homes = _targets(place, found, _HOME)
    if not homes:
        for principal in _targets(place, found, _PRINCIPAL):
            answer = _ask(dav, principal, "0")
            homes += _targets(principal, answer, _HOME) if answer else []
    books = [book for home in dict.fromkeys(homes) for book in _listed(dav, home)]
    yield from books or _listed(dav, place)


def _listed(dav: Dav, home: str) -> list[Book]:
    found = _ask(dav, home, "1")
    return [_book(home, m) for m in found.members if m.is_a(_BOOK)] if found else []


def _targets(place: str, found: Multistatus, name: str) -> list[str]:
    return [urljoin(place, href) for member in found.members for href in member.hrefs(name)]


def _book(place: str, member: Member) -> Book:
    path = member.path if member.path.endswith("/") else f"{member.path}/"
    title = member.text(f"{DAV}displayname").strip() or unquote(path).strip("/").rpartition("/")[2]
    return Book(urljoin(place, path), title)


def _ask(dav: Dav, url: str, depth: str) -> Multistatus | None:
    """What stands there; None where nothing of WebDAV does, or nothing that these credentials may see."""
    try:
        return multistatus(dav.read("PROPFIND", url, _WHAT_IS_IT, depth=depth))
    except XmlError:
        return None
