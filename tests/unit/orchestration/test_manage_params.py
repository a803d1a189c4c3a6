"""The form as Airflow shows and checks it: what its schemas refuse becomes no run."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError
from contactsync.model.acts import CONTACTS, TAKES, Act
from contactsync.orchestration.manage_params import form, page

SYNCS = ["one", "two"]


def refused(name: str, value: Any) -> str:
    with pytest.raises(ParamValidationError) as caught:
        form(SYNCS)[name].resolve(value)
    return str(caught.value)


def test_every_value_that_an_act_takes_has_a_box_that_says_so() -> None:
    boxes = form(SYNCS)
    assert list(boxes)[:3] == ["act", "sync", "yes"]
    for act, takes in TAKES.items():
        for name in (*takes.needs, *takes.may):
            assert act.value in boxes[name].schema["description_md"], (act, name)
    assert {*boxes} == {"act", "yes"} | {n for t in TAKES.values() for n in (*t.needs, *t.may)}
    assert all(box.schema["title"] for box in boxes.values())


def test_nothing_is_filled_in_and_only_the_act_has_to_be() -> None:
    boxes = form(SYNCS)
    act = boxes.pop("act")
    assert {name: box.resolve() for name, box in boxes.items() if box.resolve()} == {}
    with pytest.raises(ParamValidationError, match="no default"):
        act.resolve()
    assert act.schema["enum"] == [one.value for one in Act]
    for name, box in boxes.items():
        assert "null" in box.schema["type"], f"Airflow would mark {name} as required"
        box.resolve(None)


def test_boxes_of_one_act_stand_in_a_section_of_its_name() -> None:
    sections = {name: box.schema["section"] for name, box in form(SYNCS).items() if "section" in box.schema}
    assert {name for name, section in sections.items() if section == "undo"} == {"run", "since", "fields"}
    assert sections["left"] == sections["right"] == "link, keep-apart"
    assert not {"act", "sync", "yes", "contact", "apply_plan"} & {*sections}


def test_acts_syncs_answers_and_reasons_are_chosen_from_a_list() -> None:
    boxes = form(SYNCS)
    assert boxes["sync"].schema["enum"] == [None, "one", "two"]
    assert boxes["sync"].resolve("two") == "two"
    assert "'three' is not one of" in refused("sync", "three")
    assert "'delete-all' is not one of" in refused("act", "delete-all")
    assert {"left", "adopt"} < {*boxes["answer"].schema["enum"]}
    assert {"no_key", "not_sent"} < {*boxes["reason"].schema["enum"]}


@pytest.mark.parametrize("name", CONTACTS)
@pytest.mark.parametrize("text", ["ada@example.org", "+4930123456", "Ada Beispiel"])
def test_an_address_number_or_name_is_refused_with_the_reason_before_airflow_keeps_it(name: str, text: str) -> None:
    words = " ".join(refused(name, [text] if name == "contacts" else text).split())
    assert "Airflow keeps what stands in a form" in words.replace("' '", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("run", "ada@example.org"), ("since", "ada@example.org"), ("hold", "ada@example.org"),
        ("apply_plan", "ada@example.org"), ("fields", ["ada@example.org"]), ("limit", 0), ("contacts", ["l1"] * 1001),
        ("contact", "l" * 501), ("yes", "true"),
    ],
)  # fmt: skip
def test_other_values_are_of_their_kind(name: str, value: Any) -> None:
    assert refused(name, value)


def test_the_page_tells_what_each_act_takes() -> None:
    rows = {line.split("|")[1].strip(): line for line in page().splitlines() if line.startswith("| ")}
    assert {act.value for act in Act} < {*rows}
    assert "is refused" in rows["reset"]
    assert "says what it would do" in rows["undo"]
