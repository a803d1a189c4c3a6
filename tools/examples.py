"""Examples of keys, read by the very reader of sync files: one that it refuses would be worse than none."""

from __future__ import annotations

import copy
import functools
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contactsync.errors import ConfigError
from contactsync.mapping.document import read_yaml
from contactsync.mapping.file_test_sections import TestSection
from contactsync.mapping.loader import load_sync
from contactsync.mapping.pair_section import PairSection
from contactsync.mapping.project import ProjectFile, load_project
from contactsync.mapping.rule_sections import RuleSection
from contactsync.mapping.spec import Section, SyncFile
from contactsync.orchestration.shipped_apps import ShippedApps
from key_meanings import PROJECT, SYNC, Meaning
from part_meanings import PAIR, RULE, TEST

SMALLEST: Mapping[type[Section], dict[str, Any]] = {
    SyncFile: {
        "version": 1,
        "dag": {"schedule": None},
        "left": {"app": "freshsales", "connection": "one"},
        "right": {"app": "google_contacts", "connection": "other"},
    },
    RuleSection: {"name": "some"},
    TestSection: {
        "name": "some",
        "given": {"left": {"names": {"given": "Uma"}}},
        "expect": {"linked": False},
    },
    PairSection: {"left": "custom.cf_summary", "right": "custom.Summary"},
    ProjectFile: {"version": 1},
}
"""The smallest good data of each model."""

PLACES: Mapping[type[Section], tuple[str, ...]] = {
    RuleSection: ("rules", "left_to_right"),
    TestSection: ("tests",),
    PairSection: ("fields", "pairs"),
}
"""Where the lists stand that hold such entries."""

MEANINGS: Mapping[type[Section], Mapping[str, Meaning]] = {
    SyncFile: SYNC,
    RuleSection: RULE,
    PairSection: PAIR,
    TestSection: TEST,
    ProjectFile: PROJECT,
}


def smallest_with(model: type[Section], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The smallest good data with one key set."""
    return _set(copy.deepcopy(SMALLEST[model]), path, value)


def _set(data: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    inner = data
    for part in path[:-1]:
        inner = inner.setdefault(part, {})
    inner[path[-1]] = value
    return data


def whole_file(model: type[Section], path: tuple[str, ...], meaning: Meaning) -> dict[str, Any]:
    """A file that is right and holds the example."""
    data = {**smallest_with(model, path, value_of(meaning.example)), **meaning.within}
    if model in PLACES:
        data = _set(copy.deepcopy(SMALLEST[SyncFile]), PLACES[model], [data])
    for key, value in meaning.beside.items():
        data[key] = {**data.get(key, {}), **value} if isinstance(value, dict) else value
    return data


def every_example() -> Iterator[tuple[type[Section], tuple[str | int, ...], dict[str, Any]]]:
    """(model, place of the key, file with its example) of every key of both kinds of file."""
    for model, meanings in MEANINGS.items():
        for key, meaning in meanings.items():
            path = tuple(key.split("."))
            above = (*PLACES[model], 0) if model in PLACES else ()
            yield model, (*above, *path), whole_file(model, path, meaning)


def check_example(model: type[Section], path: tuple[str, ...], meaning: Meaning) -> None:
    """Errors: ValueError for an example that the reader refuses."""
    reason = refusal(whole_file(model, path, meaning), project=model is ProjectFile)
    if reason:
        raise ValueError(f"the example of {'.'.join(path)} is refused: {reason}")


def check_option(app: str, key: str, example: str) -> None:
    """Errors: ValueError for an example that the app refuses."""
    side = {"app": app, "connection": "one", "options": {key: value_of(example)}}
    other = {"app": "memory", "connection": "other"}
    reason = refusal({"version": 1, "dag": {"schedule": None}, "left": side, "right": other})
    if reason:
        raise ValueError(f"the example of the option {key} of {app} is refused: {reason}")


@functools.cache
def value_of(example: str) -> Any:
    """What the reader makes of a value in YAML."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "example.yaml")
        path.write_text(f"value: {example}\n", "utf-8")
        return read_yaml(path).data["value"]


def refusal(data: Mapping[str, Any], *, project: bool = False) -> str:
    """Why a file with this data is refused; '' where it is not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "example.yaml")
        path.write_text(json.dumps(data), "utf-8")
        try:
            if project:
                load_project(path)
            else:
                load_sync(path, path.parent, ShippedApps())
        except ConfigError as error:
            return str(error)
    return ""
