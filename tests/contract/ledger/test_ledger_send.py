"""Committing intents: one statement that proves lock and claim and moves planned rows, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import timedelta

import pytest
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.model.exchange import State
from contactsync.model.spec import Side
from ledger_rows import RUN, SYNC, a_lock, in_processes, planned
from ledger_servers import Clock
from sqlalchemy import Engine, text


def _states(ledger: Ledger) -> dict[str, State]:
    return {row.intent.key: row.outcome.state for row in ledger.journal(SYNC)}


def test_planned_rows_are_sent_once(ledger: Ledger, ledger_clock: Clock) -> None:
    planned(ledger, "k1", "k2", "k3")
    fence = a_lock(ledger)
    claim = ledger.claim(SYNC, RUN, Side.RIGHT, fence)
    assert ledger.send(SYNC, RUN, Side.RIGHT, ["k1", "k2", "absent"], fence=fence, claim=claim) == {"k1", "k2"}
    assert ledger.send(SYNC, RUN, Side.RIGHT, ["k1", "k3"], fence=fence, claim=claim) == {"k3"}
    assert {row.sent_at for row in ledger.journal(SYNC)} == {ledger_clock()}
    assert set(_states(ledger).values()) == {State.SENT}


def test_more_keys_than_one_statement_holds(ledger: Ledger) -> None:
    keys = [f"k{number}" for number in range(1200)]
    planned(ledger, *keys)
    fence = a_lock(ledger)
    claim = ledger.claim(SYNC, RUN, Side.RIGHT, fence)
    assert ledger.send(SYNC, RUN, Side.RIGHT, keys, fence=fence, claim=claim) == set(keys)


def test_an_earlier_claim_sends_nothing(ledger: Ledger) -> None:
    planned(ledger, "k1")
    fence = a_lock(ledger)
    first = ledger.claim(SYNC, RUN, Side.RIGHT, fence)
    second = ledger.claim(SYNC, RUN, Side.RIGHT, fence)
    assert second > first
    assert ledger.send(SYNC, RUN, Side.RIGHT, ["k1"], fence=fence, claim=first) == set()
    assert ledger.send(SYNC, RUN, Side.RIGHT, ["k1"], fence=fence, claim=second) == {"k1"}


def test_a_claim_holds_for_its_side_and_run_alone(ledger: Ledger) -> None:
    planned(ledger, "k1")
    fence = a_lock(ledger)
    ledger.claim(SYNC, RUN, Side.RIGHT, fence)
    claim = ledger.claim(SYNC, RUN, Side.LEFT, fence)
    assert ledger.send(SYNC, RUN, Side.LEFT, ["k1"], fence=fence, claim=claim) == set()
    assert ledger.send(SYNC, "run-2", Side.RIGHT, ["k1"], fence=fence, claim=1) == set()


def test_a_lost_or_lapsed_lock_sends_nothing(ledger: Ledger, ledger_engine: Engine, ledger_clock: Clock) -> None:
    hasty = Ledger(ledger_engine, ledger_clock, lease=timedelta(0))
    planned(ledger, "k1")
    fence = a_lock(hasty)
    claim = ledger.claim(SYNC, RUN, Side.RIGHT, fence)
    assert ledger.send(SYNC, RUN, Side.RIGHT, ["k1"], fence=fence, claim=claim) == set()
    taken = a_lock(ledger, "dag/run-2")
    assert ledger.send(SYNC, RUN, Side.RIGHT, ["k1"], fence=fence, claim=claim) == set()
    ledger.release_lock(SYNC, "dag/run-2", taken)
    assert ledger.send(SYNC, RUN, Side.RIGHT, ["k1"], fence=taken, claim=claim) == set()
    assert _states(ledger) == {"k1": State.PLANNED}


def _send(url: str, fence: int, claim: int) -> set[str]:
    ledger = Ledger(make_engine(url), Clock())
    moved: set[str] = set()
    for number in range(40):
        got = ledger.send(SYNC, RUN, Side.RIGHT, [f"k{number}"], fence=fence, claim=claim)
        assert not got & moved
        moved |= got
    return moved


def test_two_processes_never_send_the_same(ledger: Ledger, ledger_url: str) -> None:
    keys = [f"k{number}" for number in range(40)]
    planned(ledger, *keys)
    fence = a_lock(ledger)
    claim = ledger.claim(SYNC, RUN, Side.RIGHT, fence)
    first, second = in_processes(_send, [(ledger_url, fence, claim)] * 2)
    assert first | second == set(keys)
    assert not first & second


@pytest.mark.parametrize("taken", ["UPDATE sync_lock SET fence = fence + 1", "UPDATE claim SET number = number + 1"])
def test_sending_waits_for_a_taker_and_then_sends_nothing(
    ledger: Ledger, ledger_engine: Engine, ledger_url: str, taken: str
) -> None:
    planned(ledger, "k1")
    fence = a_lock(ledger)
    claim = ledger.claim(SYNC, RUN, Side.RIGHT, fence)
    other = make_engine(ledger_url)
    with ThreadPoolExecutor(1) as pool, other.connect() as taker:
        taker = taker.execution_options(contactsync_writes=True)
        taker.execute(text(taken))
        sending = pool.submit(ledger.send, SYNC, RUN, Side.RIGHT, ["k1"], fence=fence, claim=claim)
        with pytest.raises(FutureTimeout):
            sending.result(timeout=0.3)
        taker.commit()
        assert sending.result(timeout=30) == set()
    other.dispose()
