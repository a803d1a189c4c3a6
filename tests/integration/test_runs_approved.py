"""A plan waits for a person: nothing is written before the answer, and afterwards only what was approved and holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import DownstreamTasksSkipped
from contactsync.errors import ArtefactError, LimitExceeded, PlanMismatch, PlanWaits, WritesForbidden
from contactsync.model.approval import Approval, Reply, When, WhileWaiting
from contactsync.model.exchange import State
from contactsync.model.ledger import RunState
from contactsync.model.spec import DeletionPolicy, FirstRun, Limit, Limits, Side
from contactsync.model.stages import ArtefactRef, Opened, Planned, RunKind, RunRequest, Summary
from contactsync.orchestration.review_operator import ReviewOperator, review_settings
from contactsync.pipeline import answer_sync, run_sync
from contactsync.stages.answering import answered, has_answer
from contactsync.stages.asking import ask
from contactsync.stages.stored_plans import plan_of_run
from views import links
from world import WIDE, World, mail, memory_spec

ASKS = Approval(When.OVER_LIMITS)
FEW = Limits(*[Limit(3)] * 5)


def contact(n: int, **more: Any) -> dict[str, Any]:
    return {"names.given": f"Person{n}", "names.family": "Muster", "emails": mail(f"p{n}@example.org"), **more}


@dataclass
class Office:
    """A world whose runs can ask; `open_runs`: those that Airflow says are under way."""

    world: World
    open_runs: set[str] = field(default_factory=set)

    def begin(self, kind: RunKind = RunKind.SCHEDULED, **asked: Any) -> tuple[RunRequest, Summary]:
        base = self.world.request()
        request = RunRequest(base.run_id, base.owner, kind, can_ask=True, **asked)
        self.open_runs.add(request.owner)
        try:
            summary = run_sync(self.place(), request)
        finally:
            if self.state(request) is not RunState.WAITING:
                self.open_runs.discard(request.owner)
        return request, summary

    def answer(self, request: RunRequest, answer: Reply, by: str = "maria") -> Summary:
        summary = answer_sync(self.place(), request, answer, by)
        self.open_runs.discard(request.owner)
        return summary

    def state(self, request: RunRequest) -> RunState | None:
        run = self.world.known.run("pair", request.run_id)
        return run.state if run else None

    def place(self) -> Any:
        place = self.world.place()
        return type(place)(**{**vars_of(place), "ended": lambda owner: owner not in self.open_runs})

    def planned(self, request: RunRequest) -> Planned:
        """What the run's task `reconcile` handed on."""
        run = self.world.known.run("pair", request.run_id)
        assert run is not None
        return Planned(ArtefactRef(**(run.plan_ref or {})), run.plan_hash, 0, 0)

    def titles(self) -> dict[str, str]:
        return {i: one.get("job_title", "") for i, one in self.world.right.contacts().items()}


