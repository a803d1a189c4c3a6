"""Reports on the command line: for people, for programs, for spreadsheets, and nothing is changed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from commands import PAIR
from contactsync.apps.memory import Book
from contactsync.cli.spreadsheet import harmless
from test_commands import answer, contactsync


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a contact that stands twice on the left, once more on the right; one of them is a formula."""
    folder = tmp_path_factory.mktemp("duplicates")
    (folder / "include" / "mappings").mkdir(parents=True)
    (folder / "include" / "mappings" / "pair.yaml").write_text(PAIR.format(folder=folder))
    ada = {"names.family": "Beispiel", "emails": [{"value": "ada@example.org"}]}
    Book(folder / "left.json").put("l1", {**ada, "names.given": "Ada", "phones": [{"value": "+49 30 1234567"}]})
    Book(folder / "left.json").put("l2", {**ada, "names.given": "A.", "company": '=HYPERLINK("https://example.org")'})
    Book(folder / "right.json").put("r1", {**ada, "names.given": "Áda"})
    Book(folder / "right.json").put("r2", {"names.given": "Uma", "emails": [{"value": "uma@example.org"}]})
    assert contactsync(folder, "db", "upgrade").returncode == 0
    return folder


def test_duplicates_are_reported_with_reasons_and_nothing_changes(folder: Path) -> None:
    told = answer(contactsync(folder, "duplicates", "pair", "--json"))
    places = {(p["contacts"][0]["id"], p["contacts"][1]["id"]): p for p in told["pairs"]}
    assert set(places) == {("l1", "l2"), ("l1", "r1"), ("l2", "r1")}
    assert places["l1", "r1"]["score"] == 100
    assert places["l1", "r1"]["agrees"] == ["names", "e-mail"]
    assert places["l1", "r1"]["where"] == "across"
    assert places["l1", "l2"]["contacts"][0]["emails"] == "ada@example.org"
    assert told["read"] == {"left": 2, "right": 2}
    assert told["not_all_compared"] == []
    assert Book(folder / "left.json").writes == Book(folder / "right.json").writes == 0
    artefacts = folder / "airflow" / "contactsync" / "artefacts"
    assert not list(artefacts.rglob("*.parquet"))


def test_duplicates_of_one_side_from_some_score_on(folder: Path) -> None:
    one = answer(contactsync(folder, "duplicates", "pair", "--side", "left", "--json"))
    assert [p["where"] for p in one["pairs"]] == ["left"]
    assert one["read"] == {"left": 2}
    none = contactsync(folder, "duplicates", "pair", "--side", "right")
    assert "0 possible duplicates among 2 of" in none.stdout
    assert contactsync(folder, "duplicates", "pair", "--min-score", "0").returncode == 2
    assert contactsync(folder, "duplicates", "pair", "--side", "both").returncode == 2


def test_a_spreadsheet_gets_no_formula_and_logs_no_contact(folder: Path) -> None:
    done = contactsync(folder, "duplicates", "pair", "--csv", "found.csv", "--verbose")
    assert done.returncode == 0
    assert "Written to found.csv" in done.stdout
    assert "Ada Beispiel (l1)" in done.stdout
    assert "possible duplicates" in done.stderr
    assert "Beispiel" not in done.stderr
    assert "example.org" not in done.stderr
    path = folder / "found.csv"
    assert path.stat().st_mode & 0o077 == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), key=int, reverse=True)
    cells = {cell for row in rows for cell in row.values()}
    assert "'+49 30 1234567" in cells
    assert '\'=HYPERLINK("https://example.org")' in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_file_that_cannot_be_written_is_an_error_with_its_remedy(folder: Path) -> None:
    done = contactsync(folder, "duplicates", "pair", "--csv", "nowhere/found.csv")
    assert done.returncode == 4
    assert "nowhere/found.csv cannot be written" in done.stderr


SIGNS = ["=1+1", "+49", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1+1", "＋1", "－1", "＠x", "﹦1", "﹢1", "﹫x"]
BEHIND_BLANKS = [" =1", "\u00a0=1", "\u3000+1", "\u200b=1", "\ufeff@x", "\x0b=1"]


@pytest.mark.parametrize("cell", [*SIGNS, *BEHIND_BLANKS])
def test_cells_that_a_spreadsheet_would_run(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("x;=1", "x;'=1"),
        ('x;"=1', "x;\"'=1"),
        ("x;\u00a0=1", "x;\u00a0'=1"),
        ("+49 30 5; +49 30 6", "'+49 30 5; '+49 30 6"),
        ('x";=HYPERLINK("a")', 'x";\'=HYPERLINK("a")'),
        ("tea\n=1\t@x", "tea\n'=1\t'@x"),
    ],
)
def test_cells_that_would_begin_inside_where_lists_are_parted_by_semicolons(cell: str, told: str) -> None:
    assert harmless(cell) == told


@pytest.mark.parametrize("cell", ["", "Ada", " Ada", "a@example.org", "1-2", "a; b", "x, =1"])
def test_cells_that_it_would_not(cell: str) -> None:
    assert harmless(cell) == cell
