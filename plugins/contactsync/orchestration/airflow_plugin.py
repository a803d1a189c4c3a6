"""What contactsync adds to Airflow's own API server. Airflow finds it by the entry point `airflow.plugins`."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from contactsync.orchestration import absent_pools
from contactsync.orchestration.blank_port import BlankPort


class ContactsyncPlugin(AirflowPlugin):
    """One middleware, one listener; connection types come by contactsync/provider.py, DAGs by the DAG folder."""

    name = "contactsync"
    fastapi_root_middlewares: list[dict[str, Any]] = [  # noqa: RUF012 - as the base class has it
        {"name": "contactsync: the Test button of connections without a port", "middleware": BlankPort}
    ]
    listeners = [absent_pools]  # noqa: RUF012
