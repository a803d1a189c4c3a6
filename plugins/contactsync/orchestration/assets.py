"""Accounts as Airflow's assets: what a sync reads and writes, so that other DAGs can run after it.

An account is known by its app and its Airflow connection: both stand in the sync's file, so nobody is asked while DAGs
are parsed, and neither is a secret or anything of a contact. Two syncs of one connection share the asset.
"""

from __future__ import annotations

import functools
from urllib.parse import quote

from airflow.sdk import Asset

from contactsync.model.spec import SideSpec

SCHEME = "x-contactsync"  # Airflow leaves addresses of schemes in x- as they are, and asks no provider about them


def account_asset(side: SideSpec) -> Asset:
    """The asset of the account behind a side of a sync."""
    return _asset(side.app, side.connection)


@functools.cache
def _asset(app: str, connection: str) -> Asset:
    """Name and address are the same text: Airflow disables an asset of which another DAG knows a different pair."""
    return Asset(f"{SCHEME}://{app}/{quote(connection, safe='')}")
