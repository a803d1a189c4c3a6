"""The probe of a Freshsales account: which assumptions hold, and that nothing is left of its throw-away contact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from contactsync.apps.base import Access
from contactsync.apps.freshsales import Freshsales
from contactsync.model.probe import Verdict
from contactsync.rest.services import MemoryMetadata, Services
from contactsync.sandbox.freshsales import FreshsalesKnobs, FreshsalesSandbox
from contactsync.sandbox.server import Fault, Trouble
from probes import all_hold, probed, refuted, untold

START = 1_690_000_000.0
MADE = r"/contacts$"


class Clock:
    """The time of the account and of this side."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[FreshsalesSandbox]:
    """130 contacts changed at 130 times of two days, and two more in the Recycle Bin."""
    with FreshsalesSandbox(clock=clock, knobs=FreshsalesKnobs(per_hour=100_000)) as running:
        for number in range(132):
            made = running.add_contact({"last_name": f"Muster{number}", "emails": [f"m{number}@muster.example"]})
            clock.time += 1200
            if number > 129:
                running.delete_contact(str(made["id"]))
        clock.time += 60
        running.edit_contact(str(running.contacts()[0]["id"]), {"last_contacted": stamp(clock.time)})
        running.reset_counters()
        yield running


def app_of(sandbox: FreshsalesSandbox, clock: Clock, place: str = "/crm/sales/api", **options: Any) -> Freshsales:
    services = Services(
        metadata=MemoryMetadata(), clock=lambda: datetime.fromtimestamp(clock(), UTC), sleep=clock.sleep
    )
    credentials = {"api_key": sandbox.api_key, "subdomain": sandbox.url + place}
    return Freshsales(Access("crm", credentials, requests.Session(), services), Freshsales.Options(**options))


def everything(sandbox: FreshsalesSandbox) -> str:
    with sandbox.lock:
        return json.dumps([sandbox.store.records, sorted(sandbox.store.deleted)], sort_keys=True, default=str)


@pytest.mark.parametrize("place", ["/api", "/crm/sales/api"])
def test_every_assumption_holds_where_all_is_as_documented(
    sandbox: FreshsalesSandbox, clock: Clock, place: str
) -> None:
    before = everything(sandbox)

    found = probed(app_of(sandbox, clock, place), write=True)

    classic = frozenset({"subscription"} if place == "/api" else ())
    assert all_hold(found, but=classic), untold(found) | refuted(found)
    assert {"removed", "custom", "operators", "reset_unit"} <= found.keys()
    assert everything(sandbox) == before


