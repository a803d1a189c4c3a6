"""What reached a sandbox: counts and a log without bodies, so that a test can assert on traffic."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from contactsync.sandbox.wire import Traffic

_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: when it arrived, its method and path template, and the status sent (0 = connection dropped)."""

    at: float
    method: str
    template: str
    status: int


@dataclass
class Counters:
    """Requests since the start or the last reset. `writes` are mutating requests, whatever became of them."""

    total: int = 0
    reads: int = 0
    writes: int = 0
    tokens: int = 0
    throttled: int = 0
    paths: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    log: deque[Seen] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def arrived(self, traffic: Traffic, method: str, template: str) -> None:
        """Counts a request as it comes in."""
        self.total += 1
        self.reads += traffic is Traffic.READ
        self.writes += traffic is Traffic.WRITE
        self.tokens += traffic is Traffic.TOKEN
        self.paths[f"{method} {template}"] += 1

    def answered(self, seen: Seen) -> None:
        """Notes what was answered."""
        self.statuses[seen.status] += 1
        self.throttled += seen.status == 429
        self.log.append(seen)

    def as_json(self) -> dict[str, Any]:
        """The counts as JSON data, without the log."""
        out: dict[str, Any] = {n: getattr(self, n) for n in ("total", "reads", "writes", "tokens", "throttled")}
        out["paths"] = dict(self.paths)
        out["statuses"] = {str(status): count for status, count in self.statuses.items()}
        return out

    def log_json(self) -> list[list[Any]]:
        """The log as rows of time, method, path template and status."""
        return [[seen.at, seen.method, seen.template, seen.status] for seen in self.log]
