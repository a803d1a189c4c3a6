"""Whatever people, runs and mishaps do, in any order, between vendors of any kind: the promises hold.

`make model` draws the same 2,000 every time (SHORT of them a shard); `make prove` draws 20,000 others (PROVE_SEED names
them). A failing one is made small and printed behind the word HISTORY. To play it again: python
tests/model/replay.py SCRIPT.json
"""

from __future__ import annotations

import os

import pytest
from machine import Histories, prove

SHARDS, EXAMPLES = 20, 1000
SHORT = 100
SEED = int(os.environ.get("PROVE_SEED", "1"))


@pytest.mark.model
@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_promises_hold_in_any_history(shard: int, full: bool) -> None:
    prove(Histories, EXAMPLES if full else SHORT, SEED * 1000 + shard)
