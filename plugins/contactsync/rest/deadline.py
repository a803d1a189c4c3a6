"""Until when a mutating request may leave: its journal entry is only good for a moment (core 25)."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_UNTIL: ContextVar[float] = ContextVar("until", default=math.inf)


@contextmanager
def leaving_within(seconds: float) -> Iterator[None]:
    """Mutating requests inside leave within so many seconds, or not at all (then: NothingSent)."""
    token = _UNTIL.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def time_left() -> float:
    """Seconds until the request must have left; infinite outside `leaving_within`."""
    return _UNTIL.get() - time.monotonic()
