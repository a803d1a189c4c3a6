"""What stands in a sync file is text for Airflow, never a template: it survives serialising and rendering."""

from __future__ import annotations

import json
from pathlib import Path

from airflow.serialization.serialized_objects import DagSerialization
from contactsync.errors import ConfigError
from contactsync.mapping.as_data import spec_from_json
from contactsync.mapping.loader import load_sync
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.dag_builder import build_dag
from contactsync.orchestration.dag_folder import dags_beside
from contactsync.orchestration.shipped_apps import ShippedApps
from mistakes import written
from payloads import RESULT, TEMPLATE, every_place


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


def test_in_every_place_of_a_file_through_both(tmp_path):
    """Whatever reads it as a template, of ours or of Airflow's, would put the product in its place."""
    file, built = Path(tmp_path, "some.yaml"), []
    for place in every_place():
        if not place.project:
            file.write_text(written(place.holding(TEMPLATE)[1])[0])
            try:
                spec = load_sync(file, tmp_path, ShippedApps())
            except ConfigError:
                continue
            dag = build_dag(spec, ProjectSpec(artefacts_root=f"/{TEMPLATE}"))
            built.append(str(place))
            for task in dag.tasks:
                assert set(task.template_fields) == {"spec", "project"}  # what Airflow may render at all
                task.render_template_fields({"dag_run": None, "params": {}}, dag.get_template_env())
            data = json.dumps(DagSerialization.to_dict(dag))
            assert TEMPLATE in json.loads(dag.get_task("open").project)["artefacts_root"]
            assert spec_from_json(dag.get_task("open").spec) == spec, str(place)
            assert data.count(TEMPLATE) >= 8, str(place)  # once a task
            assert RESULT not in data, str(place)
    assert {"value title", "value description", "value dag.tags.0", "value rules.left_to_right.0.name"} <= set(built)


def test_of_a_broken_file_too(project):
    project.sync("first", title=TEMPLATE, direction=TEMPLATE, conflicts=TEMPLATE, **{TEMPLATE: TEMPLATE})
    dag = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__first"]
    [task] = dag.tasks
    assert set(task.template_fields) == set()
    data = json.dumps(DagSerialization.to_dict(dag))
    assert TEMPLATE in data
    assert RESULT not in data


ODD = f"{{names.given}} {TEMPLATE} {{0.__class__}} %(x)s"


def test_through_a_whole_run_with_templates_of_rules_and_contacts_that_look_like_some(sync, said):
    doubled = TEMPLATE.replace("{", "{{").replace("}", "}}")
    actions = [{"add_tag": f"{doubled} of {{company}}"}, {"update_field": {"field": "department", "value": doubled}}]
    rule = {"name": f"rule {TEMPLATE}", "if": [{"works_at": ODD}], "then": {"actions": actions}}
    sync.project.sync(
        sync.sync_id,
        title=f"T {TEMPLATE}",
        description=f"D {TEMPLATE}",
        dag={"schedule": None, "tags": [TEMPLATE], "owner": TEMPLATE},
        fields={"exclude": ["tags", "department"]},
        rules={"left_to_right": [rule]},
    )
    mail = [{"value": "ada@example.org"}]
    sync.left.put("a", {"names.given": "{company}", "company": ODD, "nickname": TEMPLATE, "emails": mail})
    assert sync.run().state == "success"
    [ada] = sync.right.contacts().values()
    assert (ada["company"], ada["names.given"], ada["nickname"]) == (ODD, "{company}", TEMPLATE)
    assert (ada["department"], [tag["value"] for tag in ada["tags"]]) == (TEMPLATE, [f"{TEMPLATE} of {ODD}"])
    kept = sync.kept_by_airflow()
    assert f"rule {TEMPLATE}" in kept
    assert RESULT not in f"{kept} {said()}"


def test_a_change_of_the_file_changes_the_serialised_dag(project):
    before = DagSerialization.to_dict(_dag(project))
    project.sync("first", conflicts="newest")
    changed = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__first"]
    assert DagSerialization.to_dict(changed) != before
