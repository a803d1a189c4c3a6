"""The CardDAV app against a scripted server: what servers other than Radicale do, and what goes wrong on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from contactsync.apps._webdav import Dav
from contactsync.apps.base import Access
from contactsync.apps.carddav import CardDav, CardDavOptions
from contactsync.errors import BadListing, CursorExpired, NothingSent, NotTheApi, RetryError
from contactsync.model.exchange import Op, Presence, Ref, State, Verb
from contactsync.rest.services import Services

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOOK = "/dav/uma/"
Answer = tuple[int, str] | tuple[int, str, dict[str, str]]
IS_BOOK = "<resourcetype><collection/><C:addressbook/></resourcetype>"
NS = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'


def card(uid: str, *lines: str) -> str:
    return "\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{uid}", *lines, "END:VCARD", ""])


def member(href: str, props: str = '<getetag>"1"</getetag>', status: int = 200) -> str:
    return (
        f"<response><href>{href}</href><propstat><prop>{props}</prop>"
        f"<status>HTTP/1.1 {status} Any</status></propstat></response>"
    )


def absent(href: str, status: int = 404) -> str:
    return f"<response><href>{href}</href><status>HTTP/1.1 {status} Any</status></response>"


def many(*members: str, token: str = "") -> str:
    end = f"<sync-token>{token}</sync-token>" if token else ""
    return f'<?xml version="1.0"?><multistatus {NS}>{"".join(members)}{end}</multistatus>'


def data(text: str) -> str:
    return f'<getetag>"1"</getetag><C:address-data>{text}</C:address-data>'


@dataclass
class Server:
    """Answers by (method, report or path); `told` keeps every request."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    told: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def will(self, what: str, *answers: Answer) -> None:
        """`what`: METHOD path, METHOD, or a report's name; the last answer is repeated."""
        self.answers[what] = list(answers)

    def answer(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
        self.told.append((method, path, body, headers))
        for what, answers in self.answers.items():
            if what in (f"{method} {path}", method) or (method == "REPORT" and what in body):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return 404, "not here"

    def sent(self, method: str) -> list[dict[str, str]]:
        return [headers for m, _, _, headers in self.told if m == method]


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, text, *more = server.answer(self.command, self.path, body, dict(self.headers))
            if status == 0:  # hang up
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            raw = text.encode()
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def serve() -> Iterator[Callable[[], Server]]:
    running = []

    def start() -> Server:
        server = Server()
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler(server))
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        running.append(http)
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        return server

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


@pytest.fixture
def server(serve: Callable[[], Server]) -> Server:
    """A server whose one book is where the connection says."""
    server = serve()
    server.will(f"PROPFIND {BOOK}", (207, many(member(BOOK, IS_BOOK))))
    return server


@pytest.fixture
def app(server: Server) -> CardDav:
    return opened(server.url + BOOK)


def opened(url: str) -> CardDav:
    services = Services(clock=lambda: NOW, sleep=lambda _: None)
    credentials = {"host": url, "login": "uma", "password": "pw"}
    return CardDav(Access("test", credentials, requests.Session(), services), CardDavOptions())


# ---- listings


def test_a_list_of_changes_cut_short_is_asked_for_again(server: Server, app: CardDav) -> None:
    server.will(
        "sync-collection",
        (207, many(member(f"{BOOK}a.vcf"), absent(BOOK, 507), token="t1")),
        (207, many(member(f"{BOOK}b.vcf"), absent(f"{BOOK}a.vcf"), token="t2")),
    )
    server.will("multiget", (207, many(member(f"{BOOK}b.vcf", data(card("b"))))))
    (page,) = app.pull(None)
    assert [r.id for r in page.records] == ["b"]
    assert page.cursor == {"token": "t2", "uids": {}}


def test_a_list_that_is_cut_short_for_ever_is_an_error(server: Server, app: CardDav) -> None:
    server.will("sync-collection", (207, many(absent(BOOK, 507), token="t1")))
    with pytest.raises(BadListing):
        list(app.pull(None))


