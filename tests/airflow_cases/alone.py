"""An Airflow for tests that stop what others share: the ledger's database, or Airflow itself for days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from case_syncs import PATIENCE
from contactsync.ledger.instants import Instant
from contactsync.ledger.tables import schema
from contactsync.ledger.transactions import writing
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, PeopleSandbox
from contactsync.sandbox.server import PERMITTED
from real_airflow import RealAirflow
from sqlalchemy import Connection, make_url, select, text, update

AWAY = timedelta(days=8)
BEFORE = "__before"  # at the end of the ids of scheduled runs from before
_LATELY = datetime.now(UTC) - timedelta(hours=2)
ONCE_A_DAY = f"{_LATELY.minute} {_LATELY.hour} * * *"  # no further interval ends while a test lasts

SYNCS: Mapping[str, Any] = {
    "cut": {},
    "away": {
        "dag": {"schedule": ONCE_A_DAY},
        "right": {"app": "google_contacts", "connection": "case_google"},
        "full_every": "30d",  # so that it is the vendor who says that too much time has passed
        "deletions": {"right_to_left": "delete"},
    },
}
# A scheduler names its runs after their time, so those of before give theirs up.
_RENAMED = "UPDATE {table} SET run_id = run_id || :before WHERE run_id LIKE 'scheduled\\_\\_%'"
_WITH_RUNS = """
SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_name)
WHERE table_type = 'BASE TABLE' AND columns.table_schema = 'public' AND column_name = 'run_id'
"""
_MOMENTS = """
SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_name)
WHERE table_type = 'BASE TABLE' AND columns.table_schema = 'public' AND data_type LIKE 'timestamp%'
"""


class Alone(RealAirflow):
    """`google` is what the sync `away` has on its right side; its clock is behind ours until `days_off`."""

    def __init__(self, folder: Path, metadata: str, ledger: str) -> None:
        self.google = PeopleSandbox().start()
        self.google.advance(-AWAY.total_seconds())
        super().__init__(folder, metadata, ledger, SYNCS)
        self.database = str(make_url(ledger).database)

    def stop(self) -> None:
        super().stop()
        self.google.stop()

    # ---- the ledger's database

    def cut_ledger(self) -> None:
        """Nobody has or gets a connection any more."""
        with self._superuser() as admin:
            admin.execute(text(f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS false"))
            gone = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :ledger")
            admin.execute(gone, {"ledger": self.database})

    def mend_ledger(self) -> None:
        """It takes connections again."""
        with self._superuser() as admin:
            admin.execute(text(f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS true"))
        self.engine.dispose()

    def waits_in_ledger(self) -> bool:
        """Somebody waits for a lock there."""
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = :ledger AND wait_event_type = 'Lock'"
        with self._superuser() as admin:
            return bool(admin.execute(text(asked), {"ledger": self.database}).scalar_one())

    def _superuser(self) -> Connection:
        return self.metadata.connect().execution_options(isolation_level="AUTOCOMMIT")

    # ---- time

    def days_off(self, dag: str) -> None:
        """Airflow is stopped, `AWAY` passes, and it is started again."""
        self.server.stop()
        with self.metadata.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign key is looked at
            for (table,) in connection.execute(text(_WITH_RUNS)).all():
                connection.execute(text(_RENAMED.format(table=table)), {"before": BEFORE})
            for table, column in connection.execute(text(_MOMENTS)).all():
                connection.execute(text(f'UPDATE "{table}" SET "{column}" = "{column}" - :time'), {"time": AWAY})
        with writing(self.engine) as connection:
            for table in schema.tables.values():
                _grow_old(connection, table)
        self.google.advance(AWAY.total_seconds())
        self.server.program.start()  # in the home that it has
        self.server.await_healthy([dag], print, PATIENCE)

    def _connections(self) -> dict[str, Mapping[str, object]]:
        extra = {"refresh_token": REFRESH_TOKEN, "token_url": self.google.token_uri, **PERMITTED}
        client = {"conn_type": "google_contacts", "login": CLIENT_ID, "password": CLIENT_SECRET}
        return {**super()._connections(), "case_google": {**client, "host": self.google.url, "extra": extra}}


def _grow_old(connection: Connection, table: Any) -> None:
    """Every time that we noted is so much earlier; what a vendor said of his own contacts stays."""
    ours = [c for c in table.columns if isinstance(c.type, Instant) and c.name != "modified_at"]
    key = list(table.primary_key.columns)
    for row in connection.execute(select(*key, *ours)).all() if ours else ():
        at = [column == value for column, value in zip(key, row[: len(key)], strict=True)]
        moments = zip(ours, row[len(key) :], strict=True)
        older = {column.name: value - AWAY for column, value in moments if value is not None}
        if older:
            connection.execute(update(table).where(*at).values(older))
