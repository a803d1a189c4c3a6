"""Tokens: sealed, and refreshed by one at a time."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from contactsync.errors import ConfigError, ServerTrouble
from contactsync.ledger.connect import make_engine
from contactsync.ledger.tokens import LedgerTokens
from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

KEY = Fernet.generate_key().decode()


@dataclass
class Vendor:
    """Rotates refresh tokens: each is good for one refresh."""

    good: str = "refresh-0"
    refreshed: list[str] = field(default_factory=list)

    def renew(self, stored: dict[str, Any] | None) -> dict[str, Any]:
        if stored is not None and stored["access"] != "expired":
            return stored
        assert self.good not in self.refreshed
        self.refreshed.append(self.good)
        time.sleep(0.05)
        self.good = f"refresh-{len(self.refreshed)}"
        return {"access": f"access-{len(self.refreshed)}", "refresh": self.good}


def test_tokens_come_back_to_the_same_credentials_alone(ledger_engine: Engine) -> None:
    tokens = LedgerTokens(ledger_engine, KEY)
    assert tokens.get("crm", "f1") is None
    given = tokens.refresh("crm", "f1", lambda stored: {"access": "a", "was": stored})
    assert given == {"access": "a", "was": None}
    assert LedgerTokens(ledger_engine, KEY).get("crm", "f1") == given
    assert tokens.get("crm", "f2") is None
    assert tokens.get("book", "f1") is None
    seen: list[Any] = []
    tokens.refresh("crm", "f1", lambda stored: seen.append(stored) or {"access": "b"})
    assert seen == [given]
    assert tokens.get("crm", "f1") == {"access": "b"}


def test_eight_threads_make_one_refresh(ledger_engine: Engine) -> None:
    vendor = Vendor()
    with ThreadPoolExecutor(8) as pool:
        stores = [LedgerTokens(ledger_engine, KEY) for _ in range(8)]
        found = list(pool.map(lambda store: store.refresh("crm", "f", vendor.renew), stores))
    assert vendor.refreshed == ["refresh-0"]
    assert found == [{"access": "access-1", "refresh": "refresh-1"}] * 8


def test_nothing_readable_is_stored(ledger_engine: Engine) -> None:
    LedgerTokens(ledger_engine, KEY).refresh("crm", "f", lambda _: {"access": "very-secret"})
    with ledger_engine.connect() as connection:
        assert "very-secret" not in str(connection.execute(text("SELECT * FROM token")).all())


def test_a_replaced_key_opens_what_the_old_one_sealed(ledger_engine: Engine) -> None:
    LedgerTokens(ledger_engine, KEY).refresh("crm", "f", lambda _: {"access": "a"})
    new = Fernet.generate_key().decode()
    assert LedgerTokens(ledger_engine, f"{new},{KEY}").get("crm", "f") == {"access": "a"}
    assert LedgerTokens(ledger_engine, new).get("crm", "f") is None


@pytest.mark.parametrize("key", ["", "short", "ä" * 44])
def test_a_wrong_key_is_a_config_error(ledger_engine: Engine, key: str) -> None:
    with pytest.raises(ConfigError, match="CONTACTSYNC_KEY"):
        LedgerTokens(ledger_engine, key)


def test_a_failed_refresh_lets_the_next_one_try(ledger_engine: Engine) -> None:
    tokens = LedgerTokens(ledger_engine, KEY)

    def fail(_: object) -> dict[str, Any]:
        raise ServerTrouble("the vendor is away")

    with pytest.raises(ServerTrouble):
        tokens.refresh("crm", "f", fail)
    began = time.monotonic()
    assert tokens.refresh("crm", "f", lambda _: {"access": "a"}) == {"access": "a"}
    assert time.monotonic() - began < 5


def test_nobody_waits_for_a_refresher_that_was_killed(ledger_engine: Engine, ledger_url: str) -> None:
    child = os.fork()
    if child == 0:
        engine = make_engine(ledger_url)
        LedgerTokens(engine, KEY).refresh("crm", "f", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    os.waitpid(child, 0)
    began = time.monotonic()
    assert LedgerTokens(ledger_engine, KEY).refresh("crm", "f", lambda _: {"access": "a"}) == {"access": "a"}
    assert time.monotonic() - began < 5
