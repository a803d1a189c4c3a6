"""Which run made a link: what undoing that run takes back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of links of before nobody knows."""
    op.add_column("link", sa.Column("made_in", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("link") as batch:
        batch.alter_column("made_in", existing_type=sa.Text(), existing_nullable=False, server_default=None)
    op.create_index("ix_link_made_in", "link", ["sync_id", "made_in"])
