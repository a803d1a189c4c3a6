"""Access and rotated refresh tokens, sealed with the project's Fernet key; one refresher at a time, on all hosts.

A vendor that rotates refresh tokens accepts each of them once: two refreshers at a time would lock the account out.
The row says who refreshes, and until when. It is no database lock: SQLite would stop every writer for as long as the
vendor takes to answer.

A row belongs to the credentials that a person entered (their fingerprint): others entered later start with a row of
their own, which a task that still works with the former ones cannot touch; and connections that hold the same ones
share it, so that none uses up the tokens of another.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import Connection, Engine, and_, delete, or_, select, update

from contactsync.errors import ConfigError, LedgerBusy
from contactsync.ledger.connect import place
from contactsync.ledger.instants import read_clock
from contactsync.ledger.sealing import fernet_of
from contactsync.ledger.statements import insert_absent
from contactsync.ledger.tables import token
from contactsync.ledger.transactions import reading, writing

log = logging.getLogger(__name__)

TURN = timedelta(minutes=8)
"""For a refresh; longer than the slowest one (`rest.auth.LONGEST_REFRESH`) and its storing: no second may begin."""
KEEP = timedelta(days=90)  # of tokens that belong to credentials which were entered before the present ones
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0  # seconds between two looks at whose turn it is
STORE_TRIES = 3  # each waits for a locked ledger as long as any transaction does
GRACE = 10.0  # seconds that an interrupted task gives an exchange under way


class LedgerTokens:
    """`rest.services.TokenStore` in the ledger.

    key: one Fernet key, or several parted by commas: the first seals, all open (so that a key can be replaced).
    Errors: ConfigError where it is no such key.
    """

    def __init__(self, engine: Engine, key: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._engine = engine
        self._fernet = fernet_of(key)
        self._sleep = sleep

    def get(self, connection: str, fingerprint: str) -> dict[str, Any] | None:
        """The tokens stored for these credentials, None if there are none.

        Errors: ConfigError where only another key opens them and the vendor takes no others.
        """
        with reading(self._engine) as database:
            row = database.execute(select(token).where(token.c.fingerprint == fingerprint)).one_or_none()
        if row is None or row.sealed is None:
            return None
        return self._open(connection, row.sealed, rotated=row.rotated)

    def refresh(
        self, connection: str, fingerprint: str, renew: Callable[[dict[str, Any] | None], dict[str, Any]]
    ) -> dict[str, Any]:
        """Alone: call `renew` with what is stored now, store and return what it gives. Errors: LedgerBusy, as `get`.

        A signal that ends the task waits some seconds for this: what the vendor has replaced is to be stored first.
        """
        me = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex}"

        def alone() -> dict[str, Any]:
            try:
                fresh = renew(self.get(connection, fingerprint))
                self._keep(connection, fingerprint, fresh)
            finally:
                self._give_turn(fingerprint, me)
            return fresh

        self._wait_for_turn(connection, fingerprint, me)
        return _undisturbed(alone)

    def _open(self, connection: str, sealed: str, *, rotated: bool) -> dict[str, Any] | None:
        try:
            held: dict[str, Any] = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            if rotated:
                raise _other_key(connection) from None
            log.warning("connection %s: stored tokens were sealed with another key; starting from its own", connection)
            return None
        return held

    def _keep(self, connection: str, fingerprint: str, fresh: dict[str, Any]) -> None:
        """Store, and not give up soon: the vendor takes no other refresh token any more."""
        for number in range(1, STORE_TRIES):
            with suppress(LedgerBusy):
                self._store(connection, fingerprint, fresh)
                return
            self._sleep(number * _LONGEST_PAUSE)
        try:
            self._store(connection, fingerprint, fresh)
        except LedgerBusy as error:
            raise (_not_kept(connection, error) if fresh.get("refresh_token") else error) from error.__cause__

    def _store(self, connection: str, fingerprint: str, fresh: dict[str, Any]) -> None:
        # Stored even if our turn ran out meanwhile: the vendor already forgot the token before this one.
        sealed = self._fernet.encrypt(json.dumps(fresh).encode()).decode()
        with writing(self._engine) as database:
            now = read_clock(database)
            stored = {"sealed": sealed, "rotated": bool(fresh.get("refresh_token")), "stored_at": now}
            database.execute(
                update(token).where(token.c.fingerprint == fingerprint).values(connection=connection, **stored)
            )
            former = (token.c.connection == connection, token.c.fingerprint != fingerprint)
            useless = and_(token.c.sealed.is_(None), token.c.refresher.is_(None))  # they never worked
            database.execute(delete(token).where(*former, or_(useless, token.c.stored_at < now - KEEP)))

    def _wait_for_turn(self, connection: str, fingerprint: str, me: str) -> None:
        """Bounded by the time after which any refresher's turn has run out."""
        waited, pause = 0.0, _FIRST_PAUSE
        while True:
            with writing(self._engine) as database:
                if _take_turn(database, connection, fingerprint, me):
                    return
            if waited > 1.5 * TURN.total_seconds():
                break
            self._sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, _LONGEST_PAUSE)
        raise LedgerBusy(
            f"The tokens of connection {connection!r} stayed in use ({place(self._engine)}).",
            next_step="nothing; the task is tried again.",
        )

    def _give_turn(self, fingerprint: str, me: str) -> None:
        """Or leave it to run out: that the ledger stays locked may not hide what became of the tokens."""
        try:
            with writing(self._engine) as database:
                mine = update(token).where(token.c.fingerprint == fingerprint, token.c.refresher == me)
                database.execute(mine.values(refresher=None, refresh_until=None))
        except LedgerBusy:
            log.warning(
                "The ledger stayed locked: nobody else refreshes these tokens before this process has ended, "
                "or for %g minutes.",
                TURN.total_seconds() / 60,
            )


def _undisturbed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Done in a thread: Python hands signals to the main thread, so an exchange under way is not cut off by one."""
    done: Future[dict[str, Any]] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the caller
            done.set_exception(error)

    threading.Thread(target=run, name="tokens", daemon=True).start()
    try:
        return done.result()
    finally:
        wait([done], GRACE)


def _take_turn(database: Connection, connection: str, fingerprint: str, me: str) -> bool:
    insert_absent(database, token, [{"fingerprint": fingerprint, "connection": connection, "rotated": False}])
    row = database.execute(select(token).where(token.c.fingerprint == fingerprint).with_for_update()).one()
    now = read_clock(database)
    if row.refresher is not None and row.refresh_until > now and not _is_dead(row.refresher):
        return False
    here = update(token).where(token.c.fingerprint == fingerprint)
    database.execute(here.values(refresher=me, refresh_until=now + TURN))
    return True


def _other_key(connection: str) -> ConfigError:
    return ConfigError(
        f"The tokens of connection {connection!r} were stored with another key than the one used here, and without "
        "them there is no way in: the vendor replaced the refresh token that stands in the connection.",
        next_step="set CONTACTSYNC_KEY (without it: Airflow's fernet_key) to the key that they were stored with, or to "
        "the new and the old one, parted by a comma. If that key is lost, authorise again and enter the new refresh "
        "token in the connection.",
    )


def _not_kept(connection: str, error: LedgerBusy) -> LedgerBusy:
    return LedgerBusy(
        f"The vendor replaced the refresh token of connection {connection!r}, and the new one could not be kept. "
        f"{error.message}",
        next_step="see that the ledger can be written; if the vendor then refuses the connection, authorise again and "
        "enter the new refresh token there.",
    )


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