@pytest.mark.parametrize(
    "body",
    [
        many(member(f"{BOOK}a.vcf")),  # no token
        many(member(f"{BOOK}a.vcf"), token="t")[:-20],  # broken off
        '<!DOCTYPE x [<!ENTITY e "eeee">]>' + many(token="&e;"),
        "<html><body>Please log in</body></html>",
        "",
    ],
)
def test_a_listing_without_its_end_is_an_error_not_an_empty_page(server: Server, app: CardDav, body: str) -> None:
    server.will("sync-collection", (207, body))
    with pytest.raises(BadListing):
        list(app.pull(None))


def test_hrefs_in_any_spelling_are_one_card_and_the_book_is_none(server: Server, app: CardDav) -> None:
    listed = [member(BOOK), member(f"{server.url}{BOOK}a%2db%40c.vcf"), member(f"{BOOK}sub/")]
    server.will("sync-collection", (207, many(*listed, token="t")))
    server.will("multiget", (207, many(member(f"{BOOK}a-b@c.vcf", data(card("a-b@c"))))))
    (page,) = app.pull(None)
    assert [r.id for r in page.records] == ["a-b@c"]
    assert page.cursor == {"token": "t", "uids": {}}
    assert "GET" not in [method for method, *_ in server.told]


@pytest.mark.parametrize("status", [400, 403, 405, 415])
def test_a_server_without_sync_collection_is_read_completely_each_time(
    server: Server, app: CardDav, status: int
) -> None:
    server.will("sync-collection", (status, "unsupported"))
    server.will("multiget", (207, many(member(f"{BOOK}a.vcf", data(card("a"))))))
    assert app._book.path == BOOK
    own = member(BOOK, "<resourcetype><collection/></resourcetype>")
    server.will(f"PROPFIND {BOOK}", (207, many(own, member(f"{BOOK}a.vcf"))))
    (page,) = app.pull(None)
    (again,) = app.pull(page.cursor)
    assert [(p.complete, p.last, [r.id for r in p.records], list(p.deleted)) for p in (page, again)] == [
        (True, True, ["a"], [])
    ] * 2


@pytest.mark.parametrize("status", [400, 403, 409, 410, 412])
def test_a_refused_token_is_an_expired_cursor(server: Server, app: CardDav, status: int) -> None:
    server.will("sync-collection", (status, f"<error {NS}><valid-sync-token/></error>"))
    expected = BadListing if status == 410 else CursorExpired
    with pytest.raises(expected):
        list(app.pull({"token": "old", "uids": {}}))


def test_what_the_answer_to_a_multiget_lacks_is_asked_for_alone(server: Server, app: CardDav) -> None:
    names = ("came", "lacking", "gone", "forbidden", "vanished", "broken")
    server.will("sync-collection", (207, many(*(member(f"{BOOK}{n}.vcf") for n in names), token="t")))
    came = [
        member(f"{BOOK}came.vcf", data(card("came"))),
        absent(f"{BOOK}gone.vcf"),
        absent(f"{BOOK}forbidden.vcf", 403),
    ]
    came.append(member(f"{BOOK}broken.vcf", data("BEGIN:VCARD\nUID:broken-uid\n")))
    server.will("multiget", (207, many(*came)))
    server.will(f"GET {BOOK}lacking.vcf", (200, card("lacking"), {"ETag": '"7"'}))
    (page,) = app.pull(None)
    assert {r.id: r.version for r in page.records} == {"came": '"1"', "lacking": '"7"'}
    reasons = {u.id: u.reason for u in page.unreadable}
    assert set(reasons) == {f"{BOOK}forbidden.vcf", "broken-uid"}
    assert "403" in reasons[f"{BOOK}forbidden.vcf"]


def test_a_card_without_uid_goes_by_its_path_until_it_can_be_read(server: Server, app: CardDav) -> None:
    path, text = f"{BOOK}nameless.vcf", card("x").replace("UID:x\n", "")
    server.will("sync-collection", (207, many(member(path), token="t")))
    server.will("multiget", (207, many(member(path, data(text)))))
    server.will("addressbook-query", (207, many()))
    (page,) = app.pull(None)
    assert [u.id for u in page.unreadable] == [path]
    assert [a.presence for a in app.fetch([Ref(path)])] == [Presence.FORBIDDEN]
    server.will("multiget", (207, many(member(path, data(card("x"))))))
    assert [a.presence for a in app.fetch([Ref(path)])] == [Presence.GONE]


