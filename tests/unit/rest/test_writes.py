"""Writes: one that may have taken effect is sent once, and says so; one that did not says that."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from itertools import pairwise

import pytest
import requests
from contactsync.errors import AuthError, BadListing, LedgerBusy, NothingSent, OutcomeUnknown, RateLimited
from contactsync.rest.session import Api
from contactsync.rest.wire import Timeouts

from .conftest import answer, drop


def test_an_unanswered_post_is_sent_exactly_once(server, api, time):
    server.will(server.silent, answer(201, "{}"))
    with pytest.raises(OutcomeUnknown, match="POST"):
        api.write("POST", "contacts", json={"a": 1})
    assert (len(server.seen), time.slept) == (1, [])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "trouble",
    [
        drop,
        answer(500),
        answer(502),
        answer(503, Retry_After="1"),
        answer(504),
        lambda c: (c.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 90\r\n\r\n{"), c.close()),
        b"HTTP/1.1 201 Created\r\nContent-Length: 2, 3\r\n\r\n{}",
        b"nonsense\r\n\r\n",
    ],
    ids=["dropped", "500", "502", "503", "504", "short", "two_lengths", "no_http"],
)
def test_no_write_is_repeated_once_its_outcome_is_unknown(server, api, method, trouble):
    server.will(trouble, answer(200, "{}"))
    with pytest.raises(OutcomeUnknown):
        api.write(method, "contacts/1", json={})
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 403, 404, 408, 409, 412, 422])
def test_answers_below_500_are_the_apps_to_read(server, api, status):
    server.will(answer(status, Location="/elsewhere"))
    assert api.write("PUT", "contacts/1", data=b"x").status == status
    assert len(server.seen) == 1


def test_429_is_waited_for_because_nothing_was_done(server, api, time, budget):
    server.will(answer(429, Retry_After="3"), answer(201, "{}"))
    assert api.write("POST", "contacts", json={}).status == 201
    assert time.slept == [3.0]
    assert budget.taken == [("acc", 0.8, True)] * 2


def test_429_five_times_is_nothing_sent(server, api):
    server.will(answer(429, Retry_After="1"))
    with pytest.raises(NothingSent) as caught:
        api.write("POST", "contacts", json={})
    assert isinstance(caught.value.__cause__, RateLimited)
    assert len(server.seen) == 5


def test_after_a_429_an_unknown_outcome_stays_one(server, api):
    server.will(answer(429), drop, answer(201, "{}"))
    with pytest.raises(OutcomeUnknown):
        api.write("POST", "contacts", json={})
    assert len(server.seen) == 2


def test_401_is_nothing_sent(server, api):
    server.will(answer(401))
    with pytest.raises(NothingSent) as caught:
        api.write("POST", "contacts", json={})
    assert isinstance(caught.value.__cause__, AuthError)
    assert len(server.seen) == 1


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1", "http://nowhere.invalid", "ftp://127.0.0.1", "nonsense"])
def test_what_reaches_nobody_is_nothing_sent(services, base_url):
    with pytest.raises(NothingSent):
        Api(requests.Session(), services, base_url=base_url, account="a").write("POST", "contacts", json={})


def test_a_handshake_that_fails_is_nothing_sent(services):
    greet = socket.create_server(("127.0.0.1", 0))
    api = Api(requests.Session(), services, base_url=f"https://127.0.0.1:{greet.getsockname()[1]}", account="a")

    def plain():
        connection, _ = greet.accept()
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()

    threading.Thread(target=plain, daemon=True).start()
    with pytest.raises(NothingSent):
        api.write("POST", "contacts", json={})
    greet.close()


def test_a_connection_that_is_never_accepted_is_nothing_sent(services):
    # A listener whose queue is full leaves new connections waiting.
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = []
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(full.getsockname())
        waiting.append(client)
    url = f"http://127.0.0.1:{full.getsockname()[1]}"
    api = Api(requests.Session(), services, base_url=url, account="a", timeouts=Timeouts(connect=0.3))
    with pytest.raises(NothingSent, match="Timeout"):
        api.write("POST", "contacts", json={})
    for client in [*waiting, full]:
        client.close()


def test_a_link_elsewhere_is_nothing_sent(server, elsewhere, api):
    with pytest.raises(NothingSent) as caught:
        api.write("PUT", f"{elsewhere.url}/contacts/1", json={})
    assert isinstance(caught.value.__cause__, BadListing)
    assert elsewhere.seen == []


def test_a_busy_ledger_before_the_request_is_nothing_sent(server, services, api):
    class Busy:
        def take(self, *args, **options):
            raise LedgerBusy("the ledger is locked")

    object.__setattr__(services, "budget", Busy())
    with pytest.raises(NothingSent):
        api.write("POST", "contacts", json={})
    assert server.seen == []


def test_a_body_that_json_cannot_hold_is_nothing_sent(server, api):
    with pytest.raises(NothingSent):
        api.write("POST", "contacts", json={"a": float("nan")})
    assert server.seen == []


CRASHING = """
import sys, requests
from contactsync.rest.services import Services
from contactsync.rest.session import Api
api = Api(requests.Session(), Services(), base_url=sys.argv[1], account="a")
for number in range(3):
    api.read("GET", "contacts")
    print("wrote", api.write("POST", "contacts", json={"n": number}).status, flush=True)
"""


@pytest.mark.parametrize(("place", "arrived"), [("before", 1), ("no_response", 2), ("after", 2)])
def test_the_process_dies_where_a_crash_test_says(server, place, arrived):
    server.will(answer(201, "{}"))
    environment = {**os.environ, "CONTACTSYNC_CRASH_AT": f"request:{place}:2"}
    run = subprocess.run(
        [sys.executable, "-c", CRASHING, server.url], env=environment, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == -signal.SIGKILL
    assert run.stdout.split() == ["wrote", "201"]
    assert [seen.method for seen in server.seen].count("POST") == arrived


def test_waits_grow_under_full_jitter(server, api, time):
    server.will(answer(429))
    with pytest.raises(NothingSent):
        api.write("POST", "contacts", json={})
    assert all(wait <= 2.0**number for number, wait in enumerate(time.slept, 1))
    assert any(one != other for one, other in pairwise(time.slept))
