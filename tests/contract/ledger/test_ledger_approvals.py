"""Questions about plans, and their answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from contactsync.ledger.store import Ledger
from contactsync.model.approval import Asked, Reply
from contactsync.model.decisions import Decided
from contactsync.model.exchange import Json
from contactsync.model.ledger import RunState
from ledger_rows import RUN, SYNC, WHEN
from ledger_servers import Clock

ASKED = Asked(
    SYNC, RUN, "dag/run-1", "abc", {"uri": "file:///x", "sha256": "0", "rows": 3}, 3, WHEN, WHEN + timedelta(hours=8)
)


def test_a_question_comes_back_whole_and_a_newer_one_of_its_run_replaces_it(ledger: Ledger) -> None:
    assert ledger.approval(SYNC, RUN) is None
    ledger.ask(ASKED)
    ledger.ask(replace(ASKED, run_id="run-2", asked_at=WHEN + timedelta(hours=1)))
    ledger.ask(replace(ASKED, sync_id="another", plan_hash="other"))
    assert ledger.approval(SYNC, RUN) == ASKED
    assert ledger.approval("another", RUN) == replace(ASKED, sync_id="another", plan_hash="other")
    again = replace(ASKED, plan_hash="def", actions=4)
    ledger.ask(again)
    assert ledger.approval(SYNC, RUN) == again
    assert [one.run_id for one in ledger.approvals(SYNC)] == ["run-2", RUN]
    assert [one.run_id for one in ledger.approvals(SYNC, limit=1)] == ["run-2"]


def test_the_first_answer_stands_and_is_in_the_record(ledger: Ledger, ledger_clock: Clock) -> None:
    ledger.ask(ASKED)
    ledger.reply(replace(ASKED, plan_hash="an older plan"), Reply.APPROVED, "bo")
    assert ledger.approval(SYNC, RUN) == ASKED
    ledger.reply(ASKED, Reply.APPROVED, "ada")
    answered = replace(ASKED, answer=Reply.APPROVED, answered_at=ledger_clock(), by="ada")
    assert ledger.approval(SYNC, RUN) == answered
    ledger_clock.advance(minutes=1)
    ledger.reply(ASKED, Reply.REJECTED, "bo")
    assert ledger.approval(SYNC, RUN) == answered
    ((at, run_id, decided),) = ledger.decisions(SYNC)
    assert (at, run_id, decided) == (answered.answered_at, RUN, Decided("plan abc", "approved", "ada"))


def test_nobody_is_named_where_nobody_answered(ledger: Ledger) -> None:
    ledger.ask(ASKED)
    ledger.reply(ASKED, Reply.TIMED_OUT, "")
    ((_, _, decided),) = ledger.decisions(SYNC)
    assert (decided.answer, decided.by) == ("timed_out", "nobody")


def test_runs_whose_question_is_open_or_was_just_answered_are_needed(ledger: Ledger, ledger_clock: Clock) -> None:
    for number in range(3):
        ledger.ask(replace(ASKED, run_id=f"run-{number}"))
    ledger.ask(replace(ASKED, sync_id="another"))
    ledger.reply(replace(ASKED, run_id="run-0"), Reply.REJECTED, "ada")
    since = ledger_clock.advance(hours=1)
    ledger.reply(replace(ASKED, run_id="run-1"), Reply.REJECTED, "ada")
    assert sorted(ledger.needed_runs(SYNC, since)) == ["run-1", "run-2"]


def test_old_questions_go_with_the_values(ledger: Ledger) -> None:
    ledger.ask(ASKED)
    ledger.ask(replace(ASKED, run_id="run-2", ends_at=WHEN + timedelta(days=9)))
    ledger.ask(replace(ASKED, sync_id="another"))
    later = WHEN + timedelta(days=2)
    ledger.trim(SYNC, later, later)
    assert [one.run_id for one in ledger.approvals(SYNC)] == ["run-2"]
    assert ledger.approval("another", RUN) is not None


def ref(number: int) -> Json:
    return {"uri": str(number), "sha256": "0", "rows": 0}


def test_the_newest_run_that_made_a_plan_is_found_by_its_hash(ledger: Ledger, ledger_clock: Clock) -> None:
    for number, changes in enumerate(({}, {}, {"applied_hash": "abc"}, {"plan_ref": None}, {"plan_hash": "other"})):
        begun = ledger.start_run(SYNC, f"run-{number}", "manual")
        given = {"plan_hash": "abc", "plan_ref": ref(number), **changes}
        ledger.end_run(replace(begun, state=RunState.DONE, ended_at=ledger_clock(), **given))
    found = ledger.run_with_plan(SYNC, "abc")
    assert found is not None
    assert (found.run_id, found.plan_ref) == ("run-1", ref(1))
    assert ledger.run_with_plan("another", "abc") is None
    assert ledger.run_with_plan(SYNC, "unheard of") is None
