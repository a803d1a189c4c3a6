"""Airflow reads AIRFLOW_HOME when it is imported, so it is set here, before any test module is.

The servers that tests of many folders ask for are plugins.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

import pytest

pytest_plugins = ("ledger_servers", "radicale_server")

_HOME = tempfile.mkdtemp(prefix="contactsync-airflow-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ.update(
    {
        "AIRFLOW_HOME": _HOME,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__FERNET_KEY": "c2l4dGVlbi1ieXRlcy1zaXh0ZWVuLWJ5dGVzLXRlc3Q=",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db?timeout=60",
    }
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long form of slow proofs (make kill-matrix)")


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """True where slow proofs are asked for in their long form."""
    return bool(request.config.getoption("--full"))
