"""docs/configuration.md and docs/apps.md are what the code says, and say what a user would miss."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from contactsync.apps import app_names, load_app
from contactsync.mapping.spec import SyncFile
from contactsync.model.app import Check


@pytest.fixture(scope="module")
def configuration(root: Path) -> str:
    return (root / "docs" / "configuration.md").read_text("utf-8")


@pytest.fixture(scope="module")
def apps(root: Path) -> str:
    return (root / "docs" / "apps.md").read_text("utf-8")


def test_the_committed_pages_are_what_the_generator_gives(root):
    done = subprocess.run(
        [sys.executable, str(root / "tools" / "generate_docs.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_key_of_the_shipped_files_is_described(root, configuration):
    from contactsync.mapping.document import read_yaml

    for file in [*root.glob("include/mappings/*.yaml"), root / "include" / "contactsync.yaml"]:
        for key in read_yaml(file).lines:
            words = [part for part in key if isinstance(part, str)]
            if words[:1] == ["environments"]:  # whose names a person chooses
                words = words[:1]
            if words[:1] == ["tests"] and len(words) > 1:  # a table of its own, down to a whole contact
                words = words[1:3]
            assert not words or f"`{'.'.join(words)}" in configuration, f"{file.name}: {words}"


def test_planned_keys_are_named_as_refused(configuration):
    refused = configuration.split("### Refused in this version")[1].split("##")[0]
    assert "`fields: custom.<key>`" in refused


def test_every_option_of_every_app_has_a_meaning(configuration):
    for name in app_names():
        part = configuration.split(f"(`{name}`)\n")[1].split("\n##")[0]
        for option in load_app(name).Options.model_fields:
            [line] = [row for row in part.splitlines() if row.startswith(f"| `{option}` ")]
            meaning, example = (cell.strip() for cell in line.rsplit("|", 3)[1:3])
            assert len(meaning) > 10, line
            assert len(example) > 2, line


@pytest.mark.parametrize("lacking", ["full_every", "match.keys"])
def test_no_page_is_made_where_a_key_has_no_example_or_one_that_is_refused(lacking):
    import key_meanings
    from key_tables import keys_table

    known = dict(key_meanings.SYNC)
    refused = {**known, lacking: replace(known[lacking], example="no such thing")}
    with pytest.raises(ValueError, match=f"the example of {lacking} is refused"):
        keys_table(SyncFile, refused)
    del known[lacking]
    with pytest.raises(KeyError, match=lacking):
        keys_table(SyncFile, known)


def test_every_pair_of_apps_has_a_table(apps):
    titles = [info.title for name in app_names() if (info := load_app(name).info).kind != "test"]
    for left, right in combinations(titles, 2):
        assert f"### {left} and {right}\n" in apps


def test_the_direction_of_a_field_that_one_app_only_shows(apps):
    part = apps.split("### Freshsales and Google Contacts\n")[1].split("\n##")[0]
    [company] = [row for row in part.splitlines() if row.startswith("| `company` ")]
    assert [cell.strip() for cell in company.strip("|").split("|")] == ["`company`", "read only", "`->`", "yes"]


def test_the_apps_with_a_window_of_seconds_are_named(apps):
    told = apps.split("## Where a window of seconds remains\n")[1].split("|")[0]
    for name in app_names():
        info = load_app(name).info
        if info.kind != "test":
            assert (info.title in told) == (info.caps.check in (Check.DELTA, Check.FETCH))


def test_every_credential_and_own_field_is_listed(apps):
    for name in app_names():
        info = load_app(name).info
        part = apps.split(f"\n## {info.title}\n")[1].split("\n## ")[0]
        for credential in info.credentials:
            assert f"| {credential.title} | `{credential.where}` |" in part
        for field in info.fields:
            assert f"| `{field.name}` " in part
