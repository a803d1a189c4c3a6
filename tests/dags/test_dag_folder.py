"""What Airflow finds in the DAG folder: one DAG a sync file, one failing DAG a broken one, and one import error."""

from __future__ import annotations

import shutil

import pytest
from airflow.sdk import CronDataIntervalTimetable, TriggerRule
from contactsync.errors import ConfigError
from contactsync.orchestration.dag_folder import dags_beside, raise_what_is_broken

TASKS = ["extract_left", "extract_right", "load_left", "load_right", "open", "reconcile", "record", "transform"]


def test_each_sync_file_becomes_a_dag_of_its_id(project):
    project.sync("first", title="First {{ 7*7 }}")
    project.sync("second", dag={"schedule": None, "owner": "revops", "tags": ["crm"]})
    bag = project.bag()
    assert bag.import_errors == {}
    own = {"contactsync__freshness", "contactsync__housekeeping", "contactsync__manage"}
    assert set(bag.dags) == {"contactsync__first", "contactsync__second"} | own
    first, second = bag.dags["contactsync__first"], bag.dags["contactsync__second"]
    assert sorted(first.task_ids) == TASKS
    assert first.dag_display_name == "First {{ 7*7 }}"
    assert second.dag_display_name == "Memory <-> Memory"
    assert not first.catchup
    assert first.max_active_runs == 1
    assert first.is_paused_upon_creation
    assert second.tags == {"contactsync", "memory", "crm"}
    assert second.owner == "revops"
    assert type(second.timetable).__name__ == "NullTimetable"


def test_sync_files_lie_beside_the_folder_as_it_is_named_or_beside_the_one_that_a_link_leads_to(project, tmp_path):
    """git-sync swaps one link over both folders; a person may link the DAG folder, or a file of it, alone."""
    project.sync("first")
    source, home = project.dags.parent, tmp_path / "home"
    (tmp_path / "current").symlink_to(source)
    home.mkdir()
    (home / "dags").symlink_to(project.dags)
    for folder in (tmp_path / "current", home):
        assert "contactsync__first" in dags_beside(str(folder / "dags" / "contactsync_dags.py"))
    shutil.copytree(source / "include", home / "include")
    (home / "include" / "mappings" / "first.yaml").rename(home / "include" / "mappings" / "own.yaml")
    text = (home / "include" / "mappings" / "own.yaml").read_text()
    (home / "include" / "mappings" / "own.yaml").write_text(text.replace("id: first", "id: own"))
    found = dags_beside(str(home / "dags" / "contactsync_dags.py"))
    assert "contactsync__own" in found
    assert "contactsync__first" not in found


def test_a_schedule_gives_real_data_intervals_in_its_time_zone(project):
    project.sync("daily", dag={"schedule": "@daily", "timezone": "Europe/Berlin"})
    timetable = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__daily"].timetable
    assert isinstance(timetable, CronDataIntervalTimetable)
    assert (timetable.expression, str(timetable.timezone)) == ("0 0 * * *", "Europe/Berlin")


def test_tasks_run_when_the_design_says(project):
    project.sync("first")
    dag = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__first"]
    upstream = {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks}
    assert upstream == {
        "open": [],
        "extract_left": ["open"],
        "extract_right": ["open"],
        "transform": ["extract_left", "extract_right"],
        "reconcile": ["transform"],
        "load_left": ["reconcile"],
        "load_right": ["reconcile"],
        "record": ["extract_left", "extract_right", "load_left", "load_right"],
    }
    rules = {task.task_id: task.trigger_rule for task in dag.tasks}
    assert rules["transform"] == TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS
    assert rules["record"] == TriggerRule.ALL_DONE
    assert {rules[name] for name in ("reconcile", "load_left", "load_right")} == {TriggerRule.ALL_SUCCESS}
    assert dag.get_task("record").retries == 0


def test_a_broken_file_is_a_failing_dag_of_its_id_and_one_import_error(project):
    project.sync("good")
    project.sync("bad", direction="sideways", dag={"schedule": "@hourly"})
    project.write("mappings/unreadable.yaml", "left: [unclosed")
    bag = project.bag()
    own = {"contactsync__freshness", "contactsync__housekeeping", "contactsync__manage"}
    assert set(bag.dags) == {"contactsync__bad", "contactsync__good", "contactsync__unreadable"} | own
    bad = bag.dags["contactsync__bad"]
    assert bad.timetable.expression == "0 * * * *"
    assert bag.dags["contactsync__unreadable"].timetable.expression == "0 0 * * *"
    with pytest.raises(Exception, match="sideways"):
        bad.get_task("open").execute({})
    [(file, error)] = bag.import_errors.items()
    assert file.endswith("contactsync_config_errors.py")
    assert "bad.yaml" in error
    assert "unreadable.yaml" in error
    assert "good.yaml" not in error


def test_a_broken_project_file_breaks_every_sync_rather_than_running_it_with_other_settings(project):
    project.sync("good")
    project.write("contactsync.yaml", "version: 1\nartefact: {root: /x}\n")
    dags = dags_beside(str(project.dags / "contactsync_dags.py"))
    assert dags["contactsync__good"].task_ids == dags["contactsync__housekeeping"].task_ids == ["open"]
    with pytest.raises(ConfigError, match="artefact"):
        raise_what_is_broken(str(project.dags / "contactsync_config_errors.py"))


def test_an_app_that_cannot_be_imported_breaks_only_the_syncs_that_name_it(project, monkeypatch):
    import sys

    project.sync("good")
    project.sync("other", left={"app": "freshsales", "connection": "f"})
    monkeypatch.setitem(sys.modules, "contactsync.apps.freshsales", None)
    dags = dags_beside(str(project.dags / "contactsync_dags.py"))
    assert len(dags["contactsync__good"].task_ids) == 8
    assert dags["contactsync__other"].task_ids == ["open"]


def test_a_task_process_builds_only_its_own_dag(project, monkeypatch):
    project.sync("first")
    project.sync("second")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "contactsync__second")
    assert list(dags_beside(str(project.dags / "contactsync_dags.py"))) == ["contactsync__second"]


def test_the_trigger_form_offers_what_a_run_can_be_asked_for(project):
    project.sync("first")
    params = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__first"].params
    nothing = {"dry_run": False, "full_read": False, "apply_plan": None, "limit": None, "contacts": None}
    assert dict(params) == nothing
    assert {name: params.get_param(name).schema["type"] for name in params} == {
        "dry_run": "boolean",
        "full_read": "boolean",
        "apply_plan": ["null", "string"],
        "limit": ["null", "integer"],
        "contacts": ["null", "array"],
    }


def test_the_dags_page_says_what_the_sync_does(project):
    deletions = {"left_to_right": "delete", "right_to_left": "tag", "tag": "Gone"}
    project.sync("first", description="Customers | friends", deletions=deletions, conflicts="newest")
    page = dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__first"].doc_md
    assert "Customers | friends" in page
    assert "connection `memory_left`" in page
    assert "the newer edit wins" in page
    assert "deleted on the left: delete the partner; deleted on the right: tag the partner" in page
    assert page.endswith("\n")
