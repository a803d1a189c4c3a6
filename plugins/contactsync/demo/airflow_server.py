"""An Airflow of its own: SQLite, LocalExecutor, AIRFLOW_HOME in a folder that is made anew, ports that are free."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contactsync.demo.airflow_rest import AirflowRest
from contactsync.demo.processes import DemoError, Program, free_port

USER = "admin"
PATIENCE = 120.0  # until it is healthy and knows the DAGs: 15 s, or far more where the packages were never imported
NEEDED = ("metadatabase", "scheduler", "dag_processor")
_PAUSE = 0.5


@dataclass(frozen=True)
class Ports:
    """The four ports of an Airflow that move together."""

    api: int = field(default_factory=lambda: free_port(8080))
    worker_logs: int = field(default_factory=lambda: free_port(8793))
    trigger_logs: int = field(default_factory=lambda: free_port(8794))

    def all(self) -> tuple[int, ...]:
        """Every port that will be listened on."""
        return (self.api, self.worker_logs, self.trigger_logs)


@dataclass
class AirflowServer:
    """Airflow on `dags`, with `connections` (id -> connection as JSON data) in its environment.

    `settings` (SECTION__KEY -> value) come before its own: another metadata database, for example.
    """

    home: Path
    dags: Path
    connections: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    ports: Ports = field(default_factory=Ports)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    fernet_key: str = field(default_factory=lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    signing_key: str = field(default_factory=lambda: secrets.token_hex(32))

    def __post_init__(self) -> None:
        command = [str(Path(sys.executable).parent / "airflow"), "standalone"]
        log = self.home.parent / "airflow.log"
        self.program = Program("Airflow", command, self.home, log, self.environment())
        self.rest = AirflowRest(self.url, USER, self.password)

    @property
    def url(self) -> str:
        """Where the UI answers."""
        return f"http://127.0.0.1:{self.ports.api}"

    @property
    def database(self) -> Path:
        """Airflow's metadata database."""
        return self.home / "airflow.db"

    @property
    def ledger(self) -> Path:
        """Where contactsync remembers, as no connection names another place."""
        return self.home / "contactsync" / "ledger.db"

    def environment(self) -> dict[str, str]:
        """The settings of this Airflow; those of another one in the caller's environment are left out."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "CONTACTSYNC_"))}
        conns = {f"AIRFLOW_CONN_{k.upper()}": json.dumps(v) for k, v in self.connections.items()}
        local = "127.0.0.1,localhost"
        return {
            **kept,
            # standalone starts its parts as `airflow`
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
            "AIRFLOW_HOME": str(self.home),
            "CONTACTSYNC_ENV": "demo",
            "PYTHONUNBUFFERED": "1",  # else the log of a start that failed is empty
            "NO_PROXY": local,
            "no_proxy": local,
            **{f"AIRFLOW__{name}": value for name, value in {**self._settings(), **self.settings}.items()},
            **conns,
        }

    def _settings(self) -> dict[str, str]:
        return {
            "CORE__DAGS_FOLDER": str(self.dags),
            "CORE__PLUGINS_FOLDER": str(self.dags.parent / "plugins"),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "8",  # as many workers are forked at once
            "CORE__FERNET_KEY": self.fernet_key,
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__TEST_CONNECTION": "Enabled",
            # Without the timeout every third request finds the database locked.
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.database}?timeout=60",
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self.ports.api),
            "API__BASE_URL": self.url,
            "API__SECRET_KEY": self.signing_key[:32],
            "API_AUTH__JWT_SECRET": self.signing_key,
            "LOGGING__WORKER_LOG_SERVER_PORT": str(self.ports.worker_logs),
            "LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.ports.trigger_logs),
            "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        }

    def secrets(self) -> list[str]:
        """What must be found nowhere."""
        return [self.password, self.fernet_key, self.signing_key]

    def start(self) -> None:
        """Make the home with its password file and start; returns at once."""
        self.home.mkdir(parents=True, mode=0o700)
        file = self.home / "passwords.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({USER: self.password}))
        self.program.start()

    def await_healthy(self, dag_ids: Collection[str], tell: Callable[[str], None], patience: float = PATIENCE) -> None:
        """Wait until scheduler and DAG processor are up and these DAGs are parsed; then log in.

        Errors: DemoError with the log's tail.
        """
        until, logged_in, told = time.monotonic() + patience, False, [""]
        while time.monotonic() < until:
            self.program.check()
            missing = [name for name in NEEDED if self.rest.health().get(name) != "healthy"]
            if not missing and not logged_in:
                self.rest.log_in()
                logged_in = True
            awaited = missing or sorted(set(dag_ids) - self.rest.dag_ids())
            if not awaited:
                return
            if awaited != told:
                tell(f"waiting for {', '.join(awaited)}")
                told = awaited
            time.sleep(_PAUSE)
        raise DemoError(f"Airflow was not ready after {patience:g} s.\n{self.program.tail()}")

    def stop(self) -> None:
        """Stop all of it."""
        self.program.stop()
