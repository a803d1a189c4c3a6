"""The mutation score counts what it says: which changes there are, which of them are noticed, how sure the share is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from equivalents import EQUIVALENT
from mutations import PACKAGE, SourceFile, source_files
from score import wilson

ROOT = Path(__file__).parents[2]
SOURCE = '''
LIMIT = 3


class Book:
    @property
    def full(self, more: int = 1) -> bool:
        """Whether no more fit."""
        assert self.rows is not None
        return self.rows >= 7


def paired(left, right):
    log.info("pairing %s", 1)
    if not left:
        raise ValueError("nobody " + str(0))
    return cast("list[str]", zip(left, right, strict=True))
'''


def test_bodies_of_functions_are_changed_but_no_words_of_errors_and_logs_nor_own_checks() -> None:
    found = {m.name: m.diff.splitlines()[-1] for m in SourceFile("sync.book", SOURCE).mutations()}
    assert found == {
        "sync.book.Book.full:1": "+ return self.rows > 7",
        "sync.book.Book.full:2": "+ return self.rows >= 8",
        "sync.book.paired:1": "+ if left:",
        "sync.book.paired:2": '+ return cast("list[str]", zip(None, right, strict=True))',
        "sync.book.paired:3": '+ return cast("list[str]", zip(left, None, strict=True))',
        "sync.book.paired:4": '+ return cast("list[str]", zip(right, strict=True))',
        "sync.book.paired:5": '+ return cast("list[str]", zip(left, strict=True))',
    }


def test_no_name_is_given_twice() -> None:
    for module in ("sync.conflicts", "ledger.tokens"):
        names = [m.name for m in SourceFile(module, _path(module).read_text()).mutations()]
        assert len(names) > 100
        assert len(names) == len(set(names))


def test_every_mutant_that_is_called_equivalent_is_there() -> None:
    modules = {function.rpartition(".")[0] for function, _ in EQUIVALENT}
    files = [f for package in ("sync", "ledger") for f in source_files(package)]
    named = [f for f in files if any(m == f.module or m.startswith(f"{f.module}.") for m in modules)]
    there = {(f"{f.module}.{m.function}", m.diff) for f in named for m in f.mutations()}
    assert EQUIVALENT.keys() <= there


@pytest.mark.parametrize(
    ("killed", "of", "low", "high"),
    [(180, 200, 0.851, 0.934), (200, 200, 0.981, 1.0), (0, 10, 0.0, 0.278), (9, 10, 0.596, 0.982)],
)
def test_the_interval_is_wilsons(killed: int, of: int, low: float, high: float) -> None:
    assert wilson(killed, of) == pytest.approx((low, high), abs=0.001)


def test_a_mutant_is_replayed_by_its_name_and_one_that_no_test_runs_through_counts_as_alive() -> None:
    noticed, missed = "sync.guards._shrunken:7", "sync.own_marks.made_from:1"
    command = [sys.executable, "tests/mutants/score.py", noticed, missed, "--no-types"]
    command += ["--tests", "tests/unit/sync/test_guards.py"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "WORKERS": "1"}, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"killed    {noticed} tests/unit/sync/test_guards.py::" in done.stdout
    assert f"untested  {missed}" in done.stdout
    assert "sync: 1 of 2 mutants killed" in done.stdout


def _path(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
