"""The names that Airflow knows a sync by: DAG id, task ids, and the owner of a lock."""

from __future__ import annotations

from contactsync.model.spec import Side

DAG_PREFIX = "contactsync__"
HOUSEKEEPING = "housekeeping"  # ids that no sync may have: mapping.words.RESERVED_IDS
FRESHNESS = "freshness"
MANAGE = "manage"
OPEN = "open"
TRANSFORM = "transform"
RECONCILE = "reconcile"
REVIEW = "review"  # only where `approval` asks
RECORD = "record"


def dag_id_of(sync_id: str) -> str:
    """The DAG of a sync."""
    return f"{DAG_PREFIX}{sync_id}"


def extract_id(side: Side) -> str:
    """The task that reads a side."""
    return f"extract_{side}"


def load_id(side: Side) -> str:
    """The task that writes a side."""
    return f"load_{side}"


def owner_of(dag_id: str, run_id: str) -> str:
    """Who holds a sync's lock: a DAG run."""
    return f"{dag_id}:{run_id}"


def run_of(owner: str) -> tuple[str, str] | None:
    """The DAG id and run id behind an owner, None where it is no DAG run of ours (a CLI run)."""
    dag_id, _, run_id = owner.partition(":")
    return (dag_id, run_id) if dag_id.startswith(DAG_PREFIX) and run_id else None
