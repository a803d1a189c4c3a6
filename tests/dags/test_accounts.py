"""Connected accounts: each with its state and its syncs, wherever its connection lies, none hiding the others."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from commands import contactsync
from contactsync.errors import ConnectionMissing
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.mapping.loader import load_folder
from contactsync.model.accounts import AccountState, ConnectedAccount
from contactsync.model.ledger import SyncRow
from contactsync.model.spec import ProjectSpec, Side
from contactsync.orchestration.account_ways import Way, ways_to
from contactsync.orchestration.accounts import Accounts, all_accounts, looked_at
from contactsync.orchestration.connections import cli_connection
from contactsync.orchestration.shipped_apps import ShippedApps
from contactsync.rest.services import Services, utc_now
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.knobs import Fault, Trouble
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, READ_WRITE, USER, PeopleSandbox
from contactsync.sandbox.people_oauth import EMAIL
from contactsync.sandbox.server import PERMITTED
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

CONNECTED = AccountState.CONNECTED
AUTHORISED = "1//as-contactsync-authorise-asks"
SYNC = """\
version: 1
left: {{app: {left}, connection: {left_id}{left_options}}}
right: {{app: {right}, connection: {right_id}}}
dag: {{schedule: null}}
"""


@pytest.fixture
def crm() -> Iterator[FreshsalesSandbox]:
    with FreshsalesSandbox() as running:
        running.add_contact({"last_name": "Muster", "emails": ["uma@example.org"]})
        yield running


@pytest.fixture
def google() -> Iterator[PeopleSandbox]:
    with PeopleSandbox() as running:
        running.consent(USER, AUTHORISED, (READ_WRITE, "openid", EMAIL))
        running.add_contact({"names": [{"givenName": "Ada"}]})
        yield running


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def variable(connection_id: str, **fields: Any) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{connection_id.upper()}", json.dumps(fields))

    return variable


def of_crm(sandbox: FreshsalesSandbox, key: str = "") -> dict[str, Any]:
    return {"conn_type": "freshsales", "host": sandbox.url, "password": key or sandbox.api_key, "extra": PERMITTED}


def of_google(sandbox: PeopleSandbox, token: str = AUTHORISED) -> dict[str, Any]:
    extra = {"refresh_token": token, "token_url": sandbox.token_uri, **PERMITTED}
    client = {"login": CLIENT_ID, "password": CLIENT_SECRET}
    return {"conn_type": "google_contacts", "host": sandbox.url, **client, "extra": extra}


@pytest.fixture
def ledger(tmp_path: Path, connect: Callable[..., None], sqlite_template: Path) -> Ledger:
    file = tmp_path / "ledger.db"
    file.write_bytes(sqlite_template.read_bytes())
    connect("contactsync_ledger", conn_type="sqlite", host=str(file))
    return Ledger(make_engine(f"sqlite:///{file}"), utc_now)


class Syncs:
    """Sync files in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def add(
        self, name: str, left: str, right: str, options: str = "", apps: str = "freshsales google_contacts"
    ) -> None:
        names = dict(zip(("left", "right"), apps.split(), strict=True))
        text = SYNC.format(
            **names, left_id=left, right_id=right, left_options=f", options: {options}" if options else ""
        )
        (self.folder / f"{name}.yaml").write_text(text)

    def accounts(self, *, ask: bool = True) -> Accounts:
        loaded = load_folder(self.folder, ShippedApps())
        assert not loaded.broken, loaded.broken[0].error
        return all_accounts(loaded.specs, ProjectSpec(), ask=ask)


@pytest.fixture
def syncs(tmp_path: Path) -> Syncs:
    return Syncs(tmp_path / "mappings")


def by_id(accounts: Accounts) -> dict[str, ConnectedAccount]:
    assert len({a.connection for a in accounts.found}) == len(accounts.found)
    return {a.connection: a for a in accounts.found}


# ---- states


def test_who_is_connected_is_told_with_owner_contacts_and_syncs(crm, google, connect, ledger, syncs):
    connect("crm", **of_crm(crm))
    connect("alex", **of_google(google))
    connect("spare", **of_crm(crm))
    syncs.add("one", "crm", "alex")
    syncs.add("two", "crm", "alex", "{view: My Contacts}")

    accounts = syncs.accounts()

    assert accounts.well
    found = by_id(accounts)
    assert {a.state for a in found.values()} == {CONNECTED}
    assert found["alex"].account.owner == USER
    assert (found["alex"].account.contacts, found["crm"].account.contacts) == (1, 1)
    assert found["crm"].app == "freshsales"
    assert [(u.sync, u.side) for u in found["alex"].uses] == [("one", "right"), ("two", "right")]
    assert found["spare"].uses == ()
    assert crm.counters.writes == google.counters.writes == 0


