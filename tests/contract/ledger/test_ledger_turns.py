"""Who of several that wait has a sync next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from contactsync.errors import LockBusy
from contactsync.ledger import turns
from contactsync.ledger.store import Ledger
from contactsync.ledger.tables import waiting
from ledger_rows import SYNC, nobody_ended
from sqlalchemy import Engine, select, update

FIRST, SECOND, THIRD = "1", "2 2026-01-01T00:00:00", "2 2026-01-01T00:15:00"


def take(ledger: Ledger, owner: str, turn: str) -> int:
    return ledger.take_lock(SYNC, owner, ended=nobody_ended, turn=turn).fence


def waits(ledger: Ledger, owner: str, turn: str, holder: str) -> None:
    with pytest.raises(LockBusy) as busy:
        take(ledger, owner, turn)
    assert busy.value.holder == holder


def holder(ledger: Ledger) -> str:
    lease = ledger.lock(SYNC)
    return lease.owner if lease else ""


def long_ago(engine: Engine) -> None:
    """All who wait have not looked for a while."""
    with engine.begin() as connection:
        [seen] = {row.seen_at for row in connection.execute(select(waiting))}
        connection.execute(update(waiting).values(seen_at=seen - turns.PATIENCE - timedelta(seconds=1)))


def test_whoever_waits_with_the_smaller_turn_is_next(ledger: Ledger) -> None:
    fence = take(ledger, "holder", THIRD)
    waits(ledger, "late", THIRD, "holder")
    waits(ledger, "early", SECOND, "holder")
    waits(ledger, "person", FIRST, "holder")
    ledger.release_lock(SYNC, "holder", fence)
    waits(ledger, "late", THIRD, "person")
    waits(ledger, "early", SECOND, "person")
    fence = take(ledger, "person", FIRST)
    waits(ledger, "late", THIRD, "early")
    ledger.release_lock(SYNC, "person", fence)
    waits(ledger, "late", THIRD, "early")
    fence = take(ledger, "early", SECOND)
    ledger.release_lock(SYNC, "early", fence)
    take(ledger, "late", THIRD)
    assert holder(ledger) == "late"


def test_equal_turns_wait_for_the_holder_only(ledger: Ledger) -> None:
    fence = take(ledger, "holder", FIRST)
    waits(ledger, "one", FIRST, "holder")
    waits(ledger, "other", FIRST, "holder")
    ledger.release_lock(SYNC, "holder", fence)
    take(ledger, "other", FIRST)
    assert holder(ledger) == "other"


def test_who_does_not_wait_takes_what_is_free(ledger: Ledger) -> None:
    fence = take(ledger, "holder", SECOND)
    waits(ledger, "person", FIRST, "holder")
    ledger.release_lock(SYNC, "holder", fence)
    take(ledger, "the schedule", "")
    assert holder(ledger) == "the schedule"


def test_the_holder_itself_lets_nobody_go_first(ledger: Ledger) -> None:
    fence = take(ledger, "holder", SECOND)
    waits(ledger, "person", FIRST, "holder")
    assert take(ledger, "holder", SECOND) == fence


def test_who_has_not_looked_for_a_while_counts_no_more(ledger: Ledger, ledger_engine: Engine) -> None:
    fence = take(ledger, "holder", SECOND)
    waits(ledger, "person", FIRST, "holder")
    ledger.release_lock(SYNC, "holder", fence)
    waits(ledger, "early", SECOND, "person")
    ledger.leave_turn(SYNC, "early")
    long_ago(ledger_engine)
    fence = take(ledger, "late", THIRD)
    waits(ledger, "early", SECOND, "late")
    with ledger_engine.connect() as connection:
        assert connection.execute(select(waiting.c.owner)).scalars().all() == ["early"]


def test_whose_run_has_ended_counts_no_more(ledger: Ledger, ledger_engine: Engine) -> None:
    fence = take(ledger, "holder", SECOND)
    for person in ("ada", "ben"):
        waits(ledger, person, FIRST, "holder")
    ledger.release_lock(SYNC, "holder", fence)
    with pytest.raises(LockBusy) as busy:
        ledger.take_lock(SYNC, "early", ended=lambda owner: owner == "ada", turn=SECOND)
    assert busy.value.holder == "ben"
    ledger.take_lock(SYNC, "early", ended=lambda _: True, turn=SECOND)
    with ledger_engine.connect() as connection:
        assert connection.execute(select(waiting.c.owner)).scalars().all() == []


def test_each_sync_has_its_own_line(ledger: Ledger) -> None:
    take(ledger, "holder", SECOND)
    waits(ledger, "person", FIRST, "holder")
    assert ledger.take_lock("another", "early", ended=nobody_ended, turn=SECOND).owner == "early"
