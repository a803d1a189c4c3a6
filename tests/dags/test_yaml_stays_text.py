"""What stands in a sync file is text for Airflow, never a template: it survives serialising and rendering."""

from __future__ import annotations

import json

from airflow.serialization.serialized_objects import DagSerialization
from contactsync.mapping.as_data import spec_from_json
from contactsync.orchestration.dag_folder import dags_beside

TEMPLATE = "{{ 7*7 }}"


def _dag(project):
    side = project.side("first", "left")
    side["options"]["path"] = f"/nowhere/{TEMPLATE}.json"
    project.sync("first", title=f"T {TEMPLATE}", description=f"D {TEMPLATE}", left=side)
    return dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__first"]


def test_through_serialisation(project):
    dag = _dag(project)
    data = DagSerialization.to_dict(dag)
    back = DagSerialization.from_dict(data)
    assert back.dag_display_name == f"T {TEMPLATE}"
    assert back.description == f"D {TEMPLATE}"
    spec = spec_from_json(back.get_task("open").spec)
    assert spec.title == f"T {TEMPLATE}"
    assert spec.left.options["path"] == f"/nowhere/{TEMPLATE}.json"
    assert spec.right.app == "memory"


def test_through_rendering(project):
    for task in _dag(project).tasks:
        before = task.spec
        task.render_template_fields({"dag_run": None, "params": {}})
        assert task.spec == before
        assert TEMPLATE in json.loads(task.spec)["title"]


def test_a_change_of_the_file_changes_the_serialised_dag(project):
    before = DagSerialization.to_dict(_dag(project))
    project.sync("first", conflicts="newest")
    changed = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__first"]
    assert DagSerialization.to_dict(changed) != before
