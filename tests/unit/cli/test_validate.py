"""`contactsync validate` over files that are right one by one: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from contactsync.cli import app
from typer.testing import CliRunner

HEAD = """\
version: 1
left: {app: memory, connection: LEFT}
right: {app: memory, connection: hub}
dag: {schedule: null}
fields: {exclude: [notes]}
rules:
  left_to_right:
    - {name: r, then: {actions: [{update_field: {field: notes, value: VALUE, apply: APPLY}}]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    return tmp_path


def write(folder: Path, name: str, value: str, apply: str) -> Path:
    path = folder / "mappings" / f"{name}.yaml"
    path.write_text(HEAD.replace("LEFT", name).replace("VALUE", value).replace("APPLY", apply))
    return path


def test_what_is_certain_to_do_harm_ends_with_4(folder: Path) -> None:
    files = [write(folder, name, name, "always") for name in ("one", "two")]
    done = CliRunner().invoke(app, ["validate", "--include", str(folder)])
    assert done.exit_code == 4
    lines = done.output.splitlines()
    for line, file in zip(lines, files, strict=True):
        assert line.startswith(f"broken   {file}:8: rules.left_to_right[0].then.actions[0].update_field: sets notes")
    # Only files that are checked together can contradict each other.
    for file in files:
        assert CliRunner().invoke(app, ["validate", str(file)]).exit_code == 0
    assert CliRunner().invoke(app, ["validate", *map(str, files)]).exit_code == 4


def test_what_may_be_meant_is_a_note(folder: Path) -> None:
    for name in ("one", "two"):
        write(folder, name, name, "on_enter")
    done = CliRunner().invoke(app, ["validate", "--include", str(folder), "--json"])
    assert done.exit_code == 0
    told = json.loads(done.output)
    assert told["valid"] == ["one", "two"]
    assert told["problems"] == []
    [note] = told["notes"]["one"]
    assert "one.yaml:8: rules.left_to_right[0]" in note
    assert "two.yaml" in note


def test_a_broken_snapshot_is_named(folder: Path) -> None:
    write(folder, "one", "x", "on_enter")
    (folder / "schemas").mkdir()
    (folder / "schemas" / "hub.json").write_text("{")
    done = CliRunner().invoke(app, ["validate", "--include", str(folder)])
    assert done.exit_code != 0
    assert "hub.json:1: is not valid JSON" in str(done.exception)


def test_it_says_what_the_environment_means_for_a_sync(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "one", "x", "on_enter")
    project = folder / "contactsync.yaml"
    named = "accounts: {one: {prod: a.example}}\n"

    def notes(text: str, environment: str = "") -> list[str]:
        project.write_text("version: 1\n" + text)
        monkeypatch.setenv("CONTACTSYNC_ENV", environment)
        told = CliRunner().invoke(app, ["validate", "--include", str(folder), "--json"])
        return list(json.loads(told.output)["notes"]["one"])

    both = "environments: {dev: {writes: never}, prod: {writes: allowed}}\n"
    assert notes("") == []
    [unchecked] = notes(named)
    assert unchecked.startswith("where one leads is not checked")
    [hub] = notes(both + named, "prod")
    assert hub.startswith("where hub leads is not checked")
    dry, elsewhere, _ = notes(both + named)
    assert dry == "in environment dev nothing is written: every run is a dry run"
    assert elsewhere.startswith("one has no account in environment dev")