def test_of_two_cards_with_one_uid_the_second_is_unreadable(server: Server, app: CardDav) -> None:
    server.will("sync-collection", (207, many(member(f"{BOOK}a.vcf"), member(f"{BOOK}b.vcf"), token="t")))
    server.will("multiget", (207, many(*(member(f"{BOOK}{n}.vcf", data(card("a"))) for n in "ab"))))
    (page,) = app.pull(None)
    assert [r.id for r in page.records] == ["a"]
    assert [u.id for u in page.unreadable] == [f"{BOOK}b.vcf"]
    server.will("multiget", (207, many(member(f"{BOOK}b.vcf", data(card("a"))))))
    for others, presence in (("ab", Presence.FORBIDDEN), ("b", Presence.GONE)):  # gone: it is a contact by its UID now
        server.will("addressbook-query", (207, many(*(member(f"{BOOK}{n}.vcf", data(card("a"))) for n in others))))
        assert [a.presence for a in app.fetch([Ref(f"{BOOK}b.vcf")])] == [presence]


# ---- point reads


def test_only_href_and_uid_together_say_gone(server: Server, app: CardDav) -> None:
    ref = Ref("a", {"href": f"{BOOK}a.vcf"})
    server.will("multiget", (207, many(absent(f"{BOOK}a.vcf"))))
    for status, body, presence in [
        (207, many(), Presence.GONE),
        (207, many(absent(BOOK, 507)), Presence.FORBIDDEN),
        (403, "", Presence.FORBIDDEN),
        (207, many(member(f"{BOOK}z.vcf", data(card("a")))), Presence.PRESENT),
        (207, many(member(f"{BOOK}z.vcf", data(card("other")))), Presence.GONE),
    ]:
        server.will("addressbook-query", (status, body))
        assert [a.presence for a in app.fetch([ref])] == [presence]
    server.will("multiget", (207, many(absent(f"{BOOK}a.vcf", 403))))
    assert [a.presence for a in app.fetch([ref])] == [Presence.FORBIDDEN]


def test_a_search_that_the_server_refuses_is_no_empty_answer(server: Server, app: CardDav) -> None:
    server.will("addressbook-query", (403, ""))
    with pytest.raises(BadListing):
        list(app.find({"email": ["uma@muster.example"]}))


# ---- writes


def create() -> Op:
    return Op("k", Verb.CREATE, patch={"N.given": "Geheim", "EMAIL": [{"value": "geheim@example.org"}]})


def update(version: str = '"1"', *, kept: str = '"1"') -> Op:
    ref = {"href": f"{BOOK}a.vcf", "etag": kept, "card": card("a")}
    return Op("k", Verb.UPDATE, "a", {"TITLE": "Chefin"}, {"TITLE": ""}, version, ref)


@pytest.mark.parametrize("trouble", [(500, "geheim"), (0, "")])
def test_a_write_without_an_answer_is_unknown_and_not_repeated(server: Server, app: CardDav, trouble: Answer) -> None:
    server.will("PUT", trouble)
    (made,) = app.push([create()])
    assert (made.state, made.id, made.created) == (State.UNKNOWN, "contactsync-k", False)
    assert "geheim" not in made.reason.lower()
    (changed,) = app.push([update()])
    assert (changed.state, changed.id) == (State.UNKNOWN, "a")
    assert len(server.sent("PUT")) == 2


def test_a_write_to_a_dead_server_is_not_sent(serve: Callable[[], Server], app: CardDav, server: Server) -> None:
    assert app._book.path == BOOK
    server.will("PUT", (429, "", {"Retry-After": "100000"}))
    with pytest.raises(NothingSent):
        list(app.push([create()]))


@pytest.mark.parametrize("status", [400, 403, 409, 413, 415])
def test_a_refusal_names_the_condition_and_no_contact_data(server: Server, app: CardDav, status: int) -> None:
    error = f"<error {NS}><C:max-resource-size/><responsedescription>geheim@example.org</responsedescription></error>"
    server.will("PUT", (status, error))
    for op in (create(), update()):
        (result,) = app.push([op])
        assert result.state is State.REFUSED
        assert result.reason == f"HTTP {status}, max-resource-size, responsedescription"


