"""The two syncs of the demo under the real scheduler: first runs, rounds, and what the ledger says of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contactsync.demo.airflow_rest import ENDED, AirflowRest, executed
from contactsync.demo.processes import DemoError

if TYPE_CHECKING:
    from contactsync.ledger.store import LedgerReader

GOOGLE = "freshsales-google"
BOOK = "freshsales-carddav"
SYNCS = (GOOGLE, BOOK)
SIDES = {GOOGLE: ("Freshsales", "Google Contacts"), BOOK: ("Freshsales", "Address book")}
MOST_ROUNDS = 3
PATIENCE = 300.0  # for one run
_PAUSE = 0.7
_TELL_EVERY = 5.0
_LOG_LINES = 15


def dag_of(sync: str) -> str:
    """The DAG of a sync."""
    return f"contactsync__{sync}"


@dataclass(frozen=True)
class Run:
    """One run that has ended: its state in Airflow, how many of its tasks had a process, and how long it took."""

    sync: str
    run_id: str
    state: str
    executed: int
    seconds: float


@dataclass(frozen=True)
class Round:
    """One run of each sync, and the writes that reached each app meanwhile."""

    runs: tuple[Run, ...]
    writes: Mapping[str, int]

    @property
    def moved(self) -> int:
        """All writes together."""
        return sum(self.writes.values())


@dataclass
class Syncs:
    """Starts and watches runs. `writes` tells the mutating requests so far, by app."""

    rest: AirflowRest
    home: Path
    writes: Callable[[], Mapping[str, int]]
    tell: Callable[[str], None]
    runs: list[Run] = field(default_factory=list)

    def make_ledger(self) -> None:
        """Tasks never make the ledger's schema."""
        from contactsync.ledger.migrate import upgrade

        upgrade(f"sqlite:///{self._ledger}")

    def first_round(self) -> Round:
        """Unpause; the scheduler itself starts the first run of each."""
        before = self.writes()
        for sync in SYNCS:
            self.rest.pause(dag_of(sync), paused=False)
        return self._ended({sync: self._scheduled(sync) for sync in SYNCS}, before)

    def round(self, name: str) -> Round:
        """One run of each, by hand."""
        before = self.writes()
        for sync in SYNCS:
            self.rest.trigger(dag_of(sync), name)
        return self._ended(dict.fromkeys(SYNCS, name), before)

    def until_rest(self, name: str, first: int = 1) -> Iterator[Round]:
        """Rounds until nothing is written any more. Errors: DemoError after three rounds."""
        for number in range(first, MOST_ROUNDS + 1):
            done = self.round(f"{name}-{number}")
            yield done
            if not done.moved:
                return
        raise DemoError(f"Still {done.moved} writes in round {MOST_ROUNDS}: the syncs do not come to rest.")

    def hush(self) -> None:
        """No run is under way, and none begins by itself until the DAGs are unpaused."""
        for sync in SYNCS:
            self.rest.pause(dag_of(sync))
        for sync in SYNCS:
            self._idle(sync)

    def resume(self) -> None:
        """Unpause."""
        for sync in SYNCS:
            self.rest.pause(dag_of(sync), paused=False)

    def counts(self, ended: Round) -> list[tuple[str, Mapping[str, int]]]:
        """A row for each sync and direction, from the ledger."""
        rows: list[tuple[str, Mapping[str, int]]] = []
        for run in ended.runs:
            counts = self.ledger_counts(run.sync, run.run_id)
            left, right = SIDES[run.sync]
            rows.append((f"{left} -> {right}", counts.get("left_to_right", {})))
            rows.append((f"{right} -> {left}", counts.get("right_to_left", {})))
        return rows

    def ledger_counts(self, sync: str, run_id: str) -> Mapping[str, Mapping[str, int]]:
        """What the run counted; {} where the ledger does not know the run."""
        found = next((row for row in self.reader().runs(sync, limit=100) if row.run_id == run_id), None)
        return found.counts if found else {}

    def reader(self) -> LedgerReader:
        """The ledger, for reading."""
        from contactsync.ledger.connect import make_engine
        from contactsync.ledger.store import LedgerReader

        return LedgerReader(make_engine(f"sqlite:///{self._ledger}"), lambda: datetime.now(UTC))

    @property
    def _ledger(self) -> Path:
        return self.home / "contactsync" / "ledger.db"

    def _scheduled(self, sync: str) -> str:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = self.rest.runs(dag_of(sync), run_type="scheduled")
            if found:
                return str(found[0]["dag_run_id"])
            time.sleep(_PAUSE)
        raise DemoError(f"The scheduler started no run of {sync} within {PATIENCE:g} s.")

    def _ended(self, wanted: Mapping[str, str], before: Mapping[str, int]) -> Round:
        """Wait for these runs and for any other that the schedule started meanwhile."""
        runs = tuple(sorted(self._watch(wanted), key=lambda run: SYNCS.index(run.sync)))
        for sync in wanted:
            self._idle(sync)
        after = self.writes()
        done = Round(runs, {app: after[app] - before[app] for app in after})
        self.tell(f"writes: {', '.join(f'{app} {count}' for app, count in done.writes.items())}")
        return done

    def _watch(self, wanted: Mapping[str, str]) -> Iterator[Run]:
        began, told = time.monotonic(), time.monotonic()
        waiting = dict(wanted)
        while waiting:
            for sync, run_id in list(waiting.items()):
                state = str(self.rest.run(dag_of(sync), run_id)["state"])
                if state in ENDED:
                    del waiting[sync]
                    yield self._end(sync, run_id, state, time.monotonic() - began)
            if time.monotonic() - began > PATIENCE:
                raise DemoError(f"No end after {PATIENCE:g} s: {self._progress(waiting)}")
            if waiting and time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                self.tell(f"  running: {self._progress(waiting)}")
            time.sleep(_PAUSE)

    def _end(self, sync: str, run_id: str, state: str, seconds: float) -> Run:
        tasks = self.rest.task_instances(dag_of(sync), run_id)
        run = Run(sync, run_id, state, sum(map(executed, tasks)), seconds)
        self.runs.append(run)
        message = next((r.message for r in self.reader().runs(sync, limit=100) if r.run_id == run_id), "")
        self.tell(f"{sync}: {state} in {seconds:.1f} s, {run.executed} tasks. {message}")
        if state != "success":
            failed = [str(task["task_id"]) for task in tasks if task["state"] in ("failed", "upstream_failed")]
            raise DemoError(f"Run {run_id} of {sync} failed in {', '.join(failed)}.\n{self._log(sync, run_id, failed)}")
        return run

    def _progress(self, waiting: Mapping[str, str]) -> str:
        parts = []
        for sync, run_id in waiting.items():
            tasks = self.rest.task_instances(dag_of(sync), run_id)
            now = [f"{t['task_id']} {t['state']}" for t in tasks if t["state"] in ("queued", "running", "up_for_retry")]
            ended = sum(t["state"] in ("success", "skipped", "failed", "upstream_failed") for t in tasks)
            parts.append(f"{sync} {ended}/{len(tasks)} ({', '.join(now) or 'waiting'})")
        return "; ".join(parts)

    def _log(self, sync: str, run_id: str, tasks: Sequence[str]) -> str:
        """The end of the failed tasks' logs."""
        folder = self.home / "logs" / f"dag_id={dag_of(sync)}" / f"run_id={run_id}"
        lines: list[str] = []
        for task in tasks:
            for file in sorted((folder / f"task_id={task}").glob("*.log")):
                lines += [f"--- {task}, {file.name}", *file.read_text(errors="replace").splitlines()[-_LOG_LINES:]]
        return "\n".join(lines)

    def _idle(self, sync: str) -> None:
        """Wait for what the schedule started meanwhile."""
        began, told = time.monotonic(), time.monotonic()
        while running := self.rest.active(dag_of(sync)):
            if time.monotonic() - began > PATIENCE:
                raise DemoError(f"{sync} is still running after {PATIENCE:g} s.")
            if time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                self.tell(f"  {sync}: the scheduler's own run {running[0]} is under way")
            time.sleep(_PAUSE)
