"""include/contactsync.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from contactsync.errors import ConfigError
from contactsync.mapping.project import load_defaults, load_project, load_retention
from contactsync.model.alerts import Event, notifiers_from
from contactsync.model.retention import Retention
from contactsync.model.spec import ProjectSpec

Write = Callable[..., Path]
SHIPPED = Path(__file__).parents[3] / "include" / "contactsync.yaml"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_project(tmp_path / "contactsync.yaml") == ProjectSpec("", "contactsync_ledger", 0.8)


def test_the_shipped_file_says_the_defaults_and_lets_only_named_environments_write() -> None:
    assert load_project(SHIPPED) == ProjectSpec(environment="dev", writes=False)
    assert load_project(SHIPPED, "demo") == ProjectSpec(environment="demo")
    assert load_project(SHIPPED, "prod") == ProjectSpec(environment="prod")


def test_the_commented_keys_of_the_shipped_file_work_when_they_are_uncommented(write: Write) -> None:
    rows = [re.sub(r"^# ( *\w+:)", r"\1", row) for row in SHIPPED.read_text().splitlines()[1:]]
    file = write("\n".join(rows))
    wanted = ProjectSpec("s3://CONNECTION@bucket/contactsync", "contactsync_ledger", 0.8, ledger_named=True)
    accounts = {"CONNECTION": "acme.freshsales.io"}
    alerts = load_project(file, "prod").alerts
    assert load_project(file, "prod") == replace(wanted, environment="prod", accounts=accounts, alerts=alerts)
    [ops] = notifiers_from(alerts)
    assert (ops.name, ops.kind, Event.APPROVAL in ops.events) == ("ops", "slack", False)
    assert load_defaults(file) == {"dag": {"owner": "revops", "timezone": "Europe/Berlin"}}


ENVIRONMENTS = "version: 1\nenvironments: {stage: {writes: never}, prod: {writes: allowed}}\n"


def test_an_environment_is_chosen_by_name_and_where_nobody_says_nothing_is_written(write: Write) -> None:
    file = write(ENVIRONMENTS + "accounts: {crm: {stage: a.example, prod: b.example}, book: {prod: c.example}}\n")
    stage, prod, unsaid = (load_project(file, name) for name in ("stage", "prod", ""))
    assert (stage.environment, stage.writes, stage.accounts) == ("stage", False, {"crm": "a.example", "book": ""})
    assert (prod.environment, prod.writes, prod.accounts) == ("prod", True, {"crm": "b.example", "book": "c.example"})
    assert (unsaid.environment, unsaid.writes, unsaid.accounts) == ("dev", False, {"crm": "", "book": ""})


def test_an_environment_that_the_file_does_not_name_is_an_error(write: Write) -> None:
    with pytest.raises(ConfigError, match=r'CONTACTSYNC_ENV is "prd".*Allowed: stage, prod\.'):
        load_project(write(ENVIRONMENTS), "prd")


def test_a_file_without_environments_lets_everybody_write(write: Write) -> None:
    assert load_project(write("version: 1\n"), "prod") == ProjectSpec()
    spec = load_project(write("version: 1\naccounts: {crm: {prod: a.example}}\n"), "prod")
    assert (spec.environment, spec.writes) == ("", True)


def test_every_key(write: Write) -> None:
    text = "version: 1\nartefacts: {root: /srv/runs}\nledger: {connection: pg}\nrate: {share: 1}\n"
    assert load_project(write(text)) == ProjectSpec("/srv/runs", "pg", 1.0, ledger_named=True)


def test_how_long_things_are_kept(tmp_path: Path, write: Write) -> None:
    days = timedelta(days=1)
    assert (
        load_retention(tmp_path / "absent.yaml")
        == load_retention(SHIPPED)
        == Retention(7 * days, 30 * days, 400 * days)
    )
    text = "version: 1\nartefacts: {keep: 36h}\nledger: {keep_values: 90d, keep_journal: 3660d}\n"
    assert load_retention(write(text)) == Retention(1.5 * days, 90 * days, 3660 * days)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("artefacts: {root: /x}\n", ":1: version: ", "is required"),
        ("version: 2\nnew: 1\n", ":1: version: ", "newer contactsync"),
        ("version: 1\nartefact: {}\n", ":2: artefact: ", "Did you mean 'artefacts'?"),
        ("version: 1\nartefacts: {root: runs/here}\n", ":2: artefacts.root: ", "neither an absolute path nor a URL"),
        ("version: 1\nartefacts: {root: 's3://key:hush@bucket/x'}\n", ":2: artefacts.root: ", "password"),
        ("version: 1\nledger: {connection: 'a b'}\n", ":2: ledger.connection: ", "Airflow connection"),
        ("version: 1\nrate:\n  share: 0\n", ":3: rate.share: ", "more than 0"),
        ("version: 1\nrate: {share: 1.5}\n", ":2: rate.share: ", "at most 1"),
        ("version: 1\nrate: {share: 80%}\n", ":2: rate.share: ", "must be a number"),
        ("version: 1\nenvironments: {prod: {writes: no}}\n", ":2: environments.prod.writes: ", "allowed, never"),
        ("version: 1\nenvironments: {Prod: {writes: never}}\n", ":2: environments.Prod", "name of an environment"),
        ("version: 1\naccounts: {a b: {dev: x}}\n", ":2: accounts.a b", "Airflow connection"),
        (ENVIRONMENTS + "accounts: {crm: {prd: x}}\n", ":3: accounts.crm.prd: ", "Did you mean 'prod'?"),
        ("version: 1\ndefaults: {left: {app: x}}\n", ":2: defaults.left: ", "belongs to one sync"),
        ("version: 1\ndefaults:\n  dag: {ownr: x}\n", ":3: defaults.dag.ownr: ", "Did you mean 'owner'?"),
        ("version: 1\ndefaults: {conflicts: nobody}\n", ":2: defaults.conflicts: ", "is not allowed here"),
        ("version: 1\nalerts: {ops: {notifier: pager, connection: x}}\n", ":2: alerts.ops.notifier: ", "slack, smtp"),
        ("version: 1\nalerts: {ops: {notifier: smtp, connection: x}}\n", ":2: alerts.ops: ", "somebody to go to"),
        ("version: 1\nalerts: {ops: {notifier: slack, connection: x, to: [a]}}\n", ":2: alerts.ops: ", "smtp"),
        (
            "version: 1\nalerts:\n  ops: {notifier: slack, connection: x, events: [red]}\n",
            ":3: alerts.ops.ev",
            "failed",
        ),
        ("version: 1\nalerts: {Ops: {notifier: slack, connection: x}}\n", ":2: alerts.Ops", "cannot be"),
        ("version: 1\nartefacts: {keep: 7}\n", ":2: artefacts.keep: ", "36h, 30d, 400d"),
        ("version: 1\nartefacts: {keep: 23h}\n", ":2: artefacts.keep: ", "at least 1d"),
        ("version: 1\nledger: {keep_journal: 3661d}\n", ":2: ledger.keep_journal: ", "at most 3660d"),
        ("version: 1\nledger: {keep_values: 401d}\n", ":2: ledger.keep_values: ", "(ledger.keep_journal)"),
        ("", ":1: ", "is empty"),
    ],
)
def test_what_is_refused(write: Write, text: str, place: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_project(write(text, "contactsync.yaml"))
    message = str(caught.value)
    assert f"contactsync.yaml{place}" in message
    assert words in message
    assert "Next: " in message
    assert "hush" not in message
