"""A ledger that is no database any more, or holds what nobody wrote: said in our words, and without what it holds."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from contactsync.errors import LedgerDamaged
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.model.ledger import FoldBatch
from ledger_rows import RUN, SYNC, a_link, a_lock
from sqlalchemy import Engine, text
from world import Clock, empty_ledger

SECRET = "wilhelmina.canary@example.org"


def _garbage(whole: bytes) -> bytes:
    return b"no database at all " * 500


def _cut_off(whole: bytes) -> bytes:
    return whole[: len(whole) // 3]


def _holes(whole: bytes) -> bytes:
    return whole[:100] + b"\xff" * 60_000 + whole[60_100:]


@pytest.mark.parametrize("damage", [_garbage, _cut_off, _holes])
def test_a_file_that_is_no_ledger(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "ledger.db"
    file.write_bytes(damage(empty_ledger()))
    engine = make_engine(f"sqlite:///{file}")
    with pytest.raises(LedgerDamaged, match=r"ledger\.db") as caught:
        Ledger(engine, Clock()).all_links(SYNC)
    engine.dispose()
    assert "restore the newest backup" in caught.value.next_step


def test_a_row_that_is_no_json(ledger: Ledger, ledger_engine: Engine) -> None:
    ledger.fold(SYNC, RUN, FoldBatch(links=[a_link()]), fence=a_lock(ledger))
    with ledger_engine.begin() as connection:
        connection.execute(text("UPDATE link_value SET base = :text"), {"text": f'{{"emails": "{SECRET}'})
    with pytest.raises(LedgerDamaged, match="Unterminated string") as caught:
        ledger.all_links(SYNC)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
