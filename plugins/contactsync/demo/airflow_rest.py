"""Airflow through its public REST API, as far as a person uses it who watches a few DAGs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import requests

from contactsync.demo.processes import DemoError

ENDED = ("success", "failed")
TRIES = 8
_SECONDS = 30.0
Json = dict[str, Any]


@dataclass
class AirflowRest:
    """One Airflow at `url`. Logs in by itself; server errors are tried again."""

    url: str
    user: str
    password: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # a proxy has no business with 127.0.0.1

    def health(self) -> dict[str, str]:
        """Component -> healthy | unhealthy; {} while nobody answers."""
        try:
            reply = self.session.get(f"{self.url}/api/v2/monitor/health", timeout=_SECONDS)
        except requests.RequestException:
            return {}
        return {name: str(row.get("status")) for name, row in reply.json().items()} if reply.ok else {}

    def log_in(self) -> None:
        """Get a token for the API."""
        given = {"username": self.user, "password": self.password}
        reply = self.session.post(f"{self.url}/auth/token", json=given, timeout=_SECONDS)
        if reply.status_code != 201:
            raise DemoError(f"Airflow refused the login of {self.user} (HTTP {reply.status_code}).")
        self.session.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"

    def dag_ids(self) -> set[str]:
        """The DAGs that were parsed."""
        return {str(dag["dag_id"]) for dag in self._rows("dags", "dags")}

    def import_errors(self) -> list[str]:
        """What Airflow shows as import errors."""
        rows = self._rows("importErrors", "import_errors")
        return [f"{row['filename']}: {str(row['stack_trace']).strip().splitlines()[-1]}" for row in rows]

    def pause(self, dag_id: str, *, paused: bool = True) -> None:
        """Pause or unpause a DAG."""
        self.ask("PATCH", f"dags/{dag_id}", json={"is_paused": paused}, params={"update_mask": "is_paused"})

    def trigger(self, dag_id: str, run_id: str, **conf: Any) -> None:
        """Start a run under this id; one that is there already is as good (an earlier try got through)."""
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        self.ask("POST", f"dags/{dag_id}/dagRuns", json=body, good=(200, 201, 409))

    def run(self, dag_id: str, run_id: str) -> Json:
        """One run."""
        return self.ask("GET", f"dags/{dag_id}/dagRuns/{run_id}")

    def runs(self, dag_id: str, **wanted: Any) -> list[Json]:
        """Runs, oldest first."""
        return self._rows(f"dags/{dag_id}/dagRuns", "dag_runs", order_by="id", **wanted)

    def active(self, dag_id: str) -> list[str]:
        """Ids of the runs that are queued or running."""
        return [str(run["dag_run_id"]) for run in self.runs(dag_id, state=["queued", "running"])]

    def task_instances(self, dag_id: str, run_id: str) -> list[Json]:
        """The task instances of a run."""
        return self._rows(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", "task_instances")

    def _rows(self, path: str, key: str, **params: Any) -> list[Json]:
        rows: list[Json] = self.ask("GET", path, params={"limit": 100, **params})[key]
        return rows

    def ask(self, method: str, path: str, *, good: tuple[int, ...] = (200,), **sent: Any) -> Json:
        """One request below /api/v2; tried again, as it may fail for a moment (HTTP 500): SQLite has one writer."""
        status = 0
        for attempt in range(TRIES):
            try:
                reply = self.session.request(method, f"{self.url}/api/v2/{path}", timeout=_SECONDS, **sent)
            except requests.RequestException:
                time.sleep(0.5 * (attempt + 1))
                continue
            status = reply.status_code
            if status in good:
                answer: Json = reply.json()
                return answer
            if status < 500:
                raise DemoError(f"Airflow answered {method} {path} with HTTP {status}: {reply.text[:500]}")
            time.sleep(0.5 * (attempt + 1))
        raise DemoError(f"Airflow did not answer {method} {path} ({status or 'no connection'}), tried {TRIES} times.")


def executed(task_instance: Json) -> bool:
    """True where a process ran for it; tasks that the scheduler skips have none."""
    return bool(task_instance.get("pid"))
