"""Ids, keys and versions that look like parts of a request stay the one part that they are."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.etree import ElementTree

import pytest
import requests
from contactsync.apps import load_app
from contactsync.apps._carddav_writes import if_match
from contactsync.apps.base import Access, App
from contactsync.errors import BadListing, RecordRefused
from contactsync.model.exchange import Op, Presence, Ref, State, Verb
from contactsync.rest.services import MemoryMetadata, Services

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ODD = (
    "../x",
    "a b",
    "a%2Fb",
    "x\r\nInjected: 1",
    "?x=1#y",
    "a/b",
    "%2e%2e",
    "ü",
    "a&b=c",
    "<x/>&",
    "'; DROP",
    "//evil",
)
Told = tuple[str, str, dict[str, str], str]
Answer = Callable[[str, str, str], tuple[int, str]]


@dataclass
class Server:
    """Answers by (method, target, body), and keeps what came over the wire."""

    answer: Answer = lambda *_: (404, "{}")
    told: list[Told] = field(default_factory=list)
    url: str = ""

    def app(self, name: str, **credentials: str) -> App:
        kind = load_app(name)
        services = Services(metadata=MemoryMetadata(), clock=lambda: NOW, sleep=lambda _: None)
        return kind(Access("test", {"host": self.url, **credentials}, requests.Session(), services), kind.Options())

    def targets(self, method: str) -> list[str]:
        return [target for sent, target, _, _ in self.told if sent == method]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            made.told.append((self.command, self.path, dict(self.headers), body))
            status, text = made.answer(self.command, self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    made.url = f"http://127.0.0.1:{http.server_address[1]}"
    yield made
    http.shutdown()
    http.server_close()


def injected(server: Server) -> list[Told]:
    return [told for told in server.told if any(name.lower() == "injected" for name in told[2])]


# ---- Freshsales


def crm(method: str, target: str, _: str) -> tuple[int, str]:
    if target.endswith("contacts/filters"):
        return 200, json.dumps({"filters": [{"id": 1, "name": "All Contacts"}]})
    return 404, "{}"


@pytest.mark.parametrize("odd", ODD)
def test_freshsales_asks_for_exactly_that_contact(server: Server, odd: str) -> None:
    server.answer = crm
    app = server.app("freshsales", subdomain=server.url, api_key="key")
    (fetched,) = app.fetch([Ref(odd)])
    assert fetched.presence is Presence.GONE
    (result,) = app.push([Op("k", Verb.DELETE, id=odd)])
    assert result.state is State.OVERTAKEN
    for method in ("GET", "DELETE"):
        path, _, query = server.targets(method)[-1].partition("?")
        assert path.rpartition("/")[2] == quote(odd, safe="")
        assert query in ("", "include=owner%2Csales_accounts")
    assert injected(server) == []


@pytest.mark.parametrize("step", [".", "..", ""])
def test_freshsales_takes_no_step_in_its_paths(server: Server, step: str) -> None:
    server.answer = crm
    app = server.app("freshsales", subdomain=server.url, api_key="key")
    with pytest.raises(BadListing, match="cannot be part of an address"):
        list(app.fetch([Ref(step)]))
    assert len(server.targets("GET")) == 1  # for the views


def test_freshsales_looks_up_exactly_that_address(server: Server) -> None:
    server.answer = lambda *told: (200, '{"contacts":{"contacts":[]}}') if "lookup" in told[1] else crm(*told)
    app = server.app("freshsales", subdomain=server.url, api_key="key")
    mail = "a&entities=lead#x\x01@x.example"
    assert list(app.look_up(Op("k", Verb.CREATE, patch={"emails": [{"value": mail}]}))) == []
    asked = parse_qs(urlsplit(server.targets("GET")[-1]).query)
    assert asked == {"q": [mail], "f": ["email"], "entities": ["contact"]}


# ---- Google


def test_google_is_asked_for_exactly_those_contacts(server: Server) -> None:
    names = [f"people/{odd}" for odd in ODD]

    def people(method: str, target: str, body: str) -> tuple[int, str]:
        if "token" in target:
            return 200, '{"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}'
        asked = parse_qs(body or urlsplit(target).query).get("resourceNames", [])
        return 200, json.dumps({"responses": [{"requestedResourceName": n, "httpStatusCode": 404} for n in asked]})

    server.answer = people
    token = {"token_url": f"{server.url}/token", "client_id": "id", "client_secret": "s", "refresh_token": "r"}
    app = server.app("google_contacts", **token)
    assert [(f.id, f.presence) for f in app.fetch([Ref(n) for n in names])] == [(n, Presence.GONE) for n in names]
    (done, *others) = app.push([Op(f"k{n}", Verb.DELETE, id=name) for n, name in enumerate(names)])
    assert done.state is State.DONE
    assert len(others) == len(names) - 1
    assert [json.loads(body) for *_, body in server.told if "batchDelete" in _[1]] == [{"resourceNames": names}]
    assert injected(server) == []


# ---- CardDAV

BOOK = "/dav/uma/"
NS = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'


def multistatus(*responses: str) -> str:
    return f'<?xml version="1.0"?><multistatus {NS}>{"".join(responses)}<sync-token>t</sync-token></multistatus>'


def response(href: str, props: str) -> str:
    status = "<status>HTTP/1.1 200 OK</status>"
    return f"<response><href>{href}</href><propstat><prop>{props}</prop>{status}</propstat></response>"


def book(*hrefs: str, etag: str = '"1"', asked: list[str] | None = None) -> Answer:
    """A book that lists these hrefs and gives a card for each that it is asked for."""

    def answer(method: str, target: str, body: str) -> tuple[int, str]:
        if method == "PROPFIND":
            return 207, multistatus(response(BOOK, "<resourcetype><collection/><C:addressbook/></resourcetype>"))
        if "sync-collection" in body:
            return 207, multistatus(*(response(h, f"<getetag>{etag}</getetag>") for h in hrefs))
        if "multiget" in body:
            wanted = [e.text or "" for e in ElementTree.fromstring(body).iter("{DAV:}href")]
            (asked if asked is not None else []).extend(wanted)
            return 207, multistatus(*(response(xml(href), card(href, etag)) for href in wanted))
        if "addressbook-query" in body:
            ElementTree.fromstring(body)
            return 207, multistatus()
        return 204, ""

    return answer


def xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def card(href: str, etag: str) -> str:
    text = f"BEGIN:VCARD\nVERSION:3.0\nUID:{unquote(href)}\nFN:Uma\nEND:VCARD\n"
    return f"<getetag>{etag}</getetag><C:address-data>{xml(text)}</C:address-data>"


def carddav(server: Server) -> App:
    server.url += BOOK
    return server.app("carddav", login="uma", password="pw")


def test_carddav_asks_for_deletes_and_replaces_exactly_those_cards(server: Server) -> None:
    asked: list[str] = []
    hrefs = [f"{BOOK}{quote(odd, safe='')}.vcf" for odd in ODD if not odd.startswith("..")]
    server.answer = book(*hrefs, asked=asked)
    app = carddav(server)
    (page,) = app.pull(None)
    assert [unquote(path) for path in asked] == [unquote(href) for href in hrefs]
    assert len(page.records) == len(hrefs)
    ops = [Op(f"k{n}", Verb.UPDATE, r.id, {"TITLE": "x"}, ref=r.ref) for n, r in enumerate(page.records)]
    ops += [Op(f"d{n}", Verb.DELETE, r.id, ref=r.ref) for n, r in enumerate(page.records)]
    assert {result.state for result in app.push(ops)} == {State.DONE}
    for method in ("PUT", "DELETE"):
        assert [unquote(target) for target in server.targets(method)] == [unquote(href) for href in hrefs]
        assert not any("?" in target or "//" in target or "\n" in target for target in server.targets(method))
    assert injected(server) == []


def test_carddav_sends_etags_back_as_they_are_and_refuses_what_no_header_holds(server: Server) -> None:
    assert if_match('W/"a b"') == {"If-Match": '"a b"'}
    assert if_match('"ü–"')["If-Match"].encode("latin-1").decode() == '"ü–"'
    for odd in ('"1\r\nInjected: 1"', '"1\x00"', "1\nInjected: 1"):
        with pytest.raises(RecordRefused):
            if_match(odd)
    assert if_match('"1"\r\nInjected: 1') == {"If-Match": "*"}  # no etag at all
    server.answer = book(f"{BOOK}a.vcf", etag="&quot;ü–&quot;")
    app = carddav(server)
    (page,) = app.pull(None)
    (record,) = page.records
    (result,) = app.push([Op("k", Verb.DELETE, record.id, ref=record.ref)])
    assert result.state is State.DONE
    (result,) = app.push([Op("k", Verb.DELETE, record.id, ref={**record.ref, "etag": '"1\r\nInjected: 1"'})])
    assert (result.state, injected(server)) == (State.REFUSED, [])


@pytest.mark.parametrize("odd", ["a\x01b", "a\x00\x08", "\ufffe", "\ud83d", "</C:text-match>", "]]>", "\x85\u2028"])
def test_carddav_searches_for_any_key(server: Server, odd: str) -> None:
    """The server here reads what it is asked as XML, and would refuse anything else."""
    server.answer = book()
    keys = {"email": [f"{odd}@x.example"], "full_name": [odd], "company": [odd], "phone": [odd]}
    assert list(carddav(server).find(keys)) == []
    assert any("addressbook-query" in body for *_, body in server.told)
    assert injected(server) == []


def test_carddav_asks_for_fewer_cards_where_they_fill_an_answer(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contactsync.rest.wire.MAX_BODY", 2_000)
    hrefs = [f"{BOOK}{n}.vcf" for n in range(9)]
    server.answer = book(*hrefs)
    (page,) = carddav(server).pull(None)
    assert [record.ref["href"] for record in page.records] == hrefs
    assert sum("multiget" in body for *_, body in server.told) > 1
