"""The three apps in the hands of the people who use them: reading and editing as in the app, not through its API.

Everything goes over HTTP to servers in other processes; the API's counters do not count it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import requests

from contactsync.demo.cast import full_name
from contactsync.sandbox.freshsales_seed import contact_data
from contactsync.sandbox.people_data import Person
from contactsync.sandbox.people_seed import draft

_SECONDS = 30.0
Json = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One contact as its owner sees it."""

    key: str
    name: str
    job_title: str
    emails: frozenset[str]


class Hand(Protocol):
    """Somebody at one app."""

    @property
    def app(self) -> str:
        """What people call the app."""
        ...

    def entries(self) -> list[Entry]:
        """All contacts."""
        ...

    def retitle(self, key: str, title: str) -> None:
        """Type another job title."""
        ...

    def add(self, person: Person) -> None:
        """Type a new contact."""
        ...

    def delete(self, key: str) -> None:
        """Delete a contact."""
        ...

    def writes(self) -> int:
        """Mutating requests that came through the API so far."""
        ...


class SandboxHand:
    """Somebody at an app that a sandbox plays."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/__sandbox__"
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, method: str, place: str, data: Mapping[str, Any] | None = None) -> Any:
        """One request to the sandbox's control endpoints."""
        reply = self.session.request(method, f"{self.url}/{place}", json=data, timeout=_SECONDS)
        reply.raise_for_status()
        return reply.json() if reply.content else None

    def edit(self, key: str, data: Mapping[str, Any]) -> None:
        """Change fields of a contact."""
        self.ask("PATCH", f"contacts/{quote(key)}", data)

    def delete(self, key: str) -> None:
        """Delete a contact."""
        self.ask("DELETE", f"contacts/{quote(key)}")

    def writes(self) -> int:
        """Mutating requests that came through the API so far."""
        return int(self.ask("GET", "state")["counters"]["writes"])


class FreshsalesHand(SandboxHand):
    """Somebody in sales."""

    app = "Freshsales"

    def entries(self) -> list[Entry]:
        """All contacts."""
        return [_crm_entry(row) for row in self.ask("GET", "contacts")]

    def retitle(self, key: str, title: str) -> None:
        """Type another job title."""
        self.edit(key, {"job_title": title})

    def add(self, person: Person) -> None:
        """Type a new contact."""
        self.ask("POST", "contacts", contact_data(person))


class GoogleHand(SandboxHand):
    """Somebody with an Android phone."""

    app = "Google Contacts"

    def entries(self) -> list[Entry]:
        """All contacts."""
        return [_google_entry(row) for row in self.ask("GET", "contacts")]

    def retitle(self, key: str, title: str) -> None:
        """Type another job title."""
        jobs = self._contact(key).get("organizations") or [{}]
        self.edit(key, {"organizations": [{**_typed(jobs[0]), "title": title}, *map(_typed, jobs[1:])]})

    def add_email(self, key: str, email: str) -> None:
        """Type one more e-mail address."""
        present = self._contact(key).get("emailAddresses") or []
        self.edit(key, {"emailAddresses": [*map(_typed, present), {"value": email, "type": "other"}]})

    def add(self, person: Person) -> None:
        """Type a new contact."""
        self.ask("POST", "contacts", google_draft(person))

    def _contact(self, key: str) -> Json:
        return dict(self.ask("GET", f"contacts/{quote(key)}"))


def google_draft(person: Person) -> Json:
    """A person as typed into a phone: the mobile number first, as in Freshsales."""
    kinds = dict(enumerate(("mobile", "work", "home")))
    numbers = [{"value": phone, "type": kinds.get(n, "other")} for n, phone in enumerate(person.phones)]
    return {**draft(person), "phoneNumbers": numbers}


def _typed(item: Mapping[str, Any]) -> Json:
    """What a person typed of an item; the rest Google adds by itself."""
    return {k: v for k, v in item.items() if k in ("value", "type", "name", "title", "department")}


def _crm_entry(row: Json) -> Entry:
    emails = frozenset(str(mail["value"]).casefold() for mail in row["emails"])
    name = full_name(row.get("first_name") or "", row.get("last_name") or "")
    return Entry(str(row["id"]), name, row.get("job_title") or "", emails)


def _google_entry(row: Json) -> Entry:
    name = (row.get("names") or [{}])[0]
    job = (row.get("organizations") or [{}])[0]
    emails = frozenset(str(mail["value"]).casefold() for mail in row.get("emailAddresses") or [])
    shown = full_name(name.get("givenName", ""), name.get("familyName", ""))
    return Entry(str(row["resourceName"]), shown, job.get("title", ""), emails)
