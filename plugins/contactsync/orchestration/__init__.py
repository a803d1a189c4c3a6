"""Everything that knows Airflow: connections become apps, sync files become DAGs, stages become tasks."""

from __future__ import annotations
