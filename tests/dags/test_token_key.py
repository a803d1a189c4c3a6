"""What tokens are sealed with, and that the Test button uses up none of them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from contactsync.errors import ConfigError
from contactsync.ledger.connect import make_engine
from contactsync.ledger.tokens import LedgerTokens
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.connections import cli_connection
from contactsync.orchestration.hooks import hook_class
from contactsync.orchestration.services import services_of
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, PeopleSandbox
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.server import PERMITTED
from cryptography.fernet import Fernet
from sqlalchemy import Engine

OWN, AIRFLOWS = (urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"a"))  # the same in every process
TOKENS = {"access_token": "a", "refresh_token": "r2"}


@pytest.fixture
def engine(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The ledger behind the connection contactsync_ledger."""
    file = tmp_path / "ledger.db"
    file.write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("AIRFLOW_CONN_CONTACTSYNC_LEDGER", json.dumps({"conn_type": "sqlite", "host": str(file)}))
    monkeypatch.delenv("CONTACTSYNC_KEY", raising=False)
    return make_engine(f"sqlite:///{file}")


@pytest.mark.parametrize(
    ("own", "airflows", "used"),
    [("", AIRFLOWS, AIRFLOWS), (OWN, AIRFLOWS, OWN), (OWN, "", OWN), (f" {OWN}\n", "", OWN)],
)
def test_our_own_key_comes_first_then_airflows(engine, monkeypatch, own, airflows, used):
    monkeypatch.setenv("CONTACTSYNC_KEY", own)
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", airflows)
    services_of(engine, ProjectSpec()).tokens.refresh("alex", "f", lambda _: TOKENS)
    assert LedgerTokens(engine, used).get("alex", "f") == TOKENS
    unused = AIRFLOWS if used == OWN else OWN
    with pytest.raises(ConfigError, match="another key"):
        LedgerTokens(engine, unused).get("alex", "f")


@pytest.mark.parametrize(
    ("own", "airflows", "said"),
    [
        ("", "", "there is no key"),
        ("", "{FERNET_KEY}", "there is no key"),
        ("nonsense", AIRFLOWS, "CONTACTSYNC_KEY is no Fernet key"),
        ("", "nonsense", "Airflow's fernet_key is no Fernet key"),
        (f"{OWN},nonsense", "", "CONTACTSYNC_KEY is no Fernet key"),
    ],
)
def test_without_a_usable_key_only_tokens_are_refused_and_the_next_step_is_said(
    engine, monkeypatch, own, airflows, said
):
    monkeypatch.setenv("CONTACTSYNC_KEY", own)
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", airflows)
    services = services_of(engine, ProjectSpec())
    services.metadata.put("account", "name", "what needs no key works")
    for use in (lambda: services.tokens.get("alex", "f"), lambda: services.tokens.refresh("alex", "f", lambda _: {})):
        with pytest.raises(ConfigError, match=f"'alex' needs tokens.*{said}.*Next: set CONTACTSYNC_KEY") as refused:
            use()
        assert OWN not in str(refused.value)


# ---- the Test button


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[PeopleSandbox]:
    with PeopleSandbox(knobs=PeopleKnobs(rotate_refresh_tokens=True)) as running:
        fields = {
            "conn_type": "google_contacts",
            "host": running.url,
            "login": CLIENT_ID,
            "password": CLIENT_SECRET,
            "extra": {"refresh_token": REFRESH_TOKEN, "token_url": running.token_uri, **PERMITTED},
        }
        for connection_id in ("ALEX", "XQZV"):  # Airflow tests what the form holds under an id made up for it
            monkeypatch.setenv(f"AIRFLOW_CONN_{connection_id}", json.dumps(fields))
        yield running


def test_the_test_button_takes_the_newest_token_and_leaves_the_next_one(google, engine):
    services = services_of(engine, ProjectSpec())
    hook = hook_class("google_contacts")
    for _ in range(2):
        hook("alex", find=cli_connection).get_app({}, services).account()
        google.desk.access.clear()
        ok, words = hook("xqzv").test_connection()
        assert ok, words
        google.desk.access.clear()
    assert google.desk.reused == 0
    assert len(google.desk.grants[0].tokens) == 5


def test_before_there_is_a_ledger_the_test_button_works_or_says_what_it_cost(google, engine, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_CONTACTSYNC_LEDGER", json.dumps({"conn_type": "sqlite", "host": "/nowhere/l.db"}))
    google.google.rotate_refresh_tokens = False
    assert hook_class("google_contacts")("alex").test_connection()[0]
    google.google.rotate_refresh_tokens = True
    ok, words = hook_class("google_contacts")("alex").test_connection()
    assert not ok
    assert "contactsync db upgrade" in words


def test_the_test_button_says_what_a_sync_would_say_of_a_wrong_key(google, engine, monkeypatch):
    hook = hook_class("google_contacts")
    assert hook("alex").test_connection()[0]
    monkeypatch.setenv("CONTACTSYNC_KEY", Fernet.generate_key().decode())
    ok, words = hook("alex").test_connection()
    assert not ok
    assert "another key" in words
    assert google.desk.reused == 0
