"""`contactsync authorise` against the local Google: from the consent page to a connection that works."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import contactsync, started
from consent_walker import press
from contactsync.apps import load_app
from contactsync.errors import AuthError, ConfigError
from contactsync.orchestration.authorising import Authorised, by_consent, checked, oauth_of
from contactsync.rest.consent import Client, begin
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, READ_WRITE, USER, PeopleSandbox
from contactsync.sandbox.server import PERMITTED
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

INFO = load_app("google_contacts").info
HERE = "http://127.0.0.1:54321/"
WALKER = Path(__file__).parents[1] / "consent_walker.py"


@pytest.fixture
def google() -> Iterator[PeopleSandbox]:
    with PeopleSandbox() as running:
        running.add_contact({"names": [{"givenName": "Ada"}]})
        yield running


@pytest.fixture
def oauth(google):
    addresses = {
        "authorise_url": google.authorise_uri,
        "token_url": google.token_uri,
        "userinfo_url": google.userinfo_uri,
    }
    return oauth_of(INFO, addresses)


@pytest.fixture
def authorised(google, oauth):
    """The whole flow in this process."""

    def flow(button: str = "allow", without: tuple[str, ...] = (), secret: str = CLIENT_SECRET) -> Authorised:
        client = Client(CLIENT_ID, secret)
        consent = begin(oauth, client.id, HERE)
        code = consent.code_in(press(consent.url, button, without))
        return by_consent(INFO, oauth, "google_alex", client, consent, code, {"host": google.url, **PERMITTED})

    return flow


def account_of(done: Authorised) -> Any:
    """The account, through the connection as it is printed."""
    given = done.lines.fields
    credentials = {
        "client_id": given["login"],
        "client_secret": given["password"],
        "host": given["host"],
        **given["extra"],
    }
    return checked(INFO, "again", credentials).account


def words(google: PeopleSandbox) -> list[str]:
    return [
        f"--host={google.url}",
        f"--authorise-url={google.authorise_uri}",
        f"--token-url={google.token_uri}",
        f"--userinfo-url={google.userinfo_uri}",
        "--allow-http",
        "--allow-private",
        "--allow-host=127.0.0.1",
    ]


CLIENT = {"CONTACTSYNC_CLIENT_ID": CLIENT_ID, "CONTACTSYNC_CLIENT_SECRET": CLIENT_SECRET}


# ---- the flow


def test_what_a_person_allowed_works_and_says_whose_it_is(authorised):
    done = authorised()
    assert (done.account.owner, done.account.contacts) == (USER, 1)
    assert account_of(done) == done.account


def test_a_refresh_token_that_the_trial_used_up_is_not_printed(google, authorised):
    google.google.rotate_refresh_tokens = True
    done = authorised()
    assert account_of(done).owner == USER
    assert google.desk.reused == 0


def test_authorising_again_leads_to_the_same_account_even_where_people_me_is_closed(google, authorised):
    google.google.me_readable = False
    first, second = authorised(), authorised()
    assert first.lines.fields["extra"]["refresh_token"] != second.lines.fields["extra"]["refresh_token"]
    assert first.account == second.account
    assert first.account.owner == USER
    google.google.me_readable = True
    assert authorised().account == first.account
    google.signed_in = "bo@muster.example"
    assert authorised().account.id != first.account.id


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"button": "deny"}, "access_denied"),
        ({"without": (READ_WRITE,)}, "did not allow what a sync needs"),
        ({"secret": "wrong"}, "invalid_client.*client secret"),
    ],
)
def test_what_goes_wrong_is_said(authorised, changes, said):
    with pytest.raises(AuthError, match=said):
        authorised(**changes)


def test_no_refresh_token_is_no_authorisation(google, authorised):
    google.google.withhold_refresh_token = True
    with pytest.raises(AuthError, match="no refresh token"):
        authorised()


@pytest.mark.parametrize(("app", "named"), [("freshsales", "API key"), ("carddav", "URL")])
def test_apps_without_a_consent_page_say_what_to_enter(app, named):
    with pytest.raises(ConfigError, match=f"no consent page.*{named}"):
        oauth_of(load_app(app).info, {})


def test_the_vendors_own_addresses_do_not_stand_in_the_connection():
    own = oauth_of(INFO, {})
    assert own == INFO.oauth
    assert own.scopes == (READ_WRITE,)
    assert {"openid", "email"} <= set(own.identity)


# ---- the command


def test_the_command_ends_with_the_connection_in_three_forms(google, tmp_path):
    browser = f"{shlex.quote(sys.executable)} {shlex.quote(str(WALKER))} allow %s"
    told = ["authorise", "google_contacts", "--connection", "google_alex", "--wait", "60", *words(google)]

    done = contactsync(tmp_path, *told, env={**CLIENT, "BROWSER": browser})

    assert done.returncode == 0, done.stderr
    assert USER in done.stdout
    as_json, variable, command = (line for line in done.stdout.splitlines() if "refresh_token" in line)
    [assigned] = shlex.split(variable)
    assert assigned == f"AIRFLOW_CONN_GOOGLE_ALEX={as_json}"
    assert shlex.split(command) == ["airflow", "connections", "add", "google_alex", "--conn-json", as_json]
    # The consent page is named, the secrets are on stdout alone.
    assert google.authorise_uri in done.stderr
    assert CLIENT_SECRET not in done.stderr
    assert json.loads(as_json)["extra"]["refresh_token"] not in done.stderr


def test_on_a_server_the_answer_is_pasted(google, tmp_path):
    told = ["authorise", "google_contacts", "--no-browser", "--json", *words(google)]
    running = started(tmp_path, *told, env=CLIENT)
    page = next(found[0] for line in running.stderr if (found := re.search(r"http\S+/auth\?\S+", line)))

    answer, log = running.communicate(f"no code here\n{press(page, 'allow')}\n", timeout=60)

    assert running.returncode == 0, log
    made = json.loads(answer)
    assert (made["connection"], made["account"]["owner"]) == ("google_contacts", USER)
    assert made["fields"]["extra"]["token_url"] == google.token_uri
    assert made["command"].startswith("airflow connections add google_contacts ")


def test_denied_in_the_browser_is_one_readable_line(google, tmp_path):
    browser = f"{shlex.quote(sys.executable)} {shlex.quote(str(WALKER))} deny %s"
    done = contactsync(tmp_path, "authorise", "google_contacts", *words(google), env={**CLIENT, "BROWSER": browser})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("AuthError: Access was denied")


def test_a_service_account_is_tried_and_printed(google, tmp_path):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    google.add_service_account("robot@acme.example", public)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = tmp_path / "key.json"
    file.write_text(json.dumps({"client_email": "robot@acme.example", "private_key": private, "token_uri": "unused"}))
    told = ["authorise", "google_contacts", "--json", "--service-account", str(file), *words(google)]

    done = contactsync(tmp_path, *told, "--subject", USER)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["account"] | {"host": ""} == {**made["account"], "host": "", "owner": USER, "contacts": 1}
    assert json.loads(made["fields"]["extra"]["service_account"])["private_key"] == private

    refused = contactsync(tmp_path, *told)
    assert refused.returncode == 4
    assert "--subject" in refused.stderr


def test_an_app_without_a_consent_page_asks_for_nothing(tmp_path):
    done = contactsync(tmp_path, "authorise", "freshsales")
    assert (done.returncode, done.stdout) == (4, "")
    assert "API key (field password)" in done.stderr
