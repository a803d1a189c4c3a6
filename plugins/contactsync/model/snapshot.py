"""What an account looked like when it was last asked: its fields, never its contacts."""

from __future__ import annotations

from dataclasses import dataclass

from contactsync.model.app import FieldInfo


@dataclass(frozen=True)
class Snapshot:
    """One account, by the Airflow connection that leads to it.

    account  the same for two connections that lead to one account, and tells nothing else of it
    """

    connection: str
    app: str
    account: str
    fields: tuple[FieldInfo, ...]
