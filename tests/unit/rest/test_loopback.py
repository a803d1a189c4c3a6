"""The one request of a browser, on this machine only, for a bounded time."""

from __future__ import annotations

import socket
import time

import pytest
import requests
from contactsync.errors import AuthError, ConfigError
from contactsync.rest.loopback import Receiver


def test_the_answer_comes_through_and_the_person_is_told():
    with Receiver() as receiver:
        shown = requests.get(f"{receiver.redirect}?code=a%2Fb&state=s", timeout=10)
        assert receiver.wait(5) == "/?code=a%2Fb&state=s"
    assert "Close this window" in shown.text
    assert "a/b" not in shown.text
    assert shown.headers["Cache-Control"] == "no-store"


def test_a_refusal_is_told_too():
    with Receiver() as receiver:
        shown = requests.get(f"{receiver.redirect}?error=access_denied&state=s", timeout=10)
        assert "error=access_denied" in receiver.wait(5)
    assert "Access was not given" in shown.text


def test_icons_idle_connections_and_other_methods_do_not_count():
    with Receiver() as receiver:
        port = int(receiver.redirect.rsplit(":", 1)[1].strip("/"))
        with socket.create_connection(("127.0.0.1", port)):  # as browsers open them ahead
            assert requests.get(f"{receiver.redirect}favicon.ico", timeout=10).status_code == 404
            assert requests.get(receiver.redirect, timeout=10).status_code == 404
            assert requests.get(f"{receiver.redirect}?code={'x' * 20_000}", timeout=10).status_code == 404
            assert requests.post(f"{receiver.redirect}?code=x", timeout=10).status_code == 501
            requests.get(f"{receiver.redirect}?code=first", timeout=10)
            requests.get(f"{receiver.redirect}?code=second", timeout=10)
        assert receiver.wait(5) == "/?code=first"


def test_an_answer_of_another_attempt_does_not_end_this_one():
    with Receiver() as receiver:
        receiver.expect("ours")
        for made_up in ("?code=x&state=theirs", "?code=x", "?error=access_denied", "?code=x&state=theirs&state=ours"):
            shown = requests.get(receiver.redirect + made_up, timeout=10)
            assert (shown.status_code, "another attempt" in shown.text) == (400, True)
        requests.get(f"{receiver.redirect}?code=y&state=ours", timeout=10)
        assert receiver.wait(5) == "/?code=y&state=ours"


def test_nobody_answers():
    began = time.monotonic()
    with Receiver() as receiver, pytest.raises(AuthError, match=r"within 0\.1 seconds.*--no-browser"):
        receiver.wait(0.1)
    assert time.monotonic() - began < 5


def test_a_taken_port_is_named():
    with Receiver() as receiver:
        port = int(receiver.redirect.rsplit(":", 1)[1].strip("/"))
        with pytest.raises(ConfigError, match=f"Port {port}.*--port"):
            Receiver(port)


def test_it_listens_on_loopback_only_and_not_afterwards():
    with Receiver() as receiver:
        address = receiver.redirect
        assert address.startswith("http://127.0.0.1:")
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)