def test_each_state_is_told_with_what_to_do_and_hides_no_other(crm, google, connect, ledger, syncs):
    connect("good", **of_crm(crm))
    connect("old_key", **of_crm(crm, "planted-secret"))
    connect("revoked", **of_google(google, "1//planted-secret"))
    connect("moved", **of_google(google))
    connect("away", conn_type="freshsales", host="http://127.0.0.1:9", password="planted-secret", extra=PERMITTED)
    connect("half", conn_type="freshsales", host="acme")
    connect("typed", conn_type="http", host="acme")
    syncs.add("a", "good", "revoked")
    syncs.add("b", "old_key", "moved")
    syncs.add("c", "away", "typed")
    syncs.add("d", "half", "nowhere")
    ledger.save_sync(SyncRow("b", "salt", {Side.LEFT: "elsewhere", Side.RIGHT: "people/1"}))

    accounts = syncs.accounts()

    found = by_id(accounts)
    assert not accounts.well
    assert {name: a.state.value for name, a in found.items()} == {
        "good": "connected",
        "old_key": "needs re-authorisation",
        "revoked": "needs re-authorisation",
        "moved": "wrong account",
        "away": "not reachable",
        "half": "not set up",
        "typed": "wrong type",
        "nowhere": "connection missing",
    }
    assert all(a.next_step for a in found.values() if a.state is not CONNECTED)
    assert "relink b" in found["moved"].next_step
    assert "people/1" in found["moved"].problem
    assert "API key (field password)" in found["half"].problem
    assert "planted" not in repr(accounts)


def test_a_vendor_in_trouble_is_asked_once_and_told(crm, connect, ledger, syncs):
    connect("crm", **of_crm(crm))
    crm.knobs.faults = [Fault(Trouble.ERROR_BEFORE, times=0)]
    [one] = syncs.accounts().found
    assert one.state is AccountState.NOT_REACHABLE
    assert "HTTP 503" in one.problem
    assert crm.counters.total <= 4  # either address that an account may have, and nothing again


def test_an_option_that_does_not_fit_is_no_lost_authorisation(crm, google, connect, ledger, syncs):
    connect("crm", **of_crm(crm))
    connect("alex", **of_google(google))
    syncs.add("one", "crm", "alex", "{view: Nobody}")
    found = by_id(syncs.accounts())
    assert found["crm"].state is AccountState.NOT_SET_UP
    assert "All Contacts" in found["crm"].problem
    assert found["alex"].state is CONNECTED


