"""Alerts that were told or are to be told, and what they are judged by."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from contactsync.ledger.store import Ledger
from contactsync.model.alerts import Event, Freshness, Notice, Watched
from contactsync.model.ledger import RunState
from ledger_rows import SYNC, WHEN
from ledger_servers import Clock

RED = Notice(SYNC, "ops", Event.FAILED, "run", "It is red.", WHEN)
LATER = WHEN + timedelta(minutes=5)


def test_an_alert_is_raised_once_claimed_by_one_and_sent(ledger: Ledger) -> None:
    stale = replace(RED, event=Event.STALE, raised_at=LATER)
    ledger.renew_notices([stale, RED, replace(RED, sync_id="another")], [])
    ledger.renew_notices([replace(RED, text="Red again.")], [])
    assert ledger.notices(SYNC) == [RED, stale]
    assert ledger.claim_notice(RED, LATER)
    assert not ledger.claim_notice(RED, LATER), "another process has it"
    tried = replace(RED, tries=1, tried_at=LATER)
    assert ledger.notices(SYNC) == [tried, stale]
    assert ledger.claim_notice(tried, LATER), "it is tried again"
    ledger.notice_sent(RED, LATER)
    assert ledger.notices(SYNC)[0].sent_at == LATER
    assert not ledger.claim_notice(replace(tried, tries=2), LATER), "it was sent"


@pytest.mark.parametrize("other", [{"sync_id": "x"}, {"notifier": "x"}, {"event": Event.STALE}, {"subject": "x"}])
def test_what_is_over_is_told_anew_the_next_time_and_nothing_else_is(ledger: Ledger, other: dict[str, Any]) -> None:
    kept = replace(RED, **other)
    ledger.renew_notices([RED, kept], [])
    ledger.renew_notices([], [RED])
    assert ledger.notices(kept.sync_id) == [kept]
    assert RED not in ledger.notices(SYNC)


def test_alerts_that_are_over_by_themselves_go_with_the_values(ledger: Ledger) -> None:
    passing = [replace(RED, event=event) for event in (Event.RECOVERED, Event.APPROVAL)]
    young = [replace(one, subject="young", raised_at=WHEN + timedelta(days=3)) for one in passing]
    another = replace(passing[0], sync_id="another")
    ledger.renew_notices([RED, *passing, *young, another], [])
    ledger.trim(SYNC, WHEN + timedelta(days=2), WHEN + timedelta(days=2))
    assert {one.about for one in ledger.notices(SYNC)} == {one.about for one in (RED, *young)}
    assert ledger.notices("another") == [another]


def test_what_the_ledger_knows_of_a_sync_that_never_ran(ledger: Ledger) -> None:
    seen = ledger.seen(SYNC)
    assert (seen.complete, seen.begun, seen.red, seen.holds) == (None, None, "", {})


def run(ledger: Ledger, clock: Clock, run_id: str, sync: str = SYNC, **ended: Any) -> datetime:
    """A run of a minute; when it ended."""
    kind = ended.pop("kind", "scheduled")
    row = ledger.start_run(sync, run_id, kind)
    end = clock.advance(minutes=1)
    given = {"state": RunState.DONE, "counts": {"applied": 1}, "ended_at": end, **ended}
    ledger.end_run(replace(row, **given))
    return end


@pytest.mark.parametrize("kind", ["scheduled", "manual", "cli"])
def test_the_newest_run_that_read_everything_says_how_fresh_a_sync_is(
    ledger: Ledger, ledger_clock: Clock, kind: str
) -> None:
    began = ledger_clock()
    run(ledger, ledger_clock, "first")
    whole = run(ledger, ledger_clock, "whole", kind=kind)
    run(ledger, ledger_clock, "red", state=RunState.FAILED, message="The limit.")
    run(ledger, ledger_clock, "backfill", kind="backfill")
    run(ledger, ledger_clock, "undo", kind="undo")
    run(ledger, ledger_clock, "elsewhere", "another")
    ledger.start_run(SYNC, "under way", "scheduled")
    seen = ledger.seen(SYNC)
    assert (seen.complete, seen.begun, seen.red) == (whole, began, "The limit.")
    run(ledger, ledger_clock, "speechless", state=RunState.FAILED, message="")
    assert ledger.seen(SYNC).red == "it says nothing"
    run(ledger, ledger_clock, "nothing told", counts={})
    assert (ledger.seen(SYNC).red, ledger.seen(SYNC).complete) == ("", whole)


def test_watched_syncs_come_back_whole(ledger: Ledger) -> None:
    one = Watched(SYNC, ("ops", "team"), Freshness(timedelta(hours=1), timedelta(hours=6)))
    ledger.watch([one, Watched("another")])
    ledger.watch([replace(one, alerts=("ops",))])
    assert sorted(ledger.all_watched(), key=lambda w: w.sync_id) == [Watched("another"), replace(one, alerts=("ops",))]
