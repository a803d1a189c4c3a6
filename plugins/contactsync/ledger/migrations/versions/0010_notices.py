"""Alerts that were told, and the syncs that are watched for being stale."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two new tables; nothing was told before."""
    op.create_table(
        "notice",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("notifier", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.String(27), nullable=False),
        sa.Column("sent_at", sa.String(27)),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.String(27)),
        sa.PrimaryKeyConstraint("sync_id", "notifier", "event", "subject", name="pk_notice"),
    )
    op.create_table(
        "watched",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", name="pk_watched"),
    )
