"""The syncs of the cases, and what the people, the operator and the machine do to one of them."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from contactsync.apps.memory import Book
from contactsync.ledger.store import Ledger
from contactsync.ledger.tables import journal, schema
from contactsync.ledger.transactions import writing
from contactsync.mapping.loader import load_folder
from contactsync.mapping.project import load_project
from contactsync.model.ledger import RunRow
from contactsync.model.plan import JournalRow
from contactsync.model.stages import RunKind, RunRequest, Summary
from contactsync.orchestration.command_owner import owner_of
from contactsync.orchestration.shipped_apps import ShippedApps
from contactsync.orchestration.workplace import cli_workplace
from contactsync.pipeline import run_sync
from contactsync.rest.services import utc_now
from contactsync.sandbox.knobs import Fault, Trouble
from sqlalchemy import select, update

if TYPE_CHECKING:
    from contactsync.sandbox.freshsales import FreshsalesSandbox
    from real_airflow import RealAirflow

T = TypeVar("T")
Json = dict[str, Any]

PATIENCE = 600.0  # for one thing to happen: the machine may be busy with other tests
PAUSE = 1.0  # between two looks: ten cases ask one API server
ENDED = ("success", "failed")
ONE_CONTACT = r"/api/contacts(/\d+)?$"

ROOMY = {"lag_seconds": 0, "minute_limit": 100_000, "hourly_limit": 100_000}  # nobody waits for a limit

SYNCS: dict[str, Json] = {
    "killed": {},
    "timed": {},
    "zombie": {},
    "kinds": {"dag": {"schedule": "*/15 * * * *"}},
    "past": {"dag": {"schedule": "*/15 * * * *"}},
    "deleted": {},
    "changed": {},
    "remapped": {"fields": {"only": ["names", "emails"]}},
    "sizes": {"right": {"app": "freshsales", "connection": "case_sizes", "options": ROOMY}},
    "rerun": {},
    "cleared": {},
    "dry": {},
    "observed": {},
    "managed": {},
    "asked": {
        "approval": {"approvers": ["admin", "vera"], "timeout": "1h"},
        "limits": {"updates": {"count": 2, "percent": 0}},
    },
    "stopped": {
        "approval": {"when": "always", "timeout": "1h", "while_waiting": "stop"},
    },
    "pooled": {"dag": {"schedule": None, "pool": "nobody_made_it"}},
    "limits": {"deletions": {"left_to_right": "delete"}, "limits": {"deletes": {"count": 0, "percent": 0}}},
}


@dataclass
class Gate:
    """A request that waits at the vendor's door: `reached` when it is there, and goes in when the gate is opened."""

    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """What the request does."""
        self.reached.set()
        self.opened.wait(PATIENCE)


