"""The metadata cache: JSON per account, for a day."""

from __future__ import annotations

from contactsync.ledger.metadata import LedgerMetadata
from ledger_servers import Clock
from sqlalchemy import Engine


def test_a_value_is_kept_for_a_day(ledger_engine: Engine, ledger_clock: Clock) -> None:
    cache = LedgerMetadata(ledger_engine, ledger_clock)
    assert cache.get("crm.example", "fields") is None
    cache.put("crm.example", "fields", [{"name": "e-mail", "choices": None}])
    ledger_clock.advance(hours=23, minutes=59)
    assert cache.get("crm.example", "fields") == [{"name": "e-mail", "choices": None}]
    assert cache.get("crm.example", "views") is None
    assert cache.get("book.example", "fields") is None
    ledger_clock.advance(minutes=1)
    assert cache.get("crm.example", "fields") is None


def test_a_value_is_replaced_and_dropped(ledger_engine: Engine, ledger_clock: Clock) -> None:
    cache = LedgerMetadata(ledger_engine, ledger_clock)
    cache.put("crm.example", "view", 1)
    ledger_clock.advance(hours=20)
    cache.put("crm.example", "view", {"id": 2})
    ledger_clock.advance(hours=20)
    assert cache.get("crm.example", "view") == {"id": 2}
    cache.drop("crm.example", "view")
    cache.drop("crm.example", "view")
    assert cache.get("crm.example", "view") is None


def test_what_another_process_keeps_is_seen_within_seconds(ledger_engine: Engine, ledger_clock: Clock) -> None:
    here, there = (LedgerMetadata(ledger_engine, ledger_clock) for _ in range(2))
    here.put("crm.example", "view", 1)
    assert here.get("crm.example", "view") == 1
    there.put("crm.example", "view", 2)
    ledger_clock.advance(seconds=5)
    assert here.get("crm.example", "view") == 2
