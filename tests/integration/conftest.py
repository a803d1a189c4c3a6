"""One clock for a local account and this side."""

from __future__ import annotations

import pytest
from contactsync.rest.services import Services
from local_accounts import Clock, services_at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def services(clock: Clock) -> Services:
    return services_at(clock)
