"""Reading Google's persons: whole, what changed, and one by one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from contactsync.apps._people_facts import BATCH, PAGE_SIZE, PERSON_FIELDS, SOURCE
from contactsync.apps._people_groups import Groups
from contactsync.apps._people_problem import NOT_FOUND, PERMISSION_DENIED, of_status, problem_of, refused_read
from contactsync.apps._people_record import contact_source, identity, to_record, valued
from contactsync.errors import BadListing, CursorExpired
from contactsync.model.exchange import Cursor, Fetched, Page, Presence, Record, Ref, Unreadable
from contactsync.rest.pagination import PageTrail
from contactsync.rest.reply import Reply
from contactsync.rest.services import MetadataCache
from contactsync.rest.session import Api

MALFORMED = (ValueError, OverflowError, TypeError, AttributeError, KeyError)
CUSTOM_KEYS = "custom_keys"
MASK = {"personFields": PERSON_FIELDS, "sources": SOURCE}
LONGEST_QUERY = 2000
FRUITLESS_PAGES = 3
CONNECTIONS = "v1/people/me/connections"


class Shown:
    """The contacts that a listing has shown. A circle with ever new page tokens is noticed by what it repeats."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self._fruitless = 0

    def add(self, persons: Sequence[Any]) -> None:
        """Note a page. Errors: BadListing after several pages without anything new."""
        before = len(self.ids)
        self.ids.update(str(p.get("resourceName")) for p in persons if isinstance(p, dict))
        self._fruitless = 0 if len(self.ids) > before else self._fruitless + 1
        if self._fruitless > FRUITLESS_PAGES:
            raise BadListing(
                f"Google's list of contacts shows nothing new for {self._fruitless} pages.", next_step="try again."
            )


