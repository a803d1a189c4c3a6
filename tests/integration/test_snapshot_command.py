"""`contactsync snapshot` against local servers, and what checks without any account make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import command
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.people import PeopleSandbox
from contactsync.sandbox.server import PERMITTED

SYNC = """\
version: 1
left: {app: freshsales, connection: crm}
right: {app: google_contacts, connection: book}
dag: {schedule: null}
"""
RULE = """\
rules:
  left_to_right:
    - name: gold
      if: [{field: {name: custom.cf_teir, in: [Gold]}}, {field: {name: custom.cf_plan, in: [Glod]}}]
"""


@pytest.fixture
def crm() -> Iterator[FreshsalesSandbox]:
    with FreshsalesSandbox() as running:
        running.add_field("cf_plan", "Plan", "dropdown", ("Gold", "Silver"))
        running.add_contact({"last_name": "Uniquename", "emails": "unique@example.org"})
        yield running


@pytest.fixture
def book() -> Iterator[PeopleSandbox]:
    with PeopleSandbox() as running:
        running.add_contact(
            {
                "names": [{"givenName": "Uniquename"}],
                "emailAddresses": [{"value": "unique@example.org"}],
                "userDefined": [{"key": "Tier", "value": "uniquevalue"}],
            }
        )
        yield running


@pytest.fixture
def project(tmp_path: Path, sqlite_template: Path) -> Path:
    (tmp_path / "include" / "mappings").mkdir(parents=True)
    (tmp_path / "include" / "mappings" / "one.yaml").write_text(SYNC)
    file = tmp_path / "airflow" / "contactsync" / "ledger.db"
    file.parent.mkdir(parents=True)
    file.write_bytes(sqlite_template.read_bytes())
    return tmp_path


def connections(crm: FreshsalesSandbox, book: PeopleSandbox) -> dict[str, str]:
    known = book.credentials()
    google = {
        "conn_type": "google_contacts",
        "host": book.url,
        "login": known["client_id"],
        "password": known["client_secret"],
        "extra": {"refresh_token": known["refresh_token"], "token_url": known["token_uri"], **PERMITTED},
    }
    return {
        "AIRFLOW_CONN_CRM": json.dumps(
            {"conn_type": "freshsales", "host": crm.url, "password": crm.api_key, "extra": PERMITTED}
        ),
        "AIRFLOW_CONN_BOOK": json.dumps(google),
        "CONTACTSYNC_KEY": "c2l4dGVlbi1ieXRlcy1zaXh0ZWVuLWJ5dGVzLXRlc3Q=",
    }


def test_a_field_list_is_kept_told_of_and_checked_against(
    crm: FreshsalesSandbox, book: PeopleSandbox, project: Path
) -> None:
    env = connections(crm, book)
    done = command(project, "snapshot", env=env)
    assert done.returncode == 0, done.stderr
    assert "changed    crm: new: " in done.stdout
    files = {path.stem: path.read_text() for path in (project / "include" / "schemas").glob("*.json")}
    assert set(files) == {"crm", "book"}
    plan = {"name": "custom.cf_plan", "title": "Plan", "kind": "text", "choices": ["Gold", "Silver"]}
    kept = {field["name"]: field for field in json.loads(files["crm"])["fields"]}
    assert kept["custom.cf_plan"] == plan | {"id": kept["custom.cf_plan"]["id"]}
    assert "custom.Tier" in [field["name"] for field in json.loads(files["book"])["fields"]]
    secrets = (crm.api_key, *(value for value in book.credentials().values() if value))
    for text in files.values():
        assert not [word for word in ("nique", *secrets) if word in text]
    assert crm.counters.writes == book.counters.writes == 0

    crm.add_field("cf_region", "Region", "text")
    crm.drop_field("cf_plan")
    crm.add_field("cf_plan", "Plan", "dropdown", ("Gold", "Platinum"))
    told = command(project, "snapshot", "one", "--check", "--json", env=env)
    assert told.returncode == 1, told.stderr
    rows = {row["connection"]: row["changes"] for row in json.loads(told.stdout)}
    assert rows == {
        "crm": [
            "~ custom.cf_plan was deleted and made anew: it is another field, empty at first",
            "~ custom.cf_plan choices: - Silver",
            "~ custom.cf_plan choices: + Platinum",
            "+ custom.cf_region (text)",
        ],
        "book": [],
    }
    assert (project / "include" / "schemas" / "crm.json").read_text() == files["crm"]

    # Nobody is asked from here on.
    file = project / "include" / "mappings" / "one.yaml"
    file.write_text(SYNC + RULE)
    done = command(project, "validate")
    assert done.returncode == 4
    said = done.stdout.replace("\n", " ")
    place = "one.yaml:8: rules.left_to_right[0].if"
    assert f'{place}[0].field.name: the snapshot of this Freshsales account has no field "custom.cf_teir".' in said
    assert (
        f"{place}[1].field: custom.cf_plan has no choice \"Glod\". Did you mean 'Gold'? Allowed: Gold, Silver" in said
    )
    file.write_text(SYNC + RULE.replace("cf_teir", "cf_plan").replace("Glod", "gold"))
    done = command(project, "validate")
    assert done.returncode == 0, done.stdout
    assert "valid    one" in done.stdout
    assert "Freshsales Suite has no such field" in done.stdout  # which of the two it is, the snapshot tells


def test_an_account_that_cannot_be_asked_hides_no_other(
    crm: FreshsalesSandbox, book: PeopleSandbox, project: Path
) -> None:
    env = connections(crm, book)
    del env["AIRFLOW_CONN_BOOK"]
    done = command(project, "snapshot", env=env)
    assert done.returncode == 4
    assert "not asked  book: " in done.stdout
    assert "changed    crm: new: " in done.stdout
    assert [path.name for path in (project / "include" / "schemas").iterdir()] == ["crm.json"]
