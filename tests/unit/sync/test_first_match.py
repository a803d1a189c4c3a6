"""What the report of a first run counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from contactsync.model.app import Adopt, Batch, Capabilities, Check, Deletes, Rate, Window
from contactsync.model.exchange import Verb
from contactsync.model.match_report import FieldReport
from contactsync.model.plan import Bucket, Counted, Hold, HoldReason, Plan
from contactsync.sync.first_match import calls_for, differing, field_reports, hours_for, side_report
from factories import LEFT, RIGHT, a_link, a_side, an_intent, both


def capabilities(**changes: Any) -> Capabilities:
    given: dict[str, Any] = {
        "page_size": 100,
        "batch": Batch(create=2, update=5, delete=1, fetch=3, find=0),
        "check": Check.VERSION,
        "adopt": Adopt.MARKER,
        "returns_record": True,
        "deletes": Deletes.FEED,
        "window": Window.NONE,
        "lag": timedelta(0),
        "granularity": timedelta(seconds=1),
        "rates": (Rate(10, 1), Rate(3600, 3600)),
    }
    return Capabilities(**{**given, **changes})


LINKS = [a_link(a_side(f"l{n}"), a_side(f"r{n}"), id=f"link-{n}") for n in (1, 2)]
CREATES = [an_intent(RIGHT, Verb.CREATE, key=f"c{n}", link_id=None, source_id=f"new{n}") for n in range(3)]
BACK = an_intent(LEFT, Verb.CREATE, key="back", link_id=None, source_id="only")


def test_one_side_in_contacts() -> None:
    plan = Plan(
        intents=[*CREATES, BACK],
        links=LINKS,
        holds=[
            Hold(LEFT, "a1", HoldReason.AMBIGUOUS),
            Hold(LEFT, "a1", HoldReason.AMBIGUOUS, detail="the other way too"),
            Hold(LEFT, "k1", HoldReason.NO_KEY),
            Hold(LEFT, "k2", HoldReason.NO_KEY),
            Hold(LEFT, "t1", HoldReason.TOO_LONG),
            Hold(LEFT, "l1", HoldReason.CONFLICT, link_id="link-1"),
            Hold(RIGHT, "a9", HoldReason.AMBIGUOUS),
        ],
        counted=[
            Counted(LEFT, "out", Bucket.SKIPPED),
            Counted(LEFT, "l2", Bucket.SKIPPED),
            Counted(RIGHT, "r9", Bucket.SKIPPED),
            Counted(LEFT, "a1", Bucket.HELD),
        ],
    )
    report = side_report(plan, LEFT, 9, capabilities(capacity=25), 0.5)
    assert (report.read, report.linked, report.creates, report.only_here) == (9, 2, 3, 4)
    assert (report.ambiguous, report.without_key, report.held) == (1, 2, {"too long": 1})
    assert (report.made, report.capacity, report.calls) == (1, 25, 1)
    assert report.hours == pytest.approx(2 / 3600)
    assert side_report(plan, RIGHT, 9, capabilities(), 0.5).made == 3


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ({}, 2 + 2 + 3),
        ({"check": Check.DELTA}, 2 + 2 + 3 + 1),
        ({"check": Check.FETCH}, 2 + 2 + 3 + 3),
        ({"check": Check.FETCHED_VERSION}, 2 + 2 + 3 + 3),
        ({"returns_record": False}, 2 + 2 + 3 + 3),
        ({"batch": Batch(create=2, update=5, delete=1, fetch=3, find=1)}, 2 + 2 + 3 + 3),
        ({"batch": Batch(create=0, update=0, delete=0)}, 3 + 6 + 3),
    ],
)
def test_requests_are_counted_in_the_batches_that_the_app_takes(changes: dict[str, Any], calls: int) -> None:
    updates = [an_intent(RIGHT, key=f"u{n}") for n in range(6)]
    deletes = [an_intent(RIGHT, Verb.DELETE, key=f"d{n}") for n in range(3)]
    plan = Plan(intents=[*CREATES, *updates, *deletes, BACK])
    assert calls_for(plan, RIGHT, capabilities(**changes)) == calls
    assert calls_for(Plan(), RIGHT, capabilities(**changes)) == 0


@pytest.mark.parametrize(
    ("rates", "hours"), [((Rate(10, 1), Rate(1000, 3600)), 2.0), ((Rate(10, 1),), 1000 / 5 / 3600), ((), 0.0)]
)
def test_the_slowest_limit_says_how_long_it_takes(rates: tuple[Rate, ...], hours: float) -> None:
    assert hours_for(1000, capabilities(rates=rates), 0.5) == pytest.approx(hours)


DIFFERENT = Plan(
    intents=[
        an_intent(RIGHT, source_id="l1", target_id="r1", patch={"company": "A", "notes": "n"}, before={"company": "B"}),
        an_intent(LEFT, key="k2", source_id="r2", target_id="l2", link_id="link-2", patch={"company": "C"}),
        an_intent(RIGHT, key="k3", link_id="link-2", patch={"tags": "x"}, acts={"tags": "a rule"}),
        an_intent(RIGHT, Verb.CREATE, key="k4", link_id=None, patch={"company": "D"}),
    ],
    links=LINKS,
    holds=[
        Hold(LEFT, "l1", HoldReason.CONFLICT, link_id="link-1", field="job_title"),
        Hold(RIGHT, "r1", HoldReason.CONFLICT, link_id="link-1", field="job_title"),
        Hold(LEFT, "l2", HoldReason.CONFLICT, link_id="link-2", field="job_title"),
        Hold(LEFT, "l9", HoldReason.CONFLICT, link_id="link-9", field="birthday"),
        Hold(LEFT, "l1", HoldReason.MERGED, link_id="link-1"),
    ],
)


def test_fields_that_differ_by_what_becomes_of_them() -> None:
    assert field_reports(DIFFERENT) == {
        "birthday": FieldReport(both(0, 0), both(0, 0), 1),
        "company": FieldReport(both(1, 0), both(1, 0), 0),
        "job_title": FieldReport(both(0, 0), both(0, 0), 2),
        "notes": FieldReport(both(0, 1), both(0, 0), 0),
    }
    assert field_reports(DIFFERENT)["company"].differs == 2


def test_the_fields_in_which_a_contact_and_its_partner_differ() -> None:
    found = {contact: fields for contact, fields in differing(DIFFERENT).items() if fields}
    assert found == {
        (LEFT, "l1"): {"company", "notes", "job_title"},
        (RIGHT, "r1"): {"company", "notes", "job_title"},
        (LEFT, "l2"): {"company", "job_title"},
        (RIGHT, "r2"): {"company", "job_title"},
    }
