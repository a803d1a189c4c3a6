"""Writing single cards, each on a condition: nothing that was changed meanwhile is overwritten."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from urllib.parse import urljoin

from contactsync.apps._carddav_books import Book
from contactsync.apps._carddav_cards import ref_of, usual_path
from contactsync.apps._carddav_points import Point, points
from contactsync.apps._carddav_reports import GONE, Stored, entity_tag, reason
from contactsync.apps._vcard import Card, CardError, parse
from contactsync.apps._vcard_write import new_card, patched
from contactsync.apps._webdav import Dav, error_conditions
from contactsync.errors import ContactsyncError, NothingSent, OutcomeUnknown, RecordRefused
from contactsync.model.exchange import Op, Presence, Ref, Result, State, Verb
from contactsync.rest.session import Reply

_GONE = "gone"


def own_uid(key: str) -> str:
    """The UID that a create of this key chooses, and by which it is found again."""
    return f"contactsync-{key}"


class Writer:
    """Writes to one address book."""

    def __init__(self, dav: Dav, book: Book, clock: Callable[[], datetime]) -> None:
        self._dav = dav
        self._book = book
        self._clock = clock

    def write(self, op: Op) -> Result:
        """Carry out one op. Errors: NothingSent."""
        do = {Verb.CREATE: self._create, Verb.UPDATE: self._update, Verb.DELETE: self._delete}[op.verb]
        try:
            return do(op)
        except OutcomeUnknown as error:
            return Result(op.key, State.UNKNOWN, id=op.id or own_uid(op.key), reason=error.message)
        except RecordRefused as refusal:
            return Result(op.key, State.REFUSED, id=op.id, reason=refusal.reason)

    def _create(self, op: Op) -> Result:
        uid = own_uid(op.key)
        path = usual_path(self._book.path, uid)
        card = new_card(uid, op.patch, self._clock())
        reply = self._put(path, card, {"If-None-Match": "*"})
        if reply.status == 412 or "no-uid-conflict" in error_conditions(reply):
            # Our own id: an earlier try of this very op made it, or somebody moved it since.
            return Result(op.key, State.UNKNOWN, id=uid, reason=f"its own id exists already ({reason(reply)})")
        if reply.status >= 300:
            return Result(op.key, State.REFUSED, reason=reason(reply))
        return _done(op, uid, path, reply, created=True)

    def _update(self, op: Op) -> Result:
        target = self._target(op, text=True)
        if isinstance(target, Result):
            return target
        try:
            card = patched(parse(target.text), op.patch, op.before, self._clock())
        except CardError as error:
            return Result(op.key, State.REFUSED, id=op.id, reason=f"no vCard: {error}")
        reply = self._put(target.path, card, if_match(target.etag))
        if reply.status in (412, *GONE):
            return self._overtaken(op)
        if reply.status >= 300:
            return Result(op.key, State.REFUSED, id=op.id, reason=reason(reply))
        return _done(op, op.id, target.path, reply, created=False)

    def _delete(self, op: Op) -> Result:
        target = self._target(op, text=False)
        if isinstance(target, Result):
            gone = target.reason == _GONE
            return Result(op.key, State.DONE, id=op.id) if gone else target
        reply = self._dav.write("DELETE", urljoin(self._book.url, target.path), headers=if_match(target.etag))
        if reply.status in (412, *GONE):  # a 404 may also mean that the card lies elsewhere by now
            found = self._overtaken(op)
            return Result(op.key, State.DONE, id=op.id) if found.reason == _GONE else found
        if reply.status >= 300:
            return Result(op.key, State.REFUSED, id=op.id, reason=reason(reply))
        return Result(op.key, State.DONE, id=op.id)

    def _target(self, op: Op, *, text: bool) -> Stored | Result:
        """Where to write, on what condition, and (`text`) upon which card; read where the ref does not tell."""
        path, etag = str(op.ref.get("href", "")), op.version or str(op.ref.get("etag", ""))
        # A card of another version than the one to be replaced would undo what came in between.
        card = str(op.ref.get("card", "")) if op.ref.get("etag") == etag else ""
        if path and entity_tag(etag) and (card or not text):
            return Stored(path, etag, card)
        with nothing_sent():
            point = self._point(Ref(op.id, op.ref))
        if point.stored is None or (etag and point.stored.etag != etag):
            return _not_as_planned(op, point)
        return point.stored

    def _overtaken(self, op: Op) -> Result:
        """The write was refused for its condition; what is there now is told if it can be read."""
        try:
            return _not_as_planned(op, self._point(Ref(op.id, op.ref)))
        except ContactsyncError:
            return _not_as_planned(op, Point(Ref(op.id, op.ref), Presence.FORBIDDEN))

    def _put(self, path: str, card: Card, headers: Mapping[str, str]) -> Reply:
        return self._dav.write("PUT", urljoin(self._book.url, path), str(card), headers=headers)

    def _point(self, ref: Ref) -> Point:
        return next(points(self._dav, self._book, [ref], self._clock()))


@contextlib.contextmanager
def nothing_sent() -> Iterator[None]:
    """A read that fails before the write says that nothing was written."""
    try:
        yield
    except ContactsyncError as error:
        raise NothingSent(f"nothing was written: {error.message}", next_step=error.next_step) from error


def _not_as_planned(op: Op, point: Point) -> Result:
    words = {Presence.GONE: _GONE, Presence.FORBIDDEN: "changed meanwhile, and cannot be read now"}
    why = words.get(point.presence, "changed meanwhile")
    version = point.record.version if point.record else None
    ref = ref_of(point.stored) if point.stored else {}
    return Result(op.key, State.OVERTAKEN, op.id, version=version, record=point.record, ref=ref, reason=why)


def _done(op: Op, uid: str, path: str, reply: Reply, *, created: bool) -> Result:
    """Without the card: the server may keep it in other words (Radicale re-orders the lines), so it is read back."""
    etag = entity_tag(reply.headers.get("ETag", ""))
    return Result(op.key, State.DONE, uid, created, etag or None, ref={"href": path, "etag": etag})


def if_match(etag: str) -> dict[str, str]:
    """Only while the card has that etag; without a proper one, while it is there: `checks` has just read it then.

    Proxies that compress weaken etags, and a weak one never matches. Errors: RecordRefused where no header can hold it.
    """
    strong = entity_tag(etag).removeprefix("W/")
    if not strong:
        return {"If-Match": "*"}
    if not strong.isprintable():
        raise RecordRefused("the server gives it a version that cannot be sent back.")
    return {"If-Match": _in_a_header(strong if strong.startswith('"') else f'"{strong}"')}


def _in_a_header(text: str) -> str:
    """Headers are sent as latin-1; an etag in an XML answer may hold any letter, and goes as UTF-8 then."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode().decode("latin-1")
    return text
