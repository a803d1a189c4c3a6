"""The tables (SQLAlchemy Core). Values, ids of elements and refs are JSON text; what is looked up is a narrow column.

Changing a table here needs a migration beside it; a test compares the two.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from contactsync.ledger.instants import Instant
from contactsync.ledger.sealing import SealedText

schema = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

_SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only for INTEGER


def _id(name: str) -> Column[Any]:
    return Column(name, String, primary_key=True)


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False)


def _sealed(name: str) -> Column[Any]:
    """Of a person: encrypted where the project says so (`sealing`)."""
    return Column(name, SealedText, nullable=False)


def _number(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False)


sync = Table(
    "sync",
    schema,
    _id("sync_id"),
    _text("salt"),
    _text("accounts"),
    _text("mapping"),
    _text("scope"),
    _number("union_reads"),
    Column("union_since", Instant),
)

side_cursor = Table(
    "side_cursor",
    schema,
    _id("sync_id"),
    _id("side"),
    Column("cursor_json", SealedText),
    Column("complete_at", Instant),
    Column("read_at", Instant, nullable=False),
    _text("run_id"),
)

run = Table(
    "run",
    schema,
    _id("sync_id"),
    _id("run_id"),
    _number("seq"),
    _text("kind"),
    _text("state"),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    _text("plan_hash"),
    _text("applied_hash"),
    _text("counts"),
    _text("message"),
    Column("reads", Text, nullable=False, server_default="{}"),
    Column("trimmed", Boolean, nullable=False, server_default=false()),  # its actions have lost their values
    Column("plan_ref", Text, nullable=False, server_default=""),
    UniqueConstraint("sync_id", "seq"),
)

link = Table(
    "link",
    schema,
    _id("sync_id"),
    _id("link_id"),
    _text("status"),
    _number("version"),
    Column("scope_left", Boolean, nullable=False),
    Column("scope_right", Boolean, nullable=False),
    Column("due_run", BigInteger),
    Column("due_at", Instant),
    _number("attempts"),
    _sealed("apart"),
    _text("wish"),
    _sealed("rules"),
    _text("made_in"),  # run; '' = before that was kept
)
Index("ix_link_due_run", link.c.sync_id, link.c.due_run)
Index("ix_link_due_at", link.c.sync_id, link.c.due_at)
Index("ix_link_made_in", link.c.sync_id, link.c.made_in)

link_side = Table(
    "link_side",
    schema,
    _id("sync_id"),
    _id("link_id"),
    _id("side"),
    _text("contact_id"),
    _text("standing"),
    Column("version", Text),
    Column("modified_at", Instant),
    Column("observed_at", Instant),
    Column("own_version", Text),
    Column("own_at", Instant),
)
Index("ix_link_side_contact", link_side.c.sync_id, link_side.c.side, link_side.c.contact_id)
Index("ix_link_side_standing", link_side.c.sync_id, link_side.c.side, link_side.c.standing)

link_value = Table(
    "link_value",
    schema,
    _id("sync_id"),
    _id("link_id"),
    _id("side"),
    _sealed("base"),
    Column("seen", SealedText),  # null = all as base
    _sealed("ref"),
)

known = Table(
    "known",
    schema,
    _id("sync_id"),
    _id("side"),
    _id("contact_id"),
    Column("raw", BigInteger),
    Column("fingerprint", BigInteger),
    Column("link_id", Text),
    Column("tombstone", Boolean, nullable=False),
    _number("generation"),
    Column("due_run", BigInteger),
    Column("due_at", Instant),
    _number("attempts"),
    Column("first_seen_at", Instant),
    _sealed("ref"),
    _text("wish"),
)
Index("ix_known_due_run", known.c.sync_id, known.c.side, known.c.due_run)
Index("ix_known_due_at", known.c.sync_id, known.c.side, known.c.due_at)

key_hash = Table(
    "key_hash",
    schema,
    _id("sync_id"),
    _id("side"),
    _id("contact_id"),
    _id("match_key"),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    _number("hash"),
)
Index("ix_key_hash_hash", key_hash.c.sync_id, key_hash.c.match_key, key_hash.c.hash)

journal = Table(
    "journal",
    schema,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    _text("sync_id"),
    _text("op_key"),
    _text("run_id"),
    _text("account"),
    _text("side"),
    _text("verb"),
    Column("link_id", Text),
    _text("source_id"),
    _text("target_id"),
    _text("result_id"),  # target_id of the outcome
    _text("state"),
    Column("created", Boolean, nullable=False),
    Column("sent_at", Instant),
    Column("settled_at", Instant),
    Column("folded", Boolean, nullable=False),
    _number("listings"),
    _sealed("intent"),
    _sealed("outcome"),
    UniqueConstraint("sync_id", "op_key"),
)
Index("ix_journal_run", journal.c.sync_id, journal.c.run_id)
Index("ix_journal_folded", journal.c.sync_id, journal.c.folded)
Index("ix_journal_target", journal.c.sync_id, journal.c.side, journal.c.target_id)
Index("ix_journal_link", journal.c.sync_id, journal.c.link_id)
Index("ix_journal_result", journal.c.sync_id, journal.c.side, journal.c.result_id)

journal_key = Table(
    "journal_key",
    schema,
    _id("sync_id"),
    _id("op_key"),
    _id("match_key"),
    _id("hash"),
    _text("account"),
)
Index("ix_journal_key_hash", journal_key.c.account, journal_key.c.match_key, journal_key.c.hash)

hold = Table(
    "hold",
    schema,
    _id("sync_id"),
    _id("side"),
    _id("contact_id"),
    _id("reason"),
    _id("contact_field"),
    _sealed("detail"),
    Column("link_id", Text),
    _sealed("candidates"),
    Column("since", Instant, nullable=False),
)

conflict = Table(
    "conflict",
    schema,
    _id("sync_id"),
    _id("run_id"),
    _id("link_id"),
    _id("contact_field"),
    _id("rule"),
    Column("winner", Text),
    Column("left_value", SealedText),
    Column("right_value", SealedText),
    Column("base_left", SealedText),
    Column("base_right", SealedText),
    Column("noted_at", Instant, nullable=False),
)

verdict = Table(
    "verdict",
    schema,
    _id("sync_id"),
    _id("left_id"),
    _id("right_id"),
    Column("same", Boolean, nullable=False),
)

decision = Table(
    "decision",
    schema,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    _text("sync_id"),
    _text("run_id"),
    _text("made_by"),
    _text("what"),
    _text("answer"),
    _text("link_id"),
    _text("contact_field"),
    Column("made_at", Instant, nullable=False),
)

forgotten = Table(
    "forgotten",
    schema,
    _id("sync_id"),
    _id("kind"),
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    _text("person"),
    Column("since", Instant, nullable=False),
)

rewritten = Table(
    "rewritten",
    schema,
    _id("was"),  # sha256 of an artefact as a run handed it on
    _text("became"),
)

notice = Table(
    "notice",
    schema,
    _id("sync_id"),
    _id("notifier"),
    _id("event"),
    _id("subject"),
    _text("text"),
    Column("raised_at", Instant, nullable=False),
    Column("sent_at", Instant),
    _number("tries"),
    Column("tried_at", Instant),
)

approval = Table(
    "approval",
    schema,
    _id("sync_id"),
    _id("run_id"),
    _text("owner"),
    _text("plan_hash"),
    _text("plan_ref"),
    _number("actions"),
    Column("asked_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    _text("answer"),
    Column("answered_at", Instant),
    _text("answered_by"),
)

watched = Table(
    "watched",
    schema,
    _id("sync_id"),
    _text("spec"),
)

sync_lock = Table(
    "sync_lock",
    schema,
    _id("name"),
    Column("owner", Text),
    _number("fence"),
    Column("expires_at", Instant),
)

waiting = Table(
    "waiting",
    schema,
    _id("sync_id"),
    _id("owner"),
    _text("turn"),
    Column("seen_at", Instant, nullable=False),
)

account_lease = Table(
    "account_lease",
    schema,
    _id("name"),
    Column("owner", Text),
    _number("fence"),
    Column("expires_at", Instant),
)

claim = Table(
    "claim",
    schema,
    _id("sync_id"),
    _id("run_id"),
    _id("side"),
    _number("number"),
    _number("fence"),
)

rate = Table(
    "rate",
    schema,
    _id("account"),
    _text("windows"),
    Column("blocked_until", Instant),
)

token = Table(
    "token",
    schema,
    _id("fingerprint"),  # of the credentials entered: connections that hold the same ones share their tokens
    _text("connection"),
    Column("sealed", Text),
    Column("rotated", Boolean, nullable=False),  # holds a refresh token that replaced the entered one
    Column("stored_at", Instant),
    Column("refresher", Text),
    Column("refresh_until", Instant),
)

metadata = Table(
    "metadata",
    schema,
    _id("account"),
    _id("name"),
    _sealed("value"),
    Column("kept_at", Instant, nullable=False),
)

SHARED = frozenset({"rate", "token", "metadata"})
"""Tables that belong to accounts and may be written by any run: `dump` leaves them out."""
