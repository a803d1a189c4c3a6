"""What persons decided: of one contact or link, of two contacts, and the record of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: a ledger is never taken back to an older package."""
    for table in ("link", "known"):
        op.add_column(table, sa.Column("wish", sa.Text(), nullable=False, server_default=""))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("wish", existing_type=sa.Text(), existing_nullable=False, server_default=None)
    op.create_table(
        "verdict",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("left_id", sa.String(), nullable=False),
        sa.Column("right_id", sa.String(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "left_id", "right_id", name="pk_verdict"),
    )
    op.create_table(
        "decision",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("sync_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("contact_field", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_decision"),
    )
