"""What waits, for spreadsheets and programs, and tried again, as a person asks for it on the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from commands import PAIR
from contactsync.apps.memory import Book
from test_commands import answer, contactsync

FORMULA = '=HYPERLINK("https://example.org")'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which two contacts without any key are held; the id of one is a formula."""
    folder = tmp_path_factory.mktemp("held")
    (folder / "include" / "mappings").mkdir(parents=True)
    (folder / "include" / "mappings" / "pair.yaml").write_text(PAIR.format(folder=folder))
    for contact_id in (FORMULA, "l2"):
        Book(folder / "left.json").put(contact_id, {"names.given": "Ada"})
    assert contactsync(folder, "db", "upgrade").returncode == 0
    assert contactsync(folder, "run", "pair").returncode == 0
    return folder


def test_a_spreadsheet_has_the_words_and_what_to_do_and_no_formula(folder: Path) -> None:
    assert contactsync(folder, "holds", "pair", "--export", "held.csv").returncode == 0
    path = folder / "held.csv"
    assert path.stat().st_mode & 0o077 == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["contact"]: row for row in csv.DictReader(file)}
    assert set(rows) == {f"'{FORMULA}", "l2"}
    row = rows["l2"]
    assert (row["reason"], row["app"], row["side"]) == ("no_key", "Memory", "left")
    assert "match keys (email)" in row["detail"]
    assert "contactsync decide pair HOLD skip" in row["what_to_do"]
    assert not [cell for row in rows.values() for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_parquet_has_the_same_as_it_is(folder: Path) -> None:
    assert contactsync(folder, "holds", "pair", "--export", "held.parquet").returncode == 0
    table = pq.read_table(folder / "held.parquet").to_pylist()
    assert {row["contact"] for row in table} == {FORMULA, "l2"}
    assert (folder / "held.parquet").stat().st_mode & 0o077 == 0
    listed = {row["hold"]: row["detail"] for row in answer(contactsync(folder, "holds", "pair", "--json"))}
    assert {row["hold"]: row["detail"] for row in table} == listed


def test_a_format_or_place_that_is_none_is_an_error_with_its_remedy(folder: Path) -> None:
    other = contactsync(folder, "holds", "pair", "--export", "held.xlsx")
    assert (other.returncode, "Allowed: FILE.csv, FILE.parquet" in other.stderr) == (4, True)
    nowhere = contactsync(folder, "holds", "pair", "--export", "nowhere/held.csv")
    assert (nowhere.returncode, "cannot be written" in nowhere.stderr) == (4, True)


def test_one_contact_is_tried_again_once_there_is_a_reason(folder: Path) -> None:
    assert "holds pair --reason no_key --retry" in contactsync(folder, "holds", "pair").stdout
    done = answer(contactsync(folder, "holds", "pair", "--retry", "--contact", "left:l2", "--json"))
    assert [row["contact"] for row in done["again"]] == ["l2"]
    assert done["left"] == done["unread"] == []
    assert answer(contactsync(folder, "run", "pair", "--json"))["counts"]["left_to_right"]["held"] == 1
    nobody = contactsync(folder, "holds", "pair", "--retry", "--contact", "left:l9")
    assert (nobody.returncode, "contactsync holds pair" in nobody.stderr) == (4, True)
    assert "Nothing of 'left:l9' is held" in contactsync(folder, "holds", "pair", "--contact", "left:l9").stdout
    none = contactsync(folder, "holds", "pair", "--retry", "--reason", "refused").stdout
    assert "0 are tried again" in none
    wrong = contactsync(folder, "holds", "pair", "--reason", "refuse")
    assert (wrong.returncode, "Allowed: ambiguous" in wrong.stderr) == (4, True)
