"""Listings that show a write late, while a read by id shows it at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Held:
    before: Record | None  # None: the record did not exist
    until: float
    until_listing: int


class Lag:
    """Keeps what listings still show of records just written; the caller holds the lock."""

    def __init__(self) -> None:
        self._held: dict[str, list[_Held]] = {}
        self._listings = 0

    def wrote(self, key: str, before: Record | None, now: float, seconds: float, listings: int) -> None:
        """Notes a write; `before` is the record as it was. Without a lag set, does nothing."""
        if seconds or listings:
            held = _Held(copy.deepcopy(before), now + seconds, self._listings + listings)
            self._held.setdefault(key, []).append(held)

    @property
    def idle(self) -> bool:
        """True when listings show everything as it is."""
        return not self._held

    def listing_began(self) -> None:
        """Counts a listing (call it for the first page only)."""
        self._listings += 1

    def listed(self, records: Mapping[str, Record], now: float) -> dict[str, Record]:
        """The records as a listing shows them now."""
        shown = dict(records)
        for key in list(self._held):
            self._held[key] = [h for h in self._held[key] if now < h.until or self._listings <= h.until_listing]
            if not self._held[key]:
                del self._held[key]
            elif (before := self._held[key][0].before) is None:
                shown.pop(key, None)
            else:
                shown[key] = before
        return shown
