"""Whatever a secret looks like: what is printed is what Airflow reads."""

from __future__ import annotations

import json
import subprocess

import pytest
from contactsync.apps import app_names, load_app
from contactsync.errors import ConfigError
from contactsync.orchestration.connection_lines import lines_of
from contactsync.orchestration.credentials import credentials_of
from hypothesis import given, settings
from hypothesis import strategies as st

SECRETS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda text: text == text.strip()
)


@given(data=st.data(), app=st.sampled_from(app_names()))
def test_the_credentials_come_back_from_the_connection(data, app):
    info = load_app(app).info
    given_ = {c.name: data.draw(SECRETS, label=c.name) for c in info.credentials if c.where != "port"}
    lines = lines_of(info, "one", given_)
    assert {**credentials_of(info, lines.connection())} == given_


@settings(max_examples=25, deadline=None)
@given(secret=SECRETS)
def test_a_shell_hands_over_what_was_meant(secret):
    from airflow.models import Connection  # noqa: TID251 - what the database and the environment are read with

    info = load_app("google_contacts").info
    given_ = {"client_id": "id", "client_secret": secret, "refresh_token": f"1//{secret}"}
    lines = lines_of(info, "google_alex", given_)
    script = f"airflow() {{ printf '%s\\0' \"$@\"; }}\n{lines.command}\nexport {lines.variable}\nenv -0"
    heard = subprocess.run(["bash", "-c", script], capture_output=True, timeout=20, check=True).stdout.decode()
    words = heard.split("\0")
    assert words[:4] == ["connections", "add", "google_alex", "--conn-json"]
    [variable] = [word for word in words[5:] if word.startswith("AIRFLOW_CONN_GOOGLE_ALEX=")]
    assert variable.partition("=")[2] == words[4]
    assert credentials_of(info, Connection.from_json(words[4], conn_id="google_alex")) == given_


def test_an_id_that_no_variable_can_bear_has_a_command_only():
    lines = lines_of(load_app("google_contacts").info, "google-alex", {"client_id": "x"})
    assert lines.variable == ""
    assert "google-alex" in lines.command


@pytest.mark.parametrize("bad", ["", "a b", "a'b", "ä", "x" * 251])
def test_an_id_that_airflow_refuses_is_refused_here(bad):
    with pytest.raises(ConfigError, match="no connection id"):
        lines_of(load_app("google_contacts").info, bad, {})


def test_empty_credentials_and_a_bare_extra_stay_out():
    lines = lines_of(load_app("google_contacts").info, "g", {"client_id": "x", "host": "", "refresh_token": ""})
    assert json.loads(lines.json) == {"conn_type": "google_contacts", "login": "x"}
