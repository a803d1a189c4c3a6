"""The rate budget: no window of the vendor holds more than the share, however many processes ask."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from contactsync.ledger.connect import make_engine
from contactsync.ledger.rates import LedgerBudget
from contactsync.model.app import Rate
from ledger_rows import in_processes
from sqlalchemy import Engine

SECONDS = 0.4
RATE = Rate(25, SECONDS)
SHARE = 0.8
LIMIT = 20


def _spend(url: str, until: float) -> list[float]:
    """The times at which this process was given a request."""
    told: list[float] = []

    def clock() -> datetime:
        told.append(time.time())
        return datetime.fromtimestamp(told[-1], UTC)

    budget, booked = LedgerBudget(make_engine(url), clock), []
    while time.time() < until:
        wait = budget.take("crm.example", [RATE], share=SHARE, writes=False)
        if wait:
            time.sleep(min(wait, 0.1))
        else:
            booked.append(told[-1])
    return booked


def test_four_processes_together_stay_within_every_window(ledger_engine: Engine, ledger_url: str) -> None:
    until = time.time() + 4 * SECONDS
    booked = sorted(moment for one in in_processes(_spend, [(ledger_url, until)] * 4) for moment in one)
    assert len(booked) > LIMIT  # a second window was used, however busy the machine
    for first, last in zip(booked, booked[LIMIT:], strict=False):
        assert last - first >= SECONDS


def test_the_database_is_the_clock_of_all_hosts(ledger_engine: Engine) -> None:
    budget = LedgerBudget(ledger_engine)
    for _ in range(2):
        assert budget.take("crm.example", [Rate(2, 3600)], share=1, writes=False) == 0
    wait = budget.take("crm.example", [Rate(2, 3600)], share=1, writes=False)
    assert 3590 <= wait <= 3600 + 180
    assert budget.take("book.example", [Rate(2, 3600)], share=1, writes=False) == 0


def test_a_429_makes_every_process_wait(ledger_engine: Engine, ledger_url: str) -> None:
    LedgerBudget(ledger_engine).blocked("crm.example", 50)
    LedgerBudget(ledger_engine).blocked("crm.example", 5)
    other = make_engine(ledger_url)
    assert 45 < LedgerBudget(other).take("crm.example", [Rate(9, 1)], share=1, writes=False) <= 50
    other.dispose()
