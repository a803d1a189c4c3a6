"""Tasks on machines that share no disk: what ledger and artefacts lack is an import error, and no run begins."""

from __future__ import annotations

import json

import pytest
from contactsync.errors import ConfigError
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.archives import all_archives
from contactsync.orchestration.connections import task_connection
from contactsync.orchestration.households import all_households
from contactsync.orchestration.sharing import check_artefacts, one_machine, unshared
from contactsync.orchestration.workplace import cli_workplace, workplace_in_task

CELERY = "CeleryExecutor"
BUCKET = "s3://conn@bucket/contactsync"
LEDGER = json.dumps({"conn_type": "postgres", "host": "db.example"})


@pytest.mark.parametrize(
    ("executor", "alone"),
    [
        ("LocalExecutor", True),
        ("mine:LocalExecutor", True),
        ("airflow.executors.local_executor.LocalExecutor", True),
        ("LocalExecutor;team1=LocalExecutor", True),
        (CELERY, False),
        ("LocalExecutor, KubernetesExecutor", False),
        ("mine:LocalExecutor,far:acme.executors.FarExecutor", False),
        ("acme.executors.LocalExecutor", False),
        ("LocalExecutor;team1=CeleryExecutor", False),
    ],
)
def test_airflows_setting_tells_whether_one_machine_runs_all_tasks(executor, alone):
    assert one_machine(executor) is alone


def test_a_pod_of_kubernetes_is_no_machine_with_a_disk_of_its_own(monkeypatch):
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    assert one_machine("LocalExecutor") is False


@pytest.mark.parametrize(
    ("root", "shared", "fits"),
    [
        ("", False, False),
        ("/mnt/contactsync", False, False),
        ("file:///mnt/contactsync", False, False),
        ("/mnt/contactsync", True, True),
        (BUCKET, False, True),
    ],
)
def test_a_folder_serves_other_executors_only_where_a_person_says_that_all_machines_have_it(root, shared, fits):
    project = ProjectSpec(artefacts_root=root, artefacts_shared=shared)
    check_artefacts(project, "LocalExecutor")
    if fits:
        check_artefacts(project, CELERY)
        return
    with pytest.raises(ConfigError, match=r"artefacts\.root is .*CeleryExecutor.*Next: name a bucket"):
        check_artefacts(project, CELERY)


def test_a_ledger_is_known_by_the_project_file_or_by_its_variable(monkeypatch):
    project = ProjectSpec(artefacts_root=BUCKET)
    [problem] = unshared(project, CELERY)
    assert "The connection contactsync_ledger of the ledger is not named in contactsync.yaml" in str(problem)
    assert "AIRFLOW_CONN_CONTACTSYNC_LEDGER" in problem.next_step
    assert list(unshared(ProjectSpec(artefacts_root=BUCKET, ledger_named=True), CELERY)) == []
    monkeypatch.setenv("AIRFLOW_CONN_CONTACTSYNC_LEDGER", LEDGER)
    assert list(unshared(project, CELERY)) == []


def test_both_are_one_import_error_and_the_syncs_keep_their_dags(project, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", CELERY)
    project.sync("first")
    bag = project.bag()
    [(file, error)] = bag.import_errors.items()
    assert file.endswith("contactsync_config_errors.py")
    assert "artefacts.root is not set" in error
    assert "The connection contactsync_ledger" in error
    assert len(bag.dags["contactsync__first"].task_ids) == 8
    project.write(
        "contactsync.yaml", f"version: 1\nledger: {{connection: contactsync_ledger}}\nartefacts: {{root: '{BUCKET}'}}\n"
    )
    assert project.bag().import_errors == {}


@pytest.mark.parametrize(
    "place",
    [
        lambda project: workplace_in_task(None, project, "run", None),
        lambda project: cli_workplace(None, project, "run"),
        lambda project: all_households(project, [], task_connection),
        lambda project: all_archives(project, "run"),
    ],
    ids=["task", "command", "housekeeping", "persons"],
)
def test_nobody_works_where_others_would_not_see_what_is_left(monkeypatch, place):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", CELERY)
    with pytest.raises(ConfigError, match=r"artefacts\.root is not set"), place(ProjectSpec()):
        pass
    with pytest.raises(ConfigError, match="contactsync_ledger"), place(ProjectSpec(artefacts_shared=True)):
        pass
