"""The cases of this folder run on an Airflow with the CeleryExecutor."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from ledger_servers import PostgresServer
from scaled_out import ScaledOut


@pytest.fixture(scope="session")
def airflow(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScaledOut]:
    """Starts in about half a minute; nothing of it is left afterwards."""
    if not shutil.which("redis-server"):
        pytest.fail("redis-server is not installed: apt-get install redis-server")
    folder = tmp_path_factory.mktemp("airflow")
    before = dict(os.environ)
    os.environ["PYTHONPATH"] = str(folder / "policies")
    real = ScaledOut(folder, *(postgres_server.new_database() for _ in range(2)))
    os.environ.update(real.variables())
    try:
        real.start()
        yield real
    finally:
        real.stop()
        os.environ.clear()
        os.environ.update(before)
