"""A sync without a counter of its own: the number of its newest run is that counter."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing read it."""
    with op.batch_alter_table("sync") as batch:
        batch.drop_column("counter")
