"""Every act through the form of contactsync__manage does what its command does: two equal projects, step by step."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from commands import Done, command, environment
from contactsync.apps.memory import Book
from contactsync.errors import ConfigError, LimitExceeded, PlanMismatch, StopError
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.ledger.tables import journal, run
from contactsync.ledger.transactions import writing
from contactsync.model.acts import Told
from contactsync.model.decisions import hold_id
from contactsync.model.plan import HoldReason
from contactsync.model.spec import SIDES
from contactsync.orchestration.command_owner import person
from contactsync.orchestration.dag_folder import dags_beside
from contactsync.orchestration.manage_params import form
from contactsync.rest.services import utc_now
from sqlalchemy import Engine, select, update

PAIR = """\
version: 1
id: pair
left:  {{app: memory, connection: mem_left, options: {{path: {folder}/left.json}}}}
right: {{app: memory, connection: mem_right, options: {{path: {folder}/right.json}}}}
dag: {{schedule: null}}
limits: {{deletes: {{count: 1, percent: 0}}}}
"""
CONNECTION = json.dumps({"conn_type": "contactsync_memory"})
CONNECTIONS = {"AIRFLOW_CONN_MEM_LEFT": CONNECTION, "AIRFLOW_CONN_MEM_RIGHT": CONNECTION}
MARIA = "maria.sample"


def contact(name: str, mail: str = "") -> dict[str, Any]:
    mails = {"emails": [{"value": f"{mail}@example.org"}]} if mail else {}
    return {"names.given": name, "names.family": "Beispiel", **mails}


@dataclass
class Twin:
    """A project of its own: Ada may be one of two on the right, Emil and Fina have no key."""

    folder: Path
    runs: int = field(default=0)

    def __post_init__(self) -> None:
        mappings = self.folder / "include" / "mappings"
        mappings.mkdir(parents=True)
        (mappings / "pair.yaml").write_text(PAIR.format(folder=self.folder))
        (self.folder / "dags").mkdir()
        for contact_id, mail in (("l1", "ada"), ("l2", "bo"), ("l3", "cleo"), ("l4", ""), ("l5", "")):
            Book(self.folder / "left.json").put(contact_id, contact(contact_id.title(), mail))
        for contact_id in ("r1", "r2"):
            Book(self.folder / "right.json").put(contact_id, contact(contact_id.title(), "ada"))
        assert self.say("db", "upgrade").returncode == 0
        assert self.say("run", "pair").returncode == 0

    def say(self, *words: str) -> Done:
        """The command."""
        return command(self.folder, *words, env=CONNECTIONS)

    def fill_in(self, act: str, *, at: datetime | None = None, cleared: bool = False, **filled: Any) -> dict[str, Any]:
        """The form, sent at that time, as the one task of the DAG gets it; what the task returns."""
        self.runs += not cleared
        with mock.patch.dict(os.environ, environment(self.folder, CONNECTIONS)):
            dag = dags_beside(str(self.folder / "dags" / "dags.py"))["contactsync__manage"]
            run = SimpleNamespace(
                dag_id=dag.dag_id, run_id=f"manual__{self.runs}", run_type="manual", triggering_user_name=MARIA,
                run_after=at or utc_now(),
            )  # fmt: skip
            params = {name: box.value for name, box in form(["pair"]).items()} | {"act": act, **filled}
            told: dict[str, Any] = dag.get_task("act").execute({"dag_run": run, "params": params, "ti": None})
        assert (told["act"], told["by"]) == (act, MARIA)
        json.dumps(told)
        return told

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.engine, utc_now)

    @property
    def engine(self) -> Engine:
        return make_engine(f"sqlite:///{self.folder}/airflow/contactsync/ledger.db")

    def age(self, **by: float) -> None:
        """Let so much time pass since all that was done so far."""
        times = ((run.c.seq, run.c.started_at), (run.c.seq, run.c.ended_at), (journal.c.seq, journal.c.sent_at))
        with writing(self.engine) as connection:
            for key, column in times:
                for seq, at in connection.execute(select(key, column).where(column.is_not(None))).all():
                    older = {column.name: at - timedelta(**by)}
                    connection.execute(update(column.table).where(key == seq).values(older))

    def hold(self, contact_id: str) -> str:
        """The name of the contact's hold for want of a key."""
        held = [h for h, _ in self.ledger.holds("pair") if (h.contact_id, h.reason) == (contact_id, HoldReason.NO_KEY)]
        return hold_id(held[0])

    def last_plan(self) -> str:
        return self.ledger.runs("pair", 1)[0].plan_hash

    def wrote(self, what: str = "2 created") -> str:
        """The run that wrote so much."""
        return next(run.run_id for run in self.ledger.runs("pair", 50) if what in run.message)

    def known(self) -> dict[str, Any]:
        """What the ledger and the right app hold, in words that are the same in both projects."""
        reader = self.ledger
        names = {i: c["names.given"] for s in SIDES for i, c in Book(self.folder / f"{s}.json").contacts().items()}

        def name(contact_id: str) -> str:
            return names.get(contact_id, contact_id if contact_id[:1] in "lr" else "one that was created")

        links = [(name(k.left.contact_id), name(k.right.contact_id), k.status) for k in reader.all_links("pair")]
        return {
            "right": sorted(c["names.given"] for c in Book(self.folder / "right.json").contacts().values()),
            "links": sorted(links),
            "holds": sorted((h.reason, name(h.contact_id)) for h, _ in reader.holds("pair")),
            "verdicts": sorted((v.left_id, v.right_id, v.same) for v in reader.verdicts("pair")),
            "due": sorted(
                name(row.contact_id) for s in SIDES for row in reader.due_contacts("pair", s, 999, utc_now())
            ),
            "cursors": [reader.cursor("pair", side) is not None for side in SIDES],
            "union": reader.sync("pair").union,
            "forgotten": len(reader.forgotten("pair")),
            "answers": [decided.answer for _, _, decided in reader.decisions("pair")],
        }

    def askers(self) -> set[str]:
        return {decided.by for _, _, decided in self.ledger.decisions("pair")}


