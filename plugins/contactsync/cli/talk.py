"""Where a command's words go: its answer to stdout, what is logged to stderr (--json stays clean)."""

from __future__ import annotations

import logging
import os
import sys

from rich.console import Console

_WIDTH = 200  # of tables in a pipe or a log, where nobody can widen the window


def console() -> Console:
    """Prints tables as wide as the terminal, or wide enough to show ids whole where there is none."""
    found = Console(soft_wrap=True)
    return found if found.is_terminal or "COLUMNS" in os.environ else Console(soft_wrap=True, width=_WIDTH)


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
