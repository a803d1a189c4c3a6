"""What a run says: at most 30 INFO lines a task, whatever happens, and a last line for people."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from contactsync.apps.memory import Memory
from contactsync.errors import ServerTrouble
from contactsync.model.exchange import Op, Result, State, Verb

pytestmark = pytest.mark.airflow
MOST = 30
PEOPLE = 1500  # a side
BEGUN = re.compile(r"\[DAG TEST\] starting task_id=(\w+)")
RULES = {
    "left_to_right": [
        {"name": f"title-{n}", "if": [{"field": {"name": "job_title", "in": [f"title {n}"]}}]} for n in range(10)
    ]
}


class Heard(logging.Handler):
    """Task -> our lines at INFO and above, of the newest run of `dag.test`."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.told: dict[str, list[str]] = {}
        self.now: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage()
        if begun := BEGUN.match(words):
            self.told = {} if begun[1] == "open" else self.told
            self.told[begun[1]] = self.now = []
        elif record.name.startswith("contactsync"):
            self.now.append(words)

    def last(self, task: str) -> str:
        return self.told[task][-1]


@pytest.fixture
def heard(sync: Any) -> Iterator[Heard]:
    sync.project.bag()  # Airflow sets up its logging when it is first used, and drops other handlers then
    handler = Heard()
    loggers = [logging.getLogger(name) for name in ("contactsync", "airflow.sdk.definitions.dag")]
    for logger in loggers:
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
    yield handler
    for logger in loggers:
        logger.removeHandler(handler)


def crowd(book: Any, side: str, chance: random.Random) -> None:
    """Most have a partner; some share an address, have none, or are so odd that the app will refuse them."""
    with book.opened() as state:
        for n in range(PEOPLE):
            mail = {"value": f"p{n // 2 if n % 50 == 0 else n}{'' if n % 3 else side}@example.org", "label": "work"}
            fields = {
                "names.given": f"{side if n % 7 == 0 else 'Ada'} {n}",
                "names.family": "Beispiel",
                "job_title": f"title {n % 12}",
                "emails": [] if n % 40 == 0 else [mail],
                "department": chance.choice(["North", "South"]),
            }
            book.write(state, f"{side}{n}", fields)


def picky(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app refuses every ninth contact, and answers a few batches not at all."""
    push, sent = Memory.push, [0]

    def choosing(app: Memory, ops: Sequence[Op]) -> Iterator[Result]:
        sent[0] += 1
        if sent[0] % 9 == 0:
            raise ServerTrouble("the app does not answer (HTTP 503).")
        bad = [op for n, op in enumerate(ops) if n % 9 == 0 and op.verb is not Verb.DELETE]
        yield from (Result(op.key, State.REFUSED, op.id, reason="odd") for op in bad)
        yield from push(app, [op for op in ops if op not in bad])

    monkeypatch.setattr(Memory, "push", choosing)


def test_a_run_over_thousands_with_every_kind_of_trouble_says_little_in_each_task(sync, monkeypatch, heard):
    sync.project.sync(sync.sync_id, dag={"schedule": None}, rules=RULES, conflicts="hold")
    chance = random.Random(5)
    crowd(sync.left, "left", chance)
    crowd(sync.right, "right", chance)
    picky(monkeypatch)

    assert sync.run(retries=0).state == "failed"  # for the batches that were not answered

    assert len(heard.told) == 8
    assert {task: len(said) for task, said in heard.told.items() if len(said) > MOST} == {}
    loads = sorted((heard.last("load_left"), heard.last("load_right")), key=len)  # in whichever order they ran
    assert re.fullmatch(r"Memory \((left|right)\): 420 created; 57 not written \(refused by the app 57\)", loads[0])
    assert re.fullmatch(
        r"Memory \((left|right)\): 332 created; 145 not written \(refused by the app 45, without an answer 100\)\. "
        r"NOT COMPLETE: 1 batch failed as a whole on the (left|right) side",
        loads[1],
    )
    told = heard.last("record")
    assert "created; 666 held (ambiguous 30, " in told
    assert "332 created, 100 failed; 654 held (ambiguous 30, " in told
    assert "conflict 541" in told
    assert "NOT COMPLETE: 1 batch failed as a whole on the" in told


def test_the_last_lines_of_quiet_dry_limited_and_broken_runs_can_be_read_by_a_manager(sync, monkeypatch, heard):
    nothing = "Memory (left) to Memory (right): nothing to do; Memory (right) to Memory (left): nothing to do"
    limits = {"deletes": {"count": 0, "percent": 0}}
    sync.project.sync(sync.sync_id, dag={"schedule": None}, limits=limits, deletions={"left_to_right": "delete"})
    for name in ("ada", "ben", "cleo"):
        sync.left.put(name, {"names.given": name, "emails": [{"value": f"{name}@example.org", "label": "work"}]})
    sync.run(retries=0, dry_run=True)
    assert heard.last("record").startswith("Dry run, nothing written: Memory (left) to Memory (right): 3 created;")
    sync.run(retries=0)
    assert heard.last("load_right") == "Memory (right): 3 created"
    sync.run(retries=0)
    sync.run(retries=0)
    assert heard.last("record") == nothing

    sync.left.remove("ada")
    sync.run(retries=0)
    assert heard.last("record") == (
        "Nothing was written. NOT COMPLETE: task reconcile failed (the plan is over a limit, so a person has to let it "
        "pass)"
    )
    monkeypatch.delenv("AIRFLOW_CONN_MEMORY_RIGHT")
    sync.run(retries=0)
    assert heard.last("record") == "Nothing was done: the task open failed (a connection is missing)."
