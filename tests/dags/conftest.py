"""A small project of its own for each test: DAG files as shipped, sync files of the memory app."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Project:
    """dags/ and include/ in a folder of their own."""

    folder: Path

    @property
    def dags(self) -> Path:
        return self.folder / "dags"

    def write(self, name: str, text: str) -> Path:
        path = self.folder / "include" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def sync(self, sync_id: str, **changes: Any) -> dict[str, Any]:
        """Write a sync of two memory books that lie in files of this project."""
        data = {
            "version": 1,
            "id": sync_id,
            "dag": {"schedule": "*/15 * * * *"},
            "left": self.side(sync_id, "left"),
            "right": self.side(sync_id, "right"),
            "first_run": "apply",
            **changes,
        }
        self.write(f"mappings/{sync_id}.yaml", yaml.safe_dump(data, sort_keys=False))
        return data

    def side(self, sync_id: str, side: str) -> dict[str, Any]:
        book = self.folder / f"{sync_id}-{side}.json"
        return {"app": "memory", "connection": f"memory_{side}", "options": {"path": str(book)}}

    def bag(self) -> Any:
        from airflow.dag_processing.dagbag import DagBag

        return DagBag(self.dags, load_op_links=False)

    def python(self, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run code in a fresh process, in this project's DAG folder."""
        environment = {**os.environ, **variables}
        return subprocess.run(
            [sys.executable, "-c", code], cwd=self.dags, env=environment, capture_output=True, text=True, timeout=120
        )


@dataclass(frozen=True)
class Ran:
    """A finished DAG run: its state, and the state of each task."""

    run_id: str
    state: str
    tasks: dict[str, str]
    executed: list[str]  # tasks that had a process; the others were skipped by the scheduler


@dataclass(frozen=True)
class MemorySync:
    """A sync of two memory books in files, with the DAG that Airflow made of it."""

    project: Any
    sync_id: str

    @property
    def left(self) -> Any:
        return self.book("left")

    @property
    def right(self) -> Any:
        return self.book("right")

    def book(self, side: str) -> Any:
        from contactsync.apps.memory import Book

        return Book(Path(self.project.side(self.sync_id, side)["options"]["path"]))

    @property
    def ledger(self) -> Any:
        from contactsync.ledger.connect import make_engine
        from contactsync.ledger.store import Ledger
        from contactsync.orchestration.home import contactsync_home
        from contactsync.rest.services import utc_now

        return Ledger(make_engine(f"sqlite:///{contactsync_home() / 'ledger.db'}"), utc_now)

    @property
    def writes(self) -> int:
        return int(self.left.writes + self.right.writes)

    def kept_by_airflow(self) -> str:
        """Everything that Airflow's database keeps of this sync's runs: XCom and rendered fields."""
        with contextlib.closing(sqlite3.connect(Path(os.environ["AIRFLOW_HOME"], "airflow.db"))) as database:
            rows = [
                database.execute(f"select * from {table} where dag_id = ?", [f"contactsync__{self.sync_id}"]).fetchall()
                for table in ("xcom", "rendered_task_instance_fields")
            ]
        assert all(rows)
        return str(rows)

    def run(self, retries: int | None = None, **conf: Any) -> Ran:
        """A manual run, as the trigger form would start it.

        retries: how often a task is tried again instead of as often as its DAG says; the waiting between is real.
        """
        bag = self.project.bag()
        assert bag.import_errors == {}
        dag = bag.dags[f"contactsync__{self.sync_id}"]
        for task in dag.tasks if retries is not None else ():
            task.retries = retries
        run = dag.test(run_conf=conf or None)
        instances = sorted(run.get_task_instances(), key=lambda ti: ti.task_id)
        states = {ti.task_id: str(ti.state) for ti in instances}
        return Ran(run.run_id, str(run.state), states, [ti.task_id for ti in instances if ti.hostname])


def make_project(folder: Path) -> Project:
    made = Project(folder)
    shutil.rmtree(folder / "include", ignore_errors=True)
    shutil.copytree(ROOT / "dags", made.dags, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    made.write("mappings/.keep", "")
    return made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def airflow_db() -> Mapping[str, str]:
    """Airflow's metadata database, made once."""
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True, timeout=300)
    return dict(os.environ)


@pytest.fixture(scope="session")
def ledger_db(airflow_db: Mapping[str, str]) -> Path:
    """The ledger that tasks find without any connection."""
    from contactsync.ledger.migrate import upgrade
    from contactsync.orchestration.home import contactsync_home

    file = contactsync_home() / "ledger.db"
    file.parent.mkdir(parents=True, exist_ok=True)
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sync(airflow_db: Mapping[str, str], ledger_db: Path, monkeypatch: Any, request: Any) -> MemorySync:
    """A sync of its own for the test, without a schedule, in Airflow's own DAG folder (where `dag.test` looks)."""
    for side in ("left", "right"):
        connection = f'{{"conn_type": "contactsync_memory", "host": "{side}"}}'
        monkeypatch.setenv(f"AIRFLOW_CONN_MEMORY_{side.upper()}", connection)
    project = make_project(Path(os.environ["AIRFLOW_HOME"]))
    sync_id = request.node.name.replace("_", "-")[-60:].strip("-")
    project.sync(sync_id, dag={"schedule": None})
    return MemorySync(project, sync_id)


@pytest.fixture
def said(capfd: Any, caplog: Any) -> Callable[[], str]:
    """What was logged so far: by our modules, and by Airflow's task runner to the console."""
    logging.getLogger("contactsync").setLevel(logging.INFO)
    return lambda: caplog.text + "".join(capfd.readouterr())
