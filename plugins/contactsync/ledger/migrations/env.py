"""Runs the revisions in the transaction of `migrate.upgrade`, which alone commits."""

from __future__ import annotations

from alembic import context

from contactsync.ledger.migrate import VERSION_TABLE
from contactsync.ledger.tables import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
