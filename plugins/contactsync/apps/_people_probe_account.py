"""A Google account as its probe sees it: what is asked for once, and the forms of answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from contactsync.apps._people_facts import PAGE_SIZE, PERSON_FIELDS, SOURCE
from contactsync.apps._people_problem import problem_of
from contactsync.apps._people_reading import CONNECTIONS, asked_for
from contactsync.apps._people_record import contact_source
from contactsync.apps._probing import CannotTell, dicts, status
from contactsync.rest.pagination import PageTrail
from contactsync.rest.reply import Reply
from contactsync.rest.services import Services
from contactsync.rest.session import Api

REPORT = "harmless to you; please report it"
READING, RECORD = "apps/_people_reading.py", "apps/_people_record.py"
WRITING, GROUPS, FACTS = "apps/_people_writing.py", "apps/_people_groups.py", "apps/_people_facts.py"
NARROW = "clientData,metadata"  # what the whole listing is asked for: enough to find the throw-away contact again

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """A whole listing: how many contacts and pages, what it counts itself, and the token of each page ('' = none)."""

    contacts: int
    counted: Any
    tokens: tuple[str, ...]


@dataclass
class Account:
    """The account as the checks see it. `burst`: the same wire without budget and patience."""

    api: Api
    burst: Api
    services: Services
    rate: int
    lag: timedelta

    def connections(self, **params: Any) -> Reply:
        """A page of the listing, or of a delta."""
        return self.api.read("GET", CONNECTIONS, params={"sources": SOURCE, **params})

    @cached_property
    def first(self) -> Row:
        """The first page, as the connector asks for it. Errors: CannotTell."""
        return page(self.connections(personFields=PERSON_FIELDS, pageSize=PAGE_SIZE))

    def rows(self) -> list[dict[str, Any]]:
        """Its contacts. Errors: CannotTell."""
        found = dicts(self.first.get("connections"))
        if not found:
            raise CannotTell("the account has no contact")
        return found

    @cached_property
    def listed(self) -> Listed:
        """The whole listing, asked for with a sync token. Errors: CannotTell, BadListing (a circle)."""
        asked = {"personFields": NARROW, "pageSize": PAGE_SIZE, "requestSyncToken": "true"}
        trail, tokens, contacts = PageTrail("Google contacts"), [], 0
        body = page(self.connections(**asked))
        counted = body.get("totalItems")
        while True:
            contacts += len(dicts(body.get("connections")))
            tokens.append(str(body.get("nextSyncToken") or ""))
            if not body.get("nextPageToken"):
                return Listed(contacts, counted, tuple(tokens))
            token = trail.step(str(body["nextPageToken"]))
            body = page(self.connections(**asked, pageToken=token))

    @property
    def sync_token(self) -> str:
        """Errors: CannotTell."""
        token = self.listed.tokens[-1]
        if not token:
            raise CannotTell("the listing gave no sync token")
        return token

    def delta(self, token: str, person_fields: str = NARROW, **more: str) -> Reply:
        """A page of what changed since a sync token, asked for with a next one."""
        asked = {"personFields": person_fields, "pageSize": PAGE_SIZE, "requestSyncToken": "true", "syncToken": token}
        return self.connections(**asked, **more)

    def changed(self) -> Iterator[dict[str, Any]]:
        """Everything that changed since the whole listing. Errors: CannotTell."""
        trail, body = PageTrail("Google contacts"), page(self.delta(self.sync_token))
        yield from dicts(body.get("connections"))
        while body.get("nextPageToken"):
            token = trail.step(str(body["nextPageToken"]))
            body = page(self.delta(self.sync_token, pageToken=token))
            yield from dicts(body.get("connections"))

    def point(self, *names: str) -> Reply:
        """A point read, as the connector asks."""
        return asked_for(self.api, names)

    def person(self, name: str) -> Row:
        """The contact as a point read shows it. Errors: CannotTell."""
        return person_in(self.point(name))


def page(reply: Reply) -> Row:
    """Errors: CannotTell for anything but a page of contacts."""
    body = reply.json() if reply.status == 200 else None
    if not isinstance(body, dict):
        raise CannotTell(f"the listing was refused ({refusal(reply)})")
    return body


def person_in(reply: Reply) -> Row:
    """The only person of a point read's answer. Errors: CannotTell."""
    body = reply.json() if reply.status == 200 else None
    answers = dicts(body.get("responses")) if isinstance(body, dict) else []
    person = answers[0].get("person") if len(answers) == 1 else None
    if not isinstance(person, dict):
        raise CannotTell(f"the contact cannot be read ({refusal(reply)})")
    return person


def source_etag(person: Row) -> str:
    """'' where there is none."""
    return str((contact_source(person) or {}).get("etag") or "")


def refusal(reply: Reply) -> str:
    """Status, canonical status and reasons of an answer: none of it is contact data."""
    if reply.status < 300:
        return status(reply)
    try:
        error = reply.json().get("error")
    except Exception:  # noqa: BLE001 - not JSON, or another JSON
        error = None
    named = [error.get("status")] if isinstance(error, dict) else []
    words = [str(word) for word in (*named, *sorted(problem_of(reply).reasons)) if word]
    return " ".join([status(reply), *words])


def names_of(rows: Sequence[Row]) -> list[str]:
    """Resource names."""
    return [str(row.get("resourceName")) for row in rows]