def test_each_act_leaves_behind_what_its_command_does(tmp_path: Path) -> None:
    one, other = Twin(tmp_path / "said"), Twin(tmp_path / "filled")

    def same(*, changed: bool = True, since: dict[str, Any] | None = None) -> dict[str, Any]:
        assert one.known() == other.known()
        assert (other.known() != since) is changed
        return other.known()

    before, plan = other.known(), other.last_plan()
    assert one.last_plan() == plan

    # A first plan waits; its hash lets it pass.
    with pytest.raises(PlanMismatch):
        other.fill_in("release", sync="pair", apply_plan="0123456789abcdef")
    assert one.say("release", "pair", "0123456789abcdef").returncode == 2
    assert one.say("release", "pair", plan).returncode == 0
    told = other.fill_in("release", sync="pair", apply_plan=plan)
    assert (told["plan"], told["dry_run"], told["counts"]["left_to_right_created"]) == (plan, False, 2)
    before = same(since=before)
    assert before["right"] == ["L2", "L3", "R1", "R2"]

    one.say("keep-apart", "pair", "l1", "r2")
    told = other.fill_in("keep-apart", sync="pair", left="left:l1", right="r2")
    assert told["line"].startswith(f"Decided by {MARIA}: left:l1 right:r2 -> apart")
    before = same(since=before)
    one.say("link", "pair", "l1", "r1")
    other.fill_in("link", sync="pair", left="l1", right="right:r1")
    before = same(since=before)
    one.say("decide", "pair", one.hold("l4"), "skip")
    other.fill_in("decide", sync="pair", hold=other.hold("l4"), answer="skip")
    before = same(since=before)
    one.say("holds", "pair", "--reason", "no_key", "--retry")
    told = other.fill_in("retry", sync="pair", reason="no_key")
    assert told["counts"] == {"again": 1, "left": 0, "unread": 0}
    before = same(since=before)
    for twin in (one, other):
        assert twin.say("run", "pair").returncode == 0
    before = same(since=before)
    assert ("L1", "L1", "live") in before["links"]

    # An undo over a limit: shown, stopped, let pass by its hash.
    shown = one.say("undo", "pair", one.wrote(), "--dry-run")
    with pytest.raises(Exception, match=r"limit: 2 deletes") as caught:
        other.fill_in("undo", sync="pair", run=other.wrote())
    assert "Dry run, nothing written" in str(caught.value)
    assert shown.returncode == 1
    assert "trigger the same with `yes` and apply_plan = " in str(caught.value)
    stopped = one.say("undo", "pair", one.wrote())
    with pytest.raises(LimitExceeded) as limit:
        other.fill_in("undo", sync="pair", run=other.wrote(), yes=True)
    assert stopped.returncode == 2
    assert "(in a form: apply_plan)" in str(limit.value)
    same(changed=False, since=before)
    one.say("undo", "pair", one.wrote(), "--apply-plan", stopped.stderr.split("--apply-plan ")[1].split()[0])
    told = other.fill_in("undo", sync="pair", run=other.wrote(), yes=True, apply_plan=limit.value.plan_hash)
    assert (told["counts"]["delete"], told["plan"], told["dry_run"]) == (2, limit.value.plan_hash, False)
    assert f"by {MARIA}: Memory (right): 2 deleted" in told["line"]
    before = same(since=before)
    assert before["right"] == ["L1", "R2"]
    shown_again = other.fill_in("undo", sync="pair", since="1h")
    assert (shown_again["dry_run"], "To do it, trigger the same with `yes`." in shown_again["line"]) == (True, True)
    same(changed=False, since=before)

    one.say("reset", "pair", "--yes")
    other.fill_in("reset", sync="pair", yes=True)
    before = same(since=before)
    assert before["cursors"] == [False, False]
    one.say("relink", "pair")
    told = other.fill_in("relink", sync="pair", yes=True)
    assert "left: as before; right: as before" in told["line"]
    before = same(since=before)

    # A person, shown, forgotten and lifted again.
    looked = one.say("forget", "left:l2", "--dry-run")
    told = other.fill_in("forget", contact="left:l2")
    assert looked.returncode == 0
    assert (told["dry_run"], told["counts"]["contacts"]) == (True, 2)
    same(changed=False, since=before)
    one.say("forget", "left:l2", "--yes")
    told = other.fill_in("forget", contact="left:l2", sync="pair", yes=True)
    assert told["line"].startswith("Forgotten in pair: 2 contacts")
    before = same(since=before)
    assert before["forgotten"] > 0
    one.say("forget", "left:l2", "--lift")
    assert other.fill_in("lift", contact="left:l2")["line"].startswith("Lifted in pair.")
    before = same(since=before)
    assert before["forgotten"] == 0

    assert (one.askers(), other.askers()) == ({person()}, {MARIA})


