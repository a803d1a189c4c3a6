"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: a ledger is never taken back to an older package."""
    _syncs()
    _locks()
    _links()
    _index()
    _journal()
    _holds()
    _accounts()


def _syncs() -> None:
    """A sync, its cursors and its runs."""
    op.create_table(
        "sync",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("accounts", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("union_reads", sa.BigInteger(), nullable=False),
        sa.Column("union_since", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("sync_id", name="pk_sync"),
    )
    op.create_table(
        "side_cursor",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("cursor_json", sa.Text(), nullable=True),
        sa.Column("complete_at", sa.String(27), nullable=True),
        sa.Column("read_at", sa.String(27), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "side", name="pk_side_cursor"),
    )
    op.create_table(
        "run",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27), nullable=True),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("applied_hash", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "run_id", name="pk_run"),
        sa.UniqueConstraint("sync_id", "seq", name="uq_run_sync_id_seq"),
    )


def _locks() -> None:
    """One writer per sync and per account."""
    op.create_table(
        "sync_lock",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_sync_lock"),
    )
    op.create_table(
        "account_lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_account_lease"),
    )
    op.create_table(
        "claim",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "run_id", "side", name="pk_claim"),
    )


def _links() -> None:
    """Links, apart from their values."""
    op.create_table(
        "link",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("scope_left", sa.Boolean(), nullable=False),
        sa.Column("scope_right", sa.Boolean(), nullable=False),
        sa.Column("due_run", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.String(27), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("apart", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "link_id", name="pk_link"),
    )
    op.create_index("ix_link_due_at", "link", ["sync_id", "due_at"], unique=False)
    op.create_index("ix_link_due_run", "link", ["sync_id", "due_run"], unique=False)
    op.create_table(
        "link_side",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("modified_at", sa.String(27), nullable=True),
        sa.Column("observed_at", sa.String(27), nullable=True),
        sa.Column("own_version", sa.Text(), nullable=True),
        sa.Column("own_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("sync_id", "link_id", "side", name="pk_link_side"),
    )
    op.create_index("ix_link_side_contact", "link_side", ["sync_id", "side", "contact_id"], unique=False)
    op.create_index("ix_link_side_standing", "link_side", ["sync_id", "side", "standing"], unique=False)
    op.create_table(
        "link_value",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=True),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "link_id", "side", name="pk_link_value"),
    )


def _index() -> None:
    """The key index."""
    op.create_table(
        "known",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("raw", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", sa.BigInteger(), nullable=True),
        sa.Column("link_id", sa.Text(), nullable=True),
        sa.Column("tombstone", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("due_run", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.String(27), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.String(27), nullable=True),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "side", "contact_id", name="pk_known"),
    )
    op.create_index("ix_known_due_at", "known", ["sync_id", "side", "due_at"], unique=False)
    op.create_index("ix_known_due_run", "known", ["sync_id", "side", "due_run"], unique=False)
    op.create_table(
        "key_hash",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("match_key", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "side", "contact_id", "match_key", "ordinal", name="pk_key_hash"),
    )
    op.create_index("ix_key_hash_hash", "key_hash", ["sync_id", "match_key", "hash"], unique=False)


def _journal() -> None:
    """Actions and outcomes."""
    op.create_table(
        "journal",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("op_key", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("result_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.String(27), nullable=True),
        sa.Column("settled_at", sa.String(27), nullable=True),
        sa.Column("folded", sa.Boolean(), nullable=False),
        sa.Column("listings", sa.BigInteger(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_journal"),
        sa.UniqueConstraint("sync_id", "op_key", name="uq_journal_sync_id_op_key"),
    )
    op.create_index("ix_journal_folded", "journal", ["sync_id", "folded"], unique=False)
    op.create_index("ix_journal_link", "journal", ["sync_id", "link_id"], unique=False)
    op.create_index("ix_journal_result", "journal", ["sync_id", "side", "result_id"], unique=False)
    op.create_index("ix_journal_run", "journal", ["sync_id", "run_id"], unique=False)
    op.create_index("ix_journal_target", "journal", ["sync_id", "side", "target_id"], unique=False)
    op.create_table(
        "journal_key",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("op_key", sa.String(), nullable=False),
        sa.Column("match_key", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "op_key", "match_key", "hash", name="pk_journal_key"),
    )
    op.create_index("ix_journal_key_hash", "journal_key", ["account", "match_key", "hash"], unique=False)


def _holds() -> None:
    """What waits for a person, and the values that lost."""
    op.create_table(
        "hold",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("contact_field", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Text(), nullable=True),
        sa.Column("candidates", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "side", "contact_id", "reason", "contact_field", name="pk_hold"),
    )
    op.create_table(
        "conflict",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("contact_field", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("winner", sa.Text(), nullable=True),
        sa.Column("left_value", sa.Text(), nullable=True),
        sa.Column("right_value", sa.Text(), nullable=True),
        sa.Column("base_left", sa.Text(), nullable=True),
        sa.Column("base_right", sa.Text(), nullable=True),
        sa.Column("noted_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "run_id", "link_id", "contact_field", "rule", name="pk_conflict"),
    )


def _accounts() -> None:
    """What belongs to accounts, not to a sync."""
    op.create_table(
        "rate",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("windows", sa.Text(), nullable=False),
        sa.Column("blocked_until", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("account", name="pk_rate"),
    )
    op.create_table(
        "token",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("refresher", sa.Text(), nullable=True),
        sa.Column("refresh_until", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("connection", name="pk_token"),
    )
    op.create_table(
        "metadata",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="pk_metadata"),
    )
