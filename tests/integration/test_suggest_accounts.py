"""`contactsync suggest` and `fields` for two accounts with sixty custom fields each, on local servers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import command
from contactsync.apps.base import Access
from contactsync.apps.freshsales import Freshsales
from contactsync.apps.google_contacts import GoogleContacts
from contactsync.mapping.suggest import suggest
from contactsync.mapping.suggested_file import as_file
from contactsync.model.spec import Side, SideSpec
from contactsync.rest.services import MemoryMetadata, Services
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.people import PeopleSandbox
from contactsync.sandbox.server import PERMITTED

COUNT = 60
KINDS = ("text", "number", "checkbox", "date", "dropdown")
ACCOUNTS = {Side.LEFT: SideSpec("freshsales", "crm"), Side.RIGHT: SideSpec("google_contacts", "book")}


@pytest.fixture(scope="module")
def crm() -> Iterator[FreshsalesSandbox]:
    """Sixty custom fields, of all kinds; every second has a namesake in the address book."""
    with FreshsalesSandbox() as running:
        for n in range(COUNT):
            choices = ("Gold", "Silver") if KINDS[n % 5] == "dropdown" else ()
            running.add_field(f"cf_own_field_{n:02}", f"Own field {n:02}", KINDS[n % 5], choices)
        yield running


@pytest.fixture(scope="module")
def book() -> Iterator[PeopleSandbox]:
    with PeopleSandbox() as running:
        keys = [f"Own field {n:02}" if n % 2 else f"Else {n:02}" for n in range(COUNT)]
        running.add_contact({"userDefined": [{"key": key, "value": "x"} for key in keys]})
        yield running


def opened(crm: FreshsalesSandbox, book: PeopleSandbox) -> dict[Side, Any]:
    known = book.credentials()
    of_book = {**known, "host": book.url, "token_url": known.pop("token_uri")}
    services = Services(metadata=MemoryMetadata())
    of_crm = {"api_key": crm.api_key, "subdomain": f"{crm.url}/crm/sales/api"}
    return {
        Side.LEFT: Freshsales(Access("crm", of_crm, services=services), Freshsales.Options()),
        Side.RIGHT: GoogleContacts(
            Access("book", {k: v for k, v in of_book.items() if v}, services=services), GoogleContacts.Options()
        ),
    }


def test_sixty_custom_fields_a_side_take_a_moment(crm: FreshsalesSandbox, book: PeopleSandbox) -> None:
    """Five seconds are promised; asking, comparing and writing take a tenth of that on a slow machine."""
    started = time.perf_counter()
    apps = opened(crm, book)
    fields = {side: app.describe() for side, app in apps.items()}
    found = suggest({side: app.info for side, app in apps.items()}, fields, ACCOUNTS)
    text = as_file(found, *ACCOUNTS.values())
    assert time.perf_counter() - started < 5.0
    for n in range(COUNT):
        assert f"custom.cf_own_field_{n:02}" in text
    namesakes = {(p.left.name, p.right.name) for p in found.pairs if p.left.title == p.right.title}
    wanted = {(f"custom.cf_own_field_{n:02}", f"custom.Own field {n:02}") for n in range(1, COUNT, 2)}
    assert wanted <= namesakes


def test_the_commands_ask_both_accounts_and_write_nothing(
    crm: FreshsalesSandbox, book: PeopleSandbox, tmp_path: Path, sqlite_template: Path
) -> None:
    known = book.credentials()
    extra = {"refresh_token": known["refresh_token"], "token_url": known["token_uri"], **PERMITTED}
    client = {"login": known["client_id"], "password": known["client_secret"]}
    ledger = tmp_path / "ledger.db"
    ledger.write_bytes(sqlite_template.read_bytes())
    env = {
        "AIRFLOW_CONN_CONTACTSYNC_LEDGER": json.dumps({"conn_type": "sqlite", "host": str(ledger)}),
        "AIRFLOW_CONN_CRM": json.dumps(
            {"conn_type": "freshsales", "host": crm.url, "password": crm.api_key, "extra": PERMITTED}
        ),
        "AIRFLOW_CONN_BOOK": json.dumps(
            {"conn_type": "google_contacts", "host": book.url, **client, "extra": extra},
        ),
    }
    (tmp_path / "include" / "mappings").mkdir(parents=True)
    for server in (crm, book):
        server.reset_counters()
    to = "include/mappings/first.yaml"
    done = command(tmp_path, "suggest", "freshsales:crm", "google_contacts:book", "--to", to, env=env)
    assert (done.returncode, "8 fields by default" in done.stdout) == (0, True), done.stderr + done.stdout
    assert [server.counters.as_json()["writes"] for server in (crm, book)] == [0, 0]

    told = command(tmp_path, "fields", "first", "left", "--json", env=env)
    assert told.returncode == 0, told.stderr
    listed = {f["name"]: f for f in json.loads(told.stdout)}
    assert listed["custom.cf_own_field_04"]["choices"] == ["Gold", "Silver"]
    assert "fields.pairs" in listed["custom.cf_own_field_04"]["why_not"]
    assert listed["custom.cf_own_field_05"]["partner"] == "custom.Own field 05"
    assert listed["emails"]["partner"] == "emailAddresses"
    assert len([name for name in listed if name.startswith("custom.cf_own_field_")]) == COUNT
