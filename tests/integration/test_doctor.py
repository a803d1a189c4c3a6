"""The doctor: each fault is planted and found by its own check, a healthy installation has none, nothing is written."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import Done, command
from contactsync.apps.memory import Book
from contactsync.doctor.checks import CHECKS, examine, made
from contactsync.doctor.findings import Finding, Severity
from contactsync.doctor.installation import Installation
from contactsync.errors import ConfigError
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.ledger.tokens import LedgerTokens
from contactsync.mapping.loader import BrokenFile
from contactsync.model.accounts import AccountState, ConnectedAccount, Use
from contactsync.model.exchange import Verb
from contactsync.model.ledger import RunState
from contactsync.model.plan import Intent
from contactsync.model.spec import DagSpec, Side
from contactsync.orchestration.artefacts import StoredArtefacts, artefact_root
from contactsync.pipeline import open_run
from contactsync.stages.relinking import relink
from cryptography.fernet import Fernet
from ledger_servers import PostgresServer
from sqlalchemy import delete
from world import Clock, World, mail, memory_spec

BROKEN, SOON, NOTE = Severity
USES = (Use("pair", Side.LEFT),)
KEY = Fernet.generate_key().decode()


@dataclass
class Patient:
    """A sync that ran, and the installation around it."""

    world: World
    at: Installation

    @property
    def root(self) -> Path:
        assert self.at.root is not None
        return self.at.root

    @property
    def ledger_file(self) -> Path:
        return self.world.root / "ledger.db"

    def later(self, **by: float) -> None:
        self.at = replace(self.at, now=self.at.now + timedelta(**by))

    def change(self, **changes: object) -> None:
        self.at = replace(self.at, **changes)  # type: ignore[arg-type]

    def account(self, state: AccountState, problem: str = "", skew: float | None = None) -> None:
        self.change(accounts=(ConnectedAccount("left", "memory", state, uses=USES, problem=problem, skew=skew),))

    def found(self) -> list[Finding]:
        return examine(self.at)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A sync that ran twice, some minutes ago."""
    folder = tmp_path_factory.mktemp("well")
    began = datetime.now(UTC) - timedelta(minutes=10)
    world = World(folder, memory_spec(dag=DagSpec("@daily")), Clock(began), artefacts=artefacts_in(folder))
    (folder / "ledger.db").chmod(0o600)
    world.left.put("l1", {"names.given": "Ada", "emails": mail("ada@example.org")})
    world.left.put("l2", {"names.given": "Nobody"})
    for _ in range(2):
        assert world.run().ok
    world.known._engine.dispose()
    return world


def artefacts_in(folder: Path) -> StoredArtefacts:
    return StoredArtefacts(artefact_root(str(folder / "artefacts")), "pair", "run")


@pytest.fixture
def patient(template: World, tmp_path: Path) -> Patient:
    shutil.copytree(template.root, tmp_path, dirs_exist_ok=True)
    engine, clock, artefacts = (
        make_engine(f"sqlite:///{tmp_path}/ledger.db"),
        Clock(template.clock.now),
        artefacts_in(tmp_path),
    )
    world = World(tmp_path, template.spec, clock, Ledger(engine, clock), artefacts=artefacts, number=2)
    at = Installation(
        specs=(world.spec,),
        now=datetime.now(UTC),
        all_ids=("pair",),
        engine=engine,
        ledger=world.known.reader(),
        artefacts=artefacts,
        root=tmp_path / "artefacts",
        pools=frozenset({"default_pool"}),
        key=KEY,
        ended=lambda owner: owner == "a dead command",
    )
    return Patient(world, at)


# ---- faults


def a_file_that_makes_no_sync(p: Patient) -> None:
    p.change(broken=(BrokenFile(Path("bad.yaml"), "bad", None, ConfigError("bad.yaml:3: is no YAML.")),))


def no_ledger(p: Patient) -> None:
    p.change(
        engine=None, ledger=None, no_ledger=("There is no ledger yet.", "run `contactsync db upgrade`."), lost=True
    )


def an_older_ledger(p: Patient) -> None:
    p.change(engine=None, ledger=None, no_ledger=("The ledger has schema 0011.", "run `contactsync db upgrade`."))


def a_damaged_file(p: Patient) -> None:
    p.world.known._engine.dispose()
    whole = p.ledger_file.read_bytes()
    p.ledger_file.write_bytes(whole[:8192] + b"\xff" * 65536 + whole[73728:])


def half_a_link(p: Patient) -> None:
    from contactsync.ledger.tables import link_side

    with p.world.known._engine.begin() as connection:
        connection.execute(delete(link_side).where(link_side.c.side == "right"))


def a_ledger_that_others_read(p: Patient) -> None:
    p.ledger_file.chmod(0o644)


