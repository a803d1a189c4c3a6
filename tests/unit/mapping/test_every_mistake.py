"""Every mistake at every key is refused with file, line and remedy, or is no mistake: free text, a free choice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from contactsync.errors import ConfigError
from contactsync.mapping.document import Document
from contactsync.mapping.loader import load_sync
from contactsync.mapping.problems import dotted
from contactsync.mapping.project import ProjectFile, load_project
from contactsync.orchestration.shipped_apps import ShippedApps
from examples import every_example
from mistakes import Mistake, mistakes, written

ROW = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?: (?P<key>[^: ]+):)? (?P<what>.+) Next: (?P<step>.+\.)$")


@dataclass(frozen=True)
class Tried:
    """A mistake, the line on which it was made, and every row of what was said of it; none = it was read."""

    mistake: Mistake
    line: int
    rows: tuple[str, ...]

    @property
    def key(self) -> str:
        return dotted(self.mistake.path)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    return list(_tried(tmp_path_factory.mktemp("files")))


@pytest.fixture
def refused(tried: list[Tried]) -> list[Tried]:
    return [one for one in tried if one.rows]


def _tried(folder: Path) -> Iterator[Tried]:
    path = folder / "some.yaml"
    for model, place, data in every_example():
        for mistake in mistakes(data, place):
            text, lines = written(mistake.data)
            path.write_text(text, "utf-8")
            line = Document(path, lines={(): 1, **lines}).line(mistake.path)
            yield Tried(mistake, line, tuple(_said(path, project=model is ProjectFile)))


def _said(path: Path, *, project: bool) -> list[str]:
    try:
        if project:
            load_project(path, "prod")
        else:
            load_sync(path, path.parent, ShippedApps())
    except ConfigError as error:
        lines = str(error).splitlines()
        return lines if len(lines) == 1 else [line.strip() for line in lines[1:] if not line.startswith("  and ")]
    return []


def test_each_message_names_file_line_and_remedy(refused: list[Tried]) -> None:
    assert len(refused) > 900
    for one in refused:
        for row in one.rows:
            found = ROW.match(row)
            assert found, (str(one.mistake), row)
            assert found["file"].endswith("some.yaml")
            assert len(found["step"].split()) > 1, (str(one.mistake), row)


def test_each_message_leads_to_the_mistake(refused: list[Tried]) -> None:
    """By its line, or by the key around or below it where an entry begins on another line than its first key."""
    lost = []
    for one in refused:
        found = [match for row in one.rows if (match := ROW.match(row))]
        keys = [match["key"] or "" for match in found]
        near = any(one.key.startswith(key) or key.startswith(one.key) for key in keys)
        if not near and one.line not in {int(match["line"]) for match in found}:
            lost.append((str(one.mistake), one.line, one.rows))
    assert lost == []
    at_once = sum(any(f":{one.line}: " in row for row in one.rows) for one in refused)
    assert at_once > 0.9 * len(refused)


def test_a_misspelled_key_is_refused_with_the_right_one_or_all_there_are(tried: list[Tried]) -> None:
    for one in tried:
        if one.mistake.what == "misspelled" and not FREE.search(one.key):
            right = str(one.mistake.path[-1]).removesuffix("_x")
            said = " ".join(one.rows)
            assert f"Did you mean '{right}'?" in said or "Allowed: " in said or "needs the name" in said, (
                one.key,
                said,
            )


FREE = re.compile(r"(^|\.)(custom|pairs\[0\]\.options|kinds|environments|accounts|alerts)\.[^.]+_x$")
"""Keys that a person chooses."""


def test_what_is_read_all_the_same_is_free_to_choose(tried: list[Tried]) -> None:
    """Nothing that has a closed list of words, a kind or a limit lets something else through."""
    read = [one for one in tried if not one.rows and one.mistake.what in ("a mapping", "a list", "misspelled")]
    assert [str(one.mistake) for one in read if not FREE.search(one.key)] == []
    count = [one for one in tried if not one.rows and one.mistake.what == "a boolean"]
    assert [str(one.mistake) for one in count if re.search(r"count|percent|limit|minute|seconds", one.key)] == []


def test_every_section_is_among_them(refused: list[Tried]) -> None:
    places = Counter(one.mistake.path[0] for one in refused if one.mistake.path)
    for section in ("dag", "left", "match", "rules", "fields", "tests", "deletions", "limits"):
        assert places[section] > 10, (section, places)
    assert any("options" in one.mistake.path for one in refused)
    assert any("pairs" in one.mistake.path for one in refused)
