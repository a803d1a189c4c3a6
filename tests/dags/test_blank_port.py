"""The Test button as Airflow's page presses it: through Airflow's own API, with a connection saved before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow import __version__ as airflow_version
from contactsync.orchestration.blank_port import without_port
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.server import PERMITTED

pytestmark = pytest.mark.airflow

# What the page sends for a saved connection of which nothing was typed anew.
PRESSED = {"conn_type": "freshsales", "connection_id": "button", "description": "", "login": "",
           "extra": json.dumps(PERMITTED), "password": "***", "port": 0, "schema": ""}  # fmt: skip


@pytest.fixture
def sandbox() -> Iterator[FreshsalesSandbox]:
    with FreshsalesSandbox() as running:
        yield running


@pytest.fixture
def page(airflow_db: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Airflow's API server with our plugin, and a token of its administrator."""
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
    monkeypatch.setenv(
        "AIRFLOW__API_AUTH__JWT_SECRET", "an invented secret of more than 64 characters, so that it is long enough"
    )
    from airflow.api_fastapi.app import create_app
    from starlette.testclient import TestClient

    with TestClient(create_app(apps="core"), base_url="http://testserver") as client:
        token = client.get("/auth/token").json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client
        client.delete("/api/v2/connections/button")


def test_a_saved_connection_without_a_port_can_be_tested_from_the_list(page: Any, sandbox: FreshsalesSandbox) -> None:
    saved = {"connection_id": "button", "conn_type": "freshsales", "host": sandbox.url, "password": sandbox.api_key,
             "extra": json.dumps(PERMITTED)}  # fmt: skip
    assert page.post("/api/v2/connections", json=saved).status_code == 201
    answer = page.post("/api/v2/connections/test", json={**PRESSED, "host": sandbox.url})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] is True
    assert answer.json()["message"].startswith("Connected to 127.0.0.1")


@pytest.mark.skipif(
    [int(part) for part in airflow_version.split(".")[:3]] < [3, 3, 2], reason="Airflow lends it itself before 3.3.2"
)
def test_the_stored_key_is_still_not_lent_to_another_address(page: Any, sandbox: FreshsalesSandbox) -> None:
    saved = {"connection_id": "button", "conn_type": "freshsales", "host": sandbox.url, "password": sandbox.api_key,
             "extra": json.dumps(PERMITTED)}  # fmt: skip
    assert page.post("/api/v2/connections", json=saved).status_code == 201
    answer = page.post("/api/v2/connections/test", json={**PRESSED, "host": "http://127.0.0.1:9"})
    assert answer.status_code == 400
    assert "differs from the stored connection" in answer.text


@pytest.mark.parametrize("body", [b"", b"[0]", b"not json", b'{"port": 443}', b'{"port": null}', b"[" * 100_000])
def test_any_other_body_stays_as_it_came(body: bytes) -> None:
    assert without_port(body) == body


def test_only_the_port_changes() -> None:
    assert json.loads(without_port(json.dumps(PRESSED).encode())) == {**PRESSED, "port": None}
