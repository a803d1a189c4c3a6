"""The fixtures of tests/ledger_servers.py."""

from __future__ import annotations

from ledger_servers import (  # noqa: F401
    bare_url,
    database,
    ledger,
    ledger_clock,
    ledger_engine,
    ledger_url,
    postgres_server,
    sqlite_template,
)
