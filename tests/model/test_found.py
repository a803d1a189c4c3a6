"""Histories that once broke a promise: each is played again as it was found, made small."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracle import Broken
from story import replay

HERE = Path(__file__).parent
FOUND = sorted((HERE / "histories").glob("*.json"))
OPEN = sorted((HERE / "open").glob("*.json"))


@pytest.mark.parametrize("script", FOUND, ids=lambda path: path.stem)
def test_a_history_that_once_broke_a_promise_keeps_it(script: Path) -> None:
    replay(script.read_text())


@pytest.mark.parametrize("script", OPEN, ids=lambda path: path.stem)
def test_what_is_open_still_breaks_a_promise(script: Path) -> None:
    """Known and not mended yet: whoever mends one moves its history to those above."""
    with pytest.raises(Broken):
        replay(script.read_text())
