"""Every test here that asks for `bench` runs once for every bench: a fresh account a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from app_bench import Bench, Grounds
from benches import BENCHES
from contactsync.apps.base import App


@pytest.fixture(scope="session")
def grounds() -> Iterator[Grounds]:
    made = Grounds()
    with made.stack:
        yield made


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, grounds: Grounds) -> Iterator[Bench]:
    made = BENCHES[request.param](grounds)
    with made.stack:
        yield made


@pytest.fixture
def app(bench: Bench) -> App:
    return bench.app()
