"""What a meter hears of an account: every answer, and waits for its limits alone."""

from __future__ import annotations

import pytest
import requests
from contactsync.errors import OutcomeUnknown
from contactsync.rest.metering import Meter, metered
from contactsync.rest.session import Api

from .conftest import answer, drop


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def api(server, services, meter) -> Api:
    return Api(requests.Session(), metered(services, meter), base_url=server.url, account="acc")


def test_answers_are_counted_whatever_they_say_and_what_never_came_is_not(server, api, meter):
    server.will(answer(503), drop, answer(404), answer(200, "{}"))
    api.read("GET", "contacts")
    api.write("POST", "contacts")
    assert (meter.calls, meter.waited) == (3, 0.0)


def test_waits_for_the_budget_and_after_a_429_count_and_other_pauses_do_not(server, api, meter, time, budget):
    budget.waits.extend([2.0, 0.5])
    server.will(answer(429, Retry_After="7"), answer(503), answer(200, "{}"))
    api.read("GET", "contacts")
    assert meter.waited == 9.5
    assert sum(time.slept) > 9.5
    assert meter.calls == 3


def test_of_many_tries_a_person_reads_the_first_few(server, api, caplog):
    caplog.set_level("INFO", "contactsync")
    for _ in range(8):
        server.will(answer(503), answer(503), answer(200, "{}"))
        api.read("GET", "contacts")
        server.will(answer(503))
        with pytest.raises(OutcomeUnknown):
            api.write("POST", "contacts")
    assert len([record for record in caplog.records if "Try" in record.getMessage()]) == 5
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 5
