"""Which runs have lost their values to housekeeping."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; all that was there has its values."""
    with op.batch_alter_table("run") as table:
        table.add_column(sa.Column("trimmed", sa.Boolean(), nullable=False, server_default=sa.false()))
