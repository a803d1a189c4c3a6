"""Reading Freshsales contacts: whole views, what changed, one by one, and by e-mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from random import Random
from typing import Any

from contactsync.apps._freshsales_bin import RecycleBin
from contactsync.apps._freshsales_facts import ALL, GRANULARITY
from contactsync.apps._freshsales_listing import PER_PAGE, Ask, Sheet, View, paging, scattered, sheets
from contactsync.apps._freshsales_record import Owners, identity, moment, stamp, to_record
from contactsync.apps._freshsales_site import INCLUDE, Site, not_understood, users_of
from contactsync.apps._written import texts_in
from contactsync.contact import normal_email
from contactsync.errors import CursorExpired
from contactsync.model.exchange import (
    Cursor,
    Fetched,
    Op,
    Page,
    Presence,
    Record,
    Unreadable,
    Window,
)
from contactsync.rest.origin import segment
from contactsync.rest.reply import Reply
from contactsync.rest.services import Services

OVERLAP = timedelta(seconds=2)  # `updated_at` has whole seconds
AHEAD = timedelta(days=1)  # how far the account's clock may be ahead of ours
SET_BACK = timedelta(minutes=1)  # how far the account's servers may disagree on the time
MALFORMED = (ValueError, OverflowError, TypeError, AttributeError, KeyError, RecursionError)


class Reader:
    """Reads one view of one account.

    lag          how long listings may follow behind writes
    recycle_bin  the view of deleted contacts; '' = deletions are not read
    """

    def __init__(self, site: Site, services: Services, *, view: str, lag: timedelta, recycle_bin: str = "") -> None:
        self._site = site
        self._services = services
        self._view = view
        self._lag = lag
        self.view = View(site, view)
        self._bin = RecycleBin(View(site, recycle_bin, "recycle_bin")) if recycle_bin else None

    # ---- listings

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        """The whole view, or what changed since a cursor or within a window. Errors: see App.pull."""
        if isinstance(start, Window):
            before = _rule("is_before", stamp(start.until + GRANULARITY))
            yield from self._pages(self._changed(start.since - GRANULARITY, before), window=start)
            return
        since = self._since(start) if start is not None else None
        if start is None or since is None:
            yield from self._pages(sheets(self.view.ask("asc")), complete=True)
        else:
            deleted = self._bin.since(since) if self._bin else ()
            yield from self._pages(chain(self._changed(since), deleted), newest=moment(start.get("since")))

    def sample(self, calls: int, chance: Random) -> Iterator[Page]:
        """Pages of the view, which are numbered, from anywhere in it. Errors: see App.sample."""
        for page in scattered(self.view.ask("asc"), calls, chance):
            yield self._page(page, complete=False, window=None)
        yield Page([], last=True)

    def _since(self, cursor: Cursor) -> datetime | None:
        """After when a delta begins; None for a view that was empty.

        As long as the last reading may have missed what was written just before it, because the index follows behind
        or the second was not over, that time is read again. Later nothing can be new there, and were it read again, a
        thousand contacts that were imported in one second would come back with every run.
        """
        if cursor.get("view") != self._view:
            raise CursorExpired("The cursor belongs to another Freshsales view.")
        if not cursor.get("since"):
            return None
        since, read_at = moment(cursor["since"]), moment(cursor.get("read_at"))
        if since is None:
            raise CursorExpired("The Freshsales cursor holds no readable time.")
        if since > self._services.clock() + AHEAD:  # a search after it would be empty whatever was changed
            raise CursorExpired("The Freshsales cursor holds a time that is yet to come.")
        settled = read_at is not None and read_at > since + max(self._lag, OVERLAP)
        return since if settled else since - self._lag - OVERLAP

    def _changed(self, since: datetime, *more: Mapping[str, Any]) -> Iterator[Sheet]:
        by_search = self._view.strip().casefold() == ALL.casefold()
        if by_search and not self._services.metadata.get(self._site.account, "search_lacks_fields"):
            return self._searched([_rule("is_after", stamp(since)), *more], since)
        return sheets(self.view.ask("desc"), until=since)

    def _searched(self, rules: Sequence[Mapping[str, Any]], since: datetime) -> Iterator[Sheet]:
        """Search results, unless they lack custom fields: then the view, newest first, which has them.

        Some accounts' searches leave them out. They must not look blank, nor may their edits be missed.
        """
        for found in sheets(self._ask_search(rules)):
            bare = any(isinstance(row, dict) and not row.get("custom_field") for row in found.rows)
            if bare and self._site.custom_fields():
                self._services.metadata.put(self._site.account, "search_lacks_fields", True)
                yield from sheets(self.view.ask("desc"), until=since)
                return
            yield found

    def _pages(
        self,
        found: Iterator[Sheet],
        *,
        newest: datetime | None = None,
        complete: bool = False,
        window: Window | None = None,
    ) -> Iterator[Page]:
        read_at: datetime | None = None
        there: datetime | None = None
        for page in found:
            here = self._services.clock()
            there = there or page.asked_at
            if newest and read_at is None and there and there + SET_BACK < newest:
                raise CursorExpired("Freshsales' clock was set back: what changes now is stamped before the cursor.")
            read_at = read_at or min(page.asked_at or here, here)  # the earlier is the safer, should the clocks differ
            changes = [moment(row.get("updated_at")) for row in page.rows if isinstance(row, dict)]
            newest = max((c for c in [newest, *changes] if c), default=None)
            yield self._page(page, complete=complete, window=window)
        since = min(newest, there) if newest and there else newest  # a stamp may be of the time before a set-back
        cursor = {"view": self._view, "since": _stamped(since), "read_at": _stamped(read_at)}
        yield Page([], last=True, cursor=None if window else cursor, complete=complete)

    def _page(self, page: Sheet, *, complete: bool, window: Window | None) -> Page:
        records, deleted, unreadable = [], [], []
        for row in page.rows:
            try:
                if row.get("is_deleted") is True:
                    deleted.append(identity(row))
                    continue
                record = self.record(row, page.owners)
            except MALFORMED as error:
                known = str(row.get("id") or "") if isinstance(row, dict) else ""
                unreadable.append(Unreadable(known, f"a row has an unexpected form ({type(error).__name__})"))
                continue
            if window is None or _within(window, record):
                records.append(record)
        return Page(records, deleted, unreadable=unreadable, complete=complete)

    def _ask_search(self, rules: Sequence[Mapping[str, Any]]) -> Ask:
        def ask(page: int) -> Reply:
            # Accounts read paging from the query or from the body: it is sent in both.
            asked = paging(page, "asc")
            params, body = {**asked, "include": INCLUDE}, {"filter_rule": list(rules), **asked}
            return self._site.api.read("POST", "filtered_search/contact", params=params, json=body)

        return ask

    # ---- many contacts that somebody asks for

    def written_since(self, when: datetime) -> Iterator[tuple[Mapping[str, Any], Owners]]:
        """Rows of what changed from that second on, the earliest changes first where the search shows them."""
        for page in self._changed(when - GRANULARITY):
            yield from ((row, page.owners) for row in page.rows if isinstance(row, dict))

    def look_up_all(self, ops: Sequence[Op]) -> Iterator[Record]:
        """Contacts that hold an e-mail of one of these creates, by one search for every hundred addresses."""
        emails = list(dict.fromkeys(email for op in ops for email in emails_to_create(op)))
        for start in range(0, len(emails), PER_PAGE):
            rule = {"attribute": "contact_email.email", "operator": "is_in", "value": emails[start : start + PER_PAGE]}
            for page in sheets(self._ask_search([rule])):
                yield from (self._holder(row, page.owners) for row in page.rows)

    def _holder(self, row: Mapping[str, Any], owners: Owners) -> Record:
        """One that is unreadable holds its addresses all the same."""
        try:
            return self.record(row, owners)
        except MALFORMED:
            return Record("", {"emails": [{"value": text} for text in texts_in(row) if "@" in text]}, raw=0)

    # ---- single contacts

    def record(self, row: Mapping[str, Any], owners: Owners) -> Record:
        """A row as a record. `owners`: those that came with it. Errors: MALFORMED."""
        kinds = self._site.kinds() if row.get("custom_field") else {}
        owner = row.get("owner_id")
        if owner is not None and str(owner) not in owners:
            owners = {**self._site.owners(), **owners}
        return to_record(row, owners, kinds)

    def fetch(self, contact_id: str) -> Fetched:
        """One contact. A deleted one may answer 404 or come with `is_deleted`: both are gone.

        Where the Recycle Bin is read, a 404 alone proves no deletion.
        """
        reply = self._site.api.read("GET", f"contacts/{segment(contact_id)}", params={"include": INCLUDE})
        if reply.status in (403, 404):
            gone = reply.status == 404 and (self._bin is None or self._bin.holds(contact_id))
            return Fetched(contact_id, Presence.GONE if gone else Presence.FORBIDDEN)
        row, owners = contact_of(reply)
        if row is None:
            raise not_understood(reply, "contact")
        if row.get("is_deleted") is True:
            return Fetched(contact_id, Presence.GONE)
        try:
            record = self.record(row, owners)
        except MALFORMED:  # one that is unreadable is never gone, and stops nobody else
            return Fetched(contact_id, Presence.FORBIDDEN)
        return Fetched(contact_id, Presence.PRESENT if record.id == contact_id else Presence.MOVED, record)

    def look_up(self, op: Op) -> Iterator[Record]:
        """Contacts that hold an e-mail of this create: Freshsales has at most one for each."""
        seen: set[str] = set()
        for email in emails_to_create(op):
            query = {"q": email, "f": "email", "entities": "contact"}
            for contact_id in _looked_up(self._site.api.read("GET", "lookup", params=query)):
                found = None if contact_id in seen else self.fetch(contact_id).record
                seen.add(contact_id)
                if found is not None and normal_email(email) in emails_of(found):  # it may be looser than said
                    yield found


def contact_of(reply: Reply) -> tuple[dict[str, Any] | None, Owners]:
    """The contact of an answer and its owners by id. Sideloads may come first, so the key is named."""
    if not 200 <= reply.status < 300 or not reply.body.strip():
        return None, {}
    body = reply.json()
    row = body.get("contact") if isinstance(body, dict) else None
    return (row, users_of(body.get("users"))) if isinstance(row, dict) else (None, {})


def _rule(operator: str, value: str) -> dict[str, str]:
    return {"attribute": "updated_at", "operator": operator, "value": value}


def _stamped(when: datetime | None) -> str | None:
    return stamp(when) if when else None


def _within(window: Window, record: Record) -> bool:
    return record.modified_at is not None and window.since <= record.modified_at < window.until


def _looked_up(reply: Reply) -> list[str]:
    """Ids from {"contacts": {"contacts": [...]}}. Errors: those of `not_understood`; no answer is not "none"."""
    body = reply.json() if reply.status == 200 else None
    outer = body.get("contacts") if isinstance(body, dict) else None
    rows = outer.get("contacts") if isinstance(outer, dict) else None
    if not isinstance(rows, list):
        raise not_understood(reply, "contact look-up")
    return [str(row["id"]) for row in rows if isinstance(row, dict) and row.get("id")]


def emails_to_create(op: Op) -> list[str]:
    """Normal forms of the addresses of a contact to create, and those as typed that the search knows no other way."""
    patched = op.patch.get("emails") or ()
    raw = [str(item["value"]) for item in patched] if not isinstance(patched, str) else []
    typed = (e.strip() for e in raw)
    # The search knows case, but no other form of an address (xn--, full width): such a one is asked for as typed too.
    others = [e for e in typed if e.lower() != normal_email(e)]
    return list(dict.fromkeys([*(normal_email(e) for e in [*op.keys.get("email", ()), *raw] if e), *others]))


def emails_of(record: Record) -> set[str]:
    """Normal forms of a contact's addresses."""
    value = record.fields.get("emails", ())
    return {normal_email(str(item["value"])) for item in value} if not isinstance(value, str) else set()
