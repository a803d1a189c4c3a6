"""Six hours of a sync at fifteen minutes, backfilled by Airflow's own command: 24 runs, of which one or two read.

Of a month the same is shown without Airflow (tests/integration/test_runs_backfill.py): each real run takes seconds.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from case_syncs import ENDED, Scene
from contactsync.model.ledger import RunRow, StoredCursor
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import RunKind
from contactsync.orchestration.command_owner import owner_of
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases

INTERVALS = 24
AT_ONCE = 10  # what Airflow begins at once where nobody says otherwise
LISTING = "POST /filtered_search/contact"  # by time, which a normal run asks for too


def test_six_hours_at_fifteen_minutes_are_read_once_or_twice_and_overwrite_nothing(airflow: RealAirflow) -> None:
    scene = airflow.scene("past")
    scene.people("ada", "ben", "cleo")
    scene.here()
    scene.retitle("Of today", "ada")
    scene.retitle_right("Of today", "ben")
    scene.here()
    scene.here()
    unpause_without_a_run(scene)
    before, began, asked = scene.sent(), datetime.now(UTC), listings(scene)
    cursors = {side: cursor(scene, side) for side in SIDES}

    # Edited after the interval, and not carried over yet.
    scene.retitle("Not read yet", "cleo")
    door = scene.gate(".*", ".*")
    backfill_of_yesterday(scene)
    scene.until(door.reached.is_set, "a run of the backfill to read")
    scene.retitle_right("Meanwhile", "ben")
    scene.trigger("manual")
    scene.until(lambda: scene.states("manual")["open"] == "up_for_reschedule", "the normal run to wait", "manual")
    assert {side: cursor(scene, side) for side in SIDES} == cursors
    door.opened.set()
    assert scene.end("manual") == "success"

    states = scene.until(lambda: backfill_states(scene), "the end of the backfill")
    assert len(states) == INTERVALS
    assert set(states.values()) == {"success"}
    reading = [run for run in states if scene.states(run)["open"] != "skipped"]
    assert 1 <= len(reading) <= 2
    assert all("Covered by backfill__" in scene.log(run, "open") for run in states if run not in reading)

    # Nobody else has read anything, and who read by a cursor read on from where it was.
    ran = [run for run in scene.ledger.runs(scene.sync, 200) if run.started_at >= began]
    normal = [run for run in ran if run.kind != RunKind.BACKFILL.value]
    assert {run.run_id for run in ran} - {run.run_id for run in normal} == set(reading)
    assert listings(scene) - asked == len(ran)
    # What a person asked for came before the backfills that had waited with it.
    assert [run.run_id for run in sorted(ran, key=lambda run: run.seq)].index("manual") == 1
    # cleo, though a backfill had read him before; and ben, to whom it wrote.
    assert sum(read_of_left(run) for run in normal) == 2
    for side in SIDES:
        assert cursor(scene, side).run_id not in reading
        assert cursor(scene, side).complete_at == cursors[side].complete_at
    assert titles_left(scene) == scene.titles() == {"ada": "Of today", "ben": "Meanwhile", "cleo": "Not read yet"}
    assert scene.sent() - before == {"PUT": 1}

    covered, remembered = next(run for run in reversed(states) if run not in reading), scene.remembered()
    scene.clear(covered)
    assert scene.end(covered) == "success"
    assert scene.states(covered)["open"] == "skipped"
    assert (scene.remembered(), scene.sent() - before) == (remembered, {"PUT": 1})
    scene.retitle_right("Of the evening", "ada")
    assert scene.run("after") == "success"
    assert titles_left(scene)["ada"] == "Of the evening"
    assert cursor(scene, Side.RIGHT).complete_at == cursors[Side.RIGHT].complete_at


def unpause_without_a_run(scene: Scene) -> None:
    """Airflow starts the run of the last interval at once: it finds the sync held, and leaves it at that."""
    command = owner_of("a command")
    lease = scene.ledger.take_lock(scene.sync, command, ended=lambda _: False)
    scene.rest.pause(scene.dag, paused=False)
    scheduled = scene.until(lambda: scene.rest.runs(scene.dag, run_type="scheduled"), "a scheduled run")
    assert scene.end(str(scheduled[0]["dag_run_id"])) == "success"
    scene.ledger.release_lock(scene.sync, command, lease.fence)


def backfill_of_yesterday(scene: Scene) -> None:
    """Yesterday's intervals, from the first of the day on."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    until = day + timedelta(minutes=15 * (INTERVALS - 1))
    command = [
        str(Path(sys.executable).parent / "airflow"), "backfill", "create", "--dag-id", scene.dag,
        "--from-date", day.isoformat(), "--to-date", until.isoformat(), "--max-active-runs", str(AT_ONCE),
    ]  # fmt: skip
    done = subprocess.run(command, env=scene.airflow.server.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def backfill_states(scene: Scene) -> dict[str, str]:
    """Run -> state, oldest interval first; {} while one of them has not ended."""
    states = {str(r["dag_run_id"]): str(r["state"]) for r in scene.rest.runs(scene.dag, run_type="backfill")}
    over = len(states) >= INTERVALS and set(states.values()) <= set(ENDED)
    return dict(sorted(states.items())) if over else {}


def listings(scene: Scene) -> int:
    """Listings that the right app was asked for."""
    return int(scene.right.counters.as_json()["paths"].get(LISTING, 0))


def cursor(scene: Scene, side: Side) -> StoredCursor:
    found = scene.ledger.cursor(scene.sync, side)
    assert found is not None
    return found


def read_of_left(run: RunRow) -> int:
    """Contacts that this run read in the left app."""
    return int(run.counts["left_to_right"]["read"])


def titles_left(scene: Scene) -> dict[str, str]:
    return {name: row.get("job_title", "") for name, row in scene.left.contacts().items()}
