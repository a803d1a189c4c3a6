"""What the ledger says of its own health, in SQLite and in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from contactsync.ledger import health
from contactsync.ledger.store import Ledger
from contactsync.ledger.tables import journal, known, link_side, link_value
from contactsync.ledger.tokens import LedgerTokens
from contactsync.model.ledger import FoldBatch
from contactsync.model.spec import Side
from cryptography.fernet import Fernet
from ledger_rows import OWNER, RUN, SYNC, a_known, a_link, a_lock, planned
from ledger_servers import Clock
from sqlalchemy import Engine, delete, update


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Two links with their contacts and keys, and a planned action."""
    fence = a_lock(ledger)
    rows = [(side, a_known(f"{side[0]}{n}", keys={"email": (n,)})) for side in Side for n in (1, 2)]
    ledger.fold(SYNC, RUN, FoldBatch(links=[a_link(1), a_link(2)], known=rows), fence=fence)
    planned(ledger, "k1")
    return ledger


def test_a_sound_ledger_has_nothing_to_say(filled: Ledger, ledger_engine: Engine) -> None:
    assert health.misfits(ledger_engine) == []
    assert health.integrity(ledger_engine) == []


def test_rows_that_do_not_fit_together_are_counted_by_kind(filled: Ledger, ledger_engine: Engine) -> None:
    with ledger_engine.begin() as connection:
        connection.execute(delete(link_value).where(link_value.c.side == "left"))
        connection.execute(delete(known).where(known.c.contact_id == "r2"))
        connection.execute(update(link_side).where(link_side.c.contact_id == "l2").values(contact_id="l1"))
    assert health.misfits(ledger_engine) == [
        "sides without values: 2",
        "key hashes of no contact: 1",
        "contacts in more than one live link: 1",
    ]


def test_sides_without_their_link_are_told(filled: Ledger, ledger_engine: Engine) -> None:
    with ledger_engine.begin() as connection:
        connection.execute(update(link_side).where(link_side.c.contact_id == "r2").values(link_id="another"))
    assert health.misfits(ledger_engine) == [
        "links without exactly two sides: 1",
        "sides of no link: 1",
        "sides without values: 1",
    ]


def test_a_copy_of_the_rows_alone_leaves_postgresqls_counters_behind(filled: Ledger, ledger_engine: Engine) -> None:
    with ledger_engine.begin() as connection:
        connection.execute(update(journal).values(seq=1_000))
    behind = ["new rows of journal would be numbered like old ones"]
    assert health.misfits(ledger_engine) == (behind if ledger_engine.dialect.name == "postgresql" else [])


def test_who_holds_what_is_told_by_the_databases_clock(ledger: Ledger, ledger_engine: Engine) -> None:
    assert health.held_locks(ledger_engine) == []
    a_lock(ledger)
    ledger.take_account("crm", OWNER, ended=lambda _: False)
    ((sync, lock),) = health.held_locks(ledger_engine)
    ((account, lease),) = health.held_accounts(ledger_engine)
    assert (sync, account, lock.owner, lease.owner) == (SYNC, "crm", OWNER, OWNER)
    assert abs(health.clock(ledger_engine) - datetime.now(UTC)) < timedelta(seconds=5)


def test_tokens_tell_which_key_opens_them(ledger_engine: Engine, ledger_clock: Clock) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    store = LedgerTokens(ledger_engine, old)
    store.refresh("one", "print-1", lambda _: {"access_token": "invented", "refresh_token": "invented"})
    store.refresh("two", "print-2", lambda _: {"access_token": "invented"})
    opened = {key: [(s.connection, s.opens, s.rotated) for s in health.sealed(ledger_engine, key)] for key in (old, "")}
    assert opened[old] == [("one", True, True), ("two", True, False)]
    assert opened[""] == [("one", False, True), ("two", False, False)]
    assert [s.opens for s in health.sealed(ledger_engine, f"{new},{old}")] == [True, True]
    assert [s.opens for s in health.sealed(ledger_engine, new)] == [False, False]
