"""The form of a sync's own DAG: Airflow keeps what stands there, so it takes ids only."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import Param
from airflow.sdk.exceptions import ParamValidationError
from contactsync.model.spec import ProjectSpec
from contactsync.model.stages import RunKind, RunRequest
from contactsync.orchestration.dag_builder import build_dag
from contactsync.stages.run_form import NAMES, request_of
from world import memory_spec


@pytest.fixture(scope="module")
def contacts() -> Param:
    return build_dag(memory_spec(), ProjectSpec()).params.get_param("contacts")


@pytest.mark.parametrize("text", ["ada@example.org", "left:ada@example.org", "+4930123456", "Ada Beispiel"])
def test_an_address_number_or_name_is_refused_with_the_reason_before_airflow_keeps_it(
    contacts: Param, text: str
) -> None:
    with pytest.raises(ParamValidationError) as caught:
        contacts.resolve([text])
    words = " ".join(str(caught.value).split()).replace("' '", "")
    assert "Airflow keeps what stands in a form" in words


@pytest.mark.parametrize("value", [None, [], ["l1", "left:l1", "right:people/c42"]])
def test_ids_of_either_side_are_taken(contacts: Param, value: list[str] | None) -> None:
    assert contacts.resolve(value) == value


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("dry_run", [True, False]),
        ("full_read", [True, False]),
        ("apply_plan", [None, "", "0f1e2d3c", "a:b_c-D", "0" * 128, "0f1e\n"]),
        ("limit", [None, 1, 5.0, 10**6]),
        ("contacts", [None, [], ["l1", "left:l1"], ["l" * 500], ["l1"] * 1000]),
    ],
)
def test_what_the_form_takes_the_run_takes(name: str, values: list[Any]) -> None:
    box = build_dag(memory_spec(), ProjectSpec()).params.get_param(name)
    for value in values:
        request_of(RunRequest("r", "o", RunKind.MANUAL), {name: box.resolve(value)})


def test_the_form_has_the_boxes_that_the_run_knows() -> None:
    assert tuple(build_dag(memory_spec(), ProjectSpec()).params) == NAMES
