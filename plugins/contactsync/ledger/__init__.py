"""The ledger: what contactsync remembers, in SQLite or PostgreSQL."""

from __future__ import annotations
