"""The journal: planned first, settled after, kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from contactsync.contact import Element, encode
from contactsync.ledger.store import Ledger
from contactsync.model.exchange import State, Verb
from contactsync.model.ledger import FoldBatch, SyncRow
from contactsync.model.plan import Intent, JournalRow, Outcome
from contactsync.model.spec import Side
from ledger_rows import ACCOUNT, OWNER, RUN, SYNC, WHEN, a_lock, an_intent, nobody_ended, planned, sent
from ledger_servers import Clock

FULL_INTENT = Intent(
    key="full",
    side=Side.LEFT,
    verb=Verb.UPDATE,
    link_id="link-1",
    source_id="r1",
    target_id="l1",
    link_version=7,
    patch={"emails": encode([Element("ada@example.org", "Ada@example.org", "work", True)]), "notes": ""},
    before={"notes": "née \x00 \ud800"},
    source={"notes": ""},
    touched={"emails": ("ada@example.org",)},
    dropped={"emails": ("b@example.org", "c@example.org")},
    keys={"email": ("ada@example.org",)},
    undoes=("k7", "k3"),
    version='W/"1"',
    ref={"href": "/a.vcf", "card": ["x", 1, None, {"y": True}]},
    source_version="v",
    source_modified_at=WHEN,
    source_ref={"etag": "e"},
    source_observed_at=WHEN,
    observed_at=WHEN + timedelta(microseconds=1),
    reason="newest",
)
FULL_OUTCOME = Outcome(
    key="full",
    state=State.OVERTAKEN,
    target_id="l1",
    version="2",
    modified_at=WHEN,
    ref={"etag": "2"},
    raw=-(2**63),
    values={},
    reason="edited meanwhile",
    job={"url": "/jobs/1"},
    at=WHEN,
)


def _row(ledger: Ledger, key: str = "k1") -> JournalRow:
    return next(row for row in ledger.journal(SYNC) if row.intent.key == key)


def _state(ledger: Ledger, key: str = "k1") -> State:
    return _row(ledger, key).outcome.state


def test_an_intent_and_its_outcome_come_back_whole(ledger: Ledger) -> None:
    returned = ledger.plan_intents(SYNC, RUN, ACCOUNT, [FULL_INTENT], {})
    assert returned == [JournalRow(FULL_INTENT, Outcome("full", State.PLANNED), RUN, account=ACCOUNT)]
    ledger.settle(SYNC, [FULL_OUTCOME])
    assert ledger.journal(SYNC) == [JournalRow(FULL_INTENT, FULL_OUTCOME, RUN, account=ACCOUNT)]


def test_planning_twice_adds_nothing(ledger: Ledger) -> None:
    planned(ledger, "k1", "k2")
    before = ledger.dump()
    planned(ledger, "k1", "k2")
    assert ledger.dump() == before


def test_rows_come_back_in_the_order_they_were_asked_for(ledger: Ledger) -> None:
    planned(ledger, "k2")
    rows = ledger.plan_intents(SYNC, RUN, ACCOUNT, [an_intent("k1"), an_intent("k2"), an_intent("k0")], {})
    assert [row.intent.key for row in rows] == ["k1", "k2", "k0"]


def test_what_was_never_sent_is_planned_anew(ledger: Ledger) -> None:
    planned(ledger, "k1", "k2")
    ledger.settle(SYNC, [Outcome("k1", State.NOT_SENT, reason="401")])
    planned(ledger, "k1", "k2", run_id="run-2", patch={"notes": "new"})
    for key in ("k1", "k2"):
        row = _row(ledger, key)
        assert (row.outcome.state, row.run_id, row.intent.patch) == (State.PLANNED, "run-2", {"notes": "new"})
        assert (row.outcome.reason, row.sent_at, row.folded) == ("", None, False)


@pytest.mark.parametrize(
    "state",
    [State.SENT, State.ACCEPTED, State.UNKNOWN, State.DONE, State.ADOPTED, State.REFUSED, State.OVERTAKEN],
)
def test_what_was_sent_or_settled_is_not_planned_anew(ledger: Ledger, state: State) -> None:
    sent(ledger, "k1")
    if state is not State.SENT:
        ledger.settle(SYNC, [Outcome("k1", state)])
    before = ledger.dump()
    again = ledger.plan_intents(SYNC, "run-2", ACCOUNT, [an_intent("k1", patch={"notes": "new"})], {})
    assert [(row.outcome.state, row.run_id) for row in again] == [(state, RUN)]
    assert ledger.dump() == before


def test_settling_is_idempotent(ledger: Ledger, ledger_clock: Clock) -> None:
    sent(ledger, "k1")
    ledger.settle(SYNC, [Outcome("k1", State.DONE, target_id="r1", created=True)])
    assert _row(ledger).outcome.at == ledger_clock()
    before = ledger.dump()
    ledger_clock.advance(minutes=1)
    ledger.settle(SYNC, [Outcome("k1", State.DONE, target_id="r1", created=True)])
    ledger.settle(SYNC, [Outcome("k1", State.REFUSED, reason="late")])
    assert ledger.dump() == before


def test_an_open_outcome_is_settled_later(ledger: Ledger) -> None:
    sent(ledger, "k1")
    for state in (State.ACCEPTED, State.UNKNOWN, State.DONE):
        ledger.settle(SYNC, [Outcome("k1", state, job={"url": "/jobs/1"})])
        assert _state(ledger) is state


@pytest.mark.parametrize("state", [State.NOT_SENT, State.OVERTAKEN, State.REFUSED, State.ADOPTED])
def test_a_planned_row_ends_without_a_request(ledger: Ledger, state: State) -> None:
    planned(ledger, "k1")
    ledger.settle(SYNC, [Outcome("k1", state)])
    assert _state(ledger) is state


@pytest.mark.parametrize("state", [State.DONE, State.UNKNOWN, State.ACCEPTED])
def test_a_planned_row_cannot_have_been_answered(ledger: Ledger, state: State) -> None:
    planned(ledger, "k1")
    ledger.settle(SYNC, [Outcome("k1", state)])
    assert _state(ledger) is State.PLANNED


def test_unfolded_rows_come_oldest_first_and_come_back_when_settled(ledger: Ledger) -> None:
    fence = a_lock(ledger)
    sent(ledger, "k3")
    sent(ledger, "k1", run_id="run-2")
    assert [row.intent.key for row in ledger.unfolded(SYNC)] == ["k3", "k1"]
    ledger.settle(SYNC, [Outcome("k3", State.UNKNOWN)])
    ledger.fold(SYNC, RUN, FoldBatch(folded=["k3"]), fence=fence)
    assert [row.intent.key for row in ledger.unfolded(SYNC)] == ["k1"]
    ledger.settle(SYNC, [Outcome("k3", State.DONE)])
    assert [row.intent.key for row in ledger.unfolded(SYNC)] == ["k3", "k1"]
    assert [row.intent.key for row in ledger.journal(SYNC, "run-2")] == ["k1"]


def test_listings_without_the_result_are_counted_while_it_is_open(ledger: Ledger) -> None:
    sent(ledger, "k1", "k2")
    ledger.settle(SYNC, [Outcome("k1", State.UNKNOWN), Outcome("k2", State.DONE)])
    ledger.count_listing(SYNC, ["k1", "k2"])
    ledger.count_listing(SYNC, ["k1"])
    assert [_row(ledger, key).listings for key in ("k1", "k2")] == [2, 0]


def test_a_create_that_never_happened_is_planned_again_under_its_key(ledger: Ledger) -> None:
    fence = a_lock(ledger)
    sent(ledger, "lost", "made")
    ledger.settle(SYNC, [Outcome("lost", State.UNKNOWN), Outcome("made", State.DONE, created=True)])
    ledger.fold(SYNC, RUN, FoldBatch(requeued=["lost", "made"]), fence=fence)
    assert [row.intent.key for row in ledger.journal(SYNC)] == ["made"]
    planned(ledger, "lost", run_id="run-2")
    assert _row(ledger, "lost").run_id == "run-2"


def _create(ledger: Ledger, sync_id: str, key: str, account: str, email_hash: str, state: State) -> None:
    fence = ledger.take_lock(sync_id, OWNER, ended=nobody_ended).fence
    ledger.plan_intents(sync_id, RUN, account, [an_intent(key)], {key: {"email": ["other", email_hash]}})
    claim = ledger.claim(sync_id, RUN, Side.RIGHT, fence)
    ledger.send(sync_id, RUN, Side.RIGHT, [key], fence=fence, claim=claim)
    ledger.settle(sync_id, [Outcome(key, state)])


def test_creates_of_any_sync_are_found_by_account_and_key(ledger: Ledger, ledger_clock: Clock) -> None:
    began = ledger_clock()
    _create(ledger, "hub-1", "k1", ACCOUNT, "h1", State.DONE)
    _create(ledger, "hub-2", "k2", ACCOUNT, "h1", State.UNKNOWN)
    _create(ledger, "hub-2", "k3", "book.example", "h1", State.DONE)
    _create(ledger, "hub-2", "k4", ACCOUNT, "h1", State.REFUSED)
    found = ledger.creates(ACCOUNT, {"email": ["h1"], "phone": ["h9"]}, began)
    assert [row.intent.key for row in found] == ["k1", "k2"]
    assert ledger.creates(ACCOUNT, {"phone": ["h1"]}, began) == []
    assert ledger.creates(ACCOUNT, {"email": ["h2"]}, began) == []
    assert ledger.creates(ACCOUNT, {"email": ["h1"]}, began + timedelta(microseconds=1)) == []


def test_unanswered_jobs_of_any_sync_are_found_by_account(ledger: Ledger, ledger_clock: Clock) -> None:
    began = ledger_clock()
    for sync_id in ("hub-1", "hub-2"):
        ledger.save_sync(SyncRow(sync_id, "salt"))
    _create(ledger, "hub-1", "k1", ACCOUNT, "h1", State.ACCEPTED)
    _create(ledger, "hub-2", "k2", ACCOUNT, "h2", State.ACCEPTED)
    _create(ledger, "hub-2", "k3", "book.example", "h3", State.ACCEPTED)
    _create(ledger, "hub-2", "k4", ACCOUNT, "h4", State.UNKNOWN)
    assert [row.intent.key for row in ledger.jobs(ACCOUNT, began)] == ["k1", "k2"]
    assert ledger.jobs(ACCOUNT, began + timedelta(microseconds=1)) == []
    ledger.settle("hub-1", [Outcome("k1", State.DONE, "r1")])
    assert [row.intent.key for row in ledger.jobs(ACCOUNT, began)] == ["k2"]


def test_many_keys_are_asked_for_at_once(ledger: Ledger, ledger_clock: Clock) -> None:
    _create(ledger, "hub-1", "k1", ACCOUNT, "h1100", State.DONE)
    hashes = [f"h{number}" for number in range(1200)]
    assert len(ledger.creates(ACCOUNT, {"email": hashes}, ledger_clock())) == 1


def test_what_was_sent_since_a_time_comes_oldest_first(ledger: Ledger, ledger_clock: Clock) -> None:
    sent(ledger, "old")
    ledger_clock.now += timedelta(minutes=5)
    since = ledger_clock()
    sent(ledger, "k2")
    sent(ledger, "k1", run_id="run-2")
    planned(ledger, "never sent")
    assert [row.intent.key for row in ledger.sent_since(SYNC, since)] == ["k2", "k1"]
    assert ledger.sent_since("other", since) == []


def test_a_contact_is_traced_to_the_create_that_made_or_found_it(ledger: Ledger) -> None:
    sent(ledger, "made", "found", "refused")
    for key, state in (("made", State.DONE), ("found", State.ADOPTED), ("refused", State.REFUSED)):
        ledger.settle(SYNC, [Outcome(key, state, f"of {key}", created=state is State.DONE)])
    ids = ["of made", "of found", "of refused", "absent"]
    assert [row.intent.key for row in ledger.creates_of(SYNC, Side.RIGHT, ids)] == ["made", "found"]
    assert ledger.creates_of(SYNC, Side.LEFT, ids) == []
    planned(ledger, "an update", run_id="run-2", verb=Verb.UPDATE, target_id="of an update")
    ledger.settle(SYNC, [Outcome("an update", State.DONE, "of an update")])
    assert ledger.creates_of(SYNC, Side.RIGHT, ["of an update"]) == []
