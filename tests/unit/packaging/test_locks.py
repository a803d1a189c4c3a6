"""The lock files: complete, hashed, free of addresses, and of one mind."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SUMS = ("requirements.lock", "requirements-demo.lock", "requirements-dev.lock")
LOCKS = (*SUMS, "requirements-lowest.lock")
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)(?: ; (.+?))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def pins(name: str) -> dict[tuple[str, str], str]:
    """(package, marker) -> version."""
    found = [match for line in lines(name) if (match := PIN.match(line))]
    return {(match[1], match[3] or ""): match[2] for match in found}


def packages(name: str) -> set[str]:
    """The packages of a lock file."""
    return {package for package, _ in pins(name)}


def lines(name: str) -> list[str]:
    """A lock file's lines."""
    return (ROOT / name).read_text().splitlines()


def wanted(requirement: str) -> str:
    """The name in a requirement, as lock files spell it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_each_line_is_a_pin_or_its_hash(name):
    """So there is no address of an index in it, and nothing that is not checked."""
    strange = [line for line in lines(name) if not PIN.match(line) and not HASH.match(line)]
    assert strange == []


@pytest.mark.parametrize("name", LOCKS)
def test_each_pin_has_a_hash(name):
    found = lines(name)
    for number, line in enumerate(found):
        if PIN.match(line):
            assert HASH.match(found[number + 1]), line


def test_what_several_lock_files_pin_they_pin_alike():
    base, demo, dev = map(pins, SUMS)
    for one, other in ((base, demo), (base, dev), (demo, dev)):
        for key in one.keys() & other.keys():
            assert one[key] == other[key], key


def test_the_lock_holds_every_dependency_and_the_build_tools():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"], "uv", "editables"]
    assert {wanted(name) for name in needed} <= packages("requirements.lock")


def test_the_lowest_lock_is_older_and_holds_what_the_tests_need():
    lowest, newest = (
        dict(pin for (name, _), v in pins(f).items() for pin in [(name, v)]) for f in (LOCKS[3], LOCKS[0])
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    bounds = dict(re.split(r"\[\w+\]>=|>=", text.split(",")[0]) for text in project)
    assert lowest["apache-airflow"] == "3.3.0"
    assert all(
        lowest[wanted(name)].startswith(bound) for name, bound in bounds.items() if name in ("pandas", "pydantic")
    )
    assert sum(lowest[wanted(name)] != newest[wanted(name)] for name in bounds) > len(bounds) / 2
    assert {"pytest", "hypothesis", "uv"} <= lowest.keys()


@pytest.mark.parametrize("kind", ["demo", "dev"])
def test_the_other_lock_files_hold_what_their_lists_ask_for(kind):
    asked = [line for line in lines(f"requirements-{kind}.in") if line and not line.startswith("#")]
    assert {wanted(name) for name in asked} <= packages(f"requirements-{kind}.lock")


def test_the_first_install_takes_uv_from_the_lock_with_its_hashes():
    """tools/install.sh cuts this block out for pip."""
    found = lines("requirements.lock")
    start = next(number for number, line in enumerate(found) if line.startswith("uv=="))
    end = next(number for number in range(start, len(found)) if not found[number].endswith("\\"))
    assert end > start
    assert all(HASH.match(line) for line in found[start + 1 : end + 1])
