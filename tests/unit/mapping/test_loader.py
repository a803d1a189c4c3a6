"""Files and folders of files: apps and their options, identities, clashes, and what is left of a broken file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from contactsync.apps import load_app
from contactsync.errors import ConfigError
from contactsync.mapping.loader import AppsPort, Loaded, load_folder, load_sync
from contactsync.mapping.problems import Problem
from contactsync.model.app import AppInfo

Write = Callable[..., Path]
MAPPINGS = Path(__file__).parents[3] / "include" / "mappings"


class ShippedApps:
    """The apps of the shipped files, which use no options."""

    def names(self) -> tuple[str, ...]:
        return ("freshsales", "google_contacts", "carddav")

    def declared(self, app: str, options: Mapping[str, Any]) -> AppInfo:
        return load_app(app).info

    def check_options(self, app: str, options: Mapping[str, Any]) -> Sequence[Problem]:
        return [Problem((key,), "unknown key.", "Remove it.") for key in options]


@pytest.fixture
def other(minimal: str) -> str:
    """A file of another pair of accounts."""
    return minimal.replace("book_team", "book_other")


def messages(loaded: Loaded) -> dict[str, str]:
    return {broken.path.name: str(broken.error) for broken in loaded.broken}


def test_the_shipped_files_are_right() -> None:
    loaded = load_folder(MAPPINGS, ShippedApps())
    assert not loaded.broken
    found = {(s.id, s.left.app, s.right.app, s.right.connection, s.dag.schedule) for s in loaded.specs}
    assert found >= {
        ("freshsales-google", "freshsales", "google_contacts", "google_alex", "*/15 * * * *"),
        ("freshsales-carddav", "freshsales", "carddav", "carddav_team", "*/15 * * * *"),
    }
    assert {s.left.connection for s in loaded.specs} == {"freshsales_acme"}


# ---- apps


def test_an_unknown_app_is_named_with_the_ones_there_are(
    write: Write, tmp_path: Path, apps: AppsPort, minimal: str
) -> None:
    path = write(minimal.replace("app: book", "app: boook"))
    with pytest.raises(
        ConfigError, match=r"yaml:3: right\.app: unknown app\. Did you mean 'book'\? Allowed: crm, book"
    ):
        load_sync(path, tmp_path, apps)


def test_options_are_checked_by_the_app(write: Write, tmp_path: Path, apps: AppsPort, minimal: str) -> None:
    path = write(minimal.replace("crm_acme}", "crm_acme,\n  options: {veiw: All,\n    page: one}}"))
    with pytest.raises(ConfigError) as caught:
        load_sync(path, tmp_path, apps)
    assert ":3: left.options.veiw: unknown key. Did you mean 'view'? Allowed: view, page." in str(caught.value)
    assert ":4: left.options.page: " in str(caught.value)


def test_an_account_is_not_synced_with_itself(write: Write, tmp_path: Path, apps: AppsPort, minimal: str) -> None:
    path = write(minimal.replace("app: book, connection: book_team", "app: crm, connection: crm_acme"))
    with pytest.raises(ConfigError, match=r":3: right\.connection: left and right are the same account.* Next: "):
        load_sync(path, tmp_path, apps)


def test_all_problems_come_at_once_in_the_order_of_the_lines(
    write: Write, tmp_path: Path, apps: AppsPort, minimal: str
) -> None:
    path = write(minimal.replace("crm,", "crn,") + "conflicts: vote\nrules: []\n", "Bad Name.yaml")
    with pytest.raises(ConfigError) as caught:
        load_sync(path, tmp_path, apps)
    rows = str(caught.value).splitlines()
    assert rows[0] == f"{path}: 4 problems:"
    assert [row.split(": ")[1] for row in rows[1:]] == ["id", "left.app", "conflicts", "rules"]
    assert "rename the file" in rows[1]


# ---- folders


def test_sub_folders_both_endings_and_ignored_names(write: Write, tmp_path: Path, apps: AppsPort, other: str) -> None:
    names = ["b.yml", "team/a.yaml", ".hidden.yaml", "_draft.yaml", ".git/c.yaml", "_old/d.yaml", "e.txt", "f.yaml.bak"]
    for number, name in enumerate(names):
        write(other.replace("book_other", f"book_{number}"), name)
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    loaded = load_folder(tmp_path, apps)
    assert [(s.id, s.file) for s in loaded.specs] == [("b", "b.yml"), ("a", "team/a.yaml")]
    assert not loaded.broken


def test_a_missing_folder_is_an_error(tmp_path: Path, apps: AppsPort) -> None:
    with pytest.raises(ConfigError, match=r"nowhere: there is no such folder\. Next: "):
        load_folder(tmp_path / "nowhere", apps)


def test_a_broken_file_takes_no_other_down(write: Write, tmp_path: Path, apps: AppsPort, minimal: str) -> None:
    write(minimal, "good.yaml")
    write(b"\xff\xfe", "bytes.yaml")
    write("a: [", "syntax.yaml")
    write("", "empty.yaml")
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nothing")
    loaded = load_folder(tmp_path, apps)
    assert [spec.id for spec in loaded.specs] == ["good"]
    assert [broken.id for broken in loaded.broken] == ["bytes", "dangling", "empty", "syntax"]
    assert {broken.schedule for broken in loaded.broken} == {"@daily"}
    assert all(str(broken.path) in str(broken.error) for broken in loaded.broken)


@pytest.mark.parametrize(
    ("text", "found_id", "schedule"),
    [
        ("id: acme\ndag: {schedule: '0 5 * * *'}\nrules: []\n", "acme", "0 5 * * *"),
        ("id: acme\ndag: {schedule: null}\n", "acme", None),
        ("id: acme\ndag: {schedule: 99 * * * *}\n", "acme", "@daily"),
        ("id: acme\ndag: {owner: x}\n", "acme", "@daily"),
        ("id: NOT GOOD\ndag: [x]\n", "my-file", "@daily"),
        ("dag: {schedule: '@hourly'}\nbad: [\n", "my-file", "@hourly"),
        ("id: acme\nid: acme2\n", "acme", "@daily"),
        ("id: manage\n", "my-file", "@daily"),
    ],
)
def test_what_is_still_readable_of_a_broken_file(
    write: Write, tmp_path: Path, apps: AppsPort, text: str, found_id: str, schedule: str | None
) -> None:
    write(text, "My file!.yaml")
    (broken,) = load_folder(tmp_path, apps).broken
    assert (broken.id, broken.schedule) == (found_id, schedule)


def test_an_id_twice_breaks_both_and_each_names_the_other(
    write: Write, tmp_path: Path, apps: AppsPort, minimal: str, other: str
) -> None:
    write(minimal + "id: acme\n", "a-copy.yaml")
    write(other, "acme.yaml")
    write(minimal.replace("book_team", "book_third"), "third.yaml")
    loaded = load_folder(tmp_path, apps)
    assert [spec.id for spec in loaded.specs] == ["third"]
    assert [(b.path.name, b.id, b.schedule) for b in loaded.broken] == [
        ("a-copy.yaml", "a-copy", "*/15 * * * *"),
        ("acme.yaml", "acme", "*/15 * * * *"),
    ]
    assert "a-copy.yaml:5: id: also the id of acme.yaml" in messages(loaded)["a-copy.yaml"]
    assert "id: also the id of a-copy.yaml" in messages(loaded)["acme.yaml"]


def test_a_broken_file_does_not_take_the_id_of_a_good_one(
    write: Write, tmp_path: Path, apps: AppsPort, minimal: str
) -> None:
    write(minimal + "id: acme\n", "one.yaml")
    write("id: acme\n", "acme.yaml")
    write("id: acme\n", "Acme.yaml")
    loaded = load_folder(tmp_path, apps)
    assert [spec.id for spec in loaded.specs] == ["acme"]
    assert sorted(broken.id for broken in loaded.broken) == ["acme-2", "acme-3"]


def test_a_broken_file_named_like_a_dag_of_the_project_gets_another_id(
    write: Write, tmp_path: Path, apps: AppsPort
) -> None:
    write("x: 1\n", "manage.yaml")
    assert [broken.id for broken in load_folder(tmp_path, apps).broken] == ["manage-2"]


def test_the_same_pair_twice_breaks_both_whatever_side_they_stand_on(
    write: Write, tmp_path: Path, apps: AppsPort, minimal: str
) -> None:
    write(minimal, "one.yaml")
    turned = minimal.replace("left:", "x:").replace("right:", "left:").replace("x:", "right:")
    write(turned, "two.yaml")
    loaded = load_folder(tmp_path, apps)
    assert not loaded.specs
    assert "one.yaml:3: right: two.yaml keeps the same two accounts equal" in messages(loaded)["one.yaml"]
    assert "one.yaml keeps the same two accounts equal" in messages(loaded)["two.yaml"]


def test_the_same_pair_with_other_options_is_another_sync(
    write: Write, tmp_path: Path, apps: AppsPort, minimal: str
) -> None:
    write(minimal, "one.yaml")
    write(minimal.replace("crm_acme}", "crm_acme, options: {view: Mine}}"), "two.yaml")
    assert [spec.id for spec in load_folder(tmp_path, apps).specs] == ["one", "two"]


def test_reading_loads_nothing_heavy() -> None:
    code = (
        "import sys; import contactsync.mapping.loader, contactsync.mapping.project, contactsync.mapping.as_data;"
        "print([m for m in ('pandas','pyarrow','numpy','sqlalchemy','airflow','requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
