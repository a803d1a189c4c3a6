"""What a task takes a run for: whose it is, and what its form says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from contactsync.errors import ConfigError
from contactsync.orchestration.run_context import RunContext

UNTOUCHED = {"dry_run": False, "full_read": False, "apply_plan": None, "limit": None, "contacts": None}


def run(conf: dict[str, Any] | None = None, **params: Any) -> RunContext:
    """As Airflow hands it over: the values of the run among those of the DAG."""
    dag_run = SimpleNamespace(dag_id="contactsync__pair", run_id="r", run_type="manual", conf=conf)
    return RunContext({"dag_run": dag_run, "params": {**UNTOUCHED, **params}})  # type: ignore[typeddict-item]


def test_values_that_airflow_keeps_from_its_tasks_end_the_run_rather_than_make_a_dry_run_write() -> None:
    with pytest.raises(ConfigError, match=r"set core.dag_run_conf_overrides_params to True"):
        run(conf={"dry_run": True}).request()
    assert run(conf={"dry_run": True}, dry_run=True).request().dry_run
    assert not run(conf=dict(UNTOUCHED)).request().dry_run


def test_what_airflows_own_operators_add_is_no_value_of_the_form() -> None:
    added = {"openlineage": {"parentRunId": "a"}}
    assert run(conf={"dry_run": True, **added}, dry_run=True, **added).request().dry_run
    assert run(conf=added).form() == UNTOUCHED


def test_whose_a_run_is_does_not_depend_on_its_form() -> None:
    assert run(dry_run="false").whose() == run().whose()
