"""One demo from beginning to end: start apps and Airflow, let the syncs run, let people edit, look at the result."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from contactsync.demo import checks, leaks, story
from contactsync.demo.airflow_server import AirflowServer
from contactsync.demo.processes import Program, listening, members
from contactsync.demo.report import Report
from contactsync.demo.servers import Apps, start_apps
from contactsync.demo.syncs import SYNCS, Round, Syncs, dag_of

CHECKOUT = Path(__file__).parents[3]


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
        self._first_runs(apps, syncs)
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

    def _first_runs(self, apps: Apps, syncs: Syncs) -> None:
        self.report.title("First runs: the scheduler starts them once the DAGs are unpaused")
        first = syncs.first_round()
        self.report.counts("What the first run of each sync did", syncs.counts(first))
        self.report.title("Rounds until nothing moves: what came from one address book goes on to the other")
        for done in syncs.until_rest("settle", first=2):
            self.report.counts("What this round did", syncs.counts(done))
        self.report.table("Held for a person to decide", ("sync", "app", "who", "why"), checks.held(apps, syncs))

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
