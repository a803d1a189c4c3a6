"""Tokens: fetched once, shared, renewed once on 401, and rotated ones kept."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64decode
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
import requests
from contactsync.errors import AuthError, NothingSent, NotTheApi, OutcomeUnknown, RateLimited, ServerTrouble
from contactsync.rest.auth import OAuthRefresh, TokenAuth
from contactsync.rest.service_account import ServiceAccount
from contactsync.rest.services import MemoryTokens
from contactsync.rest.session import Api
from contactsync.rest.wire import Timeouts
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from .conftest import answer, drop


def granted(token: str = "t1", **more) -> bytes:
    return answer(200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer", **more})


@pytest.fixture
def tokens():
    return MemoryTokens()


@pytest.fixture
def shared(services, tokens):
    return replace(services, tokens=tokens)


@pytest.fixture
def oauth(elsewhere, shared):
    elsewhere.will(granted())

    def make(refresh_token: str = "first", session: requests.Session | None = None) -> OAuthRefresh:
        return OAuthRefresh(
            session or requests.Session(),
            shared,
            connection="crm",
            token_url=f"{elsewhere.url}/token",
            client_id="client",
            client_secret="s3cr3t",
            refresh_token=refresh_token,
            timeouts=Timeouts(read=0.3),
        )

    return make


@pytest.fixture
def call(server, shared):
    """An Api of the first server with the given auth."""

    def make(auth) -> Api:
        return Api(requests.Session(), shared, base_url=server.url, account="a", auth=auth, timeouts=Timeouts(read=0.3))

    return make


def forms(elsewhere) -> list[dict[str, list[str]]]:
    return [parse_qs(seen.body.decode()) for seen in elsewhere.seen]


def shown(server) -> list[str]:
    return [seen.headers["authorization"] for seen in server.seen]


def test_a_fixed_token_in_the_vendors_scheme(server, call):
    server.will(answer(200, "{}"))
    call(TokenAuth("Token token=KEY")).read("GET", "contacts")
    assert shown(server) == ["Token token=KEY"]


def test_one_token_serves_until_a_minute_before_its_end(server, elsewhere, call, oauth, time):
    server.will(answer(200, "{}"))
    api = call(oauth())
    api.read("GET", "contacts")
    time.sleep(3530)
    api.read("GET", "contacts")
    assert len(elsewhere.seen) == 1
    time.sleep(20)
    elsewhere.will(granted("t2"))
    api.read("GET", "contacts")
    assert shown(server) == ["Bearer t1", "Bearer t1", "Bearer t2"]
    assert forms(elsewhere)[0] == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["first"],
        "client_id": ["client"],
        "client_secret": ["s3cr3t"],
    }


def test_another_task_takes_the_stored_token(server, elsewhere, call, oauth):
    server.will(answer(200, "{}"))
    call(oauth()).read("GET", "contacts")
    call(oauth()).read("GET", "contacts")
    assert len(elsewhere.seen) == 1


def test_a_rotated_refresh_token_is_used_next(elsewhere, oauth):
    elsewhere.will(granted("t1", refresh_token="second"), granted("t2"), granted("t3"))
    auth = oauth()
    auth.token()
    auth.renew("Bearer t1")
    oauth().renew("Bearer t2")
    assert [form["refresh_token"] for form in forms(elsewhere)] == [["first"], ["second"], ["second"]]


def test_a_refresh_token_that_the_vendor_only_repeats_is_not_kept(elsewhere, oauth, tokens):
    elsewhere.will(granted("t1", refresh_token="first"))
    oauth().token()
    assert [sorted(kept) for kept in tokens.kept.values()] == [["access_token", "until"]]


def test_newly_entered_credentials_win_over_stored_ones(elsewhere, oauth):
    elsewhere.will(granted("t1", refresh_token="second"), granted("t2"))
    oauth().token()
    assert oauth("entered anew").token() == "t2"
    assert forms(elsewhere)[1]["refresh_token"] == ["entered anew"]


@pytest.mark.parametrize("verb", ["read", "write"])
def test_a_401_renews_once_and_sends_again(server, elsewhere, call, oauth, verb):
    server.will(answer(401), answer(200, "{}"))
    elsewhere.will(granted("t1"), granted("t2"))
    assert getattr(call(oauth()), verb)("POST", "contacts", json={}).status == 200
    assert shown(server) == ["Bearer t1", "Bearer t2"]


def test_a_token_that_somebody_renewed_meanwhile_is_taken(server, elsewhere, call, oauth):
    elsewhere.will(granted("t1"), granted("t2"), granted("t3"))
    server.will(answer(200, "{}"), answer(401), answer(200, "{}"))
    api = call(oauth())
    api.read("GET", "contacts")
    oauth().renew("Bearer t1")
    api.read("GET", "contacts")
    assert shown(server) == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_second_401_is_final(server, elsewhere, call, oauth):
    server.will(answer(401))
    with pytest.raises(AuthError):
        call(oauth()).read("GET", "contacts")
    with pytest.raises(NothingSent):
        call(oauth()).write("POST", "contacts", json={})
    assert len(server.seen) == 4


def test_after_a_renewal_an_unknown_outcome_stays_one(server, elsewhere, call, oauth):
    server.will(answer(401), drop)
    with pytest.raises(OutcomeUnknown):
        call(oauth()).write("POST", "contacts", json={})
    assert len(server.seen) == 2


def test_a_revoked_authorisation_says_what_to_do(elsewhere, oauth):
    elsewhere.will(answer(400, {"error": "invalid_grant", "error_description": "revoked for ada@example.org"}))
    with pytest.raises(AuthError, match="authorise again") as caught:
        oauth().token()
    assert "ada" not in str(caught.value)
    assert len(elsewhere.seen) == 1


@pytest.mark.parametrize("error", ["invalid_client", "<b>Ada Beispiel</b>", 7])
def test_a_refused_client(elsewhere, oauth, error):
    elsewhere.will(answer(401, {"error": error}))
    with pytest.raises(AuthError, match="client id") as caught:
        oauth().token()
    assert "Beispiel" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    ["<html></html>", "[]", "{}", '{"access_token": 5}', '{"access_token": "a b"}', '{"access_token": "a\\r\\nX: y"}'],
)
def test_an_answer_without_a_token(elsewhere, oauth, body):
    elsewhere.will(answer(200, body))
    with pytest.raises(NotTheApi):
        oauth().token()


def test_a_token_endpoint_in_trouble_is_asked_three_times(elsewhere, oauth, call, server):
    elsewhere.will(answer(503))
    with pytest.raises(ServerTrouble):
        call(oauth()).read("GET", "contacts")
    elsewhere.will(answer(429))
    with pytest.raises(NothingSent) as caught:
        call(oauth()).write("POST", "contacts", json={})
    assert isinstance(caught.value.__cause__, RateLimited)
    assert (len(elsewhere.seen), server.seen) == (6, [])


def test_a_token_endpoint_that_cannot_be_reached_is_said_with_what_to_do(shared):
    auth = OAuthRefresh(
        requests.Session(),
        shared,
        connection="crm",
        token_url="http://127.0.0.1:9/token",
        client_id="client",
        client_secret="s3cr3t",
        refresh_token="first",
    )
    with pytest.raises(ServerTrouble, match=r"127\.0\.0\.1:?9? \(token endpoint\): .*Next: check that the host can be"):
        auth.token()


@pytest.mark.parametrize(("life", "good_for"), [(40, 15), (None, 3000), ("soon", 3000), (-1, 3000), (1e300, 3000)])
def test_odd_lifetimes(elsewhere, oauth, time, life, good_for):
    elsewhere.will(granted("t1", expires_in=life))
    auth = oauth()
    auth.token()
    time.sleep(good_for)
    auth.token()
    assert len(elsewhere.seen) == 1


def test_the_connections_headers_and_cookies_stay_with_its_host(elsewhere, oauth):
    session = requests.Session()
    session.headers["X-Api-Key"] = "geheim"
    session.cookies.set("sid", "geheim")
    oauth(session=session).token()
    assert "geheim" not in json.dumps(dict(elsewhere.seen[0].headers))


def test_a_redirect_of_the_token_endpoint_is_not_followed(elsewhere, server, oauth):
    server.will(granted())
    elsewhere.will(answer(307, "{}", Location=f"{server.url}/token"))
    with pytest.raises(AuthError):
        oauth().token()
    assert server.seen == []


def test_token_requests_are_not_writes_and_cost_no_budget(server, call, oauth, budget):
    server.will(answer(200, "{}"))
    call(oauth()).read("GET", "contacts")
    assert len(budget.taken) == 1


@pytest.fixture(scope="module")
def private_key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def key(private_key):
    encoding, style = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = private_key.private_bytes(encoding, style, serialization.NoEncryption()).decode()
    return {"client_email": "robot@project.example", "private_key": pem, "token_uri": "https://token.example/token"}


def robot(elsewhere, shared, key, **more) -> ServiceAccount:
    text = key if isinstance(key, str) else json.dumps(key)
    options = {"scope": "contacts", "token_url": f"{elsewhere.url}/token", **more}
    return ServiceAccount(requests.Session(), shared, connection="book", key=text, **options)


def test_a_service_account_asks_for_a_person(elsewhere, shared, key, private_key, time):
    elsewhere.will(granted("t1"), granted("t2"))
    assert robot(elsewhere, shared, key, subject="uma@example.org").token() == "t1"
    form = forms(elsewhere)[0]
    signed, _, signature = form["assertion"][0].rpartition(".")
    private_key.public_key().verify(_decoded(signature), signed.encode(), PKCS1v15(), SHA256())
    claims = json.loads(_decoded(signed.split(".")[1]))
    issued = int(time.now.timestamp())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert claims == {
        "iss": "robot@project.example",
        "sub": "uma@example.org",
        "scope": "contacts",
        "aud": f"{elsewhere.url}/token",
        "iat": issued,
        "exp": issued + 3600,
    }
    assert robot(elsewhere, shared, key, subject="other@example.org").token() == "t2"


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("bad", ["", "[]", "{}", '{"client_email": 1}'])
def test_a_key_that_is_none(elsewhere, shared, bad):
    with pytest.raises(AuthError, match="download a new JSON key"):
        robot(elsewhere, shared, bad)


def test_a_private_key_that_cannot_be_read_is_not_shown(elsewhere, shared, key):
    with pytest.raises(AuthError) as caught:
        robot(elsewhere, shared, {**key, "private_key": "geheim"}).token()
    assert "geheim" not in str(caught.value)


def test_threads_share_one_refresh(server, elsewhere, call, oauth):
    server.will(answer(200, "{}"))
    api = call(oauth())
    threads = [threading.Thread(target=api.read, args=("GET", "contacts")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert (len(server.seen), len(elsewhere.seen)) == (4, 1)
