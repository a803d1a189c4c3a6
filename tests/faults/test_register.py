"""The register names every fault, and every test that it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from listed import PAGE, ROOT, Fault, page
from register import FAULTS


@cache
def defined(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def _number(test: str) -> int:
    """The number in the name of a test of this folder."""
    found = re.search(r"::test_f(\d\d)_", test)
    return int(found[1]) if found else 0


def test_every_fault_is_there_once_and_in_order() -> None:
    assert [fault.number for fault in FAULTS] == list(range(1, 39))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"F{fault.number}")
def test_every_fault_has_tests_that_exist_or_a_reason(fault: Fault) -> None:
    assert fault.promise
    assert fault.tests or fault.beside
    assert len(set(fault.tests)) == len(fault.tests)
    for test in fault.tests:
        file, _, name = test.partition("::")
        assert name in defined(file), f"{test} is no test; correct tests/faults/register.py"


def test_every_test_of_a_fault_is_registered() -> None:
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "faults").glob("test_*.py")}
    here = {f"{file}::{name}" for file in files for name in defined(file) if re.match(r"test_f\d", name)}
    assert here
    assert here <= {test for fault in FAULTS for test in fault.tests if _number(test) == fault.number}


def test_the_page_says_what_the_register_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(FAULTS), "run `python tests/faults/register.py`"
