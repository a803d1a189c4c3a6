"""What the pages name exists: links, make targets, commands, files, ledger tables, decisions."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from contactsync.cli import app

PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md")
COMMAND = re.compile(r"(?:`|^|scheduler )contactsync ([a-z][^`\n]*)", re.MULTILINE)


def pages(root: Path) -> list[Path]:
    return sorted(page for pattern in PAGES for page in root.glob(pattern))


def commands(root: Path) -> Iterator[tuple[str, list[str]]]:
    for page in pages(root):
        text = re.sub(r"(?<=[a-z])\n(?=--)", " ", page.read_text("utf-8"))
        yield from ((page.name, found.split()) for found in COMMAND.findall(text))


def test_links_and_make_targets_exist(root):
    done = subprocess.run([sys.executable, str(root / "tools" / "check_docs.py")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_and_option_exists(root):
    known = typer.main.get_command(app)
    named = set()
    for page, words in commands(root):
        command = known
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert command is not known, f"{page}: contactsync {' '.join(words)}"
        named.add(command.name)
        options = {option for parameter in command.params for option in parameter.opts}
        used = {word for word in words if word.startswith("--")}
        assert used <= options, f"{page}: {command.name} {used - options}"
    assert {"plan", "run", "validate", "relink", "upgrade", "check", "apps"} <= named


def test_the_readme_names_both_commands_to_try(root):
    text = (root / "README.md").read_text("utf-8")
    assert "`make demo`" in text
    assert "`make test`" in text


def test_every_link_to_a_file_shows_that_files_name(root):
    text = (root / "README.md").read_text("utf-8")
    for shown, target in re.findall(r"\[([\w/]+\.py)\]\((plugins/[^)]+)\)", text):
        assert target.endswith(f"/{shown}"), f"{shown} leads to {target}"


def test_every_table_of_the_ledger_is_described(root):
    from contactsync.ledger.tables import schema

    text = (root / "docs" / "architecture.md").read_text("utf-8")
    part = text.split("## What is remembered")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == set(schema.tables)


def test_every_task_and_import_layer_is_described(root):
    import tomllib

    from contactsync.orchestration import naming

    text = (root / "docs" / "architecture.md").read_text("utf-8")
    for task in (naming.OPEN, naming.TRANSFORM, naming.RECONCILE, naming.RECORD, "extract_left", "load_right"):
        assert f"`{task}`" in text
    drawn = text.split("## Imports")[1].split("```")[1]
    contracts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    order = [drawn.index(re.findall(r"\w+", layer)[0]) for layer in layers]
    assert order == sorted(order)
    for name in re.findall(r"\w+", " ".join(layers)):
        assert re.search(rf"\b{name}\b", drawn), name


@pytest.mark.parametrize("part", ["What changed", "Why", "What follows"])
def test_every_decision_keeps_to_the_template(root, part):
    decisions = sorted((root / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [int(page.name[:4]) for page in decisions]
    assert numbers == list(range(len(decisions)))
    for page in decisions:
        text = page.read_text("utf-8")
        assert text.startswith(f"# {'NNNN' if page.name.startswith('0000') else page.name[:4]}. ")
        assert f"\n## {part}\n" in text, page.name


def test_every_variable_of_ours_is_described(root):
    source = "".join(f.read_text("utf-8") for f in (root / "plugins").rglob("*.py"))
    described = (root / "docs" / "configuration.md").read_text("utf-8")
    for name in set(re.findall(r'"(CONTACTSYNC_[A-Z_]+)"', source)):
        assert f"`{name}`" in described, name


def test_every_reason_for_what_an_undo_leaves_is_explained(root):
    from contactsync.model.undo import STAYS, Stay

    text = (root / "docs" / "undo.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == [why.value for why in Stay]
    assert set(STAYS) == set(Stay)
