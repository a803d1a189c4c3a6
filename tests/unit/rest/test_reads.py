"""Reads: tried again where that may help, with the vendor's patience, and never led astray."""

from __future__ import annotations

import gzip
import threading
import time as real_time
import traceback
from email.utils import format_datetime

import pytest
import requests
from contactsync.errors import (
    AuthError,
    BadListing,
    LedgerBusy,
    NotTheApi,
    RateLimited,
    ServerTrouble,
)
from contactsync.rest.session import Api
from contactsync.rest.wire import MAX_BODY, Timeouts

from .conftest import answer, drop


def test_paths_are_appended_to_the_base_url_with_or_without_a_slash(server, api):
    server.will(answer(200, "{}"))
    for path in ("contacts/1", "/contacts/1", f"{server.url}/crm/api/contacts/1"):
        api.read("GET", path)
    assert {seen.target for seen in server.seen} == {"/crm/api/contacts/1"}


def test_a_hiccup_is_tried_again_after_a_jittered_wait(server, api, time):
    server.will(answer(503), drop, answer(200, {"contacts": []}))
    assert api.read("GET", "contacts").json() == {"contacts": []}
    assert len(time.slept) == 2
    assert all(0 < wait <= 60 for wait in time.slept)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521])
def test_five_tries_are_all(server, api, status):
    server.will(answer(status))
    with pytest.raises(ServerTrouble, match=f"HTTP {status}"):
        api.read("GET", "contacts")
    assert len(server.seen) == 5


@pytest.mark.parametrize(
    "broken",
    [
        drop,
        answer(200, "{}", Content_Length="90"),
        lambda c: (c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}"), c.close()),
        lambda c: (c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n90\r\n{}"), c.close()),
        answer(200, b"no gzip at all", Content_Encoding="gzip"),
        b"garbage\r\n\r\n",
    ],
    ids=["dropped", "short_and_open", "short", "short_chunk", "bad_gzip", "no_http"],
)
def test_a_damaged_answer_is_a_lost_connection_never_a_short_page(server, api, broken):
    server.will(broken, answer(200, {"ok": True}))
    assert api.read("GET", "contacts").json() == {"ok": True}
    assert len(server.seen) == 2


def test_a_time_out_is_tried_again(server, api):
    server.will(server.silent, answer(200, "{}"))
    assert api.read("GET", "contacts").status == 200


def test_a_server_that_drips_meets_the_deadline(server, services):
    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not server.done.wait(0.05):
            connection.sendall(b" ")

    server.will(drip)
    api = Api(requests.Session(), services, base_url=server.url, account="a", timeouts=Timeouts(read=1.0, whole=0.1))
    started = real_time.monotonic()
    with pytest.raises(ServerTrouble, match="too long"):
        api.read("GET", "contacts")
    assert real_time.monotonic() - started < 5


def test_nobody_listens(services):
    api = Api(requests.Session(), services, base_url="http://127.0.0.1:1", account="a")
    with pytest.raises(ServerTrouble, match="no connection"):
        api.read("GET", "contacts")


def test_a_gzip_bomb_stops_at_the_limit(server, patient_api):
    bomb = gzip.compress(b"\0" * (MAX_BODY + 1024))
    server.will(answer(200, bomb, Content_Encoding="gzip"))
    with pytest.raises(BadListing, match="larger than 64 MiB"):
        patient_api.read("GET", "contacts")
    assert len(server.seen) == 1


def test_compressed_answers_are_read(server, api):
    server.will(answer(200, gzip.compress(b'{"a": 1}'), Content_Encoding="gzip"))
    assert api.read("GET", "contacts").json() == {"a": 1}


def test_retry_after_is_honoured_and_told_to_the_other_processes(server, api, time, budget):
    server.will(answer(429, Retry_After="7"), answer(200, "{}"))
    api.read("GET", "contacts")
    assert time.slept == [7.0]
    assert budget.blocks == [("acc", 7.0)]


def test_a_date_in_retry_after(server, api, time):
    at = format_datetime(time.now.replace(second=12), usegmt=True)
    server.will(answer(429, Retry_After=at), answer(200, "{}"))
    api.read("GET", "contacts")
    assert time.slept == [12.0]


@pytest.mark.parametrize("reset", ["20", "epoch", "milliseconds"])
def test_the_vendors_reset_header_in_either_unit(server, api, time, reset):
    epoch = int(time.now.timestamp()) + 20
    value = {"20": "20", "epoch": str(epoch), "milliseconds": str(epoch * 1000)}[reset]
    server.will(answer(429, X_RateLimit_Reset=value), answer(200, "{}"))
    api.read("GET", "contacts")
    assert time.slept == [20.0]


@pytest.mark.parametrize(
    "value", ["-5", "0", "nan", "inf", "soon", "Mon, 99 Foo 2026", "Sun, 01 Jan 1900 00:00:00 GMT"]
)
def test_an_absurd_wait_becomes_a_short_one(server, api, time, value):
    server.will(answer(429, Retry_After=value), answer(200, "{}"))
    api.read("GET", "contacts")
    assert len(time.slept) == 1
    assert 0 < time.slept[0] <= 2


def test_two_minutes_are_waited_for_a_minute_at_a_time(server, api, time):
    server.will(answer(429, Retry_After="120"), answer(200, "{}"))
    api.read("GET", "contacts")
    assert time.slept == [60.0]


def test_an_hour_is_left_to_the_scheduler(server, api, time, budget):
    server.will(answer(429, Retry_After="3600"))
    with pytest.raises(RateLimited) as caught:
        api.read("GET", "contacts")
    assert caught.value.retry_after == 3600
    assert (len(server.seen), time.slept) == (1, [])
    assert budget.blocks == [("acc", 3600.0)]


def test_429_without_a_hint(server, api, time, budget):
    server.will(answer(429))
    with pytest.raises(RateLimited):
        api.read("GET", "contacts")
    assert len(server.seen) == 5
    assert [seconds for _, seconds in budget.blocks] == time.slept


def test_a_400_that_wraps_a_429_counts_as_one(server, api):
    wrapped = answer(400, {"errors": {"message": ["response_code :: 429 :: body :: Too many requests"]}})
    server.will(wrapped, answer(200, "{}"))
    assert api.read("GET", "contacts").status == 200


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 412, 422])
def test_other_refusals_are_the_apps_to_read(server, api, status):
    server.will(answer(status, {"errors": 1}))
    assert api.read("GET", "contacts").status == status
    assert len(server.seen) == 1