def rights(twin: Twin) -> dict[str, dict[str, Any]]:
    """Given name -> own fields, in the right app."""
    return {c["names.given"]: c for c in Book(twin.folder / "right.json").contacts().values()}


def test_what_narrows_an_act_does_so_by_form_as_by_command(tmp_path: Path) -> None:
    """A release of one contact of two, another of a named one; an undo of one contact's one field; one hold of two."""
    one, other = Twin(tmp_path / "said"), Twin(tmp_path / "filled")
    assert one.say("release", "pair", one.last_plan(), "--limit", "1").returncode == 0
    other.fill_in("release", sync="pair", apply_plan=other.last_plan(), limit=1)
    assert rights(one).keys() == rights(other).keys()
    assert len(rights(other)) == 3
    named = Twin(tmp_path / "named")
    named.fill_in("release", sync="pair", apply_plan=named.last_plan(), contacts=["left:l3"])
    assert set(rights(named)) == {"L3", "R1", "R2"}

    for twin in (one, other):
        assert twin.say("run", "pair").returncode == 0
        for contact_id in ("l2", "l3"):
            Book(twin.folder / "left.json").put(contact_id, {"nickname": "Nick", "job_title": "Cook"})
        assert twin.say("run", "pair").returncode == 0
    assert (
        one.say("undo", "pair", one.wrote("2 updated"), "--contact", "left:l2", "--field", "nickname").returncode == 0
    )
    other.fill_in("undo", sync="pair", run=other.wrote("2 updated"), contact="left:l2", fields=["nickname"], yes=True)
    for twin in (one, other):
        found = {name: (c.get("nickname", ""), c.get("job_title", "")) for name, c in rights(twin).items()}
        assert (found["L2"], found["L3"]) == (("", "Cook"), ("Nick", "Cook"))

    one.say("holds", "pair", "--contact", "left:l4", "--retry")
    told = other.fill_in("retry", sync="pair", contact="left:l4")
    assert told["counts"]["again"] == 1
    assert one.known()["due"] == other.known()["due"]


