"""The sync's row, its cursors and its runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contactsync.ledger.store import Ledger, LedgerReader
from contactsync.model.ledger import RunRow, RunState, StoredCursor, SyncRow
from contactsync.model.spec import Side
from ledger_rows import RUN, SYNC, WHEN, a_lock
from ledger_servers import Clock


def test_a_sync_comes_back_whole_and_is_replaced(ledger: Ledger) -> None:
    assert ledger.sync(SYNC) is None
    row = SyncRow(SYNC, "salt", {Side.LEFT: "a", Side.RIGHT: "b"}, "m", "s", 2, WHEN)
    ledger.save_sync(row)
    ledger.save_sync(SyncRow("another", "salt"))
    assert ledger.sync(SYNC) == row
    assert ledger.sync_ids() == ["another", SYNC]
    ledger.save_sync(replace(row, mapping="n", union=0, union_since=None))
    assert ledger.sync(SYNC) == replace(row, mapping="n", union=0, union_since=None)


def test_a_cursor_comes_back_whole_and_moves(ledger: Ledger) -> None:
    assert ledger.cursor(SYNC, Side.LEFT) is None
    fence = a_lock(ledger)
    first = StoredCursor(Side.LEFT, {"token": "t", "page": 1}, WHEN, WHEN, RUN)
    ledger.set_cursor(SYNC, first, fence=fence)
    assert ledger.cursor(SYNC, Side.LEFT) == first
    assert ledger.cursor(SYNC, Side.RIGHT) is None
    ledger.set_cursor(SYNC, replace(first, cursor=None, complete_at=None), fence=fence)
    assert ledger.cursor(SYNC, Side.LEFT) == replace(first, cursor=None, complete_at=None)


def test_runs_count_from_one_and_a_run_begun_twice_keeps_its_row(ledger: Ledger, ledger_clock: Clock) -> None:
    first = ledger.start_run(SYNC, RUN, "scheduled")
    assert first == RunRow(SYNC, RUN, 1, "scheduled", RunState.RUNNING, ledger_clock())
    ledger_clock.advance(minutes=5)
    assert ledger.start_run(SYNC, RUN, "scheduled") == first
    assert ledger.start_run(SYNC, "run-2", "manual").seq == 2
    assert ledger.start_run("other", RUN, "cli").seq == 1
    assert [row.seq for row in ledger.runs(SYNC)] == [2, 1]
    assert [row.seq for row in ledger.runs(SYNC, limit=1)] == [2]
    assert (ledger.run(SYNC, RUN), ledger.run(SYNC, "run-3")) == (first, None)


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.DONE, RunState.FAILED])
def test_an_old_run_that_is_run_again_becomes_the_newest(ledger: Ledger, ledger_clock: Clock, state: RunState) -> None:
    """It may write: a backup from before that must be seen to be older by its number."""
    first = ledger.start_run(SYNC, RUN, "scheduled")
    if state is not RunState.RUNNING:
        ledger.end_run(replace(first, state=state, ended_at=ledger_clock()))
    ledger.end_run(replace(ledger.start_run(SYNC, "run-2", "manual"), state=RunState.DONE, ended_at=ledger_clock()))
    again_at = ledger_clock.advance(hours=5)
    again = ledger.start_run(SYNC, RUN, "scheduled")
    assert again == replace(first, seq=3, started_at=again_at)
    assert [row.run_id for row in ledger.runs(SYNC)] == [RUN, "run-2"]
    ledger.end_run(replace(again, state=RunState.DONE, ended_at=again_at))
    assert ledger.start_run(SYNC, RUN, "scheduled").seq == 4


def test_the_end_of_a_run_is_kept(ledger: Ledger, ledger_clock: Clock) -> None:
    started = ledger.start_run(SYNC, RUN, "cli")
    ended_at = ledger_clock.advance(minutes=2)
    ended = replace(
        started,
        state=RunState.DONE,
        ended_at=ended_at,
        plan_hash="p",
        applied_hash="a",
        counts={"left_to_right": {"updated": 3}},
        message="3 updated",
    )
    ledger.end_run(replace(ended, ended_at=None))
    assert ledger.runs(SYNC) == [ended]


def test_a_reader_reads_the_same_ledger_and_has_no_way_to_write(ledger: Ledger) -> None:
    ledger.start_run(SYNC, RUN, "cli")
    reader = ledger.reader()
    assert reader.runs(SYNC) == ledger.runs(SYNC)
    assert reader.dump() == ledger.dump()
    assert type(reader) is LedgerReader
    assert not hasattr(reader, "fold")