def test_conditions_go_with_every_write(server: Server, app: CardDav) -> None:
    server.will("PUT", (201, ""), (204, "", {"ETag": '"2"'}))
    server.will("DELETE", (200, ""))
    (made,) = app.push([create()])
    assert (made.state, made.created, made.version) == (State.DONE, True, None)
    (changed,) = app.push([update('W/"1"', kept='W/"1"')])
    assert (changed.state, changed.version) == (State.DONE, '"2"')
    (removed,) = app.push([Op("k", Verb.DELETE, "a", version="1", ref={"href": f"{BOOK}a.vcf"})])
    assert removed.state is State.DONE
    assert [h.get("If-None-Match") for h in server.sent("PUT")] == ["*", None]
    assert [h.get("If-Match") for h in server.sent("PUT")] == [None, '"1"']
    assert server.sent("DELETE")[0]["If-Match"] == '"1"'


def test_a_card_kept_of_an_older_version_is_not_written_back(server: Server, app: CardDav) -> None:
    """Our own last write gave a version, but the card kept in the ref is from before it."""
    server.will("multiget", (207, many(member(f"{BOOK}a.vcf", data(card("a", "NOTE:of today")).replace('"1"', '"2"')))))
    server.will("PUT", (204, "", {"ETag": '"3"'}))
    (changed,) = app.push([update('"2"')])
    assert changed.state is State.DONE
    written = next(body for method, _, body, _ in server.told if method == "PUT")
    assert "NOTE:of today" in written
    assert "TITLE:Chefin" in written


NO_TAGS = ["*", "W/*", " * ", 'W/"1", *', '"1", "2"', "*, *", '"', "W/"]


@pytest.mark.parametrize("etag", NO_TAGS)
def test_an_etag_that_would_fit_every_version_is_no_version(server: Server, app: CardDav, etag: str) -> None:
    server.will("sync-collection", (207, many(member(f"{BOOK}a.vcf"), member(f"{BOOK}b.vcf"), token="t")))
    server.will("multiget", (207, many(member(f"{BOOK}a.vcf", data(card("a")).replace('"1"', etag)))))
    server.will(f"GET {BOOK}b.vcf", (200, card("b"), {"ETag": etag}))
    (page,) = app.pull(None)
    assert [(r.id, r.version, r.ref["etag"]) for r in page.records] == [("a", None, ""), ("b", None, "")]
    server.will("PUT", (201, "", {"ETag": etag}))
    (made,) = app.push([create()])
    assert (made.state, made.version) == (State.DONE, None)


@pytest.mark.parametrize("etag", NO_TAGS)
@pytest.mark.parametrize("verb", [Verb.UPDATE, Verb.DELETE])
def test_nothing_is_written_on_such_a_version_that_is_remembered(
    server: Server, app: CardDav, verb: Verb, etag: str
) -> None:
    server.will("multiget", (207, many(member(f"{BOOK}a.vcf", data(card("a")).replace('"1"', etag)))))
    (result,) = app.push([replace(update(etag, kept=etag), verb=verb)])
    assert (result.state, result.version) == (State.OVERTAKEN, None)
    assert server.sent("PUT") == server.sent("DELETE") == []


def test_a_read_that_fails_before_the_write_sends_nothing(server: Server, app: CardDav) -> None:
    assert app._book.path == BOOK
    server.will("multiget", (503, "busy"))
    with pytest.raises(NothingSent):
        list(app.push([update('"2"')]))
    assert server.sent("PUT") == []


def test_an_overtaken_card_that_cannot_be_read_is_still_overtaken(server: Server, app: CardDav) -> None:
    server.will("PUT", (412, ""))
    server.will("multiget", (503, "busy"))
    (result,) = app.push([update()])
    assert (result.state, result.record) == (State.OVERTAKEN, None)
    assert result.reason != "gone"


# ---- discovery


def test_a_book_that_moved_is_looked_for_anew(server: Server, app: CardDav) -> None:
    assert app._book.path == BOOK
    server.will("sync-collection", (404, ""))
    with pytest.raises(BadListing, match="not there any more"):
        list(app.pull(None))
    assert app.access.services.metadata.get(app._dav.account, app._cached_as) is None


@pytest.mark.parametrize("kept", ["a text", {}, {"url": 7, "title": "Friends"}, {"address": "of another version"}])
def test_a_book_kept_otherwise_is_looked_for(server: Server, app: CardDav, kept: object) -> None:
    app.access.services.metadata.put(app._dav.account, app._cached_as, kept)
    assert app._book.path == BOOK


