"""What a link remembers of rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Links of before have entered no rule."""
    op.add_column("link", sa.Column("rules", sa.Text(), nullable=False, server_default="{}"))
    with op.batch_alter_table("link") as batch:
        batch.alter_column("rules", existing_type=sa.Text(), existing_nullable=False, server_default=None)
