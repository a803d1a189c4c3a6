"""The Recycle Bin of a Freshsales account: who is in it was deleted, and nobody else provably was.

A contact that answers 404 may also have been forgotten, merged into another one, or hidden from the key's user.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from contactsync.apps._freshsales_listing import Sheet, View, sheets
from contactsync.errors import ConfigError


class RecycleBin:
    """The view that shows deleted contacts."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._rest: Iterator[Sheet] | None = None
        self._seen: set[str] = set()

    def since(self, until: datetime) -> Iterator[Sheet]:
        """Who was deleted after a time. Errors: ConfigError where the view shows anybody else."""
        return map(self._checked, sheets(self._view.ask("desc"), until=until))

    def holds(self, contact_id: str) -> bool:
        """Whether a contact is in it; read from the newest on, no further than needed, and once."""
        if self._rest is None:
            self._rest = map(self._checked, sheets(self._view.ask("desc")))
        while contact_id not in self._seen:
            page = next(self._rest, None)
            if page is None:
                return False
            self._seen.update(str(row.get("id")) for row in page.rows if isinstance(row, dict))
        return True

    def _checked(self, page: Sheet) -> Sheet:
        """Another view by mistake would tell the living for deleted."""
        if any(isinstance(row, dict) and row.get("is_deleted") is not True for row in page.rows):
            raise ConfigError(
                f"The Freshsales contact view {self._view.name!r} shows contacts that are not deleted.",
                next_step="name the Recycle Bin in options.recycle_bin of that side, or leave that out.",
            )
        return page
