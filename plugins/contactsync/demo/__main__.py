"""`python -m contactsync.demo [--check]`: everything from an empty folder to two quiet syncs, on this machine alone."""

from __future__ import annotations

import argparse
import fcntl
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from contactsync.demo import checks, leaks, story
from contactsync.demo.airflow_server import PATIENCE, USER, AirflowServer
from contactsync.demo.processes import DemoError, Program, end_left_behind, listening, members
from contactsync.demo.report import Report
from contactsync.demo.servers import Apps, start_apps
from contactsync.demo.syncs import SYNCS, Round, Syncs, dag_of

CHECKOUT = Path(__file__).parents[3]
SIGNS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Demo:
    """One demo, in a folder of its own."""

    folder: Path
    patience: float
    report: Report = field(default_factory=Report)
    programs: list[Program] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)

    def play(self, stack: ExitStack) -> tuple[AirflowServer, list[str]]:
        """The whole story; `stack` stops what it starts. Returns Airflow and what is not as it should be."""
        apps = self._apps(stack)
        airflow = self._airflow(stack, apps)
        syncs = Syncs(airflow.rest, airflow.home, apps.writes, self.report.tell)
        syncs.make_ledger()
        airflow.await_healthy([dag_of(sync) for sync in SYNCS], self.report.tell, self.patience)
        self.report.tell("Airflow is ready")
        self._first_runs(syncs)
        self._edits(apps, syncs)
        quiet = self._quiet(syncs)
        return airflow, self._problems(apps, airflow, syncs, quiet)

    def _apps(self, stack: ExitStack) -> Apps:
        self.report.title("Three apps: Freshsales and Google Contacts (sandboxes), an address book (Radicale)")
        apps = start_apps(self.folder, stack)
        self.programs += apps.programs
        self.ports += apps.ports()
        for hand in apps.hands:
            self.report.tell(f"{hand.app}: {len(hand.entries())} invented contacts")
        return apps

    def _airflow(self, stack: ExitStack, apps: Apps) -> AirflowServer:
        self.report.title("Airflow: scheduler, DAG processor, API server")
        airflow = AirflowServer(self.folder / "airflow", CHECKOUT / "dags", apps.connections())
        stack.callback(airflow.stop)
        self.programs.append(airflow.program)
        self.ports += airflow.ports.all()
        airflow.start()
        self.report.tell(f"starting at {airflow.url}; log: {airflow.program.log}")
        return airflow

    def _first_runs(self, syncs: Syncs) -> None:
        self.report.title("First runs: the scheduler starts them once the DAGs are unpaused")
        first = syncs.first_round()
        self.report.counts("What the first run of each sync did", syncs.counts(first))
        self.report.title("Rounds until nothing moves: what came from one address book goes on to the other")
        for done in syncs.until_rest("settle", first=2):
            self.report.counts("What this round did", syncs.counts(done))

    def _edits(self, apps: Apps, syncs: Syncs) -> None:
        self.report.title("People edit, add and delete in all three apps")
        syncs.hush()
        for line in story.act(apps):
            self.report.tell(line)
        syncs.resume()
        for done in syncs.until_rest("edits"):
            self.report.counts("What this round did", syncs.counts(done))
        shown = {hand.app: hand.entries() for hand in apps.hands}
        self.report.table("What was carried over", ("person", "what happened", *shown), story.outcome(shown))

    def _quiet(self, syncs: Syncs) -> Round:
        self.report.title("Once more: nothing has changed, so nothing is written")
        quiet = syncs.round("quiet")
        tasks = ", ".join(f"{run.sync} {run.executed}" for run in quiet.runs)
        self.report.tell(f"{quiet.moved} writes; tasks executed: {tasks}")
        return quiet

    def _problems(self, apps: Apps, airflow: AirflowServer, syncs: Syncs, quiet: Round) -> list[str]:
        self.report.title("Checking")
        shown = {hand.app: hand.entries() for hand in apps.hands}
        found = checks.problems(apps, syncs, quiet, shown)
        persons = (*apps.cast.freshsales, *apps.cast.google, *apps.cast.book, *story.added())
        secrets = (*apps.secrets(), *airflow.secrets())
        forms = leaks.planted(persons, story.typed_words(), secrets)
        found += leaks.search(forms, airflow.home, airflow.program.log)
        self.report.tell(f"looked for {len(forms)} contact values and secrets in Airflow's logs and database")
        return found

    def left(self) -> list[str]:
        """What still lives of all that was started."""
        pids = members(program.session for program in self.programs)
        ports = listening(self.ports)
        return [*(f"process {pid} is left" for pid in pids), *(f"port {port} still answers" for port in ports)]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 = all is as it should be, 1 = not, 2 = the demo could not be given, 130 = interrupted before its end."""
    given = _parser().parse_args(arguments)
    demo = Demo(given.folder.absolute(), given.patience)
    try:
        with _alone(demo), _interruptible():
            code = _given(demo, unattended=given.check)
    except DemoError as error:
        demo.report.tell(str(error))
        return 2
    return code


def _given(demo: Demo, *, unattended: bool) -> int:
    """Play, stop, and make sure that everything is gone."""
    try:
        with ExitStack() as stack:
            code = _played(demo, stack, unattended=unattended)
    finally:
        left = demo.left()
        for line in left:
            demo.report.tell(line)
        if not left:
            demo.report.tell("Everything that was started is gone.")
    return 1 if left and code == 0 else code


def _played(demo: Demo, stack: ExitStack, *, unattended: bool) -> int:
    try:
        airflow, problems = demo.play(stack)
        _judged(demo, problems)
        if not unattended:
            _leave_running(demo, airflow)
        return 1 if problems else 0
    except DemoError as error:
        demo.report.tell(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        demo.report.tell("interrupted")
        return 130
    finally:
        _deaf()
        demo.report.tell("stopping")


def _judged(demo: Demo, problems: Sequence[str]) -> None:
    for problem in problems:
        demo.report.tell(f"NOT AS IT SHOULD BE: {problem}")
    if not problems:
        demo.report.tell("All is as it should be.")
    demo.report.tell(f"The demo took {demo.report.elapsed:.0f} s.")


def _leave_running(demo: Demo, airflow: AirflowServer) -> None:
    demo.report.title(f"Airflow: {airflow.url}   user {USER}   password {airflow.password}")
    demo.report.tell("It goes on syncing. Ctrl-C ends it.")
    try:
        while True:
            airflow.program.check()
            time.sleep(1)
    except KeyboardInterrupt:
        return


@contextmanager
def _alone(demo: Demo) -> Iterator[None]:
    """One demo at a time in a folder, which begins empty."""
    folder = demo.folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"Another demo is running in {folder}. End it, or name another --folder.") from None
        for pid in end_left_behind(folder):
            demo.report.tell(f"ended process {pid}, which an earlier demo left")
        for entry in folder.iterdir():
            if entry.name != "lock":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        yield


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal end the demo as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - the shape of a handler
        _deaf()
        raise KeyboardInterrupt

    before = {sign: signal.signal(sign, interrupt) for sign in SIGNS}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _deaf() -> None:
    """Stopping must not be interrupted by a second Ctrl-C."""
    for sign in SIGNS:
        signal.signal(sign, signal.SIG_IGN)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m contactsync.demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="unattended: end when the story has been told and checked")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / ".demo", help="where all files go; emptied first")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds that Airflow may take to start")
    return parser


if __name__ == "__main__":
    sys.exit(main())
