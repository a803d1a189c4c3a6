"""From Airflow's connection to an opened app: forms, credentials, session, Test button."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from contactsync.apps import app_names, load_app
from contactsync.apps.memory import BOOKS, Book
from contactsync.errors import ConfigError, ConnectionMissing
from contactsync.model.app import Account
from contactsync.orchestration import hooks
from contactsync.orchestration.connections import cli_connection, task_connection
from contactsync.orchestration.hooks import hook_class
from contactsync.provider import get_provider_info, hook_class_name
from contactsync.rest.origin import host_of
from contactsync.rest.services import Services
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.knobs import Fault, Trouble
from contactsync.sandbox.server import PERMITTED


def _set(monkeypatch: pytest.MonkeyPatch, connection_id: str, **fields: Any) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{connection_id.upper()}", json.dumps(fields))


@pytest.fixture
def freshsales(monkeypatch):
    _set(
        monkeypatch,
        "crm",
        conn_type="freshsales",
        host="acme",
        password="planted-secret",
        extra={"verify": False, "proxies": {"https": "http://proxy.example:3128"}, "X-Trace": "yes"},
    )
    return hook_class("freshsales")("crm")


# ---- the form


def test_every_app_has_a_form_and_a_hook_of_its_name():
    forms = {form["connection-type"]: form for form in get_provider_info()["connection-types"]}
    for name in app_names():
        info = load_app(name).info
        hook = getattr(hooks, hook_class_name(name))
        assert forms[info.conn_type]["hook-class-name"] == f"contactsync.orchestration.hooks.{hook.__name__}"
        assert (hook.conn_type, hook.hook_name, hook.conn_name_attr) == (info.conn_type, info.title, "http_conn_id")


def test_the_freshsales_form_shows_exactly_its_two_required_fields():
    [form] = [f for f in get_provider_info()["connection-types"] if f["connection-type"] == "freshsales"]
    behaviour = form["ui-field-behaviour"]
    assert sorted(behaviour["hidden-fields"]) == ["login", "port", "schema"]
    assert sorted(behaviour["relabeling"]) == ["host", "password"]
    assert form["conn-fields"] == {}
    assert [c.required for c in load_app("freshsales").info.credentials] == [True, True, False, False, False]


def test_airflow_accepts_the_provider_and_knows_its_connection_types(airflow_db):
    from airflow.providers_manager import ProvidersManager

    manager = ProvidersManager()
    for name in app_names():
        info = load_app(name).info
        found = manager.hooks[info.conn_type]
        assert found.hook_name == info.title
        assert found.connection_id_attribute_name == "http_conn_id"


def test_secret_extras_are_password_fields():
    for form in get_provider_info()["connection-types"]:
        info = next(load_app(n).info for n in app_names() if load_app(n).info.conn_type == form["connection-type"])
        for credential in info.credentials:
            if credential.where.startswith("extra.") and credential.in_form:
                schema = form["conn-fields"][credential.where.removeprefix("extra.")]["schema"]
                assert (schema.get("format") == "password") == credential.secret
                assert ("null" in schema["type"]) != credential.required


def test_no_form_is_lost_when_one_app_cannot_be_imported(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "contactsync.apps.freshsales", None)
    types = [form["connection-type"] for form in get_provider_info()["connection-types"]]
    assert "freshsales" not in types
    assert "contactsync_memory" in types


# ---- the session


def test_the_session_has_the_connections_settings_and_no_authentication(freshsales):
    app = freshsales.get_app({}, Services())
    session = app.access.session
    assert session.verify is False
    assert session.proxies == {"https": "http://proxy.example:3128"}
    assert session.headers["X-Trace"] == "yes"
    assert session.auth is None
    assert "planted-secret" in app.access.credentials.values()
    assert "planted-secret" not in str(dict(session.headers))


def test_an_apps_own_extras_are_credentials_and_never_headers(monkeypatch):
    info = load_app("google_contacts").info
    extras = {
        c.where.removeprefix("extra."): f"value-{c.name}" if c.in_form else "true"
        for c in info.credentials
        if c.where.startswith("extra.")
    }
    standard = {c.where: f"value-{c.name}" for c in info.credentials if c.where in ("login", "password", "host")}
    _set(monkeypatch, "book", conn_type="google_contacts", extra=extras, **standard)
    access = hook_class("google_contacts")("book").get_app({}, Services()).access
    assert set(access.credentials.values()) == {*extras.values(), *standard.values()}
    assert [value for value in access.credentials.values() if value in str(dict(access.session.headers))] == []


def test_an_extra_that_is_no_header_is_named(monkeypatch):
    _set(monkeypatch, "crm", conn_type="freshsales", host="acme", password="k", extra={"tries": 3})
    with pytest.raises(ConnectionMissing, match="tries"):
        hook_class("freshsales")("crm").get_app({}, Services())


# ---- what may be missing


def test_an_absent_connection_says_how_to_add_it():
    for find in (task_connection, cli_connection):
        with pytest.raises(ConnectionMissing, match=r"no connection 'nowhere'.*AIRFLOW_CONN_NOWHERE"):
            find("nowhere")


def test_the_command_line_finds_connections_in_the_environment_too(monkeypatch):
    _set(monkeypatch, "crm", conn_type="freshsales", host="acme", password="k")
    hook = hook_class("freshsales")("crm", find=cli_connection)
    assert hook.get_app({}, Services()).access.connection == "crm"


def test_a_connection_of_another_type_is_refused_by_name(monkeypatch):
    _set(monkeypatch, "crm", conn_type="http", host="acme", password="k")
    with pytest.raises(ConnectionMissing, match=r"'crm' is of type 'http'.*'freshsales'"):
        hook_class("freshsales")("crm").get_app({}, Services())


def test_an_empty_required_field_is_named_and_no_value_shown(monkeypatch):
    _set(monkeypatch, "crm", conn_type="freshsales", password="planted-secret")
    with pytest.raises(ConnectionMissing, match="field host") as caught:
        hook_class("freshsales")("crm").get_app({}, Services())
    assert "planted" not in str(caught.value)


def test_options_that_the_app_does_not_know_are_named(monkeypatch):
    _set(monkeypatch, "m", conn_type="contactsync_memory")
    with pytest.raises(ConfigError, match=r"colour.*Allowed: path"):
        hook_class("memory")("m").get_app({"colour": "red"}, Services())


# ---- the Test button


def test_the_test_button_says_where_it_got_and_how_many_contacts_there_are(monkeypatch):
    _set(monkeypatch, "tested", conn_type="contactsync_memory", host="x")
    BOOKS["tested"] = Book()
    BOOKS["tested"].put("a", {"names.given": "Ada"})
    assert hook_class("memory")(http_conn_id="tested").test_connection() == (True, "Connected to tested; 1 contacts.")


def test_the_test_button_tells_whose_key_it_is_and_what_is_left():
    account = Account("id", "acme.example", 12, "ada@example.org", "890 of 1000 this hour")
    assert hooks._about(account, load_app("memory").info) == (
        "Connected to acme.example; 12 contacts; credentials of ada@example.org; limit left: 890 of 1000 this hour."
    )


@pytest.fixture
def sandbox():
    with FreshsalesSandbox() as running:
        yield running


def _pressed(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> tuple[bool, str]:
    _set(monkeypatch, "crm", conn_type="freshsales", **{"extra": PERMITTED, **fields})
    return hook_class("freshsales")("crm").test_connection()


def test_the_test_button_reaches_the_account_that_the_form_names(monkeypatch, sandbox):
    sandbox.add_contact({"last_name": "Muster", "emails": ["uma@example.org"]})
    ok, words = _pressed(monkeypatch, host=sandbox.url, password=sandbox.api_key)
    assert ok
    assert words.startswith(f"Connected to {host_of(sandbox.url)}; 1 contacts")


def test_the_test_button_says_that_the_key_is_wrong_and_not_which(monkeypatch, sandbox):
    ok, words = _pressed(monkeypatch, host=sandbox.url, password="planted-secret")
    assert not ok
    assert "refused the credentials (HTTP 401). Next: enter valid credentials" in words
    assert "planted" not in words


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble.DROP_BEFORE, r"lost connection .* Next: check that the host can be reached"),
        (Trouble.HTML_PAGE, r"should be JSON but is an HTML or XML page\. Next: check the host and the path"),
        (Trouble.ERROR_BEFORE, r"answered HTTP 503"),
    ],
)
def test_the_test_button_says_what_came_instead_of_an_answer_at_once(monkeypatch, sandbox, trouble, words):
    sandbox.knobs.faults = [Fault(trouble, times=0)]
    ok, said = _pressed(monkeypatch, host=sandbox.url, password=sandbox.api_key)
    assert not ok
    assert re.search(words, said)
    # One request to either address that an account may have, and again where the first had moved: no retries.
    assert sandbox.counters.total <= 4


def test_the_test_button_says_which_connection_is_missing():
    ok, words = hook_class("memory")("nowhere").test_connection()
    assert not ok
    assert "no connection 'nowhere'" in words


def test_an_unexpected_error_is_named_without_its_text(monkeypatch, sandbox):
    """The certificate of the connection is not there; requests says so with the whole path."""
    https = sandbox.url.replace("http:", "https:")
    ok, words = _pressed(
        monkeypatch, host=https, password=sandbox.api_key, extra={**PERMITTED, "cert": "/nowhere/planted-secret"}
    )
    assert not ok
    assert "OSError" in words
    assert "planted" not in words
