"""What a backfill run has read, so that others of the same interval need not read it again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; runs of before have read nothing that spares others."""
    with op.batch_alter_table("run") as table:
        table.add_column(sa.Column("reads", sa.Text(), nullable=False, server_default="{}"))
