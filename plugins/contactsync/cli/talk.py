"""Where logs of a command go: to stderr, so that stdout is the command's own answer (--json)."""

from __future__ import annotations

import logging
import sys


def log_to_stderr(*, verbose: bool) -> None:
    """Replace what importing Airflow has set up; call it once Airflow is imported."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("contactsync").setLevel(logging.INFO if verbose else logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.INFO if verbose else logging.WARNING)
    # Airflow finds fault with the underscore of a connection type; the type's name is what users know.
    logging.getLogger("airflow.models.connection").setLevel(logging.ERROR)
    logging.getLogger("airflow.models.connection.Connection").setLevel(logging.ERROR)
