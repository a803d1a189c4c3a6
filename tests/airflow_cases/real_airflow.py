"""An Airflow with everything real but the vendor, and what a person does to its runs and a machine to its processes."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml
from airflow.sdk import ObjectStoragePath
from case_syncs import PATIENCE, SYNCS, Scene
from contactsync.demo.airflow_rest import AirflowRest
from contactsync.demo.airflow_server import AirflowServer
from contactsync.ledger.connect import make_engine
from contactsync.ledger.migrate import upgrade
from contactsync.orchestration.artefacts import artefact_root
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.server import PERMITTED
from sqlalchemy import make_url, text
from statsd_listener import StatsdListener

ROOT = Path(__file__).parents[2]
LEDGER = "case_ledger"

# What an administrator writes who lets runs of this DAG end after a while.
POLICY = """
from datetime import timedelta

def dag_policy(dag):
    if dag.dag_id == "contactsync__timed":
        dag.dagrun_timeout = timedelta(seconds={seconds})
"""
RUN_SECONDS = 3600  # longer than any run of a case lasts: `out_of_time` lets it pass


Real = TypeVar("Real", bound="RealAirflow")


class RealAirflow:
    """The server, its folder, a sandbox for each sync, and one ledger."""

    def __init__(
        self, folder: Path, metadata: str, ledger: str, syncs: Mapping[str, Any] = SYNCS, **settings: str
    ) -> None:
        self.folder = folder
        self.syncs = syncs
        self.ledger_url = ledger
        self.project = folder / "project"
        self.sandboxes = {sync: FreshsalesSandbox().start() for sync in syncs}
        self.engine = make_engine(ledger)
        self.metadata = make_engine(metadata)
        self.over = threading.Event()  # cases that still wait give up
        self.policies = folder / "policies"
        self.policies.mkdir()
        database = make_url(metadata).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        self.statsd = StatsdListener()
        self.server = AirflowServer(
            folder / "home",
            self.project / "dags",
            self._connections(),
            {
                "DATABASE__SQL_ALCHEMY_CONN": database,
                "DATABASE__SQL_ALCHEMY_CONN_ASYNC": database,
                "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,vera:viewer,olga:op",
                "WORKERS__EXECUTION_API_TIMEOUT": "60",  # of a machine that is busy with other tests
                **settings,
                **self.statsd.settings,
            },
        )

    @property
    def rest(self) -> AirflowRest:
        """A session of its own for each case: they run in threads."""
        rest = AirflowRest(self.server.url, self.server.rest.user, self.server.password)
        rest.log_in()
        return rest

    def rest_of(self, user: str) -> AirflowRest:
        """Another user, whose password Airflow has made itself."""
        passwords = json.loads((self.server.home / "passwords.json").read_text())
        rest = AirflowRest(self.server.url, user, passwords[user])
        rest.log_in()
        return rest

    def start(self) -> None:
        """Write the project, start, and wait until everything is up."""
        upgrade(self.ledger_url)
        shutil.copytree(ROOT / "dags", self.project / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        shared = {"ledger": {"connection": LEDGER}, "artefacts": {"root": self.root}}
        self._write("contactsync.yaml", {"version": 1, **shared})
        for sync, more in self.syncs.items():
            self.write_file(sync, more)
        (self.policies / "airflow_local_settings.py").write_text(POLICY.format(seconds=RUN_SECONDS))
        self.server.start()
        self.server.await_healthy([f"contactsync__{sync}" for sync in self.syncs], print, PATIENCE)

    def stop(self) -> None:
        for sandbox in self.sandboxes.values():
            sandbox.stop()
        self.server.stop()
        self.statsd.close()
        self.engine.dispose()
        self.metadata.dispose()

    @property
    def root(self) -> str:
        """Where tasks, and commands in this process, keep artefacts."""
        return str(self.folder / "artefacts")

    @property
    def homes(self) -> list[Path]:
        """AIRFLOW_HOME of all who run tasks."""
        return [self.server.home]

    def write_file(self, sync: str, more: Mapping[str, Any]) -> None:
        """The file of a sync, with what is its own."""
        self._write(f"mappings/{sync}.yaml", self._file(sync, more))

    def scene(self, sync: str) -> Scene:
        return Scene(self, sync)

    def artefacts(self, sync: str, run_id: str) -> list[ObjectStoragePath]:
        """The files of a run."""
        folder = artefact_root(self.root) / sync / run_id
        return [ObjectStoragePath(f"{folder}/{path.name}") for path in folder.iterdir()] if folder.exists() else []

    def out_of_time(self, dag: str, run_id: str) -> None:
        """Let as much time pass for a run as its DAG gives it."""
        with self.metadata.begin() as connection:
            earlier = "UPDATE dag_run SET start_date = start_date - :time WHERE dag_id = :dag AND run_id = :run"
            given = {"time": timedelta(seconds=RUN_SECONDS), "dag": dag, "run": run_id}
            connection.execute(text(earlier), given)

    def answer_is_late(self, dag: str, run_id: str) -> None:
        """Let as much time pass for a question as it has."""
        with self.metadata.begin() as connection:
            over = "UPDATE task_instance SET trigger_timeout = now() WHERE dag_id = :dag AND run_id = :run"
            connection.execute(text(f"{over} AND state = 'awaiting_input'"), {"dag": dag, "run": run_id})

    def variables(self) -> dict[str, str]:
        """The connections as variables, for commands in this process."""
        return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(data) for name, data in self._connections().items()}

    def _connections(self) -> dict[str, Mapping[str, object]]:
        url = make_url(self.ledger_url)
        place = {"login": url.username, "schema": url.database, "extra": dict(url.query)}
        apps = {
            f"case_{sync}": {
                "conn_type": "freshsales",
                "host": sandbox.url,
                "password": sandbox.api_key,
                "extra": PERMITTED,
            }
            for sync, sandbox in self.sandboxes.items()
        }
        return {
            LEDGER: {"conn_type": "postgres", **place},
            "case_left": {"conn_type": "contactsync_memory", "host": "left"},
            **apps,
        }

    def _file(self, sync: str, more: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "version": 1,
            "id": sync,
            "dag": {"schedule": None},
            "first_run": "apply",
            "left": {"app": "memory", "connection": "case_left", "options": {"path": str(self.book(sync))}},
            "right": {"app": "freshsales", "connection": f"case_{sync}", "options": {"lag_seconds": 0}},
            **more,
        }

    def book(self, sync: str) -> Path:
        return self.folder / f"{sync}.json"

    def _write(self, name: str, data: Any) -> None:
        path = self.project / "include" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(data, sort_keys=False))


@contextmanager
def running(folder: Path, make: Callable[[], Real]) -> Iterator[Real]:
    """Start it in half a minute, with what this process needs for commands of its own; nothing of it is left."""
    before = dict(os.environ)
    os.environ["PYTHONPATH"] = str(folder / "policies")
    try:
        real = make()
        os.environ.update(real.variables())
        try:
            real.start()
            yield real
        finally:
            real.stop()
    finally:
        os.environ.clear()
        os.environ.update(before)
