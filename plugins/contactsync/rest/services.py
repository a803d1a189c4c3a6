"""What rest/ needs from outside, as Protocols; ledger/ implements them, extract and load hand them in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from contactsync.few import Few
from contactsync.model.app import Rate


def utc_now() -> datetime:
    """The clock of production; tests pass their own."""
    return datetime.now(UTC)


class Budget(Protocol):
    """The rate budget of an account, shared by every process that talks to it."""

    def take(self, account: str, rates: Sequence[Rate], *, share: float, writes: bool) -> float:
        """Book one request now. Returns the seconds to wait first (0.0 = booked); book again after waiting."""
        ...

    def blocked(self, account: str, seconds: float) -> None:
        """The vendor said: nothing for so many seconds (429). All processes wait."""
        ...


class TokenStore(Protocol):
    """Access and rotated refresh tokens, encrypted, one refresher at a time across processes.

    They belong to the fingerprint of the credentials that a person entered; `connection` is for messages.
    """

    def get(self, connection: str, fingerprint: str) -> dict[str, Any] | None:
        """The tokens stored for these credentials, None if there are none."""
        ...

    def refresh(
        self, connection: str, fingerprint: str, renew: Callable[[dict[str, Any] | None], dict[str, Any]]
    ) -> dict[str, Any]:
        """Alone: call `renew` with what is stored now, store and return what it gives.

        A `refresh_token` in it is one that replaced the one entered: losing it means losing the way in.
        """
        ...


class MetadataCache(Protocol):
    """Fields, view ids, groups, discovery: kept 24 h per account."""

    def get(self, account: str, name: str) -> Any | None:
        """The cached JSON value, None when absent or older than 24 h."""
        ...

    def put(self, account: str, name: str, value: Any) -> None:
        """Keep a JSON value."""
        ...

    def drop(self, account: str, name: str) -> None:
        """Forget a value that proved wrong."""
        ...


class FreeBudget:
    """No limit: for tests and single calls before a ledger exists."""

    def take(self, account: str, rates: Sequence[Rate], *, share: float, writes: bool) -> float:  # noqa: ARG002
        """Never waits."""
        return 0.0

    def blocked(self, account: str, seconds: float) -> None:
        """Nothing to remember."""


@dataclass
class MemoryTokens:
    """Tokens of one process only: a first trial of credentials, and tests."""

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get(self, connection: str, fingerprint: str) -> dict[str, Any] | None:  # noqa: ARG002 - TokenStore's signature
        """What this process stored for the same credentials."""
        return self.kept.get(fingerprint)

    def refresh(
        self, connection: str, fingerprint: str, renew: Callable[[dict[str, Any] | None], dict[str, Any]]
    ) -> dict[str, Any]:
        """Renew and keep."""
        tokens = renew(self.get(connection, fingerprint))
        self.kept[fingerprint] = tokens
        return tokens


@dataclass
class MemoryMetadata:
    """A metadata cache of one process."""

    kept: dict[tuple[str, str], Any] = field(default_factory=dict)

    def get(self, account: str, name: str) -> Any | None:
        """The kept value."""
        return self.kept.get((account, name))

    def put(self, account: str, name: str, value: Any) -> None:
        """Keep a value."""
        self.kept[(account, name)] = value

    def drop(self, account: str, name: str) -> None:
        """Forget a value."""
        self.kept.pop((account, name), None)


def ignore(headers: Mapping[str, str]) -> None:
    """Nobody wants to know the headers of answers."""
    del headers


def unnoticed(seconds: float) -> None:
    """Nobody wants to know how long limits make requests wait."""
    del seconds


@dataclass(frozen=True)
class Services:
    """Everything around a request that is not the vendor's: budget, tokens, cache, clock."""

    budget: Budget = field(default_factory=FreeBudget)
    tokens: TokenStore = field(default_factory=MemoryTokens)
    metadata: MetadataCache = field(default_factory=MemoryMetadata)
    rate_share: float = 0.8
    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep
    heard: Callable[[Mapping[str, str]], None] = ignore  # is told the headers of every answer
    waited: Callable[[float], None] = unnoticed  # is told of every wait for a limit, in seconds
    few: Few = field(default_factory=Few)  # log lines about requests
    writes: bool = True  # False: no mutating request leaves
    tries: int = 5  # of a request that may be repeated, at most; 1 where a person waits for the answer
