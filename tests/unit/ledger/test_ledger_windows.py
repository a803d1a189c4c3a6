"""The arithmetic of the rate budget, on a clock that is told what time it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from contactsync.ledger.rates import LedgerBudget
from contactsync.model.app import Rate
from ledger_servers import Clock
from sqlalchemy import Engine

A_MINUTE = [Rate(100, 60)]


def _spend(budget: LedgerBudget, rates: list[Rate], *, share: float = 1, writes: bool = False) -> tuple[int, float]:
    """How many requests are given at this moment, and the wait that ends them."""
    for given in range(10_000):
        wait = budget.take("crm", rates, share=share, writes=writes)
        if wait:
            return given, wait
    raise AssertionError("the budget never ends")


@pytest.mark.parametrize(("share", "given"), [(1, 100), (0.8, 80), (0.29, 29), (0.001, 1)])
def test_a_window_holds_the_share_and_never_less_than_one(
    engine: Engine, clock: Clock, share: float, given: int
) -> None:
    assert _spend(LedgerBudget(engine, clock), A_MINUTE, share=share)[0] == given


def test_the_wait_is_exactly_until_one_more_fits(engine: Engine, clock: Clock) -> None:
    budget = LedgerBudget(engine, clock)
    _, wait = _spend(budget, A_MINUTE)
    assert 60 < wait <= 63
    clock.now += timedelta(seconds=wait, microseconds=-1)
    assert budget.take("crm", A_MINUTE, share=1, writes=False) > 0
    clock.now += timedelta(microseconds=1)
    assert budget.take("crm", A_MINUTE, share=1, writes=False) == 0


def test_steady_use_reaches_nineteen_twentieths_of_the_limit(engine: Engine, clock: Clock) -> None:
    budget, booked, end = LedgerBudget(engine, clock), 0, clock() + timedelta(minutes=10)
    while clock() < end:
        given, wait = _spend(budget, [Rate(15, 60)])
        booked += given
        clock.advance(seconds=wait)
    assert booked >= 0.93 * 10 * 15


def test_all_limits_hold_and_writes_have_their_own(engine: Engine, clock: Clock) -> None:
    budget = LedgerBudget(engine, clock)
    rates = [Rate(10, 1), Rate(30, 60), Rate(4, 60, writes=True)]
    assert _spend(budget, rates, writes=True)[0] == 4
    assert _spend(budget, rates)[0] == 6
    clock.advance(seconds=2)
    assert _spend(budget, rates, writes=True)[0] == 0
    assert _spend(budget, rates)[0] == 10


def test_a_refused_request_is_not_booked(engine: Engine, clock: Clock) -> None:
    budget = LedgerBudget(engine, clock)
    rates = [Rate(100, 60), Rate(1, 60, writes=True)]
    assert _spend(budget, rates, writes=True)[0] == 1
    for _ in range(20):
        assert budget.take("crm", rates, share=1, writes=True) > 0
    assert _spend(budget, rates)[0] == 99


def test_blocked_ends_by_itself(engine: Engine, clock: Clock) -> None:
    budget = LedgerBudget(engine, clock)
    budget.blocked("crm", 2.5)
    assert budget.take("crm", A_MINUTE, share=1, writes=False) == 2.5
    clock.advance(seconds=2.5)
    assert budget.take("crm", A_MINUTE, share=1, writes=False) == 0


def test_a_clock_set_back_does_not_block_for_ever(engine: Engine, clock: Clock) -> None:
    budget = LedgerBudget(engine, clock)
    _spend(budget, A_MINUTE)
    clock.advance(days=-2)
    assert budget.take("crm", A_MINUTE, share=1, writes=False) == 0


def test_no_rates_means_no_wait(engine: Engine, clock: Clock) -> None:
    assert LedgerBudget(engine, clock).take("crm", [], share=0.8, writes=True) == 0
