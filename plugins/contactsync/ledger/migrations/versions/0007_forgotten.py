"""Who was forgotten, and artefacts that were rewritten to that end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two new tables; what was there stays."""
    op.create_table(
        "forgotten",
        sa.Column("sync_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("sync_id", "kind", "hash", name="pk_forgotten"),
    )
    op.create_table(
        "rewritten",
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("became", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("was", name="pk_rewritten"),
    )
