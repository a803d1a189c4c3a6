"""A connection leads by https to public hosts of its app, unless it says otherwise in so many words."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
import requests
from contactsync.errors import ConnectionMissing, HostRefused, NothingSent
from contactsync.rest.reach import Reach, guard, is_public, reach_of
from contactsync.rest.session import Api
from contactsync.rest.token_endpoint import ask
from contactsync.rest.wire import Timeouts

from .conftest import answer

CRM = ("*.myfreshworks.com", "people.googleapis.com")
HERE = {"allow_http": "true", "allow_private": "true", "allow_host": "127.0.0.1"}


def reach(**given: str) -> Reach:
    return reach_of("crm", CRM, given)


def guarded(given: Reach) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy of whoever runs this
    guard(session, given)
    return session


def api(services, url: str, given: Reach) -> Api:
    return Api(guarded(given), services, base_url=url, account="acc", timeouts=Timeouts(2.0, 2.0, 2.0))


@pytest.mark.parametrize("host", ["acme.myfreshworks.com", "a.b.myfreshworks.com", "ACME.myfreshworks.com."])
def test_the_apps_own_hosts_may_be_asked(host: str) -> None:
    reach().check_url(f"https://{host}/crm/sales/api?q=x")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://acme.myfreshworks.com/", r"unencrypted; nothing was sent\. Next: .*\"allow_http\": \"true\""),
        ("https://acme.example/", r"none of its app's hosts .*\"allow_host\": \"acme\.example\""),
        ("https://myfreshworks.com.evil.example/", "none of its app's hosts"),
        ("https://evilmyfreshworks.com/", "none of its app's hosts"),
        ("https://myfreshworks.com/", "none of its app's hosts"),
        ("https://x.people.googleapis.com/", "none of its app's hosts"),
    ],
)
def test_other_places_are_refused_with_what_to_do(url: str, words: str) -> None:
    with pytest.raises(HostRefused, match=words) as caught:
        reach().check_url(url)
    assert caught.value.exit_code == 4


def test_what_a_connection_says_in_so_many_words_is_permitted() -> None:
    reach(allow_host="crm.acme.example, *.shop.example").check_url("https://crm.acme.example/")
    reach(allow_host="crm.acme.example, *.shop.example").check_url("https://a.shop.example/")
    reach(allow_http="True").check_url("http://acme.myfreshworks.com/")
    Reach("dav").check_url("https://dav.anybody.example/")
    with pytest.raises(HostRefused, match="allow_private"):
        Reach("dav").check_url("https://192.168.1.10/")
    with pytest.raises(ConnectionMissing, match="neither yes nor no with allow_http"):
        reach(allow_http="maybe")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "a.localhost", "169.254.169.254", "10.1.2.3", "192.168.0.1", "172.16.5.4", "0.0.0.0",
     "100.64.0.1", "224.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[fd00::1]", "[fe80::1]",
     "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::]"],
)  # fmt: skip
def test_private_addresses_are_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(HostRefused, match="no public address"):
        Reach("dav").check_url(f"https://{host}/")
    Reach("dav", allow_private=True).check_url(f"https://{host}/")


@pytest.mark.parametrize(
    "address",
    ["64:ff9b:1::a9fe:a9fe", "fec0::1", "::7f00:1", "::ffff:0:7f00:1", "2001:4860::5efe:7f00:1", "5f00::1", "3fff::1",
     "fd00::5efe:808:808", "fe80::200:5efe:808:808", "192.0.0.8"],
)  # fmt: skip
def test_forms_that_carry_an_address_or_are_given_to_nobody_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.fixture
def misleading(monkeypatch, server) -> str:
    """A public-looking name that resolves to this machine, as after a change in somebody's DNS."""
    port = int(server.url.rpartition(":")[2])

    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return f"http://dav.anybody.example:{port}"


def test_a_name_that_leads_into_a_private_network_is_refused_before_anything_is_asked(
    server, services, misleading
) -> None:
    server.will(answer(200, "{}"))
    with pytest.raises(HostRefused, match=r"dav\.anybody\.example at 127\.0\.0\.1"):
        api(services, misleading, Reach("dav", allow_http=True)).read("GET", "x")
    with pytest.raises(NothingSent, match="no public address"):
        api(services, misleading, Reach("dav", allow_http=True)).write("POST", "x", json={"a": 1})
    assert server.seen == []
    api(services, misleading, Reach("dav", allow_http=True, allow_private=True)).read("GET", "x")
    assert len(server.seen) == 1


def test_a_stranger_in_a_private_network_does_not_even_hear_a_greeting(monkeypatch, services) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        told = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", stranger.getsockname())]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: told)
        with pytest.raises(HostRefused, match="no public address"):
            api(services, "https://dav.anybody.example", Reach("dav")).read("GET", "x")
        heard, _ = stranger.accept()
        with heard:
            heard.settimeout(5)
            assert heard.recv(100) == b""


def test_the_token_endpoint_is_bound_too(server, services) -> None:
    server.will(answer(200, "{}"))
    with pytest.raises(HostRefused, match="unencrypted"):
        ask(guarded(reach()), services, f"{server.url}/token", {"client_secret": "x"}, Timeouts())
    assert server.seen == []
    ask(guarded(reach(**HERE)), services, f"{server.url}/token", {"client_secret": "x"}, Timeouts())


def test_a_redirect_is_bound_too(server, services) -> None:
    server.will(answer(302, "", Location="/elsewhere"), answer(200, "{}"))
    api(services, server.url, reach(**HERE)).read("GET", "x")
    assert [seen.target for seen in server.seen] == ["/x", "/elsewhere"]


def test_a_session_keeps_its_own_way_of_sending() -> None:
    session = requests.Session()
    inner = session.get_adapter("https://acme.example/")
    guard(session, reach())
    assert session.get_adapter("https://acme.example/").inner is inner  # type: ignore[attr-defined]
