"""contactsync__manage: one task that does what its form says, and nothing of anybody in what Airflow keeps."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError
from canaries import found
from contactsync.orchestration.dag_folder import dags_beside

MAIL, NAME = "wilhelmina.canary@example.org", "Wilhelmina Canary"
PHONE = "+49 30 98765430"
KEPT = ("dag_run", "task_instance", "xcom", "rendered_task_instance_fields", "serialized_dag")


def manage(project: Any) -> Any:
    return dags_beside(str(project.dags / "contactsync_dags.py"))["contactsync__manage"]


def fill_in(made: Any, /, **filled: Any) -> Any:
    """A run of the form, by Airflow; its run."""
    return made.project.bag().dags["contactsync__manage"].test(run_conf=filled)


def kept_by_airflow() -> dict[str, bytes]:
    """Everything that Airflow's database keeps of this DAG, table by table."""
    with contextlib.closing(sqlite3.connect(Path(os.environ["AIRFLOW_HOME"], "airflow.db"))) as database:
        of_it = "where dag_id = 'contactsync__manage'"
        rows = {table: database.execute(f"select * from {table} {of_it}").fetchall() for table in KEPT}
    return {table: repr(held).encode() for table, held in rows.items()}


def test_it_has_one_task_without_retries_and_runs_only_when_somebody_triggers_it(project: Any) -> None:
    project.sync("first")
    project.sync("broken", direction="sideways")
    dag = manage(project)
    [task] = dag.tasks
    assert (task.task_id, task.retries, task.template_fields) == ("act", 0, ())
    assert type(dag.timetable).__name__ == "NullTimetable"
    assert not dag.is_paused_upon_creation  # a run that is triggered would wait for ever
    assert dag.max_active_runs > 1  # who waits for one sync holds nobody else up
    assert dag.params.get_param("sync").schema["enum"] == [None, "broken", "first"]
    assert "| undo |" in dag.doc_md


def test_a_task_process_builds_it_alone_and_a_broken_project_file_breaks_it(project: Any, monkeypatch: Any) -> None:
    project.sync("first")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "contactsync__manage")
    assert list(dags_beside(str(project.dags / "contactsync_dags.py"))) == ["contactsync__manage"]
    project.write("contactsync.yaml", "version: 1\nartefact: {root: /x}\n")
    assert manage(project).task_ids == ["open"]  # which fails with the message


def test_a_person_is_forgotten_by_id_and_nothing_of_it_stands_anywhere_in_airflow(sync: Any, said: Any) -> None:
    contact = {"names.given": "Wilhelmina", "names.family": "Canary", "emails": [{"value": MAIL}]}
    sync.left.put("a", {**contact, "phones": [{"value": PHONE}]})
    assert sync.run().state == "success"
    before = sync.ledger.all_links(sync.sync_id)
    shown = fill_in(sync, act="forget", contact="left:a", sync=sync.sync_id)
    assert str(shown.state) == "success"
    assert "Dry run, nothing erased. Would go: " in said()
    assert sync.ledger.all_links(sync.sync_id) == before
    done = fill_in(sync, act="forget", contact="left:a", sync=sync.sync_id, yes=True)
    assert str(done.state) == "success"
    words = said()
    assert f"Forgotten in {sync.sync_id}: 2 contacts" in words
    assert sync.ledger.forgotten(sync.sync_id)
    [instance] = done.get_task_instances()
    told = instance.xcom_pull(task_ids="act")
    assert (told["act"], told["sync"], told["dry_run"]) == ("forget", sync.sync_id, False)
    assert told["line"] in words
    kept = kept_by_airflow()
    assert all(len(rows) > 2 for rows in (kept["dag_run"], kept["xcom"]))
    assert found([MAIL, NAME, "Wilhelmina", PHONE, "+493098765430"], {**kept, "log": words.encode()}) == []


def test_an_address_is_refused_before_there_is_a_run(sync: Any) -> None:
    for wrong in (MAIL, PHONE, NAME):
        with pytest.raises(ParamValidationError, match="Airflow keeps"):
            fill_in(sync, act="forget", contact=wrong)
    assert found([MAIL, NAME, PHONE], kept_by_airflow()) == []


def test_where_nothing_may_be_written_acts_are_refused_and_an_undo_shows_what_it_would_do(sync: Any, said: Any) -> None:
    sync.left.put("a", {"names.given": "Ada", "emails": [{"value": "ada@example.org"}]})
    run = sync.run().run_id
    sync.project.write("contactsync.yaml", "version: 1\nenvironments: {dev: {writes: never}}\n")
    before, writes = sync.ledger.dump(), sync.writes
    assert str(fill_in(sync, act="reset", sync=sync.sync_id, yes=True).state) == "failed"
    assert "WritesForbidden: In environment 'dev' nothing is written, and nothing is decided" in said()
    assert str(fill_in(sync, act="undo", sync=sync.sync_id, run=run, yes=True).state) == "success"
    assert "Nothing written (environment dev): Undo of" in said()
    assert (sync.ledger.dump(), sync.writes) == (before, writes)


def test_a_wrong_form_fails_with_what_is_wrong(sync: Any, said: Any) -> None:
    assert str(fill_in(sync, act="reset", sync=sync.sync_id, hold="abcd", yes=True).state) == "failed"
    assert "reset does not take `hold`" in said()
    with pytest.raises(ParamValidationError, match="is not one of"):
        fill_in(sync, act="reset", sync="no-such-sync", yes=True)
