"""Point reads: by href, then by UID, for a card may have been moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from contactsync.apps._carddav_books import Book
from contactsync.apps._carddav_cards import reading
from contactsync.apps._carddav_reports import GONE, Stored, cards_at, cards_like
from contactsync.apps._webdav import Dav
from contactsync.model.exchange import Presence, Record, Ref

UIDS_PER_QUERY = 20


@dataclass(frozen=True)
class Point:
    """What a point read found. `stored` and `record` where the contact is there and can be read."""

    ref: Ref
    presence: Presence
    stored: Stored | None = None
    record: Record | None = None


def points(dav: Dav, book: Book, refs: Sequence[Ref], now: datetime) -> Iterator[Point]:
    """One per ref. Gone only when href and UID say so; a card that cannot be read is forbidden, never gone."""
    at = {path: ref for ref in refs if (path := _path(ref, book))}
    answer = cards_at(dav, book, list(at))
    found = [_point(dav, book, at[stored.path], stored, now) for stored in answer.cards]
    refused = [Point(at[path], Presence.FORBIDDEN) for path, status in answer.missing.items() if status not in GONE]
    settled = [*(point for point in found if point), *refused]
    yield from settled
    ids = {point.ref.id for point in settled}
    rest = [ref for ref in refs if ref.id not in ids]
    for first in range(0, len(rest), UIDS_PER_QUERY):
        yield from _by_uid(dav, book, rest[first : first + UIDS_PER_QUERY], now)


def _path(ref: Ref, book: Book) -> str:
    """Where the contact should lie, '' where nobody knows; a card without a UID goes by its path."""
    return str(ref.ref.get("href", "")) or (ref.id if ref.id.startswith(book.path) else "")


def _point(dav: Dav, book: Book, ref: Ref, stored: Stored, now: datetime) -> Point | None:
    """None where another contact lies at that href by now."""
    found = reading(stored, now)
    if not isinstance(found, Record) or (ref.id == stored.path and _is_twice(dav, book, found.id)):
        return Point(ref, Presence.FORBIDDEN)
    return Point(ref, Presence.PRESENT, stored, found) if found.id == ref.id else None


def _is_twice(dav: Dav, book: Book, uid: str) -> bool:
    """True where another card has the UID too, or where the server cannot say."""
    cards = cards_like(dav, book, [("UID", uid)])
    return cards is None or len(cards) > 1


def _by_uid(dav: Dav, book: Book, refs: Sequence[Ref], now: datetime) -> Iterator[Point]:
    cards = cards_like(dav, book, [("UID", ref.id) for ref in refs])
    if cards is None:
        yield from (Point(ref, Presence.FORBIDDEN) for ref in refs)
        return
    found = {read.id: (stored, read) for stored in cards if (read := reading(stored, now))}
    for ref in refs:
        stored, read = found.get(ref.id, (None, None))
        if isinstance(read, Record):
            yield Point(ref, Presence.PRESENT, stored, read)
        else:
            yield Point(ref, Presence.FORBIDDEN if read else Presence.GONE)