@dataclass
class Scene:
    """One sync: a memory book on the left, a Freshsales account on the right."""

    airflow: RealAirflow
    sync: str

    def __post_init__(self) -> None:
        self.dag = f"contactsync__{self.sync}"
        self.rest = self.airflow.rest
        self.left = Book(self.airflow.book(self.sync))
        self.right: FreshsalesSandbox = self.airflow.sandboxes[self.sync]
        self.ledger = Ledger(self.airflow.engine, utc_now)

    # ---- people

    def people(self, *names: str) -> None:
        """Type contacts into the left app; the name is the id there, and before the @."""
        with self.left.opened() as state:
            for name in names:
                mail = {"value": f"{name}@example.org", "label": "work", "primary": True}
                typed = {"names.given": name.title(), "names.family": "Beispiel", "emails": [mail]}
                self.left.write(state, name, typed)

    def retitle(self, title: str, *names: str) -> None:
        """Give contacts of the left app another job title."""
        for name in names:
            self.left.put(name, {"job_title": title})

    def retitle_right(self, title: str, name: str) -> None:
        """The same in the right app."""
        self.right.edit_contact(self._right_ids()[name], {"job_title": title})

    def titles(self) -> dict[str, str]:
        """Name -> job title in the right app."""
        return {_name(row): row["job_title"] or "" for row in self.right.contacts()}

    def titled(self) -> dict[str, str]:
        """The same of those who have one."""
        return {name: title for name, title in self.titles().items() if title}

    def names(self) -> list[str]:
        """Who is in the right app; whoever is there twice is named twice."""
        return sorted(_name(row) for row in self.right.contacts())

    def _right_ids(self) -> dict[str, str]:
        return {_name(row): str(row["id"]) for row in self.right.contacts()}

    # ---- the vendor

    def sent(self) -> Counter[str]:
        """Writing requests that reached the right app, by method."""
        counted = Counter[str]()
        for request, count in self.right.counters.as_json()["paths"].items():
            method = request.split()[0]
            if method in ("PUT", "DELETE") or request == "POST /contacts":
                counted[method] += count
        return counted

    def gate(self, method: str, path: str = ONE_CONTACT, nth: int = 1) -> Gate:
        """The n-th such request from now on waits until it is let in."""
        gate = Gate()
        self.right.knobs.faults.append(Fault(Trouble.CALL, method, path, nth=nth, action=gate.wait))
        return gate

    def never_answered(self, method: str, nth: int = 1, times: int = 1) -> Callable[[], bool]:
        """The n-th such request takes effect, and its answer never comes; the result tells whether it is under way.

        times: how many from there on (0 = all).
        """
        fault = Fault(Trouble.HANG_AFTER, method, ONE_CONTACT, nth=nth, times=times, seconds=PATIENCE)
        self.right.knobs.faults.append(fault)
        return lambda: fault.seen >= nth

    # ---- the operator

    def trigger(self, run_id: str, **conf: Any) -> str:
        """Start a run; its id."""
        self.rest.pause(self.dag, paused=False)
        self.rest.trigger(self.dag, run_id, **conf)
        return run_id

    def run(self, run_id: str, **conf: Any) -> str:
        """Start a run and wait for its end; its state."""
        return self.end(self.trigger(run_id, **conf))

    def end(self, run_id: str) -> str:
        """Wait for the end of a run; its state."""
        self.until(lambda: self.state(run_id) in ENDED, f"the end of {run_id}")
        return self.state(run_id)

    def state(self, run_id: str) -> str:
        """Of a run."""
        return str(self.rest.run(self.dag, run_id)["state"])

    def tasks(self, run_id: str) -> dict[str, Json]:
        """The task instances of a run, by task."""
        return {str(one["task_id"]): one for one in self.rest.task_instances(self.dag, run_id)}

    def states(self, run_id: str) -> dict[str, str]:
        """Task -> state."""
        return {task: str(one["state"]) for task, one in self.tasks(run_id).items()}

    def told_assets(self) -> list[Json]:
        """The asset events of this sync's runs, oldest first."""
        found = self.rest.ask("GET", "assets/events", params={"source_dag_id": self.dag, "order_by": "timestamp"})
        return list(found["asset_events"])

    def clear(self, run_id: str, *tasks: str, downstream: bool = False) -> None:
        """What the button Clear does; no task named: the whole run."""
        body: Json = {"dry_run": False, "only_failed": False, "dag_run_id": run_id, "include_downstream": downstream}
        self.rest.ask("POST", f"dags/{self.dag}/clearTaskInstances", json={**body, "task_ids": list(tasks) or None})

    def fail(self, run_id: str) -> None:
        """What the button "Mark as failed" does."""
        self.rest.ask("PATCH", f"dags/{self.dag}/dagRuns/{run_id}", json={"state": "failed"})

    def log(self, run_id: str, task: str) -> str:
        """The log of a task, all its tries."""
        below = Path("logs", f"dag_id={self.dag}", f"run_id={run_id}", f"task_id={task}")
        files = sorted(file for home in self.airflow.homes for file in (home / below).glob("*.log"))
        return "\n".join(file.read_text(errors="replace") for file in files)

    # ---- the machine

    def process(self, run_id: str, task: str) -> int:
        """The process of a task that is running."""
        self.until(lambda: self.tasks(run_id)[task].get("pid"), f"a process of {task}", run_id)
        return int(self.tasks(run_id)[task]["pid"])

    def kill(self, run_id: str, task: str) -> None:
        """Kill a task's process."""
        os.kill(self.process(run_id, task), signal.SIGKILL)

    # ---- the ledger

    def here(self) -> Summary:
        """One run in this process, as the command line does it."""
        include = self.airflow.project / "include"
        spec = next(s for s in load_folder(include / "mappings", ShippedApps()).specs if s.id == self.sync)
        run_id = f"command-{time.monotonic_ns()}"
        with cli_workplace(spec, load_project(include / "contactsync.yaml"), run_id) as place:
            return run_sync(place, RunRequest(run_id, owner_of(run_id), RunKind.CLI))

    def rests(self) -> None:
        """Whatever is still to be found out is: two runs later nothing is written, and nobody waits."""
        self.age()
        self.here()
        self.here()
        before = self.sent()
        line = self.here().line
        assert self.sent() == before, line
        assert "nothing to do" in line
        assert self.ledger.unfolded(self.sync) == []

    def age(self) -> None:
        """Let the time pass after which somebody may look what became of a request without an answer."""
        with writing(self.airflow.engine) as connection:
            here = (journal.c.sync_id == self.sync, journal.c.sent_at.is_not(None))
            found = connection.execute(select(journal.c.seq, journal.c.sent_at).where(*here)).all()
            for seq, at in found:
                older = update(journal).where(journal.c.seq == seq).values(sent_at=at - timedelta(minutes=5))
                connection.execute(older)

    def rows(self) -> list[JournalRow]:
        """The journal of all runs."""
        return [row for run in self.ledger.runs(self.sync, 100) for row in self.ledger.journal(self.sync, run.run_id)]

    def ledger_run(self, run_id: str) -> RunRow | None:
        """What the ledger keeps of a run."""
        return next((run for run in self.ledger.runs(self.sync, 100) if run.run_id == run_id), None)

    def remembered(self, *but: str) -> dict[str, list[Any]]:
        """All that the ledger keeps of this sync, table by table, without the tables named."""
        kept: dict[str, list[Any]] = {}
        with self.airflow.engine.connect() as connection:
            for name, table in schema.tables.items():
                if "sync_id" in table.c and name not in but:
                    found = connection.execute(select(table).where(table.c.sync_id == self.sync))
                    kept[name] = sorted(map(repr, found))
        return kept

    # ---- waiting

    def until(self, happened: Callable[[], T], what: str, during: str = "") -> T:
        """Wait for something to happen, while a run lasts; what it gave."""
        end = time.monotonic() + PATIENCE
        for look in itertools.count():
            self.airflow.server.program.check()
            if self.airflow.over.is_set():
                raise AssertionError("The tests were ended.")
            over = during and look % 4 == 3 and self.state(during) in ENDED
            if found := happened():
                return found
            if over:
                raise AssertionError(f"{self.sync}: {during} ended without {what}: {self.states(during)}")
            if time.monotonic() > end:
                break
            time.sleep(PAUSE)
        raise AssertionError(f"{self.sync}: waited {PATIENCE:g} s in vain for {what}")


def _name(row: Json) -> str:
    return str(row["emails"][0]["value"]).partition("@")[0]
