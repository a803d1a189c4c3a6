"""Whatever people, runs and mishaps do, in any order, between vendors of any kind: the promises hold.

The short form draws the same histories every time; `make prove` draws others (PROVE_SEED names them). A failing history
is made small and printed behind the word HISTORY. To play it again: python tests/model/replay.py SCRIPT.json
"""

from __future__ import annotations

import os

import pytest
from machine import Histories, prove

SHARDS, EXAMPLES = 20, 1000
SHORT = 60
SEED = int(os.environ.get("PROVE_SEED", "1"))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_promises_hold_in_any_history(shard: int, full: bool) -> None:
    if shard >= 2 and not full:
        pytest.skip("part of the long form")
    prove(Histories, EXAMPLES if full else SHORT, SEED * 1000 + shard)
