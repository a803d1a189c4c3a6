"""Access and rotated refresh tokens, sealed with the project's Fernet key; one refresher at a time, on all hosts.

A vendor that rotates refresh tokens accepts each of them once: two refreshers at a time would lock the account out.
The row says who refreshes, and until when. It is no database lock: SQLite would stop every writer for as long as the
vendor takes to answer.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, Engine, select, update

from contactsync.errors import ConfigError, LedgerBusy
from contactsync.ledger.connect import place
from contactsync.ledger.instants import read_clock
from contactsync.ledger.statements import insert_absent
from contactsync.ledger.tables import token
from contactsync.ledger.transactions import reading, writing

log = logging.getLogger(__name__)

_REFRESH = timedelta(seconds=120)
_POLL_SECONDS = 0.1


class LedgerTokens:
    """`rest.services.TokenStore` in the ledger.

    key: one Fernet key, or several parted by commas: the first seals, all open (so that a key can be replaced).
    Errors: ConfigError where it is no such key.
    """

    def __init__(self, engine: Engine, key: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._engine = engine
        self._fernet = _fernet(key)
        self._sleep = sleep

    def get(self, connection: str, fingerprint: str) -> dict[str, Any] | None:
        """The stored tokens of this connection, None if there are none or they belong to other credentials."""
        with reading(self._engine) as database:
            row = database.execute(select(token).where(token.c.connection == connection)).one_or_none()
        if row is None or row.sealed is None or row.fingerprint != fingerprint:
            return None
        return self._open(connection, row.sealed)

    def refresh(
        self, connection: str, fingerprint: str, renew: Callable[[dict[str, Any] | None], dict[str, Any]]
    ) -> dict[str, Any]:
        """Alone: call `renew` with what is stored now, store and return what it gives. Errors: LedgerBusy."""
        me = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex}"
        self._wait_for_turn(connection, me)
        try:
            fresh = renew(self.get(connection, fingerprint))
            self._store(connection, fingerprint, fresh)
        finally:
            self._give_turn(connection, me)
        return fresh

    def _open(self, connection: str, sealed: str) -> dict[str, Any] | None:
        try:
            held: dict[str, Any] = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            log.warning("connection %s: stored tokens were sealed with another key; starting from its own", connection)
            return None
        return held

    def _store(self, connection: str, fingerprint: str, fresh: dict[str, Any]) -> None:
        # Stored even if our turn ran out meanwhile: the vendor already forgot the token before this one.
        sealed = self._fernet.encrypt(json.dumps(fresh).encode()).decode()
        with writing(self._engine) as database:
            here = update(token).where(token.c.connection == connection)
            database.execute(here.values(fingerprint=fingerprint, sealed=sealed))

    def _wait_for_turn(self, connection: str, me: str) -> None:
        """Bounded by the time after which any refresher's turn has run out."""
        for _ in range(int(2 * _REFRESH.total_seconds() / _POLL_SECONDS)):
            with writing(self._engine) as database:
                if _take_turn(database, connection, me):
                    return
            self._sleep(_POLL_SECONDS)
        raise LedgerBusy(
            f"The tokens of connection {connection!r} stayed in use ({place(self._engine)}).",
            next_step="nothing; the task is tried again.",
        )

    def _give_turn(self, connection: str, me: str) -> None:
        with writing(self._engine) as database:
            mine = update(token).where(token.c.connection == connection, token.c.refresher == me)
            database.execute(mine.values(refresher=None, refresh_until=None))


def _take_turn(database: Connection, connection: str, me: str) -> bool:
    blank = {"connection": connection, "fingerprint": "", "sealed": None, "refresher": None, "refresh_until": None}
    insert_absent(database, token, [blank])
    row = database.execute(select(token).where(token.c.connection == connection).with_for_update()).one()
    now = read_clock(database)
    if row.refresher is not None and row.refresh_until > now and not _is_dead(row.refresher):
        return False
    here = update(token).where(token.c.connection == connection)
    database.execute(here.values(refresher=me, refresh_until=now + _REFRESH))
    return True


def _is_dead(refresher: str) -> bool:
    """True for a process of this host that is no more: nobody waits for the killed."""
    host, process, _ = refresher.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _fernet(key: str) -> MultiFernet:
    try:
        return MultiFernet([Fernet(one.strip()) for one in key.split(",")])
    except ValueError:
        raise ConfigError(
            "CONTACTSYNC_KEY is no Fernet key (32 bytes, url-safe base64), so tokens cannot be kept.",
            next_step="set CONTACTSYNC_KEY, or Airflow's own fernet_key, on every host alike.",
        ) from None
