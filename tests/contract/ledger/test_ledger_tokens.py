"""Tokens: sealed, and refreshed by one at a time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contactsync.errors import ConfigError, LedgerBusy, ServerTrouble
from contactsync.ledger.connect import OUTSIDE, make_engine
from contactsync.ledger.instants import to_text
from contactsync.ledger.tokens import KEEP, STORE_TRIES, TURN, LedgerTokens
from contactsync.rest.auth import LONGEST_REFRESH
from cryptography.fernet import Fernet
from sqlalchemy import Engine, event, text

KEY = Fernet.generate_key().decode()
LOCKED = 31.0  # seconds that a transaction waits for a locked ledger at the most, and a pause


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


class Lock:
    """Somebody else's long transaction, which leaves nobody else write."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT", **{OUTSIDE: True})
        self._sqlite = engine.dialect.name == "sqlite"

    def meanwhile(self, fresh: dict[str, Any]) -> Callable[[object], dict[str, Any]]:
        """The vendor's answer; the ledger is locked when it comes."""

        def renew(_: object) -> dict[str, Any]:
            self._say("BEGIN IMMEDIATE" if self._sqlite else "BEGIN")
            if not self._sqlite:
                self._say("LOCK TABLE token IN EXCLUSIVE MODE")
            return fresh

        return renew

    def release(self) -> None:
        self._say("ROLLBACK")

    def close(self) -> None:
        self._connection.invalidate()
        self._connection.close()

    def _say(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)


@pytest.fixture
def lock(ledger_engine: Engine) -> Iterator[Lock]:
    held = Lock(ledger_engine)
    yield held
    held.close()


@pytest.fixture
def impatient(ledger_engine: Engine, ledger_url: str) -> Iterator[Engine]:
    """The same ledger for somebody who waits a moment for a lock instead of half a minute."""
    engine = make_engine(ledger_url)
    sqlite = engine.dialect.name == "sqlite"

    def at_once(connection: Any, _record: Any) -> None:
        connection.cursor().execute("PRAGMA busy_timeout = 50" if sqlite else "SET lock_timeout = '50ms'")
        if not sqlite:
            connection.commit()

    event.listen(engine, "connect", at_once)
    yield engine
    engine.dispose()


def test_tokens_come_back_to_the_same_credentials_alone(ledger_engine: Engine) -> None:
    tokens = LedgerTokens(ledger_engine, KEY)
    assert tokens.get("crm", "f1") is None
    given = tokens.refresh("crm", "f1", lambda stored: {"access": "a", "was": stored})
    assert given == {"access": "a", "was": None}
    assert LedgerTokens(ledger_engine, KEY).get("crm", "f1") == given
    assert tokens.get("crm", "f2") is None
    assert tokens.get("the same under another id", "f1") == given
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
    both = LedgerTokens(ledger_engine, f"{new},{KEY}")
    assert both.get("crm", "f") == {"access": "a"}
    both.refresh("crm", "f", lambda stored: dict(stored or {}))
    assert LedgerTokens(ledger_engine, new).get("crm", "f") == {"access": "a"}


def test_with_another_key_what_can_be_had_again_is_had_again(ledger_engine: Engine, caplog: Any) -> None:
    LedgerTokens(ledger_engine, KEY).refresh("crm", "f", lambda _: {"access": "a"})
    other = LedgerTokens(ledger_engine, Fernet.generate_key().decode())
    assert other.get("crm", "f") is None
    assert "another key" in caplog.text
    assert other.refresh("crm", "f", lambda stored: {"access": "b", "was": stored}) == {"access": "b", "was": None}


def test_with_another_key_the_only_way_in_is_not_thrown_away(ledger_engine: Engine) -> None:
    """The connection's own refresh token is used up, and the vendor would end the authorisation if it came again."""
    LedgerTokens(ledger_engine, KEY).refresh("crm", "f", lambda _: {"access": "a", "refresh_token": "r2"})
    other = LedgerTokens(ledger_engine, Fernet.generate_key().decode())
    asked: list[Any] = []
    for use in (lambda: other.get("crm", "f"), lambda: other.refresh("crm", "f", lambda s: asked.append(s) or {})):
        with pytest.raises(ConfigError, match=r"'crm' were stored with another key.*Next: set CONTACTSYNC_KEY.*again"):
            use()
    assert asked == []
    assert LedgerTokens(ledger_engine, KEY).get("crm", "f") == {"access": "a", "refresh_token": "r2"}
    assert other.refresh("crm", "entered anew", lambda _: {"access": "b"}) == {"access": "b"}


def test_tokens_of_former_credentials_go_after_some_months(ledger_engine: Engine) -> None:
    tokens = LedgerTokens(ledger_engine, KEY)
    for fingerprint in ("old", "recent", "new"):
        tokens.refresh("crm", fingerprint, lambda _: {"access": "a"})
    with ledger_engine.begin() as connection:
        aged = "UPDATE token SET stored_at = :at WHERE fingerprint = 'old'"
        connection.execute(text(aged), {"at": to_text(datetime.now(UTC) - KEEP - timedelta(days=1))})
    tokens.refresh("another", "elsewhere", lambda _: {"access": "a"})
    assert tokens.get("crm", "old") is not None
    tokens.refresh("crm", "new", lambda _: {"access": "b"})
    assert [tokens.get("crm", one) is None for one in ("old", "recent", "new")] == [True, False, False]


def test_a_turn_lasts_longer_than_the_slowest_refresh() -> None:
    storing = (STORE_TRIES + 1) * LOCKED  # the tokens are read once, too
    assert TURN.total_seconds() > LONGEST_REFRESH + storing


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


def test_a_ledger_that_is_locked_for_a_while_costs_no_token(impatient: Engine, lock: Lock) -> None:
    """The vendor has forgotten the token before this one by then."""
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            lock.release()

    tokens = LedgerTokens(impatient, KEY, pause)
    assert tokens.refresh("crm", "f", lock.meanwhile({"refresh_token": "r2"})) == {"refresh_token": "r2"}
    assert tokens.get("crm", "f") == {"refresh_token": "r2"}
    assert len(pauses) == 2


def test_a_ledger_that_stays_locked_is_said_to_have_cost_the_token(impatient: Engine, lock: Lock) -> None:
    tokens = LedgerTokens(impatient, KEY, lambda _: None)
    tokens.refresh("crm", "f", lambda _: {"refresh_token": "r2"})
    with pytest.raises(LedgerBusy, match=r"of connection 'crm', and the new one could not be kept.*authorise again"):
        tokens.refresh("crm", "f", lock.meanwhile({"refresh_token": "r3"}))
    lock.release()
    assert tokens.get("crm", "f") == {"refresh_token": "r2"}


def test_nobody_waits_for_a_refresher_that_was_killed(ledger_engine: Engine, ledger_url: str) -> None:
    child = os.fork()
    if child == 0:
        engine = make_engine(ledger_url)
        LedgerTokens(engine, KEY).refresh("crm", "f", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    os.waitpid(child, 0)
    began = time.monotonic()
    assert LedgerTokens(ledger_engine, KEY).refresh("crm", "f", lambda _: {"access": "a"}) == {"access": "a"}
    assert time.monotonic() - began < 5