def a_ledger_without_wal(p: Patient) -> None:
    with p.world.known._engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA journal_mode=DELETE")  # type: ignore[union-attr]


def a_ledger_behind_its_sync(p: Patient) -> None:
    (p.root / "pair.json").write_text('{"seq": 99}')


def a_missing_state_file(p: Patient) -> None:
    (p.root / "pair.json").unlink()


def links_found_again(p: Patient) -> None:
    relink(p.world.place(), p.world.request())


def a_lock_left_behind(p: Patient) -> None:
    Ledger(p.world.known._engine, p.world.clock, timedelta(seconds=-5)).take_lock("pair", "dag/1", ended=lambda _: True)


def a_lock_of_a_dead_command(p: Patient) -> None:
    p.world.known.take_lock("pair", "a dead command", ended=lambda _: True)


def a_lease_of_a_dead_command(p: Patient) -> None:
    p.world.known.take_account("memory:left", "a dead command", ended=lambda _: True)


def a_run_cut_off(p: Patient) -> None:
    request = p.world.request()
    opened = open_run(p.world.place(), request)
    p.world.known.release_lock("pair", request.owner, opened.fence)


def a_run_without_end(p: Patient) -> None:
    p.world.clock.forward(hours=-8)
    open_run(p.world.place(), p.world.request())


def a_red_run(p: Patient) -> None:
    row = p.world.last()
    p.world.known.end_run(replace(row, state=RunState.FAILED, message="NOT COMPLETE: task load_left failed"))


def a_sync_that_was_not_read_for_long(p: Patient) -> None:
    p.later(days=8)


def a_sync_by_hand_that_rests(p: Patient) -> None:
    p.change(specs=(replace(p.world.spec, dag=DagSpec(None)),))
    p.later(days=8)


def a_complete_read_overdue(p: Patient) -> None:
    fence = p.world.known.take_lock("pair", "a test", ended=lambda _: True).fence
    for side in Side:
        stored = p.world.known.cursor("pair", side)
        assert stored is not None
        old = replace(stored, complete_at=p.at.now - timedelta(days=9))
        p.world.known.set_cursor("pair", old, fence=fence)
    p.world.known.release_lock("pair", "a test", fence)


def an_action_without_answer(p: Patient) -> None:
    ledger = p.world.known
    intent = Intent("k1", Side.RIGHT, Verb.CREATE, None, "l9")
    fence = ledger.take_lock("pair", "a test", ended=lambda _: True).fence
    run = p.world.last().run_id
    ledger.plan_intents("pair", run, "memory:right", [intent], {})
    claim = ledger.claim("pair", run, Side.RIGHT, fence)
    assert ledger.send("pair", run, Side.RIGHT, ["k1"], fence=fence, claim=claim) == {"k1"}
    ledger.release_lock("pair", "a test", fence)


def an_action_without_answer_for_days(p: Patient) -> None:
    an_action_without_answer(p)
    p.later(days=2)


def a_hold_for_weeks(p: Patient) -> None:
    p.later(days=15)


def a_sync_without_its_file(p: Patient) -> None:
    p.change(all_ids=("another",))


def an_account_that_is_gone(p: Patient) -> None:
    p.account(AccountState.MISSING, "Airflow has no connection 'left'.")


def tokens_of_another_key(p: Patient) -> None:
    other = LedgerTokens(p.world.known._engine, Fernet.generate_key().decode())
    other.refresh("google", "print", lambda _: {"access_token": "invented", "refresh_token": "invented"})


def tokens_that_begin_anew(p: Patient) -> None:
    other = LedgerTokens(p.world.known._engine, Fernet.generate_key().decode())
    other.refresh("google", "print", lambda _: {"access_token": "invented"})


def disks_that_are_not_shared(p: Patient) -> None:
    p.change(unshared=[("artefacts.root is not set, and with CeleryExecutor tasks share no disk.", "set it.")])


def a_root_that_is_a_file(p: Patient) -> None:
    (p.world.root / "file").write_text("")
    p.change(root=p.world.root / "file" / "artefacts")


def an_artefact_that_others_read(p: Patient) -> None:
    next(p.root.rglob("*.parquet")).chmod(0o644)


def a_half_written_artefact(p: Patient) -> None:
    draft = next(p.root.rglob("*.parquet")).parent / ".plan.parquet.1234"
    draft.touch(mode=0o600)


def values_that_nobody_removed(p: Patient) -> None:
    p.later(days=34)


def artefacts_that_nobody_removed(p: Patient) -> None:
    p.later(days=11)


def artefacts_of_a_stranger(p: Patient) -> None:
    (p.root / "given-up").mkdir(mode=0o700)


def a_missing_pool(p: Patient) -> None:
    p.change(specs=(replace(p.world.spec, dag=DagSpec(None, pool="crm_pool")),))


