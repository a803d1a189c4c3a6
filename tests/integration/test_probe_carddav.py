"""The probe of an address book on a real Radicale, also with something in between that keeps to no standard."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from contactsync.apps.base import Access
from contactsync.apps.carddav import CardDav, CardDavOptions
from contactsync.model.probe import Verdict
from contactsync.rest.services import Services
from probes import all_hold, probed, refuted, untold
from radicale_server import PASSWORD, RadicaleBook, RadicaleServer, card
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

NOW = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
NUMBER = 4
# Radicale orders lines anew and drops none; it compares UIDs within a collection.
Change = Callable[[requests.PreparedRequest, Callable[[], requests.Response]], requests.Response]


class Meddler(HTTPAdapter):
    """What stands between us and the server: it may change a request, its answer, or give one of its own."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change
        self.writes = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        self.writes += request.method in ("PUT", "DELETE")
        return self.change(request, lambda: super(Meddler, self).send(request, *args, **more))


def honest(_: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
    return pass_on()


def is_report(request: requests.PreparedRequest, name: str) -> bool:
    return request.method == "REPORT" and name in bytes(request.body or b"").decode()


def refused(reply: requests.Response, status: int = 403) -> requests.Response:
    reply.status_code, reply.raw = status, HTTPResponse(io.BytesIO(b""), preload_content=False)
    return reply


def without(name: str, method: str = "PUT") -> Change:
    """A server that does not know a header."""

    def change(request: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
        if request.method == method:
            request.headers.pop(name, None)
        return pass_on()

    return change


def answering(report: str, status: int) -> Change:
    """A server without that report."""

    def change(request: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
        return refused(pass_on(), status) if is_report(request, report) else pass_on()

    return change


def rewriting(report: str, pattern: str, by: str, only: str = "") -> Change:
    """A server whose answers to a report differ. `only`: what the request has to hold as well."""

    def change(request: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
        reply = pass_on()
        if is_report(request, report) and only in bytes(request.body or b"").decode():
            text = reply.raw.read(decode_content=True).decode()
            reply.raw = HTTPResponse(
                io.BytesIO(re.sub(pattern, by, text, flags=re.DOTALL).encode()), preload_content=False
            )
        return reply

    return change


@pytest.fixture
def book(radicale: RadicaleServer) -> RadicaleBook:
    made = radicale.home().book()
    for number in range(NUMBER):
        text = card(f"u{number}", f"FN:Uma Muster{number}", f"EMAIL:Uma{number}@muster.example")
        made.put(f"u{number}", text)
    return made


@pytest.fixture
def open_app(book: RadicaleBook) -> Callable[..., tuple[CardDav, Meddler]]:
    def opened(change: Change = honest, sleep: Any = lambda _: None) -> tuple[CardDav, Meddler]:
        session, meddler = requests.Session(), Meddler(change)
        session.mount("http://", meddler)
        services = Services(clock=lambda: NOW, sleep=sleep)
        credentials = {"host": book.url, "login": book.user, "password": PASSWORD}
        return CardDav(Access("dav", credentials, session, services), CardDavOptions()), meddler

    return opened


NAMES = {f"u{number}" for number in range(NUMBER)}


def test_every_assumption_holds_for_radicale(open_app, book: RadicaleBook) -> None:
    found = probed(open_app()[0], write=True)
    assert all_hold(found), [found[i] for i in refuted(found) | untold(found)]
    assert {"stale", "lines", "unknown_token", "removed"} <= found.keys()
    assert book.names() == NAMES


def test_without_write_nothing_is_written(open_app) -> None:
    app, meddler = open_app()
    found = probed(app)
    assert not refuted(found) | untold(found)
    assert meddler.writes == 0
    assert found["create"].verdict is Verdict.UNCHECKED
    assert "--write" in found["create"].seen


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        (answering("sync-collection", 403), {"tells_changes"}),
        (rewriting("sync-collection", r"<response>.*?</response>", "", only="<sync-token></sync-token>"), {"complete"}),
        (answering("addressbook-multiget", 403), {"multiget", "missing_card"}),
        (rewriting("addressbook-multiget", r"<getetag>.*?</getetag>", ""), {"multiget", "etags"}),
        (rewriting("addressbook-multiget", r"<getetag>\"", '<getetag>W/"'), {"etags"}),
        (rewriting("addressbook-multiget", "404 Not Found", "500 Odd"), {"missing_card"}),
        (rewriting("addressbook-multiget", r"UID:u0", "X-UID:u0"), {"cards"}),
        (answering("addressbook-query", 403), {"by_uid", "by_email", "finds_nobody"}),
        (rewriting("addressbook-query", r"<response>.*</response>", ""), {"by_uid", "by_email"}),
    ],
)
def test_what_is_otherwise_is_found_by_reading(open_app, change: Change, ids: set[str]) -> None:
    app, meddler = open_app(change)
    found = probed(app)
    assert ids <= refuted(found), [found[i] for i in ids]
    assert all(found[one].remedy for one in ids)
    assert meddler.writes == 0


def forgetful(request: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
    """A server that takes any sync-token for the first one, and a query for a wish for everything."""
    body = bytes(request.body or b"").decode()
    if is_report(request, "sync-collection") or is_report(request, "addressbook-query"):
        body = re.sub(r"<sync-token>.*?</sync-token>", "<sync-token></sync-token>", body)
        body = re.sub(r"<C:filter.*</C:filter>", "<C:filter/>", body)
        request.body = body.encode()
        request.headers["Content-Length"] = str(len(request.body))
    return pass_on()


def test_a_server_that_ignores_what_it_is_asked_is_found(open_app, book: RadicaleBook) -> None:
    found = probed(open_app(forgetful)[0], write=True)
    assert {"unchanged", "unknown_token", "finds_nobody"} <= refuted(found)
    assert book.names() == NAMES, "a server that finds everybody does not make everybody ours"


def careless(request: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
    """A server that drops lines it does not know."""
    if request.method == "PUT":
        request.body = re.sub(rb"X-CONTACTSYNC-PROBE[^\r]*\r\n( [^\r]*\r\n)*", b"", bytes(request.body or b""))
        request.headers["Content-Length"] = str(len(request.body))
    return pass_on()


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        (without("If-None-Match"), {"no_overwriting"}),
        (without("If-Match"), {"stale"}),
        (without("If-Match", "DELETE"), {"stale_delete"}),
        (careless, {"lines"}),
    ],
)
def test_what_is_otherwise_is_found_by_writing_and_undone(
    open_app, book: RadicaleBook, change: Change, ids: set[str]
) -> None:
    found = probed(open_app(change)[0], write=True)
    assert ids <= refuted(found), [found[i] for i in ids]
    assert found["removed"].verdict is Verdict.HOLDS
    assert book.names() == NAMES


def test_a_book_that_may_only_be_read_is_told(open_app, book: RadicaleBook) -> None:
    def locked(request: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
        if request.method == "PUT":
            request.method = "OPTIONS"
            return refused(pass_on())
        return pass_on()

    found = probed(open_app(locked)[0], write=True)
    assert "may write" in found["create"].remedy
    assert refuted(found) == {"create"}
    assert book.names() == NAMES


def test_an_empty_book_tells_little_and_refutes_nothing(radicale: RadicaleServer) -> None:
    book = radicale.home().book()
    credentials = {"host": book.url, "login": book.user, "password": PASSWORD}
    services = Services(clock=lambda: NOW, sleep=lambda _: None)
    app = CardDav(Access("dav", credentials, requests.Session(), services), CardDavOptions())
    found = probed(app, write=True)
    assert not refuted(found)
    assert {"multiget", "etags", "cards", "by_uid"} <= untold(found)
    assert book.names() == set()


# ---- the throw-away card goes, whatever happens


def test_a_create_without_an_answer_is_removed(open_app, book: RadicaleBook) -> None:
    def lost(request: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
        reply = pass_on()
        if request.method == "PUT":
            raise requests.ConnectionError("gone")
        return reply

    found = probed(open_app(lost)[0], write=True)
    assert found["create"].verdict is Verdict.UNKNOWN
    assert found["removed"].verdict is Verdict.HOLDS
    assert book.names() == NAMES


def test_an_interrupted_probe_removes_its_card(open_app, book: RadicaleBook) -> None:
    def late(request: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
        return rewriting("sync-collection", r"<response>.*</response>", "")(request, pass_on)

    def interrupt(_: float) -> None:
        assert len(book.names()) == NUMBER + 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(open_app(late, interrupt)[0].probe(write=True))
    assert book.names() == NAMES


def test_the_place_is_told_where_the_deletion_fails(open_app, book: RadicaleBook, caplog: Any) -> None:
    def locked(request: requests.PreparedRequest, pass_on: Callable[[], requests.Response]) -> requests.Response:
        if request.method == "DELETE":
            request.method = "OPTIONS"
            return refused(pass_on())
        return pass_on()

    found = probed(open_app(locked)[0], write=True)
    [left] = book.names() - NAMES
    assert found["removed"].verdict is Verdict.REFUTED
    assert left in found["removed"].seen
    assert left in caplog.text


def test_findings_hold_no_contact_data_and_no_secret(open_app) -> None:
    told = " ".join(f"{f.seen} {f.remedy}" for f in probed(open_app(forgetful)[0], write=True).values())
    assert "uster" not in told
    assert PASSWORD not in told