def test_one_connection_to_two_address_books_is_two_accounts(radicale, connect, ledger, syncs):
    home = radicale.home()
    books = [home.book("team", "Team"), home.book("own", "Own")]
    books[0].put("uma", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:uma\r\nFN:Uma Muster\r\nEND:VCARD\r\n")
    password = books[0].session.auth[1].decode()
    connect("dav", conn_type="carddav", host=home.url, login=home.user, password=password, extra=PERMITTED)
    connect("spare_dav", conn_type="carddav", host=home.url, login=home.user, password=password, extra=PERMITTED)
    connect("mem", conn_type="contactsync_memory")
    syncs.add("t", "dav", "mem", "{book: team}", "carddav memory")
    syncs.add("o", "dav", "mem", "{book: own}", "carddav memory")

    found = [a for a in syncs.accounts().found if a.connection.endswith("dav")]

    told = {(a.connection, a.account.contacts if a.account else None, tuple(u.sync for u in a.uses)) for a in found}
    assert told == {("dav", 1, ("t",)), ("dav", 0, ("o",)), ("spare_dav", None, ())}
    [spare] = [a for a in found if a.connection == "spare_dav"]
    assert spare.state is AccountState.NOT_SET_UP
    assert "several address books" in spare.problem


def test_a_service_account_acts_for_its_subject_where_it_may(google, connect, ledger, syncs):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for email, delegated in (("robot@acme.example", True), ("stranger@acme.example", False)):
        google.add_service_account(email, public, delegated=delegated)
        account = {"client_email": email, "private_key": private, "token_uri": google.token_uri}
        extra = {"service_account": json.dumps(account), "subject": USER, "token_url": google.token_uri, **PERMITTED}
        connect(email.partition("@")[0], conn_type="google_contacts", host=google.url, extra=extra)

    found = by_id(syncs.accounts())

    assert (found["robot"].state, found["robot"].account.owner) == (CONNECTED, USER)
    assert found["stranger"].state is AccountState.NEEDS_AUTHORISATION
    assert "unauthorized_client" in found["stranger"].problem
    assert "PRIVATE KEY" not in repr(found)


# ---- the ledger


def test_without_a_ledger_accounts_that_need_none_are_asked(crm, google, connect, syncs, tmp_path):
    connect("contactsync_ledger", conn_type="sqlite", host=str(tmp_path / "none.db"))
    connect("crm", **of_crm(crm))
    connect("alex", **of_google(google))
    syncs.add("one", "crm", "alex")

    accounts = syncs.accounts()

    found = by_id(accounts)
    assert found["crm"].state is CONNECTED
    assert found["alex"].state is AccountState.NOT_SET_UP
    assert "contactsync db upgrade" in found["alex"].next_step
    assert any("db upgrade" in note for note in accounts.notes)
    assert google.desk.access == {}


@pytest.mark.parametrize(("key", "said"), [("short", "CONTACTSYNC_KEY is no Fernet key"), ("ä" * 44, "no Fernet key")])
def test_a_key_that_is_none_costs_only_those_that_need_tokens(
    crm, google, connect, ledger, syncs, monkeypatch, key, said
):
    connect("crm", **of_crm(crm))
    connect("alex", **of_google(google))
    monkeypatch.setenv("CONTACTSYNC_KEY", key)
    found = by_id(syncs.accounts())
    assert found["crm"].state is CONNECTED
    assert found["alex"].state is AccountState.NOT_SET_UP
    assert said in found["alex"].problem
    assert "CONTACTSYNC_KEY" in found["alex"].next_step
    assert key not in repr(found["alex"])


def test_offline_nobody_is_asked_and_the_ledger_says_whose_it_is(crm, connect, ledger, syncs):
    connect("crm", **of_crm(crm))
    connect("typed", conn_type="http")
    syncs.add("one", "crm", "typed")
    ledger.save_sync(SyncRow("one", "salt", {Side.LEFT: "acme.example/api"}))

    accounts = syncs.accounts(ask=False)

    found = by_id(accounts)
    assert found["crm"].state is AccountState.NOT_ASKED
    assert found["crm"].uses[0].known == "acme.example/api"
    assert found["typed"].state is AccountState.WRONG_TYPE
    assert not accounts.well
    assert crm.counters.total == 0


# ---- where connections lie


@pytest.fixture
def stored(airflow_db: Mapping[str, str]) -> Iterator[Callable[..., None]]:
    """Adds connections to Airflow's own database, and takes them out again."""
    from airflow.models import Connection  # noqa: TID251 - what a person stores in the UI
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    ids: list[str] = []

    def add(connection_id: str, **fields: Any) -> None:
        ids.append(connection_id)
        with create_session() as session:
            session.add(Connection(conn_id=connection_id, **fields))

    yield add
    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id.in_(ids)))


def test_connections_of_the_database_are_found_and_the_environment_comes_first(crm, connect, stored, ledger, syncs):
    stored("in_database", **of_crm(crm))
    stored("in_both", **of_crm(crm, "an-old-key"))
    stored("not_ours", conn_type="http", host="acme")
    connect("in_both", **of_crm(crm))
    connect("not_ours_either", conn_type="http", host="acme")

    found = by_id(syncs.accounts())

    assert set(found) == {"in_database", "in_both"}
    assert {a.state for a in found.values()} == {CONNECTED}


def test_a_sync_finds_its_variable_in_any_spelling(crm, connect, ledger, syncs):
    connect("crm", **of_crm(crm))
    connect("other", conn_type="contactsync_memory")
    syncs.add("one", "Crm", "other", apps="freshsales memory")
    assert {a.connection for a in syncs.accounts().found} == {"Crm", "other"}


def test_a_connection_sealed_with_another_key_is_there_but_cannot_be_read(crm, stored, ledger, syncs, airflow_db):
    from airflow.models import Connection  # noqa: TID251 - what a person stores in the UI
    from airflow.utils.session import create_session
    from cryptography.fernet import Fernet
    from sqlalchemy import update

    stored("sealed", **of_crm(crm))
    other = Fernet(Fernet.generate_key()).encrypt(b"planted-secret").decode()
    with create_session() as session:
        session.execute(update(Connection).where(Connection.conn_id == "sealed").values(password=other))

    [one] = syncs.accounts().found

    assert one.state is AccountState.NOT_SET_UP
    assert "cannot be read" in one.problem
    assert "FERNET_KEY" in one.next_step


