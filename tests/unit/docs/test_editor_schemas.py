"""docs/schema: what the reader takes, editors take; what they mark is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ConfigError
from contactsync.mapping.document import read_yaml
from contactsync.mapping.loader import load_sync
from contactsync.mapping.project import ProjectFile, load_project
from contactsync.orchestration.shipped_apps import ShippedApps
from examples import every_example
from jsonschema import Draft7Validator
from mistakes import mistakes, written

HEAD = {
    "version": 1,
    "left": {"app": "freshsales", "connection": "crm"},
    "right": {"app": "google_contacts", "connection": "google"},
    "dag": {"schedule": "*/15 * * * *"},
}


@pytest.fixture(scope="module")
def sync(root: Path) -> Draft7Validator:
    return _validator(root / "docs" / "schema" / "sync.v1.json")


@pytest.fixture(scope="module")
def project(root: Path) -> Draft7Validator:
    return _validator(root / "docs" / "schema" / "contactsync.v1.json")


def _validator(path: Path) -> Draft7Validator:
    schema = json.loads(path.read_text("utf-8"))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def marked(validator: Draft7Validator, data: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


def test_the_shipped_files_and_the_checker_that_people_use(root: Path) -> None:
    schemas, shipped = root / "docs" / "schema", sorted(root.glob("include/mappings/**/*.yaml"))
    assert len(shipped) > 1
    for schema, files in (("sync.v1.json", shipped), ("contactsync.v1.json", [root / "include" / "contactsync.yaml"])):
        words = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schemas / schema), *map(str, files)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout


def test_the_shipped_files_name_their_schema(root: Path) -> None:
    for path in [*root.glob("include/mappings/**/*.yaml"), root / "include" / "contactsync.yaml"]:
        line = path.read_text("utf-8").splitlines()[0]
        start = "# yaml-language-server: $schema="
        assert line.startswith(start), path
        assert (path.parent / line.removeprefix(start)).resolve().parent == root / "docs" / "schema"


def test_the_shortest_valid_sync_has_four_lines(tmp_path: Path, sync: Draft7Validator) -> None:
    path = tmp_path / "minimal.yaml"
    path.write_text(
        "version: 1\n"
        "left:  {app: freshsales, connection: freshsales_acme}\n"
        "right: {app: google_contacts, connection: google_alex}\n"
        'dag: {schedule: "*/15 * * * *"}\n'
    )
    assert len(path.read_text().splitlines()) == 4
    assert load_sync(path, tmp_path, ShippedApps()).id == "minimal"
    assert marked(sync, read_yaml(path).data) == []
    for key in HEAD:
        rest = {k: v for k, v in read_yaml(path).data.items() if k != key}
        path.write_text(json.dumps(rest))
        with pytest.raises(ConfigError, match=f"{key}: is required and missing"):
            load_sync(path, tmp_path, ShippedApps())
        assert marked(sync, rest)


def test_every_key_has_its_meaning_and_an_example(sync: Draft7Validator, project: Draft7Validator) -> None:
    for model, place, _ in every_example():
        schema = (project if model is ProjectFile else sync).schema
        for part in place:
            schema = schema["items"] if isinstance(part, int) else schema["properties"][part]
        assert schema["description"], place
        assert schema["examples"], place


def test_whatever_the_reader_takes_is_not_marked(
    tmp_path: Path, sync: Draft7Validator, project: Draft7Validator
) -> None:
    """All examples, and all of their mistakes that turn out to be none."""
    path = tmp_path / "some.yaml"
    right = wrong = seen = 0
    for model, place, example in every_example():
        validator = project if model is ProjectFile else sync
        for data in (example, *(mistake.data for mistake in mistakes(example, place))):
            path.write_text(written(data)[0], "utf-8")
            try:
                if model is ProjectFile:
                    load_project(path)
                else:
                    load_sync(path, tmp_path, ShippedApps())
            except ConfigError:
                wrong += 1
                seen += bool(marked(validator, data))
            else:
                right += 1
                assert marked(validator, data) == [], data
    assert right > 150
    assert seen > 0.9 * wrong  # what two keys mean together is the reader's to judge


@pytest.mark.parametrize(
    "more",
    [
        {"vresion": 1},
        {"direction": "leftwards"},
        {"left": {"app": "freshsale", "connection": "crm"}},
        {"left": {"app": "freshsales", "connection": "crm", "options": {"vew": "x"}}},
        {"right": {"app": "google_contacts", "connection": "g", "options": {"rate_per_minute": 0}}},
        {"match": {"keys": ["mail"]}},
        {"full_every": "6 days"},
        {"fields": {"only": ["name"]}},
        {"fields": {"pairs": [{"left": "x"}]}},
        {"fields": {"pairs": [{"left": "x", "right": "y", "transforms": ["stripp"]}]}},
        {"rules": {"left_to_right": [{"name": "a", "if": ["has_open_deal"]}]}},
        {"rules": {"left_to_right": [{"name": "a", "if": [{"has_label": "x"}]}]}},
        {"rules": {"right_to_left": [{"name": "a", "if": [{"lead_score": 3}]}]}},
        {"rules": {"left_to_right": [{"name": "a", "then": {"actions": [{"update_medium": "x"}]}}]}},
        {"rules": {"right_to_left": [{"name": "a", "on_leave": [{"update_medium": {"value": "x", "apply": "z"}}]}]}},
        {"rules": {"left_to_right": [{"name": "a", "if": [{"not": [{"any": [{"field": {"name": "x", "is": 1}}]}]}]}]}},
        {"tests": [{"name": "a", "given": {"left": {"names": {"givn": "U"}}}, "expect": {"right": None}}]},
        {"tests": [{"name": "a", "given": {"left": {"names": {"given": "U"}}}, "expect": {"why": "no_rule"}}]},
    ],
)  # fmt: skip
def test_what_is_wrong_in_one_place_is_marked(sync: Draft7Validator, more: dict[str, Any]) -> None:
    assert marked(sync, HEAD) == []
    assert marked(sync, {**HEAD, **more})
