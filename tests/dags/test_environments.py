"""A DAG in an environment that writes nowhere, and one whose file says where each connection must lead."""

from __future__ import annotations

import pytest

ADA = {"names.given": "Ada", "emails": [{"value": "ada@example.org", "label": "work", "primary": True}]}
PROJECT = "version: 1\nenvironments: {dev: {writes: never}, prod: {writes: allowed}}\n"


@pytest.fixture
def dev(sync):
    sync.project.write("contactsync.yaml", PROJECT)
    return sync


def test_nothing_is_written_whatever_the_trigger_form_says(dev, said):
    dev.left.put("a", ADA)
    before = dev.ledger.dump()
    ran = dev.run(dry_run=False, full_read=True, apply_plan="0123456789abcdef")
    assert ran.state == "success"
    assert ran.tasks["load_right"] == "skipped"
    assert "Nothing written (environment dev): Memory (left) to Memory (right): 1 created" in said()
    assert dev.right.contacts() == {}
    assert dev.ledger.dump() == before


def test_the_environment_is_the_one_that_the_variable_names(dev, monkeypatch):
    dev.left.put("a", ADA)
    monkeypatch.setenv("CONTACTSYNC_ENV", "prod")
    assert dev.run().state == "success"
    assert len(dev.right.contacts()) == 1


def test_an_unknown_environment_breaks_every_sync_and_says_which_there_are(dev, monkeypatch):
    monkeypatch.setenv("CONTACTSYNC_ENV", "prd")
    bag = dev.project.bag()
    [error] = bag.import_errors.values()
    assert "Allowed: dev, prod." in error
    dag = bag.dags[f"contactsync__{dev.sync_id}"]
    assert len(dag.tasks) == 1  # which fails with that message


def test_a_connection_that_leads_elsewhere_stops_the_run_at_open(dev, monkeypatch, said):
    dev.project.write("contactsync.yaml", PROJECT + "accounts: {memory_left: {prod: crm.example}}\n")
    monkeypatch.setenv("CONTACTSYNC_ENV", "prod")
    ran = dev.run()
    assert (ran.tasks["open"], ran.executed) == ("failed", ["open", "record"])
    assert "in environment 'prod' it must lead to crm.example" in said()


def test_defaults_of_the_project_file_reach_the_dag(sync):
    sync.project.write("contactsync.yaml", "version: 1\ndefaults: {dag: {owner: revops, tags: [crm]}}\n")
    dag = sync.project.bag().dags[f"contactsync__{sync.sync_id}"]
    assert dag.owner == "revops"
    assert "crm" in dag.tags
