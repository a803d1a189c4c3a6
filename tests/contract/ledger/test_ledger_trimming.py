"""What housekeeping takes out of the ledger, and what it must leave."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from contactsync.ledger import trimming
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.ledger.transactions import CRASH_AT
from contactsync.model.decisions import Decided
from contactsync.model.exchange import State, Verb
from contactsync.model.ledger import FoldBatch, RunState, SyncRow
from contactsync.model.plan import Conflict, Outcome
from contactsync.model.retention import Trimmed
from contactsync.model.spec import Side
from ledger_rows import ACCOUNT, SYNC, a_lock, an_intent
from ledger_servers import Clock

CANARY = "zoe.canary@example.org"
DAY = timedelta(days=1)


def a_run(ledger: Ledger, clock: Clock, number: int, *, state: State = State.DONE, rows: int = 2) -> str:
    """A run that wrote to some contacts, lost a value in a conflict, and met a person's decision."""
    run_id, fence = f"run-{number}", a_lock(ledger)
    started = ledger.start_run(SYNC, run_id, "scheduled")
    intents = [
        an_intent(f"{run_id}-{n}", verb=Verb.UPDATE, link_id=f"link-{n}", target_id=f"r{n}", patch={"nickname": CANARY},
                  before={"nickname": "Zoe"}, source={"nickname": CANARY}, touched={"emails": (CANARY,)},
                  overwrites={"nickname": "left wins"}, reason="left changed")
        for n in range(rows)
    ]  # fmt: skip
    hashes = {i.key: {"email": ["abc"]} for i in intents}
    ledger.plan_intents(SYNC, run_id, ACCOUNT, intents, hashes)
    claim = ledger.claim(SYNC, run_id, Side.RIGHT, fence)
    ledger.send(SYNC, run_id, Side.RIGHT, [i.key for i in intents], fence=fence, claim=claim)
    ledger.settle(
        SYNC, [Outcome(i.key, state, i.target_id, values={"nickname": CANARY}, reason="said") for i in intents]
    )
    settled = [i.key for i in intents] if state is State.DONE else []
    lost = [Conflict("link-0", "nickname", Side.LEFT, CANARY, "Zoe", None, None, "left wins")]
    decided = [Decided("ambiguous left:l1", "link", "ada")]
    ledger.fold(SYNC, run_id, FoldBatch(folded=settled, conflicts=lost, decided=decided), fence=fence)
    ended = replace(started, state=RunState.DONE, ended_at=clock(), plan_hash="hash", message="2 updated")
    ledger.end_run(ended)
    return run_id


def a_quiet_run(ledger: Ledger, clock: Clock, number: int) -> str:
    started = ledger.start_run(SYNC, f"quiet-{number}", "scheduled")
    ledger.end_run(replace(started, state=RunState.DONE, ended_at=clock(), message="nothing to do"))
    return started.run_id


def runs_of(ledger: Ledger) -> list[str]:
    return [row.run_id for row in ledger.runs(SYNC, 1000)]


def trim(ledger: Ledger, clock: Clock, *, values: float = 30, whole: float = 400) -> Trimmed:
    """As housekeeping does; what it said before that it would take has to be what it takes."""
    before = clock() - values * DAY, clock() - whole * DAY
    dump = ledger.dump()
    would = ledger.would_trim(SYNC, *before)
    assert ledger.dump() == dump
    assert ledger.trim(SYNC, *before) == would
    assert ledger.trim(SYNC, *before) == Trimmed()
    return would


def test_values_go_first_and_what_was_done_to_whom_is_still_known(ledger: Ledger, ledger_clock: Clock) -> None:
    a_run(ledger, ledger_clock, 1)
    ledger_clock.advance(days=20)
    a_run(ledger, ledger_clock, 2)
    ledger_clock.advance(days=11)
    kept = {row.intent.key: row for row in ledger.journal(SYNC, "run-2")}
    assert trim(ledger, ledger_clock) == Trimmed(values=2, conflicts=1)
    first = ledger.journal(SYNC, "run-1")[0]
    assert (first.intent.verb, first.intent.target_id, first.intent.reason) == (Verb.UPDATE, "r0", "left changed")
    assert (first.intent.trimmed, dict(first.intent.patch), first.intent.overwrites) == (
        ("nickname",), {}, {"nickname": "left wins"},
    )  # fmt: skip
    assert (first.outcome.state, first.outcome.reason, first.outcome.values) == (State.DONE, "said", None)
    assert {row.intent.key: row for row in ledger.journal(SYNC, "run-2")} == kept
    assert [row.trimmed for row in ledger.runs(SYNC)] == [False, True]
    ledger_clock.advance(days=20)
    a_quiet_run(ledger, ledger_clock, 3)
    trim(ledger, ledger_clock)
    assert CANARY not in str(ledger.dump())


