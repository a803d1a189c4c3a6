"""`contactsync probe` as a person runs it: what stands on stdout, the exit code, and syncs kept away meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import command
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.rest.services import utc_now
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.server import PERMITTED
from radicale_server import PASSWORD, RadicaleServer, card

SYNC = """\
version: 1
left: {app: carddav, connection: dav}
right: {app: memory, connection: mem}
dag: {schedule: null}
"""


@pytest.fixture
def ledger(tmp_path: Path, sqlite_template: Path) -> Ledger:
    """A project with one sync, and its ledger."""
    (tmp_path / "include" / "mappings").mkdir(parents=True)
    (tmp_path / "include" / "mappings" / "one.yaml").write_text(SYNC)
    file = tmp_path / "airflow" / "contactsync" / "ledger.db"
    file.parent.mkdir(parents=True)
    file.write_bytes(sqlite_template.read_bytes())
    return Ledger(make_engine(f"sqlite:///{file}"), utc_now)


def test_a_probe_reports_as_json_without_whose_account_it_is(
    radicale: RadicaleServer, ledger: Ledger, tmp_path: Path
) -> None:
    book = radicale.home().book()
    book.put("uma", card("uma", "FN:Uma Muster", "EMAIL:uma@muster.example"))
    fields = {"conn_type": "carddav", "host": book.url, "login": book.user, "password": PASSWORD, "extra": PERMITTED}
    variables = {"AIRFLOW_CONN_DAV": json.dumps(fields)}

    done = command(tmp_path, "probe", "dav", "--write", "--json", env=variables)

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["app"], report["write"]) == ("CardDAV", True)
    verdicts = {finding["id"]: finding["verdict"] for finding in report["findings"]}
    assert verdicts["stale"] == verdicts["unknown_token"] == verdicts["removed"] == "holds"
    assert book.names() == {"uma"}
    assert not [word for word in ("uma", "uster", book.user, PASSWORD) if word in done.stdout + done.stderr]

    # A sync that is under way would take the throw-away contact to its other side.
    ledger.take_lock("one", "dag:run-1", ended=lambda _: False)
    done = command(tmp_path, "probe", "dav", "--write", env=variables)
    assert done.returncode == 5
    assert "'one' is held by dag:run-1" in done.stderr


def test_what_does_not_hold_is_a_line_with_its_next_step_and_ends_with_1(ledger: Ledger, tmp_path: Path) -> None:
    with FreshsalesSandbox() as sandbox:
        sandbox.knobs.update({"any_key": True})
        fields = {"conn_type": "freshsales", "host": sandbox.url, "password": sandbox.api_key, "extra": PERMITTED}
        done = command(tmp_path, "probe", "crm", env={"AIRFLOW_CONN_CRM": json.dumps(fields)})
        assert sandbox.counters.writes == 0
    assert done.returncode == 1, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("does not hold")]
    assert "wrong_key" in line
    assert "Next: " in line
    assert "1 does not hold" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("environment", "words"),
    [("", "In environment 'dev' nothing is written"), ("prd", "Did you mean 'prod'?")],
)
def test_nothing_is_tried_where_nothing_may_be_written(
    ledger: Ledger,  # with its project
    radicale: RadicaleServer,
    tmp_path: Path,
    environment: str,
    words: str,
) -> None:
    project = "version: 1\nenvironments: {dev: {writes: never}, prod: {writes: allowed}}\n"
    (tmp_path / "include" / "contactsync.yaml").write_text(project)
    book = radicale.home().book()
    fields = {"conn_type": "carddav", "host": book.url, "login": book.user, "password": PASSWORD, "extra": PERMITTED}
    variables = {"AIRFLOW_CONN_DAV": json.dumps(fields), "CONTACTSYNC_ENV": environment}
    done = command(tmp_path, "probe", "dav", "--write", env=variables)
    assert done.returncode == 4
    assert words in done.stderr
    assert book.names() == set()
