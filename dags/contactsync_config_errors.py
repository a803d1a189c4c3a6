"""Holds no dag: raises one error that lists every broken sync file, so that Airflow shows it and the others run."""

from __future__ import annotations

from contactsync.orchestration.dag_folder import raise_what_is_broken

raise_what_is_broken(__file__)
