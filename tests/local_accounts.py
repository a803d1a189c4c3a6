"""An app against a local server of its vendor, on one clock: what such tests have in common."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from contactsync.model.exchange import Page
from contactsync.rest.services import MemoryMetadata, Services
from contactsync.sandbox.server import Sandbox

START = 1_790_000_000.0  # 2026-09-21T14:13:20Z


class Clock:
    """The time of the account and of this side in seconds, moved by the test."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += seconds


def services_at(clock: Clock) -> Services:
    """Services on that clock that never sleep."""
    return Services(metadata=MemoryMetadata(), clock=lambda: datetime.fromtimestamp(clock(), UTC), sleep=lambda _: None)


def whole(pages: Iterator[Page]) -> list[Page]:
    """The pages of a listing, of which exactly the last says so."""
    found = list(pages)
    assert [page.last for page in found] == [False] * (len(found) - 1) + [True]
    return found


def asked(server: Sandbox) -> dict[str, int]:
    """Requests by path since the last call."""
    paths: dict[str, int] = server.counters.as_json()["paths"]
    server.reset_counters()
    return paths