def an_unreadable_airflow(p: Patient) -> None:
    p.change(pools=None)


def an_unknown_time_zone(p: Patient) -> None:
    p.change(specs=(replace(p.world.spec, dag=DagSpec(None, timezone="Mars/Olympus")),))


def a_clock_before_the_database(p: Patient) -> None:
    p.later(seconds=20)


def a_clock_behind_the_vendor(p: Patient) -> None:
    p.account(AccountState.CONNECTED, skew=-120.0)


FAULTS: tuple[tuple[str, Severity, Callable[[Patient], None], str, str], ...] = (
    ("files", BROKEN, a_file_that_makes_no_sync, "bad.yaml:3", "contactsync validate"),
    ("ledger", BROKEN, no_ledger, "There is no ledger yet. But pair ran here before", "restore the newest backup"),
    ("ledger", BROKEN, an_older_ledger, "The ledger has schema 0011.", "run `contactsync db upgrade`."),
    ("integrity", BROKEN, a_damaged_file, "The file is damaged", "restore the newest backup"),
    ("integrity", BROKEN, half_a_link, "links without exactly two sides: 1", "restore the newest backup"),
    ("ledger_files", SOON, a_ledger_that_others_read, "Others on this machine may read", "chmod 600 "),
    ("ledger_files", SOON, a_ledger_without_wal, "journalled by 'delete'", "PRAGMA journal_mode=WAL"),
    ("lost", BROKEN, a_ledger_behind_its_sync, "older than this sync", "contactsync plan pair"),
    ("lost", SOON, a_missing_state_file, "state file", "contactsync run pair"),
    ("lost", NOTE, links_found_again, "found again; 2 more", "contactsync holds pair"),
    ("locks", NOTE, a_lock_left_behind, "left behind by dag/1", "nothing"),
    ("locks", NOTE, a_lock_of_a_dead_command, "a dead command (last renewed", "nothing"),
    ("locks", NOTE, a_lease_of_a_dead_command, "no longer there", "nothing"),
    ("runs", SOON, a_run_cut_off, "Run pair-3, begun", "contactsync run pair"),
    ("runs", SOON, a_run_without_end, "has been on for 8 hours", "end it in Airflow"),
    ("runs", SOON, a_red_run, "task load_left failed", "contactsync run pair"),
    ("cursors", SOON, a_sync_that_was_not_read_for_long, "last read 8 days ago", "contactsync run pair"),
    ("cursors", NOTE, a_sync_by_hand_that_rests, "last read 8 days ago", "contactsync run pair"),
    ("cursors", SOON, a_complete_read_overdue, "every 6 days (full_every), and last was 9 days ago", "--full-read"),
    ("unanswered", NOTE, an_action_without_answer, "1 create got no answer", "--reason unknown"),
    ("unanswered", SOON, an_action_without_answer_for_days, "2 days ago", "contactsync holds pair --reason unknown"),
    (
        "holds",
        SOON,
        a_hold_for_weeks,
        "1 held as no_key for more than 14 days",
        "contactsync holds pair --reason no_key",
    ),
    ("orphans", NOTE, a_sync_without_its_file, "no file has that id", "`id: pair`"),
    ("accounts", BROKEN, an_account_that_is_gone, "connection missing: Airflow has no", "contactsync probe left"),
    ("tokens", BROKEN, tokens_of_another_key, "the vendor takes no others", "authorise again"),
    ("tokens", NOTE, tokens_that_begin_anew, "starts from those in the connection", "nothing"),
    ("shared", BROKEN, disks_that_are_not_shared, "tasks share no disk", "set it."),
    ("writable", BROKEN, a_root_that_is_a_file, "is no folder", "artefacts.root"),
    ("private", SOON, an_artefact_that_others_read, "1 path below the root", "chmod -R go= "),
    ("drafts", SOON, a_half_written_artefact, "1 half-written file", "rm "),
    ("strangers", SOON, artefacts_of_a_stranger, "Artefacts of 1 sync that nobody knows", "rm -r "),
    ("housekeeping", SOON, values_that_nobody_removed, "1 row of the ledger", "contactsync housekeeping"),
    ("housekeeping", SOON, artefacts_that_nobody_removed, "artefacts of 1 run,", "contactsync__housekeeping"),
    ("pools", BROKEN, a_missing_pool, "'crm_pool' does not exist", "airflow pools set crm_pool"),
    ("pools", NOTE, an_unreadable_airflow, "database cannot be read", "airflow db migrate"),
    ("time_zones", BROKEN, an_unknown_time_zone, "'Mars/Olympus'", "dag.timezone"),
    ("database_clock", SOON, a_clock_before_the_database, "seconds before the database's", "NTP"),
    ("vendor_clocks", SOON, a_clock_behind_the_vendor, "120 seconds behind the vendor's", "NTP"),
)


