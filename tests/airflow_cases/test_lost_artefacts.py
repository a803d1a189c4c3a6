"""What a task handed on is deleted or changed before the next one reads it."""

from __future__ import annotations

import pytest
from airflow.sdk import ObjectStoragePath
from case_syncs import Scene
from contactsync.model.spec import Side
from contactsync.orchestration.command_owner import owner_of
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases

NEXT = "clear the task `open` of this run with everything downstream"


def test_a_deleted_reading_stops_the_run_and_clearing_as_it_says_heals_it(airflow: RealAirflow) -> None:
    scene = airflow.scene("deleted")
    scene.people("ada", "ben", "cleo")
    scene.here()
    before = scene.sent()
    scene.people("dora")
    door = scene.gate(".*", ".*")
    run = scene.trigger("deleted")
    scene.until(door.reached.is_set, "the right side to be read", run)
    scene.until(lambda: scene.states(run)["extract_left"] == "success", "the left side to be read", run)
    artefact(scene, run, "extract_left").unlink()
    door.opened.set()

    assert scene.end(run) == "failed"
    assert scene.states(run)["transform"] == "failed"
    said = scene.log(run, "transform")
    assert "ArtefactError" in said
    assert "cannot be read" in said
    assert NEXT in said
    assert scene.sent() == before
    heals(scene, run)


def test_a_changed_plan_is_not_carried_out_and_clearing_as_it_says_heals_it(airflow: RealAirflow) -> None:
    scene = airflow.scene("changed")
    scene.people("ada", "ben", "cleo")
    scene.here()
    before = scene.sent()
    scene.people("dora")
    account, other = scene.ledger.sync(scene.sync).accounts[Side.RIGHT], owner_of("another sync")
    lease = scene.ledger.take_account(account, other, ended=lambda _: False)
    run = scene.trigger("changed")
    scene.until(lambda: scene.states(run)["load_right"] == "up_for_reschedule", "the load to wait", run)
    plan = artefact(scene, run, "plan")
    plan.write_bytes(plan.read_bytes() + b" ")
    scene.ledger.release_account(account, other, lease.fence)

    assert scene.end(run) == "failed"
    assert scene.states(run)["load_right"] == "failed"
    said = scene.log(run, "load_right")
    assert "ArtefactError" in said
    assert "is not what was written" in said
    assert NEXT in said
    assert scene.sent() == before
    heals(scene, run)


def heals(scene: Scene, run: str) -> None:
    scene.clear(run, "open", downstream=True)
    assert scene.end(run) == "success"
    assert scene.names() == ["ada", "ben", "cleo", "dora"]


def artefact(scene: Scene, run: str, name: str) -> ObjectStoragePath:
    [file] = [path for path in scene.airflow.artefacts(scene.sync, run) if path.name.startswith(f"{name}-")]
    return file
