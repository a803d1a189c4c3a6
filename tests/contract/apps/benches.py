"""A bench for every shipped app, by name.

A person's fields go by contact field (app_bench.Person); each bench says them in the vendor's own form, without the
code under test. An app without a bench fails test_declared.py.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from app_bench import NUMBERS, POISON, Bench, Person, somebody
from carddav_bench import CardDavBench
from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.apps.memory import BOOKS, Book
from contactsync.model.exchange import Cursor
from contactsync.sandbox.freshsales import FreshsalesKnobs, FreshsalesSandbox
from contactsync.sandbox.people import PeopleSandbox
from contactsync.sandbox.server import Fault, Sandbox, Trouble

# ---- memory


class MemoryBench(Bench):
    """In this process."""

    app_name = "memory"
    unknown_id = "m999999"

    def prepare(self) -> None:
        self.number = next(NUMBERS)
        self.book = BOOKS.setdefault(self.connection, Book(clock=self.clock))
        self.stack.callback(BOOKS.pop, self.connection)

    @property
    def connection(self) -> str:
        return f"memory_bench_{self.number}"

    @property
    def credentials(self) -> dict[str, str]:
        return {}

    def bulk_app(self) -> App:
        kind = load_app("memory")
        return kind(Access(self.connection, {}), kind.Options(**{**self.options, "bulk": 2}))

    def person_adds(self, fields: Person) -> str:
        contact_id = f"p{next(NUMBERS)}"
        self.book.put(contact_id, {**_memory_fields(fields), "custom.shoe": "42"})
        return contact_id

    def person_edits(self, contact_id: str, fields: Person) -> None:
        self.book.put(contact_id, _memory_fields(fields))

    def person_deletes(self, contact_id: str) -> None:
        self.book.remove(contact_id)

    def person_imports(self, count: int) -> set[str]:
        ids = {f"p{next(NUMBERS)}" for _ in range(count)}
        with self.book.opened() as state:
            for contact_id in ids:
                self.book.write(state, contact_id, _memory_fields(somebody()))
        return ids

    def ids(self) -> set[str]:
        return set(self.book.contacts())

    def unmapped(self, contact_id: str) -> object:
        return self.book.contacts()[contact_id]["custom.shoe"]

    def writes(self) -> int:
        return self.book.writes

    def past_cursors(self, cursor: Cursor) -> list[Cursor]:
        return [{"seq": int(cursor["seq"]) + 1000}]


class MemoryFileBench(MemoryBench):
    """In a file."""

    def prepare(self) -> None:
        self.number = next(NUMBERS)
        path = Path(self.stack.enter_context(tempfile.TemporaryDirectory())) / "book.json"
        self.options = {"path": str(path)}  # type: ignore[misc]
        self.book = Book(path, self.clock)


def _memory_fields(fields: Person) -> dict[str, Any]:
    return {k: [{"value": e} for e in v] if k == "emails" else v for k, v in fields.items()}


# ---- sandboxes


class SandboxBench(Bench):
    """A local server that speaks the vendor's API, on the bench's clock."""

    server: Sandbox
    create_path: ClassVar[str]

    def writes(self) -> int:
        return self.server.counters.writes

    def person_deletes(self, contact_id: str) -> None:
        self.server.delete_contact(contact_id)

    def lose_create_answer(self) -> bool:
        self.server.knobs.faults = [Fault(Trouble.DROP_AFTER, method="POST", path=self.create_path)]
        return True


class FreshsalesBench(SandboxBench):
    """A Suite account."""

    app_name = "freshsales"
    unknown_id = "999999999"
    create_path = "contacts$"
    refusal: ClassVar = {"last_name": POISON, "emails": [{"value": "poison@example.org"}]}
    place: ClassVar[str] = "/crm/sales"
    options: ClassVar[dict[str, Any]] = {"flavour": "suite"}

    def prepare(self) -> None:
        knobs = FreshsalesKnobs(poison=POISON)
        self.server: FreshsalesSandbox = self.stack.enter_context(
            FreshsalesSandbox(knobs=knobs, clock=self.clock.seconds)
        )

    @property
    def credentials(self) -> dict[str, str]:
        return {"subdomain": f"{self.server.url}{self.place}", "api_key": self.server.api_key}

    def bulk_app(self) -> App:
        return self.app()

    def intruder(self) -> App:
        return self.app(api_key="wrong-key-0001")

    def astray(self) -> App:
        return self.app(subdomain=self.grounds.page)

    def person_adds(self, fields: Person) -> str:
        return str(self.server.add_contact({**self._row(fields), "keyword": "by hand"})["id"])

    def person_edits(self, contact_id: str, fields: Person) -> None:
        self.server.edit_contact(contact_id, self._row(fields))

    def _row(self, fields: Person) -> dict[str, Any]:
        own = {"names.given": "first_name", "names.family": "last_name"}
        return {own.get(k, k): v for k, v in fields.items()}

    def ids(self) -> set[str]:
        return {str(c["id"]) for c in self.server.contacts()}

    def unmapped(self, contact_id: str) -> object:
        return self.server.contact(contact_id)["keyword"]

    def past_cursors(self, cursor: Cursor) -> list[Cursor]:
        ahead = (self.clock() + timedelta(days=900)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [{**cursor, "view": "My Contacts"}, {**cursor, "since": "at noon"}, {**cursor, "since": ahead}]


class ClassicBench(FreshsalesBench):
    """A Classic account."""

    place = ""
    options: ClassVar[dict[str, Any]] = {"flavour": "classic"}


class GoogleBench(SandboxBench):
    """A Google account with an OAuth client."""

    app_name = "google_contacts"
    unknown_id = "people/c999999"
    create_path = "batchCreateContacts"
    refusal: ClassVar = {"names.givenName": "Uma", "names.familyName": POISON}

    def prepare(self) -> None:
        self.server: PeopleSandbox = self.stack.enter_context(PeopleSandbox(clock=self.clock.seconds))

    @property
    def credentials(self) -> dict[str, str]:
        known = self.server.credentials()
        return {**known, "token_url": known.pop("token_uri"), "host": self.server.url}

    def intruder(self) -> App:
        return self.app(refresh_token="1//nobody-gave-this")

    def astray(self) -> App:
        return self.app(host=self.grounds.page)

    def person_adds(self, fields: Person) -> str:
        extra = {"relations": [{"person": "Bo", "type": "friend"}]}
        return str(self.server.add_contact({**_google_fields(fields), **extra})["resourceName"])

    def person_edits(self, contact_id: str, fields: Person) -> None:
        self.server.edit_contact(contact_id, _google_fields(fields))

    def ids(self) -> set[str]:
        return {str(c["resourceName"]) for c in self.server.contacts()}

    def unmapped(self, contact_id: str) -> object:
        return [(r["person"], r["type"]) for r in self.server.contact(contact_id)["relations"]]

    def past_cursors(self, cursor: Cursor) -> list[Cursor]:
        self.server.expire_sync_tokens()
        return [cursor, {**cursor, "fields": "names"}]


def _google_fields(fields: Person) -> dict[str, Any]:
    name = {v: fields[k] for k, v in _GOOGLE_NAMES.items() if k in fields}
    person: dict[str, Any] = {"names": [name]} if name else {}
    if "emails" in fields:
        person["emailAddresses"] = [{"value": e, "type": "work"} for e in fields["emails"]]
    if "job_title" in fields:
        person["organizations"] = [{"title": fields["job_title"]}]
    return person


_GOOGLE_NAMES = {"names.given": "givenName", "names.family": "familyName"}


BENCHES: Mapping[str, type[Bench]] = {
    "memory": MemoryBench,
    "memory_file": MemoryFileBench,
    "freshsales_classic": ClassicBench,
    "freshsales_suite": FreshsalesBench,
    "google_contacts": GoogleBench,
    "carddav": CardDavBench,
}