class Reader:
    """Reads the contacts of one account."""

    def __init__(self, api: Api, groups: Groups, metadata: MetadataCache, account: str) -> None:
        self._api = api
        self._groups = groups
        self._metadata = metadata
        self._account = account

    # ---- listings

    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        """All contacts, or what changed since a cursor. Errors: see App.pull."""
        if cursor is not None and (cursor.get("fields") != PERSON_FIELDS or not cursor.get("token")):
            raise CursorExpired("Google's sync token was made for other fields than are read now.")
        # A token comes only if it is asked for, at every call; and all pages must be asked for alike.
        asked: dict[str, Any] = {**MASK, "pageSize": PAGE_SIZE, "requestSyncToken": "true"}
        if cursor is not None:
            asked["syncToken"] = cursor["token"]
        trail, token, shown = PageTrail("Google contacts"), "", Shown()
        while True:
            body = self._listed(asked, token, expires=cursor is not None)
            persons = body.get("connections", [])
            shown.add(persons)
            if persons and cursor is not None:
                self.look_for_keys()
            token = str(body.get("nextPageToken") or "")
            if token:
                yield self._page(persons, complete=cursor is None)
                trail.step(token)
                continue
            after = self._after(body, len(shown.ids), complete=cursor is None)
            yield self._page(persons, complete=cursor is None, cursor=after)
            return

    def _listed(self, asked: Mapping[str, Any], token: str, *, expires: bool) -> dict[str, Any]:
        params = {**asked, "pageToken": token} if token else asked
        reply = self._api.read("GET", CONNECTIONS, params=params)
        if reply.status != 200:
            # Which status and words an old token gets is not documented; without one, a complete read tells the rest.
            if expires and (reply.status in (400, 410) or problem_of(reply).expired):
                raise CursorExpired("Google's sync token has expired.")
            raise refused_read(reply)
        body = reply.json()
        # An empty list is left out altogether, so only a wrong type shows that this is none.
        if not isinstance(body, dict) or not isinstance(body.get("connections", []), list):
            raise BadListing("Google's list of contacts is not one.", next_step="try again.")
        return body

    def _after(self, body: Mapping[str, Any], shown: int, *, complete: bool) -> Cursor:
        """The next cursor; its sync token is the end marker of the listing."""
        token = body.get("nextSyncToken")
        total = body.get("totalItems")
        if not token or (complete and not shown and total):
            raise BadListing(
                "Google's list of contacts ended without its end marker."
                if not token
                else f"Google lists no contact but counts {total}.",
                next_step="try again.",
            )
        return {"token": token, "fields": PERSON_FIELDS}

    def _page(self, persons: Sequence[Any], *, complete: bool, cursor: Cursor | None = None) -> Page:
        records, deleted, unreadable, moved = [], [], [], {}
        self._learn(persons)
        for person in persons:
            try:
                metadata = person.get("metadata") or {}
                if metadata.get("deleted") is True:
                    deleted.append(identity(person))
                    continue
                record = self.record(person)
                former = [str(name) for name in metadata.get("previousResourceNames") or ()]
            except MALFORMED as error:
                known = str(person.get("resourceName") or "") if isinstance(person, dict) else ""
                unreadable.append(Unreadable(known, f"a person has an unexpected form ({type(error).__name__})"))
                continue
            records.append(record)
            moved.update({old: record.id for old in former if old != record.id})
        return Page(records, deleted, moved, unreadable, cursor is not None, cursor, complete)

    # ---- custom fields: Google has no list of them, so the keys seen are remembered

    def custom_keys(self) -> list[str]:
        """The keys of custom fields seen so far."""
        found = self._metadata.get(self._account, CUSTOM_KEYS)
        return [str(key) for key in found] if isinstance(found, list) else []

    def look_for_keys(self) -> list[str]:
        """The same, after a look at the first page of contacts where none was seen yet."""
        if self._metadata.get(self._account, CUSTOM_KEYS) is None:
            params = {"personFields": "userDefined,metadata", "sources": SOURCE, "pageSize": PAGE_SIZE}
            self._learn(self._listed(params, "", expires=False).get("connections", []), looked=True)
        return self.custom_keys()

    def _learn(self, persons: Sequence[Any], *, looked: bool = False) -> None:
        known = self.custom_keys()
        seen = {key for person in persons for key in _keys_in(person)}
        if looked or seen - set(known):
            self._metadata.put(self._account, CUSTOM_KEYS, sorted({*known, *seen}))

    # ---- single contacts

    def record(self, person: Mapping[str, Any], *, whole_ref: bool = False) -> Record:
        """A person as a record. Errors: MALFORMED."""
        return to_record(person, self._groups.name, self.custom_keys(), whole_ref=whole_ref)

    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        """Point reads in batches, with everything a write needs in the ref. Errors: BadListing for missing answers."""
        ids = list(dict.fromkeys(ref.id for ref in refs))
        for start in range(0, len(ids), BATCH.fetch):
            yield from self._batch(ids[start : start + BATCH.fetch])

    def _batch(self, ids: Sequence[str]) -> Iterator[Fetched]:
        reply = asked_for(self._api, ids)
        if reply.status == 404 and len(ids) == 1 and problem_of(reply).message:
            yield Fetched(ids[0], Presence.GONE)
            return
        if reply.status in (400, 404) and len(ids) > 1:  # a name it cannot even parse refuses the others as well
            middle = len(ids) // 2
            yield from self._batch(ids[:middle])
            yield from self._batch(ids[middle:])
            return
        found = {f.id: f for f in self._answers(reply)}
        missing = [name for name in ids if name not in found]
        if missing:
            raise BadListing(
                f"Google answered for {len(ids) - len(missing)} of {len(ids)} contacts asked for.",
                next_step="try again.",
            )
        yield from (found[name] for name in ids)

    def _answers(self, reply: Reply) -> Iterator[Fetched]:
        if reply.status != 200:
            raise refused_read(reply)
        body = reply.json()
        answers = body.get("responses", []) if isinstance(body, dict) else None
        if not isinstance(answers, list):
            raise BadListing("Google's answer for several contacts is none.", next_step="try again.")
        yield from (self._answer(answer) for answer in answers)

    def _answer(self, answer: Any) -> Fetched:
        if not isinstance(answer, dict):
            raise BadListing("Google's answer for several contacts is none.", next_step="try again.")
        person, status = answer.get("person"), answer.get("status")
        named = person.get("resourceName") if isinstance(person, dict) else ""
        asked = str(answer.get("requestedResourceName") or named or "")
        code = of_status(status if isinstance(status, dict) else {}).code
        if code == NOT_FOUND or answer.get("httpStatusCode") == 404:
            return Fetched(asked, Presence.GONE)
        if code == PERMISSION_DENIED or answer.get("httpStatusCode") == 403:
            return Fetched(asked, Presence.FORBIDDEN)
        if not isinstance(person, dict):
            raise BadListing("Google neither showed a contact nor said what became of it.", next_step="try again.")
        try:
            if (person.get("metadata") or {}).get("deleted") is True:
                return Fetched(asked, Presence.GONE)
            if contact_source(person) is None:  # a profile: nothing of it is ours to read or write
                return Fetched(asked, Presence.FORBIDDEN)
            record = self.record(person, whole_ref=True)
        except MALFORMED:  # unreadable is never gone
            return Fetched(asked, Presence.FORBIDDEN)
        return Fetched(asked, Presence.PRESENT if record.id == asked else Presence.MOVED, record)


def _keys_in(person: Any) -> Iterator[str]:
    """The keys of its custom fields; none where they have another form, which reading the person tells."""
    with contextlib.suppress(*MALFORMED):
        yield from [str(item["key"]) for item in valued(person, "userDefined") if item.get("key")]


def asked_for(api: Api, ids: Sequence[str]) -> Reply:
    """people.getBatchGet. 200 names make an address longer than servers take; Google's own client then sends a form."""
    query = urlencode([*(("resourceNames", name) for name in ids), *MASK.items()])
    if len(query) <= LONGEST_QUERY:
        return api.read("GET", "v1/people:batchGet", params=query)
    headers = {"X-HTTP-Method-Override": "GET", "Content-Type": "application/x-www-form-urlencoded"}
    return api.read("POST", "v1/people:batchGet", data=query.encode(), headers=headers)
