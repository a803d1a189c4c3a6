"""What is asked of the consent page, and which answers count."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from contactsync.errors import AuthError
from contactsync.model.app import OAuthInfo
from contactsync.rest.consent import Client, Consent, begin, challenge, exchange
from contactsync.rest.services import Services
from hypothesis import given
from hypothesis import strategies as st

from .conftest import answer

HERE = "http://127.0.0.1:54321/"
OAUTH = OAuthInfo(
    "https://id.example/authorise",
    "https://id.example/token",
    ("contacts",),
    ("openid", "email"),
    (("access_type", "offline"), ("prompt", "consent")),
)


def asked(consent: Consent) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(consent.url).query).items()}


def back(consent: Consent, **query: str) -> str:
    return f"{HERE}?{urlencode({'state': consent.state, **query})}"


def test_everything_the_page_must_know_is_asked_and_nothing_secret():
    consent = begin(OAUTH, "client", HERE)
    query = asked(consent)
    assert consent.url.startswith("https://id.example/authorise?")
    assert query == {
        "client_id": "client",
        "redirect_uri": HERE,
        "response_type": "code",
        "scope": "contacts openid email",
        "state": consent.state,
        "code_challenge": challenge(consent.verifier),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    assert consent.verifier not in consent.url


def test_the_challenge_is_that_of_rfc_7636():
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_no_two_attempts_share_state_or_verifier():
    made = [begin(OAUTH, "client", HERE) for _ in range(50)]
    assert len({c.state for c in made}) == len({c.verifier for c in made}) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9\-._~]{43,128}", c.verifier) for c in made)
    assert all(c.state not in repr(c) and c.verifier not in repr(c) for c in made)


def test_a_page_with_a_query_of_its_own_keeps_it():
    from dataclasses import replace

    consent = begin(replace(OAUTH, authorise_url="https://id.example/authorise?tenant=acme"), "client", HERE)
    assert asked(consent)["tenant"] == "acme"
    assert asked(consent)["client_id"] == "client"


@given(code=st.from_regex(r"[A-Za-z0-9/_\-.~=+]{1,80}", fullmatch=True))
def test_the_code_is_found_however_it_is_pasted(code):
    consent = begin(OAUTH, "client", HERE)
    address = back(consent, code=code, scope="contacts")
    for pasted in (address, f"  {address}\n", address.removeprefix("http://"), urlsplit(address).query):
        assert consent.code_in(pasted) == code
    assert consent.code_in(quote(code, safe="")) == code


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"error": "access_denied"}, "press Allow"),
        ({"error": "server_error"}, "server_error"),
        ({"error": "<b>Ada</b>"}, "unreadable"),
        ({}, "no code"),
        ({"code": ""}, "no code"),
        ({"code": "a b"}, "no code"),
    ],
)
def test_an_answer_without_a_code_says_why(query, said):
    consent = begin(OAUTH, "client", HERE)
    with pytest.raises(AuthError, match=said) as caught:
        consent.code_in(back(consent, **query))
    assert "Ada" not in str(caught.value)


@pytest.mark.parametrize("state", ["", "other", "ä\udcff"])
def test_an_answer_to_another_attempt_is_refused_even_a_denial(state):
    consent = begin(OAUTH, "client", HERE)
    for rest in ("code=c", "error=access_denied"):
        with pytest.raises(AuthError, match="another attempt"):
            consent.code_in(f"{HERE}?{rest}&state={state}")
    with pytest.raises(AuthError, match="another attempt"):
        consent.code_in(back(begin(OAUTH, "client", HERE), code="c"))


def test_an_unreadable_answer_is_refused_and_nothing_else_happens():
    consent = begin(OAUTH, "client", HERE)
    for text in ("", " ", "://", "code=", "http://[", "\x00", "x" * 5000, "?code=a&code=b"):
        with pytest.raises(AuthError):
            consent.code_in(text)


# ---- buying tokens


@pytest.fixture
def buy(elsewhere, time):
    from dataclasses import replace

    import requests

    oauth = replace(OAUTH, token_url=f"{elsewhere.url}/token")
    services = Services(clock=time.clock, sleep=time.sleep)
    consent = begin(oauth, "client", HERE)
    return lambda: exchange(requests.Session(), services, oauth, Client("client", "geheim"), consent, "the-code")


def bought(**changes) -> bytes:
    body = {"access_token": "t", "refresh_token": "r", "scope": "contacts openid"} | changes
    return answer(200, {name: value for name, value in body.items() if value is not None})


def test_the_code_is_shown_with_its_verifier_once(elsewhere, buy):
    elsewhere.will(bought())
    assert buy().refresh == "r"
    [form] = [parse_qs(seen.body.decode()) for seen in elsewhere.seen]
    assert form["grant_type"] == ["authorization_code"]
    assert (form["code"], form["redirect_uri"], form["client_id"]) == (["the-code"], [HERE], ["client"])
    assert len(form["code_verifier"][0]) >= 43


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (bought(refresh_token=None), "no refresh token.*remove the client's access"),
        (bought(scope="openid"), "did not allow what a sync needs: contacts"),
        (answer(401, {"error": "invalid_client"}), "invalid_client.*client id and client secret"),
        (answer(400, {"error": "invalid_grant"}), "invalid_grant.*good once"),
        (answer(400, {"error": "redirect_uri_mismatch"}), "redirect_uri_mismatch.*register"),
        (answer(400, {"error": "Ada <ada@example.org>"}), "HTTP 400"),
    ],
)
def test_an_answer_that_is_no_authorisation_says_what_to_do(elsewhere, buy, reply, said):
    elsewhere.will(reply)
    with pytest.raises(AuthError, match=said) as caught:
        buy()
    assert "geheim" not in str(caught.value)
    assert "ada@" not in str(caught.value)
    assert len(elsewhere.seen) == 1


def test_a_vendor_that_names_no_scopes_is_believed(elsewhere, buy):
    elsewhere.will(bought(scope=None))
    assert buy().scopes == frozenset()


def test_a_lost_answer_is_not_asked_for_again(elsewhere, buy):
    from contactsync.errors import ServerTrouble

    elsewhere.will(answer(503))
    with pytest.raises(ServerTrouble):
        buy()
    assert len(elsewhere.seen) == 1
