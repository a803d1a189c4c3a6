"""What vendors say about their accounts (fields, views, groups, discovery), kept for a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, select

from contactsync.ledger.codec import from_json, to_json
from contactsync.ledger.statements import upsert
from contactsync.ledger.tables import metadata
from contactsync.ledger.transactions import reading, writing

KEEP = timedelta(hours=24)


class LedgerMetadata:
    """`rest.services.MetadataCache` in the ledger."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def get(self, account: str, name: str) -> Any | None:
        """The cached JSON value, None when absent or older than 24 h."""
        query = select(metadata.c.value).where(
            metadata.c.account == account, metadata.c.name == name, metadata.c.kept_at > self._clock() - KEEP
        )
        with reading(self._engine) as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else from_json(found)

    def put(self, account: str, name: str, value: Any) -> None:
        """Keep a JSON value."""
        row = {"account": account, "name": name, "value": to_json(value), "kept_at": self._clock()}
        with writing(self._engine) as connection:
            upsert(connection, metadata, [row])

    def drop(self, account: str, name: str) -> None:
        """Forget a value that proved wrong."""
        with writing(self._engine) as connection:
            connection.execute(delete(metadata).where(metadata.c.account == account, metadata.c.name == name))