def test_a_file_of_secrets_is_listed_and_a_vault_answers_to_ids_alone(crm, connect, ledger, tmp_path):
    """Secrets backends are Airflow's setting for a whole process, so this one is a process of its own."""
    secrets = tmp_path / "connections.json"
    secrets.write_text(json.dumps({"filed": of_crm(crm), "other": {"conn_type": "http"}}))
    (tmp_path / "vault.py").write_text(
        "from airflow.secrets import BaseSecretsBackend\n"
        "class Vault(BaseSecretsBackend):\n"
        "    def get_conn_value(self, conn_id, team_name=None):\n"
        f"        return {json.dumps(of_crm(crm))!r} if conn_id.startswith('kept') else None\n"
    )
    (tmp_path / "include" / "mappings").mkdir(parents=True)
    text = SYNC.format(left="freshsales", left_id="kept_one", left_options="", right="memory", right_id="nowhere")
    (tmp_path / "include" / "mappings" / "one.yaml").write_text(text)
    ledger_variable = {"AIRFLOW_CONN_CONTACTSYNC_LEDGER": os.environ["AIRFLOW_CONN_CONTACTSYNC_LEDGER"]}

    def listed(backend: str, **given: str) -> Any:
        variables = {
            "AIRFLOW__SECRETS__BACKEND": backend,
            "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(given),
            "PYTHONPATH": str(tmp_path),
            **ledger_variable,
        }
        done = contactsync(tmp_path, "accounts", "--json", env=variables)
        assert done.returncode == 1, done.stderr  # `nowhere` is missing
        return json.loads(done.stdout)

    told = listed("airflow.secrets.local_filesystem.LocalFilesystemBackend", connections_file_path=str(secrets))
    states = {a["connection"]: a["state"] for a in told["accounts"]}
    assert states == {"filed": "connected", "kept_one": "connection missing", "nowhere": "connection missing"}

    told = listed("vault.Vault")
    assert {a["connection"]: a["state"] for a in told["accounts"]}["kept_one"] == "connected"
    assert any("Vault cannot list" in note for note in told["notes"])


# ---- the command


def test_the_command_shows_a_table_and_says_by_its_exit_code_whether_all_are_connected(crm, ledger, tmp_path):
    variables = {
        "AIRFLOW_CONN_CRM": json.dumps(of_crm(crm)),
        "AIRFLOW_CONN_OLD": json.dumps(of_crm(crm, "planted-secret")),
        "AIRFLOW_CONN_CONTACTSYNC_LEDGER": os.environ["AIRFLOW_CONN_CONTACTSYNC_LEDGER"],
    }
    done = contactsync(tmp_path, "accounts", "--verbose", env=variables)
    assert done.returncode == 1, done.stderr
    rows = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("│")}
    assert "connected" in rows["crm"]
    assert "no sync" in rows["crm"]
    assert "needs re-authorisation" in rows["old"]
    assert "Next:" in done.stdout
    assert "planted" not in done.stdout + done.stderr

    (tmp_path / "include" / "mappings").mkdir(parents=True)
    (tmp_path / "include" / "mappings" / "bad.yaml").write_text("version: 1\nleft: nothing\n")
    done = contactsync(tmp_path, "accounts", "--offline", "--json", env=variables)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert {a["state"] for a in told["accounts"]} == {"not asked"}
    assert any("bad" in note for note in told["notes"]), "a broken file hides its syncs, so it is named"


# ---- what is asked


def test_connections_are_asked_once_for_all_syncs_that_open_them_alike(syncs):
    syncs.add("one", "crm", "alex", "{view: X}")
    syncs.add("two", "crm", "bo", "{view: X}")
    specs = load_folder(syncs.folder, ShippedApps()).specs
    ways = ways_to(specs, ["crm", "spare"], lambda _: {})
    assert [(w.connection, len(w.uses), w.listed) for w in ways] == [
        ("crm", 2, True),
        ("alex", 1, False),
        ("bo", 1, False),
        ("spare", 0, True),
    ]
    with pytest.raises(ConnectionMissing):
        cli_connection("spare")


# ---- clocks


@pytest.mark.parametrize("ahead", [-300, 0, 300])
def test_an_answer_tells_how_far_this_machines_clock_is_before_the_vendors(
    crm: FreshsalesSandbox, connect: Callable[..., None], ahead: int
) -> None:
    connect("crm", **of_crm(crm))
    services = Services(clock=lambda: utc_now() + timedelta(seconds=ahead), tries=1)
    (found,) = looked_at([Way("crm", "freshsales")], cli_connection, services)
    assert found.state is CONNECTED
    assert found.skew == pytest.approx(ahead, abs=5)
