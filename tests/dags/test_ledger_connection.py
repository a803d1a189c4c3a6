"""Where the ledger is: an Airflow connection, or a file where all tasks share one disk."""

from __future__ import annotations

import json

import pytest
from contactsync.errors import ConfigError, ConnectionMissing
from contactsync.ledger.connect import make_engine
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.connections import task_connection
from contactsync.orchestration.home import contactsync_home
from contactsync.orchestration.ledger_connection import ledger_url

PROJECT = ProjectSpec()


def test_without_a_connection_it_is_a_file_under_airflows_home():
    url = ledger_url(PROJECT, task_connection, executor="LocalExecutor")
    assert url == f"sqlite:///{contactsync_home() / 'ledger.db'}"
    assert make_engine(url).url.database == str(contactsync_home() / "ledger.db")


@pytest.mark.parametrize(
    "executor", ["CeleryExecutor", "LocalExecutor,KubernetesExecutor", "airflow.providers.x.CeleryExecutor"]
)
def test_executors_whose_tasks_share_no_disk_need_the_connection(executor):
    with pytest.raises(ConfigError, match=r"contactsync_ledger of the ledger is not named.*ledger\.connection"):
        ledger_url(PROJECT, task_connection, executor=executor)
    with pytest.raises(ConfigError, match=r"contactsync_ledger of the ledger is not set.*Next: add it"):
        ledger_url(ProjectSpec(ledger_named=True), task_connection, executor=executor)


def test_a_file_is_no_ledger_for_executors_whose_tasks_share_no_disk(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_CONTACTSYNC_LEDGER", json.dumps({"conn_type": "sqlite", "host": "/x/ledger.db"}))
    assert ledger_url(PROJECT, task_connection, executor="LocalExecutor") == "sqlite:////x/ledger.db"
    with pytest.raises(ConfigError, match=r"names a SQLite file.*PostgreSQL"):
        ledger_url(PROJECT, task_connection, executor="CeleryExecutor")


def test_a_postgres_connection_keeps_its_odd_characters(monkeypatch):
    fields = {
        "conn_type": "postgres",
        "host": "db.example",
        "port": 5433,
        "login": "sync",
        "password": "p@ss:/w%rd",
        "schema": "ledger",
        "extra": {"sslmode": "require"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_MY_LEDGER", json.dumps(fields))
    url = ledger_url(ProjectSpec(ledger_connection="my_ledger"), task_connection, executor="CeleryExecutor")
    engine = make_engine(url)
    assert (engine.url.host, engine.url.port, engine.url.database) == ("db.example", 5433, "ledger")
    assert (engine.url.username, engine.url.password) == ("sync", "p@ss:/w%rd")
    assert engine.url.query == {"sslmode": "require"}
    assert "p@ss" not in repr(engine)


def test_a_connection_of_another_type_is_refused(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_CONTACTSYNC_LEDGER", json.dumps({"conn_type": "mysql", "host": "x"}))
    with pytest.raises(ConnectionMissing, match=r"'mysql'.*postgres"):
        ledger_url(PROJECT, task_connection, executor="LocalExecutor")
