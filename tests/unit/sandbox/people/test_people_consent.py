"""The consent page as Google's documentation has it: codes, PKCE, scopes, and who is told what."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from consent_walker import looked_at, press
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, READ_WRITE, USER

EMAIL = "https://www.googleapis.com/auth/userinfo.email"
HERE = "http://127.0.0.1:54321/"
VERIFIER = "v" * 43


def page(google, **changes) -> str:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    given = {
        "client_id": CLIENT_ID,
        "redirect_uri": HERE,
        "response_type": "code",
        "scope": f"openid email {READ_WRITE}",
        "state": "s1",
        "access_type": "offline",
        "prompt": "consent",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    } | changes
    kept = {name: value for name, value in given.items() if value}
    return requests.Request("GET", google.authorise_uri, params=kept).prepare().url or ""


def sent_back(address: str) -> dict[str, str]:
    assert address.startswith(HERE)
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def allowed(google, without=(), **changes) -> str:
    return sent_back(press(page(google, **changes), "allow", without))["code"]


def bought(google, code: str, /, **changes) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": HERE,
        "code_verifier": VERIFIER,
    } | changes
    return requests.post(google.token_uri, data=form, timeout=20)


def told(google, token: str) -> requests.Response:
    return requests.get(google.userinfo_uri, headers={"Authorization": f"Bearer {token}"}, timeout=20)


def test_the_page_shows_who_is_asked_and_for_what(google):
    words = looked_at(page(google)).words
    for shown in (USER, CLIENT_ID, "openid", EMAIL, READ_WRITE, "permanently delete your contacts"):
        assert shown in words


def test_what_a_client_writes_is_text_on_the_page(google):
    google.register("<script>alert(1)</script>", "s")
    text = requests.get(page(google, client_id="<script>alert(1)</script>"), timeout=20).text
    assert "<script>" not in text


def test_allow_gives_a_code_that_buys_both_tokens(google, api):
    back = sent_back(press(page(google), "allow"))
    assert back["state"] == "s1"
    answer = bought(google, back["code"]).json()
    assert set(answer["scope"].split()) == {"openid", EMAIL, READ_WRITE}
    api.token = answer["access_token"]
    api.listed()
    renewed = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert bought(google, "", **renewed).status_code == 200


def test_deny_sends_back_an_error_and_the_state(google):
    assert sent_back(press(page(google), "deny")) == {"error": "access_denied", "state": "s1"}


def test_a_person_may_leave_out_contacts(google):
    answer = bought(google, allowed(google, without=[READ_WRITE])).json()
    assert READ_WRITE not in answer["scope"]


def test_a_page_is_answered_once(google):
    form = looked_at(page(google)).form
    data = {**form.hidden, "decision": "allow"}
    answers = [requests.post(google.url + form.action, data=data, timeout=20, allow_redirects=False) for _ in range(2)]
    assert [a.status_code for a in answers] == [302, 400]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"redirect_uri": "http://evil.example/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "https://127.0.0.1:1/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": ""}, "redirect_uri_mismatch"),
        ({"response_type": "token"}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"code_challenge_method": "S1"}, "invalid_request"),
    ],
)
def test_a_faulty_request_is_shown_and_never_sent_back(google, changes, error):
    answer = requests.get(page(google, **changes), timeout=20, allow_redirects=False)
    assert answer.status_code in (400, 401)
    assert error in answer.text


def test_a_web_client_gets_answers_at_its_registered_address_only(google):
    google.register("web", "s", (HERE,))
    assert sent_back(press(page(google, client_id="web"), "allow"))["code"]
    assert "redirect_uri_mismatch" in looked_at(page(google, client_id="web", redirect_uri=f"{HERE}x")).words


def test_a_code_is_good_once_and_for_ten_minutes(google, clock):
    code = allowed(google)
    assert bought(google, code).status_code == 200
    assert bought(google, code).json()["error"] == "invalid_grant"
    late = allowed(google)
    clock[0] += 601
    assert bought(google, late).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"redirect_uri": f"{HERE}x"}, "redirect_uri_mismatch"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"code": "4/guessed"}, "invalid_grant"),
    ],
)
def test_a_code_needs_its_verifier_its_address_and_its_client(google, changes, error):
    assert bought(google, allowed(google), **changes).json()["error"] == error


def test_a_wrong_try_uses_a_code_up(google):
    code = allowed(google)
    bought(google, code, code_verifier="w" * 43)
    assert bought(google, code).json()["error"] == "invalid_grant"


def test_a_refresh_token_comes_offline_and_with_consent_or_the_first_time(google):
    assert "refresh_token" not in bought(google, allowed(google, access_type="")).json()
    assert "refresh_token" not in bought(google, allowed(google, prompt="")).json()
    google.desk.revoke(USER)
    assert "refresh_token" in bought(google, allowed(google, prompt="")).json()


def test_userinfo_tells_the_account_and_its_address_as_far_as_the_scopes_go(google, api):
    told_all = told(google, bought(google, allowed(google)).json()["access_token"]).json()
    assert (told_all["email"], told_all["email_verified"]) == (USER, True)
    assert api.person("people/me")["resourceName"] == f"people/{told_all['sub']}"
    assert told(google, google.access_token()).status_code == 403
    assert told(google, google.access_token(USER, ["openid"])).json() == {"sub": told_all["sub"]}
    assert told(google, "unknown").status_code == 401


def test_people_me_shows_the_address_with_the_scope_for_it(google, api):
    assert "emailAddresses" not in api.person("people/me", "emailAddresses")
    api.token = google.access_token(USER, [READ_WRITE, EMAIL])
    assert api.person("people/me", "emailAddresses")["emailAddresses"][0]["value"] == USER
    google.google.me_readable = False
    assert api.refused("GET", "people/me", personFields="names")["status"] == "PERMISSION_DENIED"