def test_whole_runs_go_in_the_end_with_all_that_was_theirs(ledger: Ledger, ledger_clock: Clock) -> None:
    a_run(ledger, ledger_clock, 1)
    ledger_clock.advance(days=300)
    a_run(ledger, ledger_clock, 2)
    ledger_clock.advance(days=101)
    assert trim(ledger, ledger_clock) == Trimmed(runs=1, actions=2, conflicts=2, decisions=1)
    assert runs_of(ledger) == ["run-2"]
    rows = {table: len(found) for table, found in ledger.dump().items()}
    assert {t: rows[t] for t in ("run", "journal", "journal_key", "claim", "decision", "conflict")} == {
        "run": 1, "journal": 2, "journal_key": 2, "claim": 1, "decision": 1, "conflict": 0,
    }  # fmt: skip


def test_the_newest_run_stays_however_old_it_is(ledger: Ledger, ledger_clock: Clock) -> None:
    """By its number a ledger from a backup is noticed."""
    a_run(ledger, ledger_clock, 1)
    a_quiet_run(ledger, ledger_clock, 2)
    ledger_clock.advance(days=5000)
    trim(ledger, ledger_clock)
    assert runs_of(ledger) == ["quiet-2"]
    assert ledger.start_run(SYNC, "next", "manual").seq == 3


@pytest.mark.parametrize("state", [State.UNKNOWN, State.ACCEPTED])
def test_nothing_goes_of_a_run_with_an_action_that_is_not_settled(
    ledger: Ledger, ledger_clock: Clock, state: State
) -> None:
    a_run(ledger, ledger_clock, 1, state=state)
    a_quiet_run(ledger, ledger_clock, 2)
    before = list(ledger.journal(SYNC))
    ledger_clock.advance(days=5000)
    trim(ledger, ledger_clock)
    assert ledger.journal(SYNC) == before
    assert runs_of(ledger) == ["quiet-2", "run-1"]


def test_runs_that_did_nothing_go_with_the_values_unless_a_person_decided_in_them(
    ledger: Ledger, ledger_clock: Clock
) -> None:
    for number in range(5):
        a_quiet_run(ledger, ledger_clock, number)
    told = ledger.start_run(SYNC, "told", "cli")
    ledger.fold(SYNC, "told", FoldBatch(decided=[Decided("no_key left:l1", "skip", "ada")]), fence=a_lock(ledger))
    ledger.end_run(replace(told, state=RunState.DONE, ended_at=ledger_clock()))
    red = ledger.start_run(SYNC, "red", "scheduled")
    ledger.end_run(replace(red, state=RunState.FAILED, ended_at=ledger_clock(), message="the app did not answer"))
    ledger_clock.advance(days=31)
    a_quiet_run(ledger, ledger_clock, 9)
    assert trim(ledger, ledger_clock) == Trimmed(quiet=5)
    assert runs_of(ledger) == ["quiet-9", "red", "told"]


def test_another_sync_is_left_alone(ledger: Ledger, ledger_clock: Clock) -> None:
    a_run(ledger, ledger_clock, 1)
    ledger.save_sync(SyncRow("another", "salt"))
    ledger_clock.advance(days=5000)
    a_run(ledger, ledger_clock, 2)
    before = ledger.dump()
    assert ledger.trim("another", ledger_clock(), ledger_clock()) == Trimmed()
    assert ledger.dump() == before


def _trim_and_die(url: str, before: tuple[datetime, datetime], crash_at: str) -> int:
    """A sweep in pages of two rows, in a process of its own; the signal that ended it, 0 for none."""
    child = os.fork()
    if child == 0:
        os.environ[CRASH_AT] = crash_at
        try:
            trimming.trim(make_engine(url), SYNC, *before, page=2)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_whoever_is_killed_in_the_middle_goes_on_the_next_time(
    ledger: Ledger, ledger_url: str, ledger_clock: Clock
) -> None:
    """Killed at each commit in turn: in between no run is there without its actions."""
    a_run(ledger, ledger_clock, 1, rows=5)
    ledger_clock.advance(days=300)
    a_run(ledger, ledger_clock, 2, rows=5)
    ledger_clock.advance(days=101)
    a_quiet_run(ledger, ledger_clock, 3)
    before = ledger_clock() - 30 * DAY, ledger_clock() - 400 * DAY
    kills = 0
    for at in range(1, 30):
        if _trim_and_die(ledger_url, before, f"commit:before:{at}") == 0:
            break
        kills += 1
        found = Counter(row.run_id for row in ledger.journal(SYNC))
        assert all(found[run_id] == 5 for run_id in runs_of(ledger) if run_id != "quiet-3")
    assert kills >= 6
    assert runs_of(ledger) == ["quiet-3", "run-2"]
    rows = ledger.journal(SYNC)
    assert [row.run_id for row in rows] == ["run-2"] * 5
    assert all(row.intent.trimmed for row in rows)
    assert ledger.trim(SYNC, *before) == Trimmed()
