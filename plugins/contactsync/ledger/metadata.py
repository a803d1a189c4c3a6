"""What vendors say about their accounts (fields, views, groups, discovery), kept for a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, select

from contactsync.ledger.codec import from_json, to_json
from contactsync.ledger.damage import row_of
from contactsync.ledger.statements import upsert
from contactsync.ledger.tables import metadata
from contactsync.ledger.transactions import reading, writing

KEEP = timedelta(hours=24)
FRESH = timedelta(seconds=5)  # apps ask for every record and label; so long this process does not ask the database


@row_of("metadata")
def _value(text: str) -> Any:
    return from_json(text, object)


class LedgerMetadata:
    """`rest.services.MetadataCache` in the ledger."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._read: dict[tuple[str, str], tuple[datetime, str | None]] = {}

    def get(self, account: str, name: str) -> Any | None:
        """The cached JSON value, None when absent or older than 24 h."""
        now = self._clock()
        at, found = self._read.get((account, name), (None, None))
        if at is None or not at <= now < at + FRESH:
            found = self._stored(account, name, now)
            self._read[account, name] = (now, found)
        return None if found is None else _value(found)

    def _stored(self, account: str, name: str, now: datetime) -> str | None:
        query = select(metadata.c.value).where(
            metadata.c.account == account, metadata.c.name == name, metadata.c.kept_at > now - KEEP
        )
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def put(self, account: str, name: str, value: Any) -> None:
        """Keep a JSON value."""
        row = {"account": account, "name": name, "value": to_json(value), "kept_at": self._clock()}
        self._read.pop((account, name), None)
        with writing(self._engine) as connection:
            upsert(connection, metadata, [row])

    def drop(self, account: str, name: str) -> None:
        """Forget a value that proved wrong."""
        self._read.pop((account, name), None)
        with writing(self._engine) as connection:
            connection.execute(delete(metadata).where(metadata.c.account == account, metadata.c.name == name))
