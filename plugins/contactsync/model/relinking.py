"""How a sync stands whose links are to be found again, because its ledger was lost or its accounts are others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Relinking:
    """What the next run does about it.

    why     in whole sentences, what happened to the ledger
    found   links that the next run makes, by match key, "mark" or "a person"
    kept    links that the ledger still knows and that stand
    filled  blanks that it fills; alone: contacts without a partner that wait, by reason; differing: fields that wait
    """

    why: str
    found: Mapping[str, int] = field(default_factory=dict)
    kept: int = 0
    filled: int = 0
    alone: Mapping[str, int] = field(default_factory=dict)
    differing: int = 0
    creates: int = 0
    deletes: int = 0


def by_way(found: Mapping[str, int]) -> str:
    """`1,198 (1,150 by email, 48 by mark)`; '' for none."""
    ways = ", ".join(f"{n:,} by {way}" for way, n in found.items())
    return f"{sum(found.values()):,} ({ways})" if found else ""
