"""The cases of this folder run on an Airflow with the CeleryExecutor."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from ledger_servers import PostgresServer
from real_airflow import running
from scaled_out import ScaledOut


@pytest.fixture(scope="session")
def airflow(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScaledOut]:
    """Starts in about half a minute; nothing of it is left afterwards."""
    if not shutil.which("redis-server"):
        pytest.fail("redis-server is not installed: apt-get install redis-server")
    folder = tmp_path_factory.mktemp("airflow")
    databases = [postgres_server.new_database() for _ in range(2)]
    with running(folder, lambda: ScaledOut(folder, *databases)) as real:
        yield real
