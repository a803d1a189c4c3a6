"""The probe of a Google account: which assumptions hold, and that nothing is left of its throw-away contact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from contactsync.apps.base import Access
from contactsync.apps.google_contacts import GoogleContacts
from contactsync.model.probe import Verdict
from contactsync.rest.services import MemoryMetadata, Services
from contactsync.sandbox.knobs import Fault, Trouble
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, USER, PeopleSandbox
from contactsync.sandbox.people_knobs import PeopleKnobs
from local_accounts import Clock
from probes import all_hold, probed, refuted, untold

CREATE, UPDATE, DELETE = (f"people:batch{verb}Contacts$" for verb in ("Create", "Update", "Delete"))
NUMBER = 12
MORE = 1000  # more than a page


@pytest.fixture
def google(clock: Clock) -> Iterator[PeopleSandbox]:
    """As users of the live API report it: quotas, lag, and listings whose etags are refused."""
    with PeopleSandbox(knobs=PeopleKnobs.documented(), clock=clock) as running:
        running.load(USER, drafts(NUMBER))
        clock.wait(600)
        yield running


def drafts(number: int) -> Iterator[dict[str, Any]]:
    return ({"names": [{"givenName": "Uma", "familyName": f"Muster{n}"}]} for n in range(number))


def app_of(google: PeopleSandbox, clock: Clock, sleep: Any = None, **options: Any) -> GoogleContacts:
    credentials = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
        "host": google.url,
        "token_url": google.token_uri,
    }
    services = Services(
        metadata=MemoryMetadata(), clock=lambda: datetime.fromtimestamp(clock(), UTC), sleep=sleep or clock.wait
    )
    access = Access("alex", credentials, requests.Session(), services)
    return GoogleContacts(access, GoogleContacts.Options(**options))


def everything(google: PeopleSandbox) -> list[tuple[str, str]]:
    """Names, and when each was written last."""
    with google.lock:
        shown = google.contacts()
    return sorted((c["resourceName"], c["metadata"]["sources"][0]["updateTime"]) for c in shown)


def test_every_assumption_holds_where_all_is_as_reported(google: PeopleSandbox, clock: Clock) -> None:
    google.load(USER, drafts(MORE))
    before = everything(google)

    found = probed(app_of(google, clock), write=True)

    assert all_hold(found), [found[i] for i in untold(found) | refuted(found)]
    assert {"quota", "listed_etag", "batch_details", "unknown_token", "other_fields", "removed"} <= found.keys()
    assert everything(google) == before
    assert google.counters.throttled == 0


def test_without_write_nothing_is_written(google: PeopleSandbox, clock: Clock) -> None:
    found = probed(app_of(google, clock))

    assert not refuted(found)
    assert untold(found) == {"page_size"}, "12 contacts do not tell"
    assert google.counters.writes == 0
    assert found["create"].verdict is Verdict.UNCHECKED
    assert "--write" in found["create"].seen


@pytest.mark.parametrize(
    ("knobs", "ids"),
    [
        ({"page_most": 5}, {"page_size"}),
        ({"faults": [Fault(Trouble.TRUNCATED_LISTING, "GET", "/connections", times=0, keep=9, true_total=True)]},
         {"total", "page_size"}),
        ({"check_sync_tokens": False}, {"other_fields", "unknown_token"}),
        ({"sync_token_seconds": -1.0}, {"delta"}),
        ({"vary_source_etags": True}, {"source_etag"}),
        ({"long_get": False}, {"long_get"}),
        ({"unknown_spoils": True}, {"unknown_person"}),
        ({"reads_per_minute": 60}, {"quota"}),
    ],
)  # fmt: skip
def test_what_is_otherwise_is_found_by_reading(
    google: PeopleSandbox, clock: Clock, knobs: dict[str, Any], ids: set[str]
) -> None:
    before = everything(google)
    google.knobs.update(knobs)

    found = probed(app_of(google, clock))

    assert ids <= refuted(found), [found[i] for i in ids]
    assert all(found[one].remedy for one in ids)
    assert everything(google) == before


def test_items_of_profiles_are_told_apart(google: PeopleSandbox, clock: Clock) -> None:
    made = google.add_contact({"names": [{"givenName": "Bo"}]})
    google.account().link_profile(made["resourceName"], {"names": [{"givenName": "Bo"}]})
    assert "own_items" not in refuted(probed(app_of(google, clock)))


@pytest.mark.parametrize(
    ("knobs", "ids"),
    [
        ({"refuse_list_etags": False}, {"listed_etag"}),
        ({"check_etags": False}, {"stale", "listed_etag"}),
        ({"name_failed": False}, {"batch_details", "stale_details"}),
        ({"one_name": False}, {"batch_details"}),
        ({"keep_client_data": False}, {"create_answer", "marker"}),
        ({"lag_seconds": 1000}, {"delta_lag", "deleted_delta"}),
        ({"capacity": NUMBER}, {"create"}),
    ],
)
def test_what_is_otherwise_is_found_by_writing_and_undone(
    google: PeopleSandbox, clock: Clock, knobs: dict[str, Any], ids: set[str]
) -> None:
    before = everything(google)
    google.knobs.update(knobs)

    found = probed(app_of(google, clock), write=True)

    assert ids <= refuted(found), [found[i] for i in ids]
    assert found["removed"].verdict is Verdict.HOLDS
    assert everything(google) == before


@pytest.mark.parametrize("status", ["INVALID_ARGUMENT", "FAILED_PRECONDITION"])
@pytest.mark.parametrize("code", [400, 410])
def test_an_expired_token_is_told_as_such_whatever_its_status(
    google: PeopleSandbox, clock: Clock, code: int, status: str
) -> None:
    """And the connector reads everything anew: see test_google_sandbox."""
    google.knobs.update({"expired_code": code, "expired_status": status, "sync_token_seconds": -1.0})
    found = probed(app_of(google, clock))
    assert f"HTTP {code} {status} EXPIRED_SYNC_TOKEN" in found["delta"].seen


def test_an_empty_account_tells_little_and_refutes_nothing(clock: Clock) -> None:
    with PeopleSandbox(knobs=PeopleKnobs.documented(), clock=clock) as empty:
        found = probed(app_of(empty, clock), write=True)
        assert not refuted(found)
        assert {"page_size", "sources", "quota"} <= untold(found)
        assert found["stale"].verdict is Verdict.HOLDS
        assert empty.contacts() == []


# ---- the throw-away contact goes, whatever happens


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Trouble.ERROR_AFTER, "POST", CREATE),
        Fault(Trouble.DROP_AFTER, "POST", CREATE),
        Fault(Trouble.ERROR_BEFORE, "POST", UPDATE, times=0),
        Fault(Trouble.HTML_PAGE, "GET", "batchGet", nth=6, times=3),
        Fault(Trouble.ERROR_AFTER, "POST", DELETE),
        Fault(Trouble.DROP_BEFORE, "POST", DELETE),
        Fault(Trouble.ERROR_BEFORE, "POST", DELETE, times=2, status=403),
    ],
    ids=str,
)
def test_the_contact_is_deleted_after_a_failure(google: PeopleSandbox, clock: Clock, fault: Fault) -> None:
    google.knobs.update({"lag_seconds": 0.0})
    google.knobs.faults.append(fault)

    found = probed(app_of(google, clock), write=True)

    assert found["removed"].verdict is Verdict.HOLDS, found["removed"]
    assert len(google.contacts()) == NUMBER


def test_a_create_without_an_answer_that_nobody_shows_yet_is_told(
    google: PeopleSandbox, clock: Clock, caplog: Any
) -> None:
    google.knobs.faults.append(Fault(Trouble.ERROR_AFTER, "POST", CREATE))
    google.knobs.update({"lag_seconds": 3000.0})

    found = probed(app_of(google, clock), write=True)

    [left] = [c for c in google.contacts() if c["names"][0]["givenName"] == "Contactsync"]
    assert found["removed"].verdict is Verdict.REFUTED
    assert left["emailAddresses"][0]["value"] in found["removed"].seen
    assert left["emailAddresses"][0]["value"] in caplog.text


def test_the_name_is_told_where_the_deletion_fails(google: PeopleSandbox, clock: Clock, caplog: Any) -> None:
    google.knobs.faults.append(Fault(Trouble.ERROR_BEFORE, "POST", DELETE, times=0, status=403))

    found = probed(app_of(google, clock), write=True)

    [left] = [c["resourceName"] for c in google.contacts() if c["names"][0]["givenName"] == "Contactsync"]
    assert found["removed"].verdict is Verdict.REFUTED
    assert left in found["removed"].seen
    assert left in caplog.text


def test_an_interrupted_probe_deletes_its_contact(google: PeopleSandbox, clock: Clock) -> None:
    def interrupt(seconds: float) -> None:
        if google.counters.writes:
            raise KeyboardInterrupt
        clock.wait(seconds)

    with pytest.raises(KeyboardInterrupt):
        list(app_of(google, clock, sleep=interrupt).probe(write=True))

    assert len(google.contacts()) == NUMBER


def test_findings_hold_no_contact_data_and_no_secret(google: PeopleSandbox, clock: Clock) -> None:
    google.knobs.update({"one_name": False, "unknown_spoils": True})

    told = " ".join(f"{f.seen} {f.remedy}" for f in probed(app_of(google, clock), write=True).values())

    assert "uster" not in told
    assert "uma" not in told.casefold()
    assert not [secret for secret in (CLIENT_SECRET, REFRESH_TOKEN, *google.desk.access) if secret in told]
