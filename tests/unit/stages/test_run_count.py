"""The state file that tells of a lost ledger: read as it was written, and never taken for none where it is damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ArtefactError
from contactsync.model.spec import Side
from contactsync.stages.run_count import RunCount, run_count
from local_artefacts import LocalArtefacts


def counted(root: Path, state: dict[str, Any]) -> RunCount | None:
    artefacts = LocalArtefacts(root)
    artefacts.write_state("pair.json", state)
    return run_count(artefacts, "pair")


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert run_count(LocalArtefacts(tmp_path), "pair") is None
    assert counted(tmp_path, {"seq": 3, "accounts": {"left": ["", "b"]}}) == RunCount(3, {Side.LEFT: ("", "b")})
    assert counted(tmp_path, {"seq": 3}) == RunCount(3), "as before accounts were kept in it"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"accounts": {}},
        {"seq": "3"},
        {"seq": None},
        {"seq": 3, "accounts": ["left"]},
        {"seq": 3, "accounts": {"left": "b"}},
        {"seq": 3, "accounts": {"left": [7]}},
    ],
)
def test_a_damaged_one_is_an_error_with_what_to_do(tmp_path: Path, state: dict[str, Any]) -> None:
    with pytest.raises(ArtefactError, match="damaged") as caught:
        counted(tmp_path, state)
    assert "relink SYNC --lost" in caught.value.next_step
