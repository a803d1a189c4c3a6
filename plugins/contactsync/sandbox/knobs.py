"""What a sandbox can be told to do wrong, all of it off by default, and settable as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Self


class Trouble(StrEnum):
    """What a fault does. 'before' and 'after' mean: without or with the request's effect."""

    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    HANG_BEFORE = "hang_before"
    HANG_AFTER = "hang_after"
    TRUNCATED_BODY = "truncated_body"
    HTML_PAGE = "html_page"
    EMPTY_LISTING = "empty_listing"
    TRUNCATED_LISTING = "truncated_listing"
    REPEATED_PAGE = "repeated_page"
    LOOPING_LISTING = "looping_listing"
    CALL = "call"  # runs `action` just before the request takes effect, as another user at that moment would


@dataclass
class Fault:
    """One scheduled trouble: from the `nth` request that matches, for `times` requests (0 = for ever).

    `keep` is the number of records a truncated listing still has; `true_total` lets such a listing still name the
    full count where the vendor names one.
    """

    trouble: Trouble
    method: str = ".*"
    path: str = ".*"
    nth: int = 1
    times: int = 1
    status: int = 503
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 30.0
    keep: int = 0
    true_total: bool = False
    action: Callable[[], object] | None = None
    seen: int = 0

    def fires(self, method: str, path: str) -> bool:
        """True when this request is one the fault was scheduled for; counts the request."""
        if not re.fullmatch(self.method, method) or not re.search(self.path, path):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times == 0 or self.seen < self.nth + self.times)


@dataclass
class Knobs:
    """Settings every sandbox has; a vendor's sandbox adds its own in a subclass.

    `per_window` is one more limit, on a window of `window_seconds`: short, so that nobody waits a minute to see it.
    """

    latency: float = 0.0
    per_window: int = 0
    window_seconds: float = 10.0
    per_minute: int = 0
    per_hour: int = 0
    retry_after: str = ""  # '' = no header; 'reset' = seconds until the window ends; anything else as it stands
    lag_seconds: float = 0.0
    lag_listings: int = 0
    faults: list[Fault] = field(default_factory=list)

    def update(self, changes: Mapping[str, Any]) -> None:
        """Sets the named knobs; ValueError names an unknown one and the allowed ones. `faults` replaces them all."""
        unknown = sorted(set(changes) - set(self.names()))
        if unknown:
            raise ValueError(f"unknown knobs {', '.join(unknown)}; allowed: {', '.join(self.names())}")
        ready = {name: read_faults(value) if name == "faults" else value for name, value in changes.items()}
        for name, value in ready.items():
            setattr(self, name, value)

    def names(self) -> tuple[str, ...]:
        """The names of all knobs."""
        return tuple(f.name for f in fields(self))

    def as_json(self) -> dict[str, Any]:
        """The present settings as JSON data."""
        out = {name: getattr(self, name) for name in self.names()}
        out["faults"] = [_fault_json(fault) for fault in self.faults]
        return out

    def fault_for(self, method: str, path: str) -> Fault | None:
        """The fault this request meets; every matching fault counts it."""
        firing = [fault for fault in self.faults if fault.fires(method, path)]
        return firing[0] if firing else None

    @classmethod
    def quiet(cls) -> Self:
        """Knobs with everything off."""
        return cls()


def read_faults(items: list[Any]) -> list[Fault]:
    """Faults from JSON data; Fault objects pass."""
    return [
        item if isinstance(item, Fault) else Fault(**{**item, "trouble": Trouble(item["trouble"])}) for item in items
    ]


def _fault_json(fault: Fault) -> dict[str, Any]:
    return {f.name: getattr(fault, f.name) for f in fields(fault) if f.name != "action"}
