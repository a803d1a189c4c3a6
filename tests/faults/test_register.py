"""The registers name every fault and every promise, and every test that they name is there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from listed import ROOT, Listed, Register
from register import FAULTS, REGISTERS

EVERY = [(f"{r.letter}{entry.number}", entry) for r in REGISTERS for entry in r.entries]


@cache
def defined(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def _number(test: str) -> int:
    """The number in the name of a test of this folder."""
    found = re.search(r"::test_f(\d\d)_", test)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.page.stem)
def test_every_number_is_there_once_and_in_order(register: Register) -> None:
    assert [entry.number for entry in register.entries] == list(range(1, register.last + 1))


@pytest.mark.parametrize("entry", [entry for _, entry in EVERY], ids=[name for name, _ in EVERY])
def test_every_entry_has_tests_that_exist_or_a_reason(entry: Listed) -> None:
    assert entry.promise
    assert entry.tests or entry.beside
    assert len(set(entry.tests)) == len(entry.tests)
    for test in entry.tests:
        file, _, name = test.partition("::")
        assert name in defined(file), f"{test} is no test; correct tests/faults/register.py"


def test_every_test_of_a_fault_is_registered() -> None:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "faults").glob("test_*.py")}
    here = {f"{file}::{name}" for file in files for name in defined(file) if re.match(r"test_f\d", name)}
    assert here
    assert here <= {test for fault in FAULTS.entries for test in fault.tests if _number(test) == fault.number}


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.page.stem)
def test_the_page_says_what_the_register_says(register: Register) -> None:
    assert register.page.read_text(encoding="utf-8") == register.text(), "run `python tests/faults/register.py`"
