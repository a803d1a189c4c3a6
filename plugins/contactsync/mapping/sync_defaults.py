"""`defaults:` of include/contactsync.yaml: keys that every sync file has unless it says otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from contactsync.mapping.document import Document
from contactsync.mapping.problems import KeyPath, Problem, check_model
from contactsync.mapping.spec import SyncFile

ONE_SYNC_ONLY = ("version", "id", "title", "description", "left", "right", "tests")
_RIGHT_FILE: Mapping[str, Any] = {
    "version": 1,
    "id": "example",
    "dag": {"schedule": None},
    "left": {"app": "one", "connection": "one"},
    "right": {"app": "two", "connection": "two"},
}


def default_problems(defaults: Mapping[str, Any]) -> Iterator[Problem]:
    """What no sync file could say."""
    for key in ONE_SYNC_ONLY:
        if key in defaults:
            yield Problem((key,), "belongs to one sync and cannot be a default.", "Write it in the sync's file.")
    common = {key: value for key, value in defaults.items() if key not in ONE_SYNC_ONLY}
    data = _merged(common, _RIGHT_FILE)
    if not isinstance(common.get("dag", {}), dict):
        data["dag"] = common["dag"]  # no section, which every file would have instead
    _, problems = check_model(SyncFile, data)
    yield from problems


def with_defaults(document: Document, defaults: Mapping[str, Any]) -> Document:
    """The file, with what it does not say itself.

    Sections are put together key by key; a key of a section is the file's own, or the default, as a whole.
    """
    if not defaults or document.problems:
        return document
    data = _merged(defaults, document.data)
    return replace(document, data=data, inherited=frozenset(_inherited(defaults, document.data)))


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    out = {**defaults, **own}
    for key, value in defaults.items():
        if isinstance(value, dict) and isinstance(own.get(key), dict):
            out[key] = {**value, **own[key]}
    return out


def _inherited(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[KeyPath]:
    for key, value in defaults.items():
        if key not in own:
            yield (key,)
        elif isinstance(value, dict) and isinstance(own[key], dict):
            yield from ((key, inner) for inner in value if inner not in own[key])
