"""A vendor that replaces the refresh token at each use, and ends the authorisation where a used one comes back."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests
from contactsync.apps.base import Access
from contactsync.apps.google_contacts import GoogleContacts
from contactsync.errors import AuthError, ConfigError
from contactsync.ledger.connect import make_engine
from contactsync.ledger.tokens import LedgerTokens
from contactsync.rest.services import Services, utc_now
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, READ_WRITE, USER, PeopleSandbox
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.people_oauth import EMAIL, Grant
from cryptography.fernet import Fernet
from ledger_rows import in_processes
from sqlalchemy import Engine, text

KEY = Fernet.generate_key().decode()
LATER = timedelta(hours=2)  # no access token is good for so long


@pytest.fixture
def google() -> Iterator[PeopleSandbox]:
    with PeopleSandbox(knobs=PeopleKnobs(rotate_refresh_tokens=True)) as running:
        yield running


def authorised(google: PeopleSandbox, token: str) -> Grant:
    """A person's consent, as `contactsync authorise` asks for it."""
    google.consent(USER, token, (READ_WRITE, "openid", EMAIL))
    return google.desk.grants[-1]


def opened(
    google_url: str,
    engine: Engine,
    token: str,
    key: str = KEY,
    later: timedelta = timedelta(0),
    connection: str = "alex",
) -> GoogleContacts:
    """The app as a process of its own has it: it knows nothing but what lies in the ledger."""
    services = Services(tokens=LedgerTokens(engine, key), clock=lambda: utc_now() + later)
    credentials = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": token,
        "host": google_url,
        "token_url": f"{google_url}/token",
    }
    return GoogleContacts(Access(connection, credentials, requests.Session(), services), GoogleContacts.Options())


@pytest.fixture
def open_app(google: PeopleSandbox, ledger_engine: Engine) -> Callable[..., GoogleContacts]:
    return lambda token, **more: opened(google.url, ledger_engine, token, **more)


def owner_in_a_process(google_url: str, ledger_url: str, token: str, later: timedelta, crash_at: str = "") -> str:
    os.environ["CONTACTSYNC_CRASH_AT"] = crash_at
    return opened(google_url, make_engine(ledger_url), token, later=later).account().owner


# ---- kept, sealed, used


def test_the_newest_refresh_token_is_kept_sealed_and_used_next(google, open_app, ledger_engine: Engine) -> None:
    grant = authorised(google, "1//entered")
    for hours in range(3):
        assert open_app("1//entered", later=LATER * hours).account().owner == USER
    assert len(grant.tokens) == 4
    assert google.desk.reused == 0
    with ledger_engine.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM token")).all())
    assert [secret for secret in (*grant.tokens, *google.desk.access) if secret in stored] == []


def test_connections_with_the_same_credentials_do_not_use_up_each_others_tokens(google, open_app) -> None:
    authorised(google, "1//entered")
    for hours, connection in enumerate(("alex", "copy", "alex", "copy")):
        assert open_app("1//entered", later=LATER * hours, connection=connection).account().owner == USER
    assert google.desk.reused == 0


# ---- newly entered


def test_a_newly_entered_token_wins_also_against_a_task_that_ends_late(google, open_app) -> None:
    authorised(google, "1//entered")
    old_task = open_app("1//entered")
    old_task.account()
    renewed = authorised(google, "1//entered-anew")
    assert open_app("1//entered-anew").account().owner == USER
    google.desk.access.clear()
    old_task.account()  # the former authorisation still stands, and its task writes last

    assert open_app("1//entered-anew", later=LATER).account().owner == USER
    assert google.desk.reused == 0
    assert len(renewed.tokens) == 3


def test_what_a_killed_process_lost_is_healed_by_authorising_again(google, open_app, ledger_url: str) -> None:
    """Between the vendor's answer and the ledger's commit nothing helps: the vendor has forgotten what we know."""
    authorised(google, "1//entered")
    child = os.fork()
    if child == 0:
        owner_in_a_process(google.url, ledger_url, "1//entered", timedelta(0), "commit:before:2")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with pytest.raises(AuthError, match=r"invalid_grant.*Next: authorise again"):
        open_app("1//entered").account()
    authorised(google, "1//entered-anew")
    assert open_app("1//entered-anew").account().owner == USER


def until(seen: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not seen() and time.monotonic() < deadline:
        time.sleep(0.02)


def owner_until_told_to_end(google_url: str, ledger_url: str) -> None:
    """As Airflow ends a task: the signal raises in the main thread, wherever that is."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    owner_in_a_process(google_url, ledger_url, "1//entered", timedelta(0))


def test_a_task_that_is_ended_while_the_vendor_answers_keeps_what_it_was_given(
    google, open_app, ledger_url: str
) -> None:
    grant = authorised(google, "1//entered")
    google.knobs.latency = 1.0
    task = multiprocessing.get_context("fork").Process(
        target=owner_until_told_to_end, args=(google.url, ledger_url), daemon=True
    )
    task.start()
    until(lambda: google.counters.tokens)
    assert task.pid
    os.kill(task.pid, signal.SIGTERM)
    task.join(30)
    assert task.exitcode == 143
    until(lambda: google.counters.log)
    google.knobs.latency = 0.0
    assert open_app("1//entered").account().owner == USER
    assert (len(grant.tokens), google.desk.reused) == (2, 0)


# ---- processes at once


def test_processes_that_start_at_once_refresh_once(google, ledger_url: str) -> None:
    grant = authorised(google, "1//entered")
    google.knobs.latency = 0.2
    for hours in range(1, 3):
        given = (google.url, ledger_url, "1//entered", LATER * hours)
        assert in_processes(owner_in_a_process, [given] * 3) == [USER] * 3
        assert len(grant.tokens) == 1 + hours
    assert google.desk.reused == 0


def test_processes_that_are_refused_at_once_refresh_once(google, open_app, ledger_url: str) -> None:
    """The vendor takes back an access token that is good by our clock, and answers 401 to all of them."""
    grant = authorised(google, "1//entered")
    open_app("1//entered").account()
    google.desk.access.clear()
    google.knobs.latency = 0.2
    given = (google.url, ledger_url, "1//entered", timedelta(0))
    assert in_processes(owner_in_a_process, [given] * 3) == [USER] * 3
    assert len(grant.tokens) == 3
    assert google.desk.reused == 0


# ---- the key


def test_another_key_is_said_with_what_to_do_and_costs_nothing(google, open_app) -> None:
    grant = authorised(google, "1//entered")
    open_app("1//entered").account()
    other = Fernet.generate_key().decode()
    with pytest.raises(ConfigError, match=r"'alex' were stored with another key.*Next: set CONTACTSYNC_KEY"):
        open_app("1//entered", key=other, later=LATER).account()
    assert google.desk.reused == 0
    assert not grant.revoked
    assert open_app("1//entered", key=f"{other},{KEY}", later=LATER).account().owner == USER
    assert open_app("1//entered", key=other, later=LATER * 2).account().owner == USER


def test_where_nothing_rotates_another_key_only_costs_a_request(google, open_app) -> None:
    google.google.rotate_refresh_tokens = False
    authorised(google, "1//entered")
    open_app("1//entered").account()
    assert open_app("1//entered", key=Fernet.generate_key().decode()).account().owner == USER