def test_401_ends_it_at_once(server, api):
    server.will(answer(401))
    with pytest.raises(AuthError, match="401"):
        api.read("GET", "contacts")
    assert len(server.seen) == 1


def test_each_request_is_booked_and_waits_its_turn(server, api, time, budget):
    budget.waits.extend([2.0, 0.5])
    server.will(answer(503), answer(200, "{}"))
    api.read("GET", "contacts")
    assert time.slept[:2] == [2.0, 0.5]
    assert budget.taken == [("acc", 0.8, False)] * 4


def test_a_budget_that_is_spent_for_long_gives_the_slot_back(server, api, time, budget):
    budget.waits.extend([3000.0])
    with pytest.raises(RateLimited) as caught:
        api.read("GET", "contacts")
    assert caught.value.retry_after == 3000
    assert (server.seen, time.slept) == ([], [])


def test_a_budget_that_never_ends_is_given_up(api, budget):
    budget.waits.extend([50.0] * 200)
    with pytest.raises(RateLimited):
        api.read("GET", "contacts")
    assert len(budget.taken) < 25


def test_a_busy_ledger_is_not_mistaken_for_the_vendor(server, services, api):
    class Busy:
        def take(self, *args, **options):
            raise LedgerBusy("the ledger is locked")

    object.__setattr__(services, "budget", Busy())
    with pytest.raises(LedgerBusy):
        api.read("GET", "contacts")


def test_a_redirect_within_the_origin_is_followed_by_reads(server, api):
    server.will(answer(301, Location="/dav/"), answer(308, Location="books/?x=1"), answer(207, "<multistatus/>"))
    reply = api.read("PROPFIND", ".well-known/carddav", data=b"<propfind/>", params={"a": "b"})
    assert (reply.status, reply.url) == (207, f"{server.url}/dav/books/")
    assert [(s.method, s.target, s.body) for s in server.seen] == [
        ("PROPFIND", "/crm/api/.well-known/carddav?a=b", b"<propfind/>"),
        ("PROPFIND", "/dav/", b"<propfind/>"),
        ("PROPFIND", "/dav/books/?x=1", b"<propfind/>"),
    ]


