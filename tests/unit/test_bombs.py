"""No answer of a server and no file fills this host's memory or keeps it busy: a value or an error of ours, at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "bombs.py"
SECONDS = 2.0  # of this process alone
MIB = 512


def dropped(word: str = "") -> dict[str, dict[str, Any]]:
    done = subprocess.run([sys.executable, SCRIPT, word], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Any]]:
    return dropped()


@pytest.mark.parametrize("reader", ["JSON", "XML", "vCard", "YAML", "a snapshot"])
def test_each_ends_soon_in_a_value_or_an_error_of_ours(found: dict[str, dict[str, Any]], reader: str) -> None:
    own = {name: one for name, one in found.items() if name.startswith(f"{reader}:")}
    assert len(own) > 1
    for name, one in own.items():
        assert not one["said"].startswith(("crash", "died")), (name, one)
        assert one["seconds"] < SECONDS, (name, one)
        assert one["mib"] < MIB, (name, one)


def test_nothing_of_an_entity_is_read(found: dict[str, dict[str, Any]]) -> None:
    for name in ("XML: a billion laughs", "XML: an entity outside"):
        assert found[name]["said"].startswith("XmlError")


def test_one_that_takes_more_would_be_found() -> None:
    assert dropped("proof")["proof"]["said"] == "crash: MemoryError"
