"""A bench: a fresh account that speaks an app's real protocol, and a person who works in it."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import requests
from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.model.exchange import Cursor, OwnValue
from contactsync.rest.services import MemoryMetadata, Services
from radicale_server import RadicaleServer
from world import Clock

Person = Mapping[str, Any]
"""names.given, names.family, job_title: text; emails: list of addresses."""

POISON = "Poison"  # the family name that servers of tests refuse
NUMBERS = itertools.count(1)


@dataclass
class Grounds:
    """Servers that benches may share: a Radicale, started when first asked for, and a page that is no API."""

    stack: ExitStack = field(default_factory=ExitStack)
    _radicale: RadicaleServer | None = None
    _page: str = ""

    @property
    def radicale(self) -> RadicaleServer:
        if self._radicale is None:
            self._radicale = self.stack.enter_context(RadicaleServer())
        return self._radicale

    @property
    def page(self) -> str:
        """The address of a web server that is no API: HTML whatever is asked."""
        if not self._page:
            self._page = self.stack.enter_context(web_page())
        return self._page


class Bench(ABC):
    """One fresh account of one app."""

    app_name: ClassVar[str]
    unknown_id: ClassVar[str]  # well formed, and nobody's

    def __init__(self, grounds: Grounds) -> None:
        self.grounds = grounds
        self.stack = ExitStack()
        self.clock = Clock()
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Make the account."""

    # ---- the app

    @property
    @abstractmethod
    def credentials(self) -> dict[str, str]:
        """Those that are right."""

    options: ClassVar[dict[str, Any]] = {}

    def app(self, **credentials: str) -> App:
        """A fresh app object, as a new task has it; `credentials` replace the right ones."""
        kind = load_app(self.app_name)
        services = Services(metadata=MemoryMetadata(), clock=self.clock, sleep=self.clock.sleep)
        access = Access(self.connection, {**self.credentials, **credentials}, self.session(), services)
        return kind(access, kind.Options(**self.options))

    @property
    def connection(self) -> str:
        return f"{self.app_name}_bench"

    def session(self) -> requests.Session:
        return requests.Session()

    def intruder(self) -> App | None:
        """An app whose credentials are wrong; None where there are none."""
        return None

    def astray(self) -> App | None:
        """An app whose host is a web page; None for apps without a host."""
        return None

    def bulk_app(self) -> App | None:
        """An app that does creates as a job; None where the app never does."""
        return None

    # ---- the person

    @abstractmethod
    def person_adds(self, fields: Person) -> str:
        """A new contact, with something that is not mapped; its id."""

    @abstractmethod
    def person_edits(self, contact_id: str, fields: Person) -> None:
        """Change the given fields."""

    @abstractmethod
    def person_deletes(self, contact_id: str) -> None:
        """Delete, as people do."""

    def person_imports(self, count: int) -> set[str]:
        """Many contacts at once; their ids."""
        return {self.person_adds(somebody()) for _ in range(count)}

    def wait(self, seconds: float = 600) -> None:
        """Time passes, in the account and for the app, so that listings show what was written."""
        self.clock.forward(seconds=seconds)

    # ---- the server

    @abstractmethod
    def ids(self) -> set[str]:
        """Who is there, as the server holds it."""

    @abstractmethod
    def unmapped(self, contact_id: str) -> object:
        """What `person_adds` gave beyond the mapped fields, as the server holds it."""

    @abstractmethod
    def writes(self) -> int:
        """Mutating requests so far."""

    @abstractmethod
    def past_cursors(self, cursor: Cursor) -> list[Cursor]:
        """Cursors that were good once, or are of another time or place; the account takes them no longer."""

    refusal: ClassVar[Mapping[str, OwnValue] | None] = None  # a patch that the server refuses; None: it refuses none

    def lose_create_answer(self) -> bool:
        """The next create takes effect, but its answer is lost; False where there is no wire."""
        return False


def somebody() -> dict[str, Any]:
    """A person nobody has added yet."""
    n = next(NUMBERS)
    return {
        "names.given": "Uma",
        "names.family": f"Muster{n}",
        "emails": [f"uma{n}@example.org"],
        "job_title": "Chemikerin",
    }


@contextmanager
def web_page() -> Iterator[str]:
    """A server that shows a sign-in page to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = b"<!DOCTYPE html><html><body>Please sign in</body></html>"
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PROPFIND = do_REPORT = do_OPTIONS = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def long_ago() -> datetime:
    """Before every bench's clock."""
    return datetime(2020, 1, 1, tzinfo=UTC)


def garbage(cursor: Cursor) -> list[Cursor]:
    """What a cursor must not be: of nothing known, with texts in place of everything, from a far later version."""
    return [{"nonsense": "x"}, dict.fromkeys(cursor, "garbage"), {"version": 99, "state": [1]}]