def test_redirects_do_not_go_round_for_ever(server, api):
    server.will(answer(302, Location="/again"))
    with pytest.raises(NotTheApi, match="more than 5 times"):
        api.read("GET", "contacts")
    assert len(server.seen) == 6


def test_another_port_never_sees_the_credentials(server, elsewhere, services):
    server.will(answer(302, Location=f"{elsewhere.url}/login?session=1"))
    api = Api(
        requests.Session(),
        services,
        base_url=server.url,
        account="a",
        auth=requests.auth.HTTPBasicAuth("ada", "geheim"),
    )
    with pytest.raises(NotTheApi) as caught:
        api.read("GET", "contacts")
    assert elsewhere.url in str(caught.value)
    assert "session" not in str(caught.value)
    assert elsewhere.seen == []


def test_a_read_by_post_is_not_redirected(server, api):
    server.will(answer(307, Location="/other"))
    with pytest.raises(NotTheApi):
        api.read("POST", "search", json={})
    assert len(server.seen) == 1


def test_a_redirect_bomb_is_not_read_without_limit(server, api):
    bomb = gzip.compress(b"\0" * (MAX_BODY + 1024))
    server.will(answer(302, bomb, Content_Encoding="gzip", Location="/next"))
    with pytest.raises(BadListing):
        api.read("GET", "contacts")


@pytest.mark.parametrize(
    "link",
    [
        "{elsewhere}/crm/api/contacts?page=2",
        "https://127.0.0.1/contacts",
        "http://user@{host}/contacts",
        "http://{host}\\@evil.example/contacts",
        "http://{host} .evil.example/contacts",
        "http://[broken/contacts",
        "HTTP://evil.example/contacts",
    ],
)
def test_a_next_link_to_another_place_is_refused(server, elsewhere, api, link):
    host = server.url.removeprefix("http://")
    with pytest.raises(BadListing, match="another host"):
        api.read("GET", link.format(elsewhere=elsewhere.url, host=host))
    assert (server.seen, elsewhere.seen) == ([], [])


def test_a_base_url_with_a_password_in_it_opens_no_door(services, elsewhere):
    api = Api(requests.Session(), services, base_url="http://ada:geheim@127.0.0.1:1/", account="a")
    with pytest.raises(BadListing) as caught:
        api.read("GET", elsewhere.url.replace("http://", "http://x@"))
    assert "geheim" not in str(caught.value)
    assert elsewhere.seen == []


def test_no_error_shows_a_query_or_a_body(server, api):
    server.will(drop)
    asked = ["beispiel", "@", "example.org"]
    with pytest.raises(ServerTrouble) as caught:
        api.read("GET", "search", params={"q": "".join(asked)})
    shown = "".join(traceback.format_exception(caught.value))
    assert "beispiel@example.org" not in shown
    assert "%40example" not in shown


def test_the_log_names_host_status_and_try_but_no_path(server, api, caplog):
    server.will(answer(503), answer(200, "{}"))
    with caplog.at_level("DEBUG", logger="contactsync"):
        api.read("GET", "contacts/4711", params={"q": "Beispiel"})
    text = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("contactsync"))
    assert server.url.removeprefix("http://") in text
    assert "HTTP 503. Try 1 of 5" in text
    assert "4711" not in text
    assert "Beispiel" not in text


def test_netrc_is_left_alone(server, api, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login ada password geheim\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.will(answer(200, "{}"))
    api.read("GET", "contacts")
    assert "authorization" not in server.seen[0].headers


def test_the_sessions_own_auth_and_headers_are_used(server, services):
    session = requests.Session()
    session.auth = ("ada", "geheim")
    session.headers["X-Tenant"] = "7"
    server.will(answer(200, "{}"))
    Api(session, services, base_url=server.url, account="a").read("GET", "contacts")
    assert server.seen[0].headers["authorization"].startswith("Basic ")
    assert server.seen[0].headers["x-tenant"] == "7"


def test_the_last_headers_tell_what_is_left_of_the_limit(server, api):
    server.will(answer(200, "{}", X_RateLimit_Remaining="41"))
    api.read("GET", "contacts")
    assert api.last_headers["x-ratelimit-remaining"] == "41"


def test_four_requests_at_once(server, api):
    server.will(answer(200, "{}"))
    threads = [threading.Thread(target=api.read, args=("GET", "contacts")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(server.seen) == 4
