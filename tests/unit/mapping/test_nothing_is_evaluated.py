"""What a program would run as code stays the text that it is, or is refused with file, line and key: in every place."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ConfigError
from contactsync.mapping.as_data import spec_as_json, spec_from_json
from contactsync.mapping.loader import load_document
from contactsync.mapping.problems import dotted
from contactsync.mapping.project import load_defaults, load_project
from contactsync.model.rules import Action
from contactsync.model.templates import fill
from contactsync.orchestration.shipped_apps import ShippedApps
from mistakes import written
from payloads import RESULT, TAGS, Placed, every_place, payloads

PLACES = list(every_place())
ROW = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?: (?P<key>[^: ]+):)? (?P<what>.+) Next: (?P<step>.+\.)$")


@dataclass(frozen=True)
class Tried:
    """A payload in a place, and what became of it: texts of the file that was read, or rows of what was said of it."""

    place: Placed
    kind: str
    payload: str
    line: int
    texts: tuple[str, ...]
    rows: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} as {self.place}"


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proofs") / "proof"


@pytest.fixture(scope="module")
def tried(proof: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    file = tmp_path_factory.mktemp("files") / "some.yaml"
    every = [*payloads(proof).items()]
    return [try_it(file, place, *payload) for place in PLACES for payload in every[: 2 if place.is_key else None]]


def try_it(file: Path, place: Placed, kind: str, payload: str) -> Tried:
    path, data = place.holding(payload)
    text, lines = written(data)
    file.write_text(text, "utf-8")
    texts, rows = read(file, project=place.project)
    return Tried(place, kind, payload, lines[path], texts, rows)


def read(file: Path, *, project: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        if project:
            return tuple(texts_in((load_project(file), load_project(file, "prod"), load_defaults(file)))), ()
        found = load_document(file, file.parent, ShippedApps())
        assert spec_from_json(spec_as_json(found.spec)) == found.spec
        return tuple(texts_in((found.spec, found.tests))), ()
    except ConfigError as error:
        rows = str(error).splitlines()
        return (), tuple(rows if len(rows) == 1 else [row.strip() for row in rows[1:]])


def texts_in(value: Any) -> Iterator[str]:
    """Every text below, keys too."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from texts_in(pair)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from texts_in(inner)


def test_it_is_read_as_it_stands_or_refused_where_it_stands(tried: list[Tried]) -> None:
    for one in tried:
        if one.texts:
            assert any(one.payload in text for text in one.texts), str(one)
        found = [ROW.match(row) for row in one.rows]
        assert all(found), (str(one), one.rows)
        if found:
            around = dotted(one.place.path[:-1])  # an entry may begin on another line than its first key
            near = [row for row in one.rows if f":{one.line}: " in row or (around and f" {around}" in row)]
            assert near, (str(one), one.line, one.rows)


def test_nothing_of_it_was_run(tried: list[Tried], proof: Path) -> None:
    assert not proof.exists()
    for one in tried:
        said = "\n".join((*one.texts, *one.rows))
        assert RESULT not in said, (str(one), said)
        assert "<class" not in said, (str(one), said)


def test_both_happens_and_in_every_section(tried: list[Tried]) -> None:
    """Free text is taken: titles, names, options, templates' braces doubled; what has a list of words is not."""
    taken = Counter(one.place.path[0] for one in tried if one.texts and not one.place.project)
    assert {"title", "description", "dag", "left", "rules", "fields", "tests", "deletions"} <= set(taken), taken
    refused = Counter(one.place.path[0] for one in tried if one.rows)
    for section in ("id", "dag", "left", "direction", "rules", "match", "conflicts", "fields", "tests", "limits"):
        assert refused[section] > 3, (section, refused)


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_builds_nothing_wherever_it_stands(tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for place in PLACES:
        if place.is_key:
            continue
        path, data = place.holding("@@")
        text, lines = written(data)
        (tmp_path / "some.yaml").write_text(text.replace('"@@"', tag), "utf-8")
        texts, rows = read(tmp_path / "some.yaml", project=place.project)
        assert texts == ()
        assert any(f":{lines[path]}: " in row and "tags (!) are not allowed" in row for row in rows), (tag, rows)
    assert [file.name for file in tmp_path.iterdir()] == ["some.yaml"]


def action_with(value: str, tmp_path: Path) -> Action:
    data = {
        "version": 1,
        "dag": {"schedule": None},
        "left": {"app": "memory", "connection": "a"},
        "right": {"app": "memory", "connection": "b"},
        "fields": {"exclude": ["tags"]},
        "rules": {"left_to_right": [{"name": "r", "then": {"actions": [{"add_tag": value}]}}]},
    }
    file = tmp_path / "some.yaml"
    file.write_text(json.dumps(data), "utf-8")
    (rules,) = load_document(file, tmp_path, ShippedApps()).spec.rules.values()
    return rules[0].actions[0]


def test_a_template_knows_names_of_fields_and_nothing_below_them(tmp_path: Path) -> None:
    for name in (
        "company.__class__",
        "company!r",
        "company:>99999999",
        "company[0]",
        "0",
        "",
        "emails",
        "__import__('os')",
        "company}{0.__class__",
    ):
        with pytest.raises(ConfigError, match=r"some\.yaml:1: rules.+is no contact field|holds several values"):
            action_with(f"{{{name}}}", tmp_path)


def test_what_a_contact_holds_is_never_a_template_again(tmp_path: Path) -> None:
    template = action_with("{company} at {{company}} %s {names.given}", tmp_path).value
    company, given = "{names.given} {{ 1234567*7 }} {0.__class__} %(x)s", "{company}"
    assert fill(template, {"company": company, "names.given": given}) == f"{company} at {{company}} %s {given}"
