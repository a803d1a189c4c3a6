"""Where the plan of a run lies, so that it can be shown, and let pass, later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; of runs of before nobody knows it."""
    with op.batch_alter_table("run") as table:
        table.add_column(sa.Column("plan_ref", sa.Text(), nullable=False, server_default=""))
