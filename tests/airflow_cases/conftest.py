"""One real Airflow for all cases: LocalExecutor, PostgreSQL for its metadata and for the ledger.

A case spends most of its time waiting for the scheduler, so several of those that were chosen run at once, each with a
sync of its own; the first test starts them, and each test then waits for its own. What stops a server that all share
has an Airflow for itself (`alone`).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from alone import Alone
from ledger_servers import PostgresServer
from real_airflow import RealAirflow, running

AT_ONCE = 6  # two cores run as many tasks as they can; the rest of the time is waiting
_HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def airflow(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealAirflow]:
    """Starts in about half a minute; nothing of it is left afterwards."""
    folder = tmp_path_factory.mktemp("airflow")
    databases = [postgres_server.new_database() for _ in range(2)]
    with running(folder, lambda: RealAirflow(folder, *databases)) as real:
        yield real


@pytest.fixture(scope="session")
def alone(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """One more, for tests that stop what all share; they come last, one after the other."""
    folder = tmp_path_factory.mktemp("alone")
    databases = [postgres_server.new_database() for _ in range(2)]
    with running(folder, lambda: Alone(folder, *databases)) as real:
        yield real


@pytest.fixture(scope="session")
def started(airflow: RealAirflow, request: pytest.FixtureRequest) -> Iterator[dict[str, Future[None]]]:
    """The cases that were chosen, all under way: test id -> its end."""
    chosen = [item for item in request.session.items if _is_case(item)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            yield {item.nodeid: pool.submit(item.obj, airflow) for item in chosen}
        finally:
            airflow.over.set()
            pool.shutdown(cancel_futures=True)


@pytest.fixture(autouse=True)
def case(request: pytest.FixtureRequest) -> Future[None] | None:
    """How this test's case ends."""
    if not _is_case(request.node):
        return None
    started: dict[str, Future[None]] = request.getfixturevalue("started")
    return started[request.node.nodeid]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that need an Airflow for themselves when all others have ended."""
    items.sort(key=lambda item: isinstance(item, pytest.Function) and "alone" in item.fixturenames)


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Wait for the case instead of running it once more."""
    if not _is_case(pyfuncitem):
        return None
    pyfuncitem.funcargs["case"].result()
    return True


def _is_case(item: pytest.Item) -> bool:
    mine = isinstance(item, pytest.Function) and item.path.is_relative_to(_HERE)
    return mine and "alone" not in item.fixturenames