def vars_of(place: Any) -> dict[str, Any]:
    return {name: getattr(place, name) for name in place.__dataclass_fields__}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Eight contacts on both sides, linked; more than three updates of a side are asked about."""
    world = World(tmp_path, memory_spec(approval=ASKS, deletions={Side.LEFT: DeletionPolicy.DELETE}))
    for n in range(8):
        world.left.put(f"l{n}", contact(n))
        world.right.put(f"r{n}", contact(n))
    world.run()
    world.with_spec(limits=FEW)
    assert len(links(world)) == 8
    return Office(world)


def promote(office: Office, *numbers: int, title: str = "Chief") -> None:
    for n in numbers:
        office.world.left.put(f"l{n}", contact(n, job_title=title))


def titled(office: Office) -> set[str]:
    return {i for i, title in office.titles().items() if title}


# ---- asking


def test_a_plan_over_a_limit_waits_and_nothing_is_written(office: Office) -> None:
    promote(office, *range(5))
    before = office.world.writes()
    request, summary = office.begin()
    assert summary.ok
    assert "5 updates on the right side; the limit is 3" in summary.line
    assert office.world.writes() == before
    assert office.state(request) is RunState.WAITING
    assert office.world.known.lock("pair") is None  # others may work on the sync
    assert office.world.known.journal("pair", request.run_id) == []
    plan, _ = plan_of_run(office.place(), request.run_id)
    assert len(plan.intents) == 5


def test_a_plan_within_the_limits_asks_nobody(office: Office) -> None:
    promote(office, 0, 1)
    request, summary = office.begin()
    assert summary.ok
    assert office.world.known.approval("pair", request.run_id) is None
    assert titled(office) == {"r0", "r1"}


def test_a_command_cannot_ask_and_stops(office: Office) -> None:
    promote(office, *range(5))
    with pytest.raises(LimitExceeded):
        office.world.run()
    assert titled(office) == set()


def test_never_asks_nobody(office: Office) -> None:
    office.world.with_spec(approval=Approval(When.NEVER))
    promote(office, *range(5))
    with pytest.raises(LimitExceeded):
        office.begin()


def test_always_asks_about_every_plan_that_writes_and_only_those(office: Office) -> None:
    office.world.with_spec(approval=Approval(When.ALWAYS), limits=WIDE)
    request, _ = office.begin()
    assert office.state(request) is RunState.DONE
    promote(office, 0)
    request, summary = office.begin()
    assert "every plan of this sync is asked about" in summary.line
    assert titled(office) == set()
    assert office.answer(request, Reply.APPROVED).ok
    assert titled(office) == {"r0"}


def test_always_holds_a_command_back_until_its_plan_is_let_pass(office: Office) -> None:
    office.world.with_spec(approval=Approval(When.ALWAYS), limits=WIDE)
    promote(office, 0)
    assert "this plan waits for a person" in office.world.run().line
    assert titled(office) == set()
    assert office.world.run(apply_plan=office.world.last().plan_hash).ok
    assert titled(office) == {"r0"}


def test_the_question_holds_counts_reasons_and_earlier_runs_and_no_contact(office: Office) -> None:
    promote(office, 0, 1)
    office.begin()
    promote(office, *range(2, 7))
    asked: list[Any] = []
    place = office.place()

    request, _ = office.begin()
    reread = replace_question(place, request)
    asked.append(reread)
    body = reread.body
    assert reread.subject.endswith(f"may plan {office.world.last().plan_hash} be written (5 actions)?")
    assert "5 updates on the right side; the limit is 3" in body
    assert "right) | 0 | 5 | 0 | 0 |" in body
    assert "5 x Memory (right): job\\_title changed" in body
    assert "2 updated" in body  # the run before
    assert f"contactsync plan pair --run {request.run_id}" in body
    for value in ("Person", "Muster", "example.org", "Chief"):
        assert value not in body


def replace_question(place: Any, request: RunRequest) -> Any:
    """The question of a run that has asked already: a task that was killed and is tried again."""
    from contactsync.model.stages import ArtefactRef, Opened, Planned, Waits

    run = place.reader.run("pair", request.run_id)
    planned = Planned(ArtefactRef(**run.plan_ref), run.plan_hash, 0, 5, Waits.APPROVAL)
    nothing = dict.fromkeys(Side)
    return ask(place, request, Opened(1, run.seq, 0), planned, nothing)


# ---- the answer


def test_approve_writes_the_plan_and_says_who_and_how_many(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    summary = office.answer(request, Reply.APPROVED)
    assert summary.ok
    assert "(5 actions) was approved by maria, 5 written" in summary.line
    assert titled(office) == {f"r{n}" for n in range(5)}
    run = office.world.last()
    assert (run.run_id, run.state, run.applied_hash) == (request.run_id, RunState.DONE, run.plan_hash)
    [(_, run_id, decided)] = office.world.known.decisions("pair")
    assert (run_id, decided.by, decided.answer, decided.what) == (
        request.run_id,
        "maria",
        "approved",
        f"plan {run.plan_hash}",
    )
    before = office.world.writes()
    office.begin()
    assert office.world.writes() == before


@pytest.mark.parametrize("side", Side)
def test_whoever_was_edited_meanwhile_on_either_side_is_left_for_the_next_run(office: Office, side: Side) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    office.world.book(side).put(f"{side.value[0]}0", contact(0, job_title="Someone else's edit"))
    promote(office, 5)  # was not in the plan
    summary = office.answer(request, Reply.APPROVED)
    assert "(5 actions) was approved by maria, 4 written" in summary.line
    assert office.titles()["r0"] == ("" if side is Side.LEFT else "Someone else's edit")
    assert titled(office) - {"r0"} == {f"r{n}" for n in range(1, 5)}
    office.begin()
    assert {"r0", "r5"} <= titled(office)


def test_where_all_has_changed_nothing_is_written_and_the_run_ends_well(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    promote(office, *range(5), title="Another")
    before = office.world.writes()
    summary = office.answer(request, Reply.APPROVED)
    assert summary.ok
    assert "0 written: all of it has changed meanwhile" in summary.line
    assert office.world.writes() == before
    assert office.state(request) is RunState.DONE
    assert office.world.known.lock("pair") is None


@pytest.mark.parametrize("answer", [Reply.REJECTED, Reply.TIMED_OUT])
def test_a_rejected_plan_is_not_written_and_its_run_ends_well(office: Office, answer: Reply) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    before = office.world.writes()
    summary = office.answer(request, answer, "" if answer is Reply.TIMED_OUT else "maria")
    assert summary.ok
    assert "nothing written" in summary.line
    assert office.world.writes() == before
    assert office.state(request) is RunState.DONE
    assert office.world.known.seen("pair").complete != office.world.last().ended_at  # it brought nobody up to date
    assert office.world.known.lock("pair") is None


@pytest.mark.parametrize("answer", [Reply.REJECTED, Reply.TIMED_OUT])
def test_an_answer_is_followed_by_the_next_try_where_the_process_died_of_it_and_asked_again_by_a_cleared_run(
    office: Office, answer: Reply
) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    plan_hash = office.world.last().plan_hash
    assert has_answer(office.place(), request, plan_hash) is None
    answered(office.place(), request, answer, "")  # and there the process dies
    run = SimpleNamespace(opened=lambda: Opened(1, 1, 0), planned=lambda: SimpleNamespace(hash=plan_hash), push=None)
    run.push = lambda handed: setattr(run, "pushed", handed)
    operator = ReviewOperator(task_id="review", spec="", project="", **review_settings(ASKS))
    with pytest.raises(DownstreamTasksSkipped):
        operator.stage(office.place(), run, request)
    assert "nothing written" in run.pushed.line
    assert office.state(request) is RunState.DONE
    office.world.clock.forward(minutes=1)
    office.world.known.start_run("pair", request.run_id, request.kind)
    assert has_answer(office.place(), request, plan_hash) is None


def test_a_question_that_a_retry_puts_again_ends_when_it_was_to_end(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    asked = office.world.known.approval("pair", request.run_id)
    assert asked is not None
    run: Any = SimpleNamespace(
        opened=lambda: Opened(1, 1, 0), planned=lambda: office.planned(request), read=lambda _: None
    )
    operator = ReviewOperator(task_id="review", spec="", project="", **review_settings(ASKS))
    for hours, left in ((3, asked.ends_at - office.world.clock() - timedelta(hours=3)), (6, timedelta(seconds=1))):
        office.world.clock.forward(hours=hours)
        assert operator.stage(office.place(), run, request) is None
        assert operator.response_timeout == left
        assert f"Without an answer until {asked.ends_at:%Y-%m-%d %H:%M} UTC" in str(operator.body)
    assert office.world.known.approval("pair", request.run_id) == asked


def test_the_first_answer_holds(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    office.answer(request, Reply.REJECTED)
    before = office.world.writes()
    office.answer(request, Reply.APPROVED, "ben")
    assert office.world.writes() == before
    asked = office.world.known.approval("pair", request.run_id)
    assert asked is not None
    assert (asked.answer, asked.by) == (Reply.REJECTED, "maria")


# ---- meanwhile


def test_later_runs_leave_the_waiting_contacts_out_and_go_on(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    promote(office, 6)
    promote(office, 0, title="Edited again")
    _, summary = office.begin()
    assert summary.ok
    assert titled(office) == {"r6"}
    assert office.answer(request, Reply.APPROVED).ok
    assert titled(office) == {"r6", "r1", "r2", "r3", "r4"}
    office.begin()
    assert office.titles()["r0"] == "Edited again"


def test_one_plan_is_asked_about_at_a_time(office: Office) -> None:
    promote(office, *range(4))
    first, _ = office.begin()
    promote(office, *range(4, 8))
    _, summary = office.begin()
    assert "as another plan waits for approval" in summary.line
    assert titled(office) == set()
    assert [asked.run_id for asked in office.world.known.approvals("pair")] == [first.run_id]
    office.answer(first, Reply.APPROVED)
    third, _ = office.begin()
    assert {asked.run_id for asked in office.world.known.approvals("pair")} == {first.run_id, third.run_id}
    office.answer(third, Reply.APPROVED)
    assert len(titled(office)) == 8


@pytest.mark.parametrize("kind", [RunKind.SCHEDULED, RunKind.MANUAL])
def test_stop_ends_later_runs(office: Office, kind: RunKind) -> None:
    office.world.with_spec(approval=Approval(When.OVER_LIMITS, while_waiting=WhileWaiting.STOP))
    promote(office, *range(5))
    request, _ = office.begin()
    promote(office, 6)
    with pytest.raises(PlanWaits, match=request.run_id):
        office.begin(kind)
    assert titled(office) == set()
    office.answer(request, Reply.APPROVED)
    office.begin(kind)
    assert "r6" in titled(office)


def test_a_run_that_vanished_holds_nobody_back(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    office.open_runs.discard(request.owner)  # somebody marked it failed
    again, _ = office.begin()
    assert office.state(again) is RunState.WAITING


def test_what_was_rejected_is_asked_again_after_a_day_and_at_once_by_a_run_by_hand(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    office.answer(request, Reply.REJECTED)
    promote(office, 6)
    quiet, _ = office.begin()
    assert titled(office) == {"r6"}  # the rest goes on
    assert office.world.known.approval("pair", quiet.run_id) is None
    by_hand, _ = office.begin(RunKind.MANUAL)
    assert office.state(by_hand) is RunState.WAITING
    office.answer(by_hand, Reply.REJECTED)
    office.world.clock.forward(hours=25)
    later, _ = office.begin()
    assert office.state(later) is RunState.WAITING


def test_what_nobody_answered_is_asked_again_by_the_next_run(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    office.answer(request, Reply.TIMED_OUT, "")
    again, _ = office.begin()
    assert office.state(again) is RunState.WAITING


def test_a_plan_that_waits_can_be_let_pass_by_its_hash(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    assert office.world.run(apply_plan=office.world.last().plan_hash).ok
    assert len(titled(office)) == 5
    before = office.world.writes()
    assert "0 written" in office.answer(request, Reply.APPROVED).line
    assert office.world.writes() == before


# ---- the first run


def test_a_first_plan_waits_in_airflow_too_and_later_runs_end_skipped(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(approval=ASKS, first_run=FirstRun.REVIEW))
    for n in range(5):
        world.left.put(f"l{n}", contact(n))
    office = Office(world)
    request, summary = office.begin()
    assert "the first plan of this sync" in summary.line
    with pytest.raises(PlanWaits):
        office.begin()
    assert office.answer(request, Reply.APPROVED).ok
    assert len(world.right.contacts()) == 5


def test_deletions_over_the_limit_are_done_once_they_are_approved(office: Office) -> None:
    for n in range(5):
        office.world.left.remove(f"l{n}")
    request, summary = office.begin()
    assert "5 deletes on the right side" in summary.line
    assert len(office.world.right.contacts()) == 8
    office.answer(request, Reply.APPROVED)
    assert len(office.world.right.contacts()) == 3
    done = [r for r in office.world.known.journal("pair", request.run_id) if r.outcome.state is State.DONE]
    assert len(done) == 5


def test_housekeeping_keeps_a_plan_that_waits(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    now = office.world.clock() + timedelta(days=30)
    assert request.run_id in office.world.known.needed_runs("pair", now)


# ---- what settles a question


def test_a_rejected_plan_that_a_run_by_hand_had_approved_holds_nobody_back(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    office.answer(request, Reply.REJECTED)
    office.world.left.put("l0", contact(0, job_title="Chef"))  # else it would be the same plan, by its hash
    by_hand, _ = office.begin(RunKind.MANUAL)
    office.answer(by_hand, Reply.APPROVED)
    promote(office, 0, title="Edited since")
    office.begin()
    assert office.titles()["r0"] == "Edited since"


@pytest.mark.parametrize("answer", [Reply.NONE, Reply.REJECTED])
def test_a_plan_let_pass_by_its_hash_holds_nobody_back(office: Office, answer: Reply) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    plan_hash = office.world.last().plan_hash
    if answer is not Reply.NONE:
        office.answer(request, answer)
    office.world.clock.forward(hours=1)
    assert office.world.run(apply_plan=plan_hash).ok
    promote(office, 0, title="Edited since")
    office.begin()
    assert office.titles()["r0"] == "Edited since"


def test_a_release_that_wrote_nothing_settles_nothing(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    plan_hash = office.world.last().plan_hash
    office.answer(request, Reply.REJECTED)
    promote(office, *range(5), title="Another")
    with pytest.raises(PlanMismatch):
        office.world.run(apply_plan=plan_hash)
    later, _ = office.begin()
    assert office.state(later) is RunState.DONE, "it asks nobody, and leaves them out"
    assert titled(office) == set()


def test_a_rejected_plan_stays_so_when_a_scheduled_run_had_another_approved(office: Office) -> None:
    promote(office, *range(4))
    request, _ = office.begin()
    office.answer(request, Reply.REJECTED)
    promote(office, *range(4, 8))
    other, _ = office.begin()
    office.answer(other, Reply.APPROVED)
    promote(office, 0, title="Edited since")
    later, _ = office.begin()
    assert office.state(later) is RunState.DONE, "it asks nobody, and leaves them out"
    assert titled(office) == {f"r{n}" for n in range(4, 8)}


@pytest.mark.parametrize("meanwhile", WhileWaiting)
def test_a_waiting_run_that_is_cleared_asks_anew(office: Office, meanwhile: WhileWaiting) -> None:
    office.world.with_spec(approval=Approval(When.OVER_LIMITS, while_waiting=meanwhile))
    promote(office, *range(5))
    request, _ = office.begin()
    promote(office, *range(5), title="Boss")
    run_sync(office.place(), request)
    assert office.state(request) is RunState.WAITING
    office.answer(request, Reply.APPROVED)
    assert {*office.titles().values()} == {"", "Boss"}


def test_a_plan_that_was_approved_and_waits_for_the_sync_counts_as_waiting(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    answered(office.place(), request, Reply.APPROVED, "maria")  # its run is yet to take the sync's lock
    _, summary = office.begin()
    assert "0 updates" not in summary.line
    assert len(office.world.known.approvals("pair")) == 1
    office.answer(request, Reply.APPROVED)
    assert len(titled(office)) == 5


def test_an_approved_run_that_has_ended_holds_nobody_back_though_airflow_still_ends_it(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    promote(office, *range(5), title="Another")
    assert "0 written" in office.answer(request, Reply.APPROVED).line
    office.open_runs.add(request.owner)
    office.world.with_spec(limits=WIDE)
    office.begin()
    assert len(titled(office)) == 5


# ---- where it cannot be known what still holds


def test_where_an_app_lists_too_few_at_the_approval_the_run_says_so(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    for n in range(2, 8):
        office.world.right.remove(f"r{n}")
    before = office.world.writes()
    with pytest.raises(LimitExceeded, match="listed only 2 contacts; 8 are known"):
        office.answer(replace(request, full_read=True), Reply.APPROVED)
    assert office.world.writes() == before
    assert office.world.known.lock("pair") is None


def test_where_the_approved_plan_is_not_kept_any_more_the_run_says_so(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    run = office.world.known.run("pair", request.run_id)
    assert run is not None
    office.world.known.end_run(replace(run, plan_ref=None))
    promote(office, 0, title="Edited")
    before = office.world.writes()
    with pytest.raises(ArtefactError, match="no longer kept") as caught:
        office.answer(request, Reply.APPROVED)
    assert "trigger a run" in caught.value.next_step
    assert office.world.writes() == before


def test_an_answer_is_not_taken_where_nothing_may_be_written(office: Office) -> None:
    promote(office, *range(5))
    request, _ = office.begin()
    office.world.project = replace(office.world.project, writes=False, environment="staging")
    with pytest.raises(WritesForbidden):
        office.answer(request, Reply.APPROVED)
    asked = office.world.known.approval("pair", request.run_id)
    assert asked is not None
    assert asked.answer is Reply.NONE
    assert office.world.known.decisions("pair") == []


# ---- a change of the file meanwhile


def numbers(n: int, *kinds: str) -> list[dict[str, Any]]:
    places = {"work": "555", "home": "777"}
    return [{"value": f"+4930{places[k]}000{n}", "label": k, "primary": k == kinds[0]} for k in kinds]


@pytest.mark.parametrize("released", [False, True])
def test_a_part_of_a_plan_is_not_written_once_fields_mean_something_else(tmp_path: Path, released: bool) -> None:
    world = World(tmp_path, memory_spec(approval=ASKS))
    for n in range(8):
        for side in Side:
            world.book(side).put(f"{side.value[0]}{n}", contact(n, phones=numbers(n, "work", "home")))
    world.run()
    world.run(full_read=True)
    world.with_spec(limits=FEW)
    office = Office(world)
    for n in range(5):
        world.left.put(f"l{n}", contact(n, phones=numbers(n, "work", "home"), job_title="Chief"))
    request, _ = office.begin()
    plan_hash, before = world.last().plan_hash, world.writes()
    world.with_spec(match=replace(world.spec.match, default_region="DE"))
    world.left.put("l0", contact(0, phones=numbers(0, "work", "home"), job_title="Edited"))
    if released:
        with pytest.raises(PlanMismatch, match=r"maps .*phones.* in another way"):
            world.run(apply_plan=plan_hash)
        office.open_runs.clear()
    else:
        summary = office.answer(request, Reply.APPROVED)
        assert summary.ok
        assert "0 written: the file and some of it has changed meanwhile" in summary.line
    assert world.writes() == before
    world.with_spec(limits=WIDE)
    world.run()
    world.left.put("l1", contact(1, phones=numbers(1, "work"), job_title="Chief"))  # a person removes a number
    world.run()
    for book in (world.left.contacts()["l1"], world.right.contacts()["r1"]):
        assert len(book["phones"]) == 1
