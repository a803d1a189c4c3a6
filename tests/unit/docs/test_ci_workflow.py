"""The workflow that users copy: well-formed, without secrets, and its commands do what it says, without a network."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from contactsync.cli import app
from typer.testing import CliRunner


@pytest.fixture(scope="module")
def workflow(root: Path) -> Path:
    return root / "docs" / "ci" / "github-actions.yaml"


def test_it_is_a_workflow(workflow: Path) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(workflow)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_it_needs_no_secret_and_may_only_read(workflow: Path) -> None:
    text = workflow.read_text("utf-8")
    assert "secrets" not in text
    assert "AIRFLOW_CONN" not in text
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


def test_its_commands_pass_on_the_shipped_files_without_a_network(
    root: Path, workflow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise AssertionError(f"a connection to {address} was to be made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(root)
    steps = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]["check"]["steps"]
    commands = [step["run"].split() for step in steps if "contactsync" in step.get("run", "")]
    assert [words[1] for words in commands] == ["validate", "test"]
    for words in commands:
        done = CliRunner().invoke(app, words[1:])
        assert done.exit_code == 0, done.output
    assert re.search(r"^\d+ passed, 0 failed$", done.output, re.MULTILINE)
    assert "has no tests" not in done.output