def test_the_well_known_address_helps_where_the_given_one_does_not(serve: Callable[[], Server]) -> None:
    server = serve()
    server.will("PROPFIND /.well-known/carddav", (301, "", {"Location": "/dav/"}))
    principal = "<current-user-principal><href>/p/uma/</href></current-user-principal>"
    home = "<C:addressbook-home-set><href>/h/</href></C:addressbook-home-set>"
    book = f"{IS_BOOK}<displayname>Freunde</displayname>"
    server.will("PROPFIND /dav/", (207, many(member("/dav/", principal))))
    server.will("PROPFIND /p/uma/", (207, many(member("/p/uma/", home))))
    own = "<resourcetype><collection/></resourcetype>"
    server.will("PROPFIND /h/", (207, many(member("/h/", own), member("/h/b1", book), member("/h/inbox/", own))))
    server.will("PROPFIND /h/b1/", (207, many(member("/h/b1/", own), member("/h/b1/x.vcf"))))
    account = opened(f"{server.url}/somewhere").account()
    assert account.id == f"{server.url.removeprefix('http://')}/h/b1/"
    assert account.contacts == 1


def test_credentials_do_not_follow_to_a_foreign_host(serve: Callable[[], Server]) -> None:
    server, foreign = serve(), serve()
    home = f"<C:addressbook-home-set><href>{foreign.url}/h/</href></C:addressbook-home-set>"
    server.will("PROPFIND /", (207, many(member("/", home))))
    with pytest.raises(NotTheApi, match="leads to the address books at"):
        opened(server.url).account()
    assert foreign.told == []


@pytest.mark.parametrize(
    ("start", "leads_to", "allowed", "goes"),
    [
        ("https://contacts.icloud.com", "https://p12-contacts.icloud.com", "", True),
        ("https://contacts.icloud.com", "https://p12-contacts.icloud.com:443", "", True),
        ("https://contacts.icloud.com", "https://p12-contacts.icloud.com:8443", "", False),
        ("https://contacts.icloud.com", "http://p12-contacts.icloud.com", "", False),
        ("https://contacts.icloud.com", "https://uma@p12-contacts.icloud.com", "", False),
        ("https://contacts.icloud.com", "https://icloud.com.evil.example", "", False),
        ("https://dav.shop.co.uk", "https://evil.co.uk", "", False),
        ("https://dav.shop.co.uk", "https://books.shop.co.uk", "", False),
        ("https://dav.shop.co.uk", "https://books.shop.co.uk", "other.example, *.shop.co.uk", True),
        ("https://dav.shop.co.uk", "https://contacts.icloud.com", "", False),
        ("https://203.0.113.7", "https://198.51.100.7", "", False),
    ],
)
def test_where_a_server_may_lead_with_the_credentials(start: str, leads_to: str, allowed: str, goes: bool) -> None:
    given = {"host": start, "login": "uma", "password": "pw", **({"allow_host": allowed} if allowed else {})}
    sent: list[str] = []
    session = requests.Session()
    session.mount("https://", Noting(sent))
    session.mount("http://", Noting(sent))
    dav = Dav(Access("test", given, session, Services(clock=lambda: NOW, sleep=lambda _: None)), ())
    with pytest.raises(RetryError if goes else NotTheApi):
        dav.read("PROPFIND", f"{leads_to}/h/")
    assert bool(sent) is goes


class Noting(requests.adapters.BaseAdapter):
    """Notes where a request would go, and has no connection."""

    def __init__(self, sent: list[str]) -> None:
        super().__init__()
        self.sent = sent

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        self.sent.append(str(request.url))
        raise requests.ConnectionError("no connection")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("answer", [(200, "<html>Welcome</html>"), (405, ""), (207, "<html/>")])
def test_a_server_that_speaks_no_carddav_is_not_the_api(serve: Callable[[], Server], answer: Answer) -> None:
    server = serve()
    server.will("PROPFIND", answer)
    with pytest.raises(NotTheApi):
        opened(server.url).account()


def test_user_and_password_in_the_address_go_nowhere(server: Server) -> None:
    app = opened(server.url.replace("http://", "http://eve:secret@") + BOOK)
    assert "secret" not in app.account().id
    assert "secret" not in str(server.told[0][3])
