"""Of many log lines alike a person reads the first few; the others are told at DEBUG only."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field

MOST = 5


@dataclass
class Few:
    """What one task has told so far, by kind of line. A task logs at most 30 lines at INFO, whatever happens to it."""

    most: int = MOST
    told: Counter[str] = field(default_factory=Counter)

    def level(self, kind: str, level: int = logging.INFO) -> int:
        """The level for one more line of this kind."""
        self.told[kind] += 1
        return level if self.told[kind] <= self.most else logging.DEBUG
