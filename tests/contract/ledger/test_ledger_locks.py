"""One writer per sync and per account: locks, leases, fences."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from contactsync.errors import AccountBusy, FenceLost, LockBusy
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.model.ledger import FoldBatch, StoredCursor
from contactsync.model.spec import Side
from ledger_rows import OWNER, RUN, SYNC, WHEN, a_link, a_lock, an_intent, in_processes, nobody_ended
from ledger_servers import Clock
from sqlalchemy import Engine

NO_TIME = timedelta(0)


def test_a_free_lock_is_taken_and_shown(ledger: Ledger) -> None:
    assert ledger.lock(SYNC) is None
    lease = ledger.take_lock(SYNC, OWNER, ended=nobody_ended)
    assert (lease.owner, lease.fence) == (OWNER, 1)
    assert ledger.lock(SYNC) == lease


def test_its_owner_takes_it_again_under_the_same_fence(ledger: Ledger) -> None:
    first = ledger.take_lock(SYNC, OWNER, ended=nobody_ended)
    again = ledger.take_lock(SYNC, OWNER, ended=nobody_ended)
    assert again.fence == first.fence
    assert again.expires_at >= first.expires_at


def test_a_held_lock_is_refused_and_names_holder_and_expiry(ledger: Ledger) -> None:
    lease = ledger.take_lock(SYNC, OWNER, ended=nobody_ended)
    with pytest.raises(LockBusy) as refused:
        ledger.take_lock(SYNC, "cli/ada", ended=nobody_ended)
    assert refused.value.holder == OWNER
    assert OWNER in str(refused.value)
    assert f"{lease.expires_at:%Y-%m-%d %H:%M:%S}" in str(refused.value)


def test_every_change_of_owner_raises_the_fence_release_included(ledger: Ledger) -> None:
    for expected in (1, 2, 3):
        fence = a_lock(ledger)
        assert fence == expected
        ledger.release_lock(SYNC, OWNER, fence)
        assert ledger.lock(SYNC) is None


def test_an_expired_lock_is_taken_by_another(ledger: Ledger, ledger_engine: Engine, ledger_clock: Clock) -> None:
    hasty = Ledger(ledger_engine, ledger_clock, lease=NO_TIME)
    first = a_lock(hasty)
    assert ledger.take_lock(SYNC, "dag/run-2", ended=nobody_ended).fence == first + 1
    with pytest.raises(FenceLost):
        hasty.renew_lock(SYNC, OWNER, first)


def test_an_owner_whose_lease_expired_untaken_renews(
    ledger: Ledger, ledger_engine: Engine, ledger_clock: Clock
) -> None:
    fence = a_lock(Ledger(ledger_engine, ledger_clock, lease=NO_TIME))
    ledger.renew_lock(SYNC, OWNER, fence)
    with pytest.raises(LockBusy):
        ledger.take_lock(SYNC, "dag/run-2", ended=nobody_ended)


def test_the_lock_of_an_ended_run_is_taken(ledger: Ledger) -> None:
    a_lock(ledger)
    asked: list[str] = []

    def ended(owner: str) -> bool:
        asked.append(owner)
        ledger.start_run(SYNC, RUN, "manual")  # would hang if the lock's row were held while asking
        return True

    assert ledger.take_lock(SYNC, "dag/run-2", ended=ended).fence == 2
    assert asked == [OWNER]


def test_a_released_lock_is_not_renewed(ledger: Ledger) -> None:
    fence = a_lock(ledger)
    ledger.release_lock(SYNC, OWNER, fence)
    with pytest.raises(FenceLost):
        ledger.renew_lock(SYNC, OWNER, fence)


def test_releasing_what_another_took_changes_nothing(
    ledger: Ledger, ledger_engine: Engine, ledger_clock: Clock
) -> None:
    old = a_lock(Ledger(ledger_engine, ledger_clock, lease=NO_TIME))
    lease = ledger.take_lock(SYNC, "dag/run-2", ended=nobody_ended)
    ledger.release_lock(SYNC, OWNER, old)
    assert ledger.lock(SYNC) == lease


@pytest.mark.parametrize("how", ["taken over", "released", "never taken"])
def test_without_the_fence_nothing_is_written(
    ledger: Ledger, ledger_engine: Engine, ledger_clock: Clock, how: str
) -> None:
    fence = 1
    if how != "never taken":
        fence = a_lock(Ledger(ledger_engine, ledger_clock, lease=NO_TIME))
    if how == "taken over":
        a_lock(ledger, "dag/run-2")
    elif how == "released":
        ledger.release_lock(SYNC, OWNER, fence)
    before = ledger.dump()
    cursor = StoredCursor(Side.LEFT, {"token": "t"}, None, WHEN, RUN)
    for write in (
        lambda: ledger.fold(SYNC, RUN, FoldBatch(links=[a_link()]), fence=fence),
        lambda: ledger.set_cursor(SYNC, cursor, fence=fence),
        lambda: ledger.claim(SYNC, RUN, Side.LEFT, fence),
        lambda: ledger.plan_intents(SYNC, RUN, "account", [an_intent()], {}, fence=fence),
    ):
        with pytest.raises(FenceLost):
            write()
    assert ledger.dump() == before


def test_an_account_has_one_writer_at_a_time(ledger: Ledger) -> None:
    a_lock(ledger)
    lease = ledger.take_account("crm.example", OWNER, ended=nobody_ended)
    with pytest.raises(AccountBusy, match=OWNER):
        ledger.take_account("crm.example", "dag-2/run-7", ended=nobody_ended)
    ledger.take_account("book.example", "dag-2/run-7", ended=nobody_ended)
    ledger.renew_account("crm.example", OWNER, lease.fence)
    ledger.release_account("crm.example", OWNER, lease.fence)
    assert ledger.take_account("crm.example", "dag-2/run-7", ended=nobody_ended).fence == lease.fence + 1
    with pytest.raises(FenceLost, match="account"):
        ledger.renew_account("crm.example", OWNER, lease.fence)


def _take(url: str, owner: str) -> str:
    return Ledger(make_engine(url), Clock()).take_lock(SYNC, owner, ended=nobody_ended).owner


def test_of_several_processes_one_gets_the_lock(ledger: Ledger, ledger_url: str) -> None:
    found = in_processes(_take, [(ledger_url, f"owner-{number}") for number in range(4)])
    assert sorted(found)[:3] == ["LockBusy"] * 3
    lease = ledger.lock(SYNC)
    assert lease is not None
    assert (lease.owner, lease.fence) == (sorted(found)[3], 1)


def _take_turns(url: str, owner: str) -> list[int]:
    """The fences under which this process held the lock."""
    ledger, fences = Ledger(make_engine(url), Clock()), []
    for _ in range(25):
        with suppress(LockBusy):
            fences.append(ledger.take_lock(SYNC, owner, ended=nobody_ended).fence)
            ledger.release_lock(SYNC, owner, fences[-1])
    return fences


def test_no_two_owners_ever_hold_one_fence(ledger: Ledger, ledger_url: str) -> None:
    found = in_processes(_take_turns, [(ledger_url, f"owner-{number}") for number in range(4)])
    fences = sorted(fence for one in found for fence in one)
    assert fences == list(range(1, len(fences) + 1))
