"""Where Airflow keeps its files: ledger and artefacts lie there unless the project says otherwise."""

from __future__ import annotations

import os
from pathlib import Path


def airflow_home() -> Path:
    """AIRFLOW_HOME by Airflow's own rule, without importing Airflow."""
    return Path(os.path.expandvars(os.environ.get("AIRFLOW_HOME", "~/airflow"))).expanduser()


def contactsync_home() -> Path:
    """Our folder in there."""
    return airflow_home() / "contactsync"
