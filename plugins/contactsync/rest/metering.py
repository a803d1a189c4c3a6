"""Counting what is asked of one app, and how long its limits make us wait."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from contactsync.rest.services import Services


@dataclass
class Meter:
    """calls: requests that were answered; waited: seconds. Requests of several threads are counted together."""

    calls: int = 0
    waited: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def answered(self) -> None:
        """One more answer."""
        with self._lock:
            self.calls += 1

    def paused(self, seconds: float) -> None:
        """A limit made a request wait."""
        with self._lock:
            self.waited += seconds


def metered(services: Services, meter: Meter) -> Services:
    """The same services, with a meter that hears of every answer and every wait."""

    def heard(headers: Mapping[str, str]) -> None:
        meter.answered()
        services.heard(headers)

    def waited(seconds: float) -> None:
        meter.paused(seconds)
        services.waited(seconds)

    return replace(services, heard=heard, waited=waited)
