"""The file of a sync is changed while one of its runs is under way."""

from __future__ import annotations

import pytest
from real_airflow import RealAirflow

pytestmark = pytest.mark.airflow_cases


def test_a_run_whose_file_is_changed_writes_nothing_more_and_the_next_goes_by_the_new_one(airflow: RealAirflow) -> None:
    scene = airflow.scene("remapped")
    scene.people("ada", "ben")
    scene.retitle("Not mapped yet", "ada")
    scene.here()
    assert scene.titled() == {}
    before = scene.sent()
    scene.people("cleo")

    door = scene.gate(".*", ".*")
    scene.trigger("changed", full_read=True)
    scene.until(door.reached.is_set, "the right side to be read", "changed")
    scene.until(lambda: scene.states("changed")["extract_left"] == "success", "the left side to be read", "changed")
    airflow.write_file("remapped", {"fields": {"only": ["names", "emails", "job_title"]}})
    door.opened.set()

    assert scene.end("changed") == "failed"
    assert scene.states("changed")["transform"] == "failed"
    assert "FileChanged" in scene.log("changed", "transform")
    assert "the file was changed while the run was under way" in scene.log("changed", "record")
    assert scene.sent() == before

    assert scene.run("next") == "success"
    assert scene.names() == ["ada", "ben", "cleo"]
    assert scene.titled() == {"ada": "Not mapped yet"}
    assert scene.sent() - before == {"PUT": 1, "POST": 1}
    scene.rests()
    assert scene.sent() - before == {"PUT": 1, "POST": 1}