def test_an_undo_since_a_while_ago_counts_from_when_the_form_was_sent_however_late_it_is_cleared(
    tmp_path: Path,
) -> None:
    twin = Twin(tmp_path / "filled")
    twin.fill_in("release", sync="pair", apply_plan=twin.last_plan())
    assert twin.say("run", "pair").returncode == 0
    twin.age(days=1)
    Book(twin.folder / "left.json").put("l2", {"nickname": "Wrong"})
    assert twin.say("run", "pair").returncode == 0
    assert rights(twin)["L2"]["nickname"] == "Wrong"
    twin.age(minutes=10)
    sent = utc_now()
    twin.fill_in("undo", sync="pair", since="2h", yes=True, at=sent)
    assert rights(twin)["L2"]["nickname"] == ""

    # Two hours from now backwards there is but the undo itself.
    twin.age(minutes=115)
    twin.fill_in("undo", sync="pair", since="2h", yes=True, at=sent - timedelta(minutes=115), cleared=True)
    assert rights(twin)["L2"]["nickname"] == ""


def test_an_act_that_was_not_done_as_a_whole_says_what_to_do_next(tmp_path: Path) -> None:
    twin = Twin(tmp_path / "filled")
    undone = Told("Undo of a run: 1 not sent", {}, ok=False)
    with (
        mock.patch("contactsync.orchestration.managing.do_to_sync", return_value=undone),
        pytest.raises(StopError) as caught,
    ):
        twin.fill_in("undo", sync="pair", run="a run", yes=True)
    assert caught.value.next_step.startswith("see why with contactsync holds pair, mend it, then trigger")


def test_what_cannot_be_done_changes_nothing_and_says_what_can(tmp_path: Path) -> None:
    twin = Twin(tmp_path / "filled")
    before = twin.known()
    for act, filled, words in (
        ("link", {"sync": "pair", "left": "l1", "right": "r9"}, "contactsync holds pair"),
        ("retry", {"sync": "pair", "reason": "lazy"}, "name one of these, or leave the reason away"),
        ("retry", {"sync": "pair", "contact": "l9"}, "list what does: contactsync holds pair"),
        ("decide", {"sync": "pair", "hold": "ffff", "answer": "skip"}, "No hold is named"),
        ("undo", {"sync": "pair", "run": "never"}, "list its runs with: contactsync runs pair"),
        ("undo", {"sync": "pair", "since": "yesterday"}, "write 90m, 2h or 3d"),
        ("forget", {"contact": "left:l9"}, "No sync of this ledger has anything"),
        ("reset", {"sync": "other", "yes": True}, "There is no sync 'other'"),
    ):
        with pytest.raises(ConfigError) as caught:
            twin.fill_in(act, **filled)
        assert words in str(caught.value)
    assert twin.known() == before
