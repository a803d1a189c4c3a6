"""Histories that once broke a promise: each is played again as it was found, made small."""

from __future__ import annotations

from pathlib import Path

import pytest
from story import replay

HERE = Path(__file__).parent
FOUND = sorted((HERE / "histories").glob("*.json"))


@pytest.mark.parametrize("script", FOUND, ids=lambda path: path.stem)
def test_a_history_that_once_broke_a_promise_keeps_it(script: Path) -> None:
    replay(script.read_text())
