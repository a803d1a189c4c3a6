"""The machine of Airflow was off for eight days, and people went on working.

How eight days are made in a minute: Airflow is stopped and started again; meanwhile every time in its database and in
the ledger is made eight days earlier, but for those that a vendor told of his contacts; Google's server, whose clock
was eight days behind ours until then, is put right, so that its sync token and its access token have expired by its
own rules. The scheduled runs of before get another id, as Airflow would give theirs to the new ones; texts in logs and
artefacts keep the true time, as does the left app.

Airflow, with catchup off, starts the newest interval after such a time; if its scheduler is quicker than its DAG
processor, it first starts the one that was next when it stopped. So one run comes by itself or two, never eight.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from alone import BEFORE, Alone
from case_syncs import ENDED, Scene

pytestmark = pytest.mark.airflow_cases

STAYED = tuple(f"person{n}" for n in range(1, 15))
LEFT_US = tuple(f"former{n}" for n in range(1, 8))
NEW = ("nils", "nora")


def test_after_eight_days_everything_is_read_and_what_is_much_waits_for_a_person(alone: Alone) -> None:
    scene = alone.scene("away")
    scene.people(*STAYED, *LEFT_US)
    assert scene.end(unpaused(scene)) == "success"
    assert google_names(alone) == sorted([*STAYED, *LEFT_US])
    scene.here()
    alone.days_off(scene.dag)
    scene = alone.scene("away")
    earlier = {run for run in scheduled(scene) if run.endswith(BEFORE)}
    assert earlier
    ids = {mail_name(row): str(row["resourceName"]) for row in alone.google.contacts()}
    for name in STAYED:
        alone.google.edit_contact(ids[name], {"organizations": [{"title": "Of last week"}]})
    for name in LEFT_US:
        alone.google.delete_contact(ids[name])
    scene.people(*NEW)
    scene.retitle("Of us", "person1")
    writes = alone.google.counters.writes

    # It reads everything, and what is to be changed is more than it may.
    come = [str(run["dag_run_id"]) for run in scene.until(lambda: all_that_come(scene), "the scheduled runs to end")]
    assert 1 <= len(come) <= 2
    for back in come:
        assert scene.state(back) == "failed"
        assert "the delta cursor expired, reading everything" in scene.log(back, "extract_right")
        assert "updates on the left side; the limit is" in scene.log(back, "reconcile")
    assert alone.google.counters.writes == writes
    assert titles_left(scene) == {"person1": "Of us"}
    assert set(scene.left.contacts()) == {*STAYED, *LEFT_US, *NEW}

    # Let pass by a person, edits arrive. Who was only not listed is left alone.
    assert scene.run("edits", apply_plan=plan_named(scene, come[-1])) == "success"
    assert titles_left(scene) == {**dict.fromkeys(STAYED, "Of last week"), "person1": "Of us"}
    assert google_names(alone) == sorted([*STAYED, *NEW])
    assert set(scene.left.contacts()) == {*STAYED, *LEFT_US, *NEW}
    asked = point_reads(alone)

    # Each of them is asked for by id, and that he is gone; seven are more than one run may delete.
    assert scene.run("asks") == "failed"
    assert "7 deletes on the left side; the limit is 5" in scene.log("asks", "reconcile")
    assert point_reads(alone) > asked
    assert set(scene.left.contacts()) == {*STAYED, *LEFT_US, *NEW}
    assert scene.run("deletes", apply_plan=plan_named(scene, "asks")) == "success"
    assert set(scene.left.contacts()) == {*STAYED, *NEW}

    written, kept = alone.google.counters.writes, scene.left.contacts()
    assert scene.run("quiet") == "success"
    assert "nothing to do" in scene.log("quiet", "record")
    assert (alone.google.counters.writes, scene.left.contacts()) == (written, kept)
    assert google_names(alone) == sorted([*STAYED, *NEW])
    assert scheduled(scene) == {*earlier, *come}


def unpaused(scene: Scene) -> str:
    """The run that the scheduler then starts by itself."""
    scene.rest.pause(scene.dag, paused=False)
    [run] = scene.until(lambda: scheduled(scene), "a scheduled run")
    return run


def scheduled(scene: Scene) -> set[str]:
    return {str(run["dag_run_id"]) for run in scene.rest.runs(scene.dag, run_type="scheduled")}


def all_that_come(scene: Scene) -> list[dict[str, Any]]:
    """The scheduled runs since, once they have ended and the next one is due tomorrow; [] before."""
    due = scene.rest.ask("GET", f"dags/{scene.dag}")["next_dagrun_run_after"]
    runs = [run for run in scene.rest.runs(scene.dag, run_type="scheduled") if not run["dag_run_id"].endswith(BEFORE)]
    over = bool(due) and datetime.fromisoformat(due) > datetime.now(UTC) and {r["state"] for r in runs} <= {*ENDED}
    return runs if over else []


def plan_named(scene: Scene, run: str) -> str:
    """The plan that a run names as to be let pass."""
    named = re.search(r"apply_plan = (\w+)", scene.log(run, "reconcile"))
    assert named
    return named[1]


def point_reads(alone: Alone) -> int:
    """Requests for contacts by id."""
    paths = alone.google.counters.paths
    return sum(count for path, count in paths.items() if "batchGet" in path or path.startswith("GET /v1/people/{"))


def google_names(alone: Alone) -> list[str]:
    return sorted(map(mail_name, alone.google.contacts()))


def mail_name(row: dict[str, Any]) -> str:
    return str(row["emailAddresses"][0]["value"]).partition("@")[0]


def titles_left(scene: Scene) -> dict[str, str]:
    return {name: row["job_title"] for name, row in scene.left.contacts().items() if row.get("job_title")}
