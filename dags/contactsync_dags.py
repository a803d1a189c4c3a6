"""Every sync file in include/mappings becomes one Airflow dag; a broken file becomes a dag that says what is wrong."""

from __future__ import annotations

from contactsync.orchestration.dag_folder import dags_beside

globals().update(dags_beside(__file__))