def test_without_write_nothing_is_written(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    found = probed(app_of(sandbox, clock))

    assert not refuted(found)
    assert sandbox.counters.writes == 0
    assert found["create"].verdict is Verdict.UNCHECKED
    assert "--write" in found["create"].seen


@pytest.mark.parametrize(
    ("knobs", "ids"),
    [
        ({"max_per_page": 50}, {"page_size", "page_cap"}),
        ({"max_per_page": 1000}, {"page_cap"}),
        ({"flat_listing": 200}, {"flat_listing"}),
        ({"sortable": False}, {"sorting"}),
        ({"search_by_day": True}, {"operators"}),
        ({"any_operator": True}, {"unknown_operator"}),
        ({"search_include": False}, {"search_owner"}),
        ({"search_omits_custom": True}, {"search_custom"}),
        ({"always_included": True}, {"associations"}),
        ({"bare_times": True}, {"times"}),
        ({"flavour": "classic"}, {"flavour"}),
        ({"per_hour": 500}, {"hourly_limit"}),
        ({"any_key": True}, {"wrong_key"}),
        ({"hidden": ["owner_id"]}, {"associations", "search_owner"}),
    ],
)
def test_what_is_otherwise_is_found_by_reading(
    sandbox: FreshsalesSandbox, clock: Clock, knobs: dict[str, Any], ids: set[str]
) -> None:
    sandbox.knobs.update(knobs)

    found = probed(app_of(sandbox, clock))

    assert ids <= refuted(found), "one fault may show in several of them"
    assert all(found[one].remedy for one in ids)
    assert sandbox.counters.writes == 0


@pytest.mark.parametrize(
    ("knobs", "ids"),
    [
        ({"create_status": 200}, {"create_status"}),
        ({"custom_replaced": True}, {"custom"}),
        ({"tags_move": False}, {"tags"}),
        ({"unique_emails": False}, {"unique_email"}),
        ({"error_list": False}, {"unique_email"}),
        ({"lag_seconds": 600}, {"search_lag", "view_lag", "lookup_lag", "deleted_in_bin"}),
        ({"required": ["mobile_number"]}, {"create"}),
        ({"flavour": "classic"}, {"flavour", "flags"}),
        ({"hidden": ["subscription_status"]}, {"subscription"}),
        ({"job_seconds": 600}, {"bulk_job"}),
    ],
)
def test_what_is_otherwise_is_found_by_writing_and_undone(
    sandbox: FreshsalesSandbox, clock: Clock, knobs: dict[str, Any], ids: set[str]
) -> None:
    before = everything(sandbox)
    sandbox.knobs.update(knobs)

    found = probed(app_of(sandbox, clock), write=True)

    assert ids <= refuted(found), "one fault may show in several of them"
    assert found["removed"].verdict is Verdict.HOLDS
    assert everything(sandbox) == before


def test_what_is_only_told_is_told(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    sandbox.knobs.job_seconds = 10

    found = probed(app_of(sandbox, clock), write=True)

    assert "taken of 12: is_in, is_not_in, contains, is_not_null" in found["unknown_operator"].seen
    assert found["subscription"].seen == "kept: 1, 2, 3, 4, 5"
    assert "IN_PROGRESS, SUCCESS" in found["bulk_job"].seen
    assert "errors.message: list" in found["unknown_id"].seen


def test_a_deleted_contact_may_also_answer_200(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    sandbox.knobs.update({"deleted_get": 200, "delete_body": ""})

    found = probed(app_of(sandbox, clock), write=True)

    assert not refuted(found)
    assert "is_deleted" in found["deleted_get"].seen
    assert "empty" in found["delete"].seen


def test_a_view_of_another_name_is_told_with_the_option(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    found = probed(app_of(sandbox, clock, view="Alle Kontakte"))

    assert "views" in refuted(found)
    assert "`view`" in found["views"].remedy
    assert found["owners"].verdict is Verdict.HOLDS  # the others go on


def test_what_moves_no_time_is_told_where_it_shows(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    assert "1 of 1" in probed(app_of(sandbox, clock))["derived"].seen
    sandbox.knobs.update({"derived_bumps": True})
    contacted = str(next(c["id"] for c in sandbox.contacts() if c["last_contacted"]))
    clock.time += 60
    sandbox.edit_contact(contacted, {"last_contacted": stamp(clock.time)})
    assert "derived" in untold(probed(app_of(sandbox, clock)))


def test_an_empty_account_tells_little_and_refutes_nothing(clock: Clock) -> None:
    with FreshsalesSandbox(clock=clock) as empty:
        found = probed(app_of(empty, clock), write=True)
        assert not refuted(found)
        assert {"page_size", "sorting", "operators", "reset_unit"} <= untold(found)
        assert not empty.store.records


# ---- the throw-away contact goes, whatever happens


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Trouble.DROP_AFTER, "POST", MADE),
        Fault(Trouble.ERROR_AFTER, "POST", MADE),
        Fault(Trouble.ERROR_BEFORE, "PUT", times=0),
        Fault(Trouble.HTML_PAGE, "GET", r"/contacts/\d+$", nth=2, times=3),
        Fault(Trouble.ERROR_AFTER, "DELETE"),
        Fault(Trouble.DROP_BEFORE, "DELETE"),
        Fault(Trouble.ERROR_BEFORE, "DELETE", times=2, status=403),
        Fault(Trouble.ERROR_BEFORE, "DELETE", r"forget", times=0, status=403),
    ],
    ids=str,
)
def test_the_contact_is_deleted_after_a_failure(sandbox: FreshsalesSandbox, clock: Clock, fault: Fault) -> None:
    sandbox.knobs.faults.append(fault)

    found = probed(app_of(sandbox, clock), write=True)

    assert found["removed"].verdict is Verdict.HOLDS
    assert len(sandbox.contacts()) == 130


def test_the_id_is_told_where_the_deletion_fails(sandbox: FreshsalesSandbox, clock: Clock, caplog: Any) -> None:
    sandbox.knobs.faults.append(Fault(Trouble.ERROR_BEFORE, "DELETE", times=0, status=403))

    found = probed(app_of(sandbox, clock), write=True)

    (left,) = {str(c["id"]) for c in sandbox.contacts() if c["first_name"] == "Contactsync"}
    assert found["removed"].verdict is Verdict.REFUTED
    assert left in found["removed"].seen
    assert left in caplog.text


def test_a_probe_that_is_broken_off_deletes_its_contact(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    running = app_of(sandbox, clock).probe(write=True)
    while next(running).id != "search_lag":
        pass
    assert len(sandbox.contacts()) == 131

    running.close()

    assert len(sandbox.contacts()) == 130


def test_an_interrupted_probe_deletes_its_contact(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    sandbox.knobs.lag_seconds = 600
    app = app_of(sandbox, clock)

    def interrupt(seconds: float) -> None:
        if sandbox.counters.writes:
            raise KeyboardInterrupt

    app = Freshsales(
        Access("crm", app.access.credentials, services=Services(sleep=interrupt, clock=app.access.services.clock)),
        app.options,
    )
    with pytest.raises(KeyboardInterrupt):
        list(app.probe(write=True))

    assert len(sandbox.contacts()) == 130


def test_a_spent_limit_ends_the_asking_early(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    sandbox.knobs.update({"per_hour": 5, "retry_after": "4000"})

    found = probed(app_of(sandbox, clock))

    assert not refuted(found)
    assert sandbox.counters.throttled == 2
    assert "not asked" in found["reset_unit"].seen


def test_findings_hold_no_contact_data_and_no_secret(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    app = app_of(sandbox, clock)
    sandbox.knobs.update({"required": ["mobile_number"], "search_omits_custom": True})

    told = " ".join(f"{f.seen} {f.remedy}" for f in probed(app, write=True).values())

    assert "uster" not in told.replace("contactsync-probe", "")
    assert sandbox.api_key not in told