def test_a_healthy_installation_has_no_findings(patient: Patient) -> None:
    assert patient.found() == []
    assert len(made(replace(patient.at, asked=False))) == len(CHECKS) - 1


@pytest.mark.parametrize(
    ("check", "severity", "plant", "words", "remedy"), FAULTS, ids=[f"{f[0]}: {f[2].__name__}" for f in FAULTS]
)
def test_each_fault_is_found_by_its_check_with_a_remedy(
    patient: Patient, check: str, severity: Severity, plant: Callable[[Patient], None], words: str, remedy: str
) -> None:
    plant(patient)
    (found,) = {f.what: f for f in patient.found() if f.check == check and words in f.what}.values()
    assert found.severity is severity
    assert remedy in found.next_step
    assert "ada@example.org" not in repr(patient.found())


@pytest.mark.postgres
def test_a_healthy_ledger_in_postgresql_has_no_findings(postgres_server: PostgresServer, patient: Patient) -> None:
    engine = make_engine(postgres_server.empty_ledger())
    ledger, clock = Ledger(engine, patient.world.clock), patient.world.clock
    (patient.root / "pair.json").unlink()
    world = World(patient.world.root, patient.world.spec, clock, ledger, artefacts=patient.world.artefacts)
    assert world.run().ok
    patient.change(engine=engine, ledger=ledger.reader())
    assert patient.found() == []
    ledger.take_lock("pair", "a dead command", ended=lambda _: True)
    assert [f.check for f in patient.found()] == ["locks"]
    engine.dispose()


def test_every_check_has_a_fault_that_it_finds() -> None:
    assert {fault[0] for fault in FAULTS} == {check.name for check in CHECKS}


def test_a_damaged_ledger_is_said_once_and_hides_no_other_fault(patient: Patient) -> None:
    a_damaged_file(patient)
    a_missing_pool(patient)
    assert [f.check for f in patient.found()] == ["integrity", "pools"]


def test_a_run_that_is_on_is_no_fault(patient: Patient) -> None:
    patient.world.clock.now = datetime.now(UTC)
    request = patient.world.request()
    open_run(patient.world.place(), request)
    a_half_written_artefact(patient)  # of that run
    assert patient.found() == []


def test_a_check_that_fails_is_a_finding_and_hides_no_other(patient: Patient) -> None:
    (patient.root / "pair.json").write_text("no JSON")
    a_missing_pool(patient)
    lost, pools = patient.found()
    assert (lost.check, pools.check) == ("lost", "pools")
    assert lost.what.startswith("Could not be checked: The state file")


# ---- as a command

PAIR = """\
version: 1
left:  {{app: memory, connection: mem_left, options: {{path: {folder}/left.json}}}}
right: {{app: memory, connection: mem_right, options: {{path: {folder}/right.json}}}}
dag: {{schedule: null{more}}}
first_run: apply
"""


def write_file(folder: Path, more: str = "") -> None:
    (folder / "include" / "mappings").mkdir(parents=True, exist_ok=True)
    (folder / "include" / "mappings" / "pair.yaml").write_text(PAIR.format(folder=folder, more=more))


def contactsync(folder: Path, *words: str) -> Done:
    connection = json.dumps({"conn_type": "contactsync_memory"})
    return command(folder, *words, env={"AIRFLOW_CONN_MEM_LEFT": connection, "AIRFLOW_CONN_MEM_RIGHT": connection})


def content(folder: Path) -> dict[str, str]:
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".lock"))
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_command_says_what_is_wrong_writes_nothing_and_ends_with_1(tmp_path: Path) -> None:
    write_file(tmp_path)
    Book(tmp_path / "left.json").put("l1", {"names.given": "Ada", "emails": [{"value": "ada@example.org"}]})
    assert contactsync(tmp_path, "db", "upgrade").returncode == 0
    assert contactsync(tmp_path, "run", "pair").returncode == 0
    before = content(tmp_path / "airflow" / "contactsync")
    well = contactsync(tmp_path, "doctor", "--json")
    told = json.loads(well.stdout)
    assert (well.returncode, told["well"], told["syncs"]) == (0, True, ["pair"])
    assert {f["check"] for f in told["findings"]} <= {"pools"}  # a note: this home has no database of Airflow's
    (tmp_path / "airflow" / "contactsync" / "ledger.db").chmod(0o640)
    ill = contactsync(tmp_path, "doctor", "pair", "--offline")
    assert ill.returncode == 1
    assert f"next: chmod 600 {tmp_path}/airflow/contactsync/ledger.db" in ill.stdout
    assert "22 checks of 1 sync: 1 soon" in ill.stdout
    assert content(tmp_path / "airflow" / "contactsync") == before
    assert contactsync(tmp_path, "doctor", "nobody").returncode == 4
