"""Tokens go by the fingerprint of the credentials entered, not by the connection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Stored tokens stay; whether one of them replaced the one entered is not known, so all count as such."""
    stored = sa.text("SELECT fingerprint, connection, sealed FROM token WHERE sealed IS NOT NULL ORDER BY connection")
    rows = {row.fingerprint: {**row._mapping, "rotated": True} for row in op.get_bind().execute(stored)}
    op.drop_table("token")
    token = op.create_table(
        "token",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("rotated", sa.Boolean(), nullable=False),
        sa.Column("stored_at", sa.String(27), nullable=True),
        sa.Column("refresher", sa.Text(), nullable=True),
        sa.Column("refresh_until", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_token"),
    )
    op.bulk_insert(token, list(rows.values()))
