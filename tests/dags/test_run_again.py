"""What `record` makes of XComs that an earlier try of the run left: Airflow keeps them until their task starts anew."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from contactsync.model.spec import Side
from contactsync.model.stages import ArtefactRef, Loaded, Opened, Planned, Read, Summary
from contactsync.orchestration.operators import RecordOperator

REF = ArtefactRef("file:///artefact", "0" * 64, 1)
PLANNED = Planned(REF, "hash", 1, 1)


class Run:
    """A run of which every task has handed something on, some in an earlier try."""

    def __init__(self, **states: str) -> None:
        self.found = {"open": "success", **states}

    def states(self) -> dict[str, str]:
        return self.found

    def opened(self) -> Opened:
        return Opened(1, 1, 0)

    def read(self, side: Side) -> Read:
        return Read(REF, 0, quiet=True)

    def planned(self) -> Planned:
        return PLANNED

    def loaded(self, side: Side) -> Loaded:
        return Loaded(side.value, 0, failed_batches=1)


@pytest.fixture
def told(monkeypatch: Any) -> list[Any]:
    """What the stage was given."""
    given: list[Any] = []

    def record(place: Any, request: Any, opened: Any, reads: Any, planned: Any, loaded: Any, failed: Any) -> Summary:
        given.append((planned, loaded, failed))
        return Summary(ok=True, line="")

    monkeypatch.setattr("contactsync.pipeline.record", record)
    return given


def end(run: Run) -> None:
    task: Any = RecordOperator(task_id="record", spec="{}", project="{}")
    task.stage(None, run, None)


def test_what_was_skipped_this_time_handed_nothing_on(told: list[Any]) -> None:
    end(Run(reconcile="skipped", load_left="skipped", load_right="skipped"))
    end(
        Run(
            reconcile="upstream_failed",
            load_left="upstream_failed",
            load_right="upstream_failed",
            extract_left="failed",
        )
    )
    end(Run(reconcile="success", load_left="success", load_right="skipped"))
    nothing = {Side.LEFT: None, Side.RIGHT: None}
    assert told == [
        (None, nothing, []),
        (None, nothing, ["extract_left"]),
        (PLANNED, {Side.LEFT: Loaded("left", 0, 1), Side.RIGHT: None}, []),
    ]


def test_of_a_run_that_found_the_sync_held_nothing_is_recorded(told: list[Any]) -> None:
    with pytest.raises(AirflowSkipException):
        end(Run(open="skipped", reconcile="skipped"))
    assert told == []
