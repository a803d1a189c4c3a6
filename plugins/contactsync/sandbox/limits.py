"""Request limits in fixed windows, as the vendors count them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `maximum` requests in each window of `seconds`, counted apart for each `bucket`."""

    bucket: str
    maximum: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """Where a limit stands after a request: what remains, and the seconds until the window ends."""

    limit: Limit
    remaining: int
    reset: float
    refused: bool = False


class Windows:
    """Counts requests against limits; the caller holds the lock."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, float], tuple[float, int]] = {}

    def take(self, limits: list[Limit], now: float) -> list[Allowance]:
        """Uses one request of every limit, or of none when one of them is spent."""
        stands = [self._stand(limit, now) for limit in limits]
        if any(stand.refused for stand in stands):
            return stands
        for limit in limits:
            start, used = self._window(limit, now)
            self._counts[limit.bucket, limit.seconds] = (start, used + 1)
        return [Allowance(s.limit, s.remaining - 1, s.reset) for s in stands]

    def _stand(self, limit: Limit, now: float) -> Allowance:
        start, used = self._window(limit, now)
        left = limit.maximum - used
        return Allowance(limit, left, start + limit.seconds - now, refused=left <= 0)

    def _window(self, limit: Limit, now: float) -> tuple[float, int]:
        start, used = self._counts.get((limit.bucket, limit.seconds), (now, 0))
        return (now, 0) if now >= start + limit.seconds else (start, used)
