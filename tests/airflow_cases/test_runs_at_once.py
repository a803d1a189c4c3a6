"""Schedule, person and backfill at once on one sync: one after the other, and nobody is refused."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from contactsync.orchestration.command_owner import owner_of
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases


def test_three_kinds_of_run_take_turns_and_a_backfill_reads_once(airflow: RealAirflow) -> None:
    scene = airflow.scene("kinds")
    scene.people("ada", "ben", "cleo")
    scene.here()
    before, began = scene.sent(), datetime.now(UTC)

    # While a command holds the sync, the run that the scheduler starts by itself leaves it at that.
    command = owner_of("a command")
    lease = scene.ledger.take_lock(scene.sync, command, ended=lambda _: False)
    scene.rest.pause(scene.dag, paused=False)
    scheduled = scene.until(lambda: scene.rest.runs(scene.dag, run_type="scheduled"), "a scheduled run")
    scheduled = str(scheduled[0]["dag_run_id"])
    assert scene.end(scheduled) == "success"
    assert {scene.states(scheduled)[task] for task in ("open", "record")} == {"skipped"}
    assert f"This sync is held by {command}" in scene.log(scheduled, "open")

    # A backfill run that reads lets a person's run wait, and other runs of the backfill too.
    door = scene.gate(".*", ".*")
    scene.ledger.release_lock(scene.sync, command, lease.fence)
    until = datetime.now(UTC)
    interval = {"from_date": (until - timedelta(minutes=90)).isoformat(), "to_date": until.isoformat()}
    scene.rest.ask("POST", "backfills", json={"dag_id": scene.dag, "max_active_runs": 2, **interval})
    scene.until(door.reached.is_set, "a run of the backfill to read")
    scene.trigger("manual")
    scene.until(lambda: scene.states("manual")["open"] == "up_for_reschedule", "the person's run to wait", "manual")
    door.opened.set()

    assert scene.end("manual") == "success"
    backfill = [str(run["dag_run_id"]) for run in scene.rest.runs(scene.dag, run_type="backfill")]
    assert len(backfill) >= 4
    assert {scene.end(run) for run in backfill} == {"success"}
    covered = [run for run in backfill if scene.states(run)["open"] == "skipped"]
    assert len(covered) >= len(backfill) - 2  # two began at once: the later one may have been the first to read
    assert all("Covered by backfill__" in scene.log(run, "open") for run in covered)
    assert scene.sent() == before

    ran = sorted((r for r in scene.ledger.runs(scene.sync, 100) if r.started_at >= began), key=lambda r: r.started_at)
    assert len(ran) >= 1 + len(backfill) - len(covered)
    assert all(a.ended_at and a.ended_at <= b.started_at for a, b in itertools.pairwise(ran))
