"""contactsync: keeps contacts equal between two apps, both ways, as generated Airflow DAGs."""

from __future__ import annotations
