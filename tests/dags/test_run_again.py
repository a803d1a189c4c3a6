"""What `record` makes of XComs that an earlier try of the run left: Airflow keeps them until their task starts anew."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from contactsync.apps.memory import Memory
from contactsync.errors import StopError
from contactsync.model.exchange import Op, Result, State
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Loaded, RunRequest
from contactsync.orchestration import naming
from contactsync.orchestration.handover import to_json
from contactsync.orchestration.operators import RecordOperator
from contactsync.orchestration.run_context import RETURN_VALUE, RunContext
from contactsync.pipeline import extract_side, load_side, open_run, reconcile, transform
from world import World, mail

SKIPPED = dict.fromkeys(("reconcile", "load_left", "load_right"), "skipped")


class Airflow:
    """What Airflow keeps of a run: what its tasks handed on, in whichever try, and how each ended this time."""

    def __init__(self) -> None:
        self.handed: dict[str, Any] = {}
        self.states: dict[str, str] = {}

    def xcom_pull(self, task_ids: str, key: str) -> Any:
        return self.handed.get(task_ids) if key == RETURN_VALUE else None

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str]]:
        return {run_ids[0]: self.states}

    def keeps(self, task: str, value: Any) -> Any:
        self.handed[task] = to_json(value)
        self.states[task] = "success"
        return value


class Tries:
    """The tries of one run, task by task, over two memory books and a ledger."""

    def __init__(self, root: Path) -> None:
        self.world = World(root)
        self.airflow = Airflow()
        self.request: RunRequest = self.world.request()

    def read(self) -> tuple[Any, ...]:
        """`open` and both extracts."""
        place = self.world.place()
        opened = self.airflow.keeps(naming.OPEN, open_run(place, self.request))
        reads = [self.airflow.keeps(naming.extract_id(s), extract_side(place, self.request, opened, s)) for s in SIDES]
        return opened, *reads

    def plan(self) -> tuple[Any, Any]:
        """All tasks up to `reconcile`."""
        place, request = self.world.place(), self.request
        opened, left, right = self.read()
        frames = self.airflow.keeps(naming.TRANSFORM, transform(place, request, opened, left.ref, right.ref))
        return opened, self.airflow.keeps(naming.RECONCILE, reconcile(place, request, opened, frames))

    def write(self) -> None:
        """All tasks but `record`."""
        opened, planned = self.plan()
        place, request = self.world.place(), self.request
        for side in SIDES:
            self.airflow.keeps(naming.load_id(side), load_side(place, request, opened, planned, side))

    def lost_a_batch(self, side: Side) -> None:
        """As its load said."""
        task = naming.load_id(side)
        self.airflow.handed[task] = to_json(replace(Loaded(**self.airflow.handed[task]), failed_batches=1))

    def record(self, **states: str) -> None:
        """The task `record`; `states`: how others ended this time."""
        self.airflow.states.update(states)
        run_id = self.request.run_id
        dag_run = SimpleNamespace(dag_id=naming.dag_id_of(self.world.spec.id), run_id=run_id)
        context: Any = {"ti": self.airflow, "dag_run": dag_run}
        task = RecordOperator(task_id="record", spec="{}", project="{}")
        task.stage(self.world.place(), RunContext(context), self.request)


@pytest.fixture
def tries(tmp_path: Path) -> Tries:
    """A run whose first try wrote Ada to the right, and lost a batch on its way."""
    made = Tries(tmp_path)
    made.world.left.put("ada", {"names.given": "Ada", "emails": mail("ada@example.org")})
    made.write()
    made.lost_a_batch(Side.RIGHT)
    return made


def test_what_a_load_said_counts_in_its_own_try(tries: Tries) -> None:
    with pytest.raises(StopError, match="1 batch failed as a whole on the right side"):
        tries.record()


def test_a_load_that_ended_skipped_as_it_wrote_nothing_is_heard_too(tries: Tries) -> None:
    with pytest.raises(StopError, match="1 batch failed as a whole on the right side"):
        tries.record(load_right="skipped")


def test_a_try_that_has_nothing_to_write_does_not_fail_for_an_earlier_one(
    tries: Tries, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StopError):
        tries.record()
    caplog.clear()
    tries.read()
    with caplog.at_level(logging.INFO, "contactsync"):
        tries.record(**SKIPPED)
    assert "Memory (left) to Memory (right): nothing to do" in caplog.text
    assert len(tries.world.right.contacts()) == 1


def test_an_earlier_plan_is_not_taken_for_that_of_a_try_that_made_none(tries: Tries) -> None:
    with pytest.raises(StopError):
        tries.record()
    before = cursors(tries.world)
    tries.read()
    stopped = {**dict.fromkeys(SKIPPED, "upstream_failed"), "extract_left": "failed"}
    with pytest.raises(StopError, match="task extract_left failed") as told:
        tries.record(**stopped)
    assert "Nothing was written. NOT COMPLETE: task extract_left failed" in str(told.value)
    assert "batches" not in str(told.value)
    assert cursors(tries.world) == before


def test_what_a_load_wrote_is_told_of_its_own_plan_only(tries: Tries, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tries.airflow.handed["load_right"]["written"] == {"created": 1}
    with pytest.raises(StopError):
        tries.record()

    def refuse(_: Memory, ops: Iterable[Op]) -> Iterator[Result]:
        return iter([Result(op.key, State.REFUSED, op.id, reason="no room") for op in ops])

    monkeypatch.setattr(Memory, "push", refuse)
    tries.world.left.put("uma", {"names.given": "Uma", "emails": mail("uma@example.org")})
    tries.write()
    told = tries.airflow.handed["load_right"]
    assert (told["written"], told["unwritten"]) == ({}, {"refused": 1})


def test_of_a_run_that_found_the_sync_held_nothing_is_recorded(tries: Tries) -> None:
    before = tries.world.known.dump()
    with pytest.raises(AirflowSkipException):
        tries.record(open="skipped", **SKIPPED)
    assert tries.world.known.dump() == before


def cursors(world: World) -> list[Any]:
    return [world.known.cursor(world.spec.id, side) for side in SIDES]
