"""A first run writes nothing by itself; a person lets its plan pass; a run may be told to write only a few contacts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ConfigError, LimitExceeded, PlanMismatch, PlanWaits
from contactsync.model.exchange import State
from contactsync.model.ledger import RunState
from contactsync.model.match_report import MatchReport
from contactsync.model.spec import FirstRun, Limit, Limits, MatchSpec, Side
from contactsync.model.stages import RunKind, RunRequest, Summary
from contactsync.pipeline import report_sync, run_sync
from contactsync.stages.stored_plans import plan_of_run
from views import changed_tables, links
from world import World, mail, memory_spec

LEFT, RIGHT = Side.LEFT, Side.RIGHT


def contact(n: int, **more: Any) -> dict[str, Any]:
    return {"names.given": f"Person{n}", "names.family": "Muster", "emails": mail(f"p{n}@example.org"), **more}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Twenty on the left; ten of them on the right too, where five lack the job title and two have another one."""
    world = World(tmp_path, memory_spec(first_run=FirstRun.REVIEW))
    for n in range(20):
        world.left.put(f"l{n}", contact(n, job_title="Editor"))
    for n in range(10):
        title = {} if n < 5 else {"job_title": "Writer" if n < 7 else "Editor"}
        world.right.put(f"r{n}", contact(n, **title))
    world.right.put("r-no-key", {"names.given": "Nobody", "names.family": "Muster"})
    return world


def scheduled(world: World) -> Summary:
    asked = world.request()
    return run_sync(world.place(), RunRequest(asked.run_id, asked.owner, RunKind.SCHEDULED))


def written(world: World) -> tuple[int, int]:
    """Actions done on each side, by the journal."""
    done = [r for r in world.known.journal("pair") if r.outcome.state is State.DONE]
    left, right = (sum(r.intent.side is side for r in done) for side in Side)
    return left, right


# ---- the first run


def test_a_first_run_writes_nothing_and_says_how_to_let_its_plan_pass(world: World) -> None:
    before = world.known.dump()
    summary = world.run()
    assert summary.ok
    assert world.writes() == 0
    assert world.last().state is RunState.WAITING
    assert summary.line.startswith("Nothing written, the first plan of this sync waits for a person")
    assert f"contactsync release pair {world.last().plan_hash}" in summary.line
    assert changed_tables(before, world.known.dump()) <= {"run", "sync", "sync_lock"}
    assert world.known.cursor("pair", LEFT) is None
    assert links(world) == []


def test_its_log_is_the_report(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="contactsync")
    world.run()
    told = "\n".join(r.getMessage() for r in caplog.records)
    assert "Memory (left): 20 read; 10 with a partner, 10 only here (10 would be created there)" in told
    assert (
        "Memory (right): 11 read; 10 with a partner, 0 only here (0 would be created there), 0 ambiguous, 1 without"
        in told
    )
    assert "Matched now, by: email 10" in told
    assert "job_title differs in 7 pairs: filled in Memory (right) 5, Memory (left) wins 2" in told
    assert "example.org" not in told


def test_a_released_plan_is_written_and_the_next_run_has_nothing_to_do(world: World) -> None:
    world.run()
    released = world.run(apply_plan=world.last().plan_hash)
    assert released.ok
    assert len(world.right.contacts()) == 21
    assert len(links(world)) == 20
    before = written(world)
    assert scheduled(world).ok
    assert written(world) == before


def test_scheduled_runs_wait_a_day_and_then_work_the_plan_out_anew(world: World) -> None:
    scheduled(world)
    first = world.last()
    with pytest.raises(PlanWaits, match=first.plan_hash):
        scheduled(world)
    assert world.last() == first
    world.left.put("l20", contact(20))
    world.clock.forward(hours=24)
    scheduled(world)
    assert world.last().plan_hash != first.plan_hash
    assert world.writes() == 0


def test_what_was_edited_since_the_plan_was_made_is_left_for_the_next_run(world: World) -> None:
    world.run()
    plan = world.last().plan_hash
    world.left.put("l20", contact(20))  # new: not in the plan
    world.left.put("l0", contact(0, job_title="Chief"))  # in the plan with another value
    assert world.run(apply_plan=plan).ok
    assert "r0" in world.right.contacts()
    assert not world.right.contacts()["r0"].get("job_title")
    assert len(world.right.contacts()) == 21  # those of the plan, and not the new one
    assert world.run().ok
    assert world.right.contacts()["r0"]["job_title"] == "Chief"
    assert len(world.right.contacts()) == 22


def test_a_hash_that_no_plan_ever_had_is_refused(world: World) -> None:
    world.run()
    with pytest.raises(PlanMismatch):
        world.run(apply_plan="0123456789abcdef")
    assert world.writes() == 0


def test_a_sync_with_nothing_to_write_needs_nobody(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(first_run=FirstRun.REVIEW))
    for n in range(3):
        world.left.put(f"l{n}", contact(n))
        world.right.put(f"r{n}", contact(n))
    assert world.run().ok
    assert world.last().state is RunState.DONE
    assert len(links(world)) == 3


def test_apply_writes_at_once(world: World) -> None:
    world.with_spec(first_run=FirstRun.APPLY)
    assert world.run().ok
    assert len(world.right.contacts()) == 21


def test_the_plan_of_a_run_is_shown_as_it_was_made(world: World) -> None:
    world.run()
    first = world.last()
    world.left.put("l0", contact(0, job_title="Chief"))
    plan, told = plan_of_run(world.place(), first.run_id)
    assert (plan.hash, len(plan.intents)) == (first.plan_hash, 17)
    assert told.line == first.message
    with pytest.raises(ConfigError, match="has had no run 'nothing'"):
        plan_of_run(world.place(), "nothing")


# ---- a few contacts only


@pytest.mark.parametrize("by_file", [True, False], ids=["limit in the file", "limit of the run"])
def test_a_limit_writes_so_many_contacts_a_side_and_the_next_run_plans_the_others(world: World, by_file: bool) -> None:
    world.run()
    plan = world.last().plan_hash
    if by_file:
        world.with_spec(limit=4)
    summary = world.run(apply_plan=plan, **({} if by_file else {"limit": 4}))
    assert summary.ok
    assert written(world) == (0, 4)
    counts = summary.counts["left_to_right"]
    assert counts["skipped"] == 13
    assert counts["created"] + counts["updated"] + counts.get("conflict", 0) == 4
    assert counts["read"] == 20
    world.with_spec(limit=None)
    world.run()
    assert written(world) == (0, 17)  # ten creates, seven titles, each once
    assert len(links(world)) == 20
    world.run()
    assert written(world) == (0, 17)


def test_a_run_for_certain_contacts_leaves_the_others_alone(world: World) -> None:
    world.with_spec(first_run=FirstRun.APPLY)
    world.run(contacts=("left:l15", "r2"))
    assert written(world) == (0, 2)
    assert world.right.contacts()["r2"]["job_title"] == "Editor"
    world.run()
    assert written(world) == (0, 17)


def test_what_was_left_out_is_as_if_nobody_had_looked(world: World) -> None:
    """An edit on the other side meanwhile is seen as an edit, and a hold that stood still stands."""
    world.with_spec(first_run=FirstRun.APPLY)
    world.run()
    held = world.held()
    world.left.put("l1", contact(1, job_title="Chief"))
    world.left.put("l2", contact(2, job_title="Chief"))
    world.run(contacts=("l1",))
    world.right.put("r2", contact(2, job_title="Boss", company="Beispiel AG"))
    world.run()
    assert world.right.contacts()["r1"]["job_title"] == "Chief"
    assert world.right.contacts()["r2"]["job_title"] == "Chief"  # left wins a conflict
    assert world.left.contacts()["l2"]["company"] == "Beispiel AG"
    assert world.held() == held


def test_limits_judge_what_is_written_not_what_is_left_out(world: World) -> None:
    world.with_spec(first_run=FirstRun.APPLY)
    world.run()
    world.with_spec(limits=Limits(updates=Limit(3)))
    for n in range(10):
        world.left.put(f"l{n}", contact(n, job_title="Chief"))
    with pytest.raises(LimitExceeded):
        world.run()
    assert world.run(limit=3).ok
    assert sum(c.get("job_title") == "Chief" for c in world.right.contacts().values()) == 3


def test_an_edit_of_the_target_since_the_plan_was_made_is_not_overwritten(world: World) -> None:
    world.run()
    plan = world.last().plan_hash
    world.right.put("r0", {"job_title": "Boss"})  # the report said: filled
    assert world.run(apply_plan=plan).ok
    assert world.right.contacts()["r0"]["job_title"] == "Boss"
    assert len(world.right.contacts()) == 21


def test_the_first_plan_is_a_whole_one_also_where_a_run_was_asked_for_a_part(world: World) -> None:
    assert world.run(contacts=("left:nobody",)).ok
    assert world.last().state is RunState.WAITING
    assert links(world) == []
    world.run(limit=2)
    plan, _ = plan_of_run(world.place(), world.last().run_id)
    assert len(plan.intents) == 17


def test_the_rest_of_a_first_plan_is_let_pass_by_the_same_hash(world: World) -> None:
    world.with_spec(limits=Limits(creates=Limit(0), updates=Limit(0)))
    world.run()
    plan = world.last().plan_hash
    assert world.run(apply_plan=plan, limit=3).ok
    with pytest.raises(LimitExceeded):
        world.run()
    assert world.run(apply_plan=plan).ok
    assert written(world) == (0, 17)


def test_what_a_few_contacts_have_settled_stays_settled(world: World) -> None:
    """An edit after a canary is an edit, and not a first meeting that the left side wins."""
    world.run()
    world.run(apply_plan=world.last().plan_hash, contacts=("l5",))
    assert world.right.contacts()["r5"]["job_title"] == "Editor"
    world.right.put("r5", {"job_title": "Boss"})
    world.run(limit=100)
    assert world.left.contacts()["l5"]["job_title"] == "Boss"
    assert world.right.contacts()["r5"]["job_title"] == "Boss"


def test_a_plan_over_a_limit_is_let_pass_though_somebody_else_was_edited_since(world: World) -> None:
    world.with_spec(first_run=FirstRun.APPLY)
    world.run()
    world.with_spec(limits=Limits(updates=Limit(3)))
    for n in range(10):
        world.left.put(f"l{n}", contact(n, job_title="Chief"))
    with pytest.raises(LimitExceeded) as stopped:
        world.run()
    assert world.last().plan_hash == stopped.value.plan_hash
    world.left.put("l12", contact(12, job_title="Chief"))
    assert world.run(apply_plan=stopped.value.plan_hash).ok
    assert sum(c.get("job_title") == "Chief" for c in world.right.contacts().values()) == 10


def test_a_part_of_a_plan_over_a_limit_lets_only_that_part_pass(world: World) -> None:
    world.with_spec(first_run=FirstRun.APPLY)
    world.run()
    world.with_spec(limits=Limits(updates=Limit(1)))
    for n in range(10):
        world.left.put(f"l{n}", contact(n, job_title="Chief"))
    with pytest.raises(LimitExceeded) as stopped:
        world.run(limit=2)
    assert world.run(apply_plan=stopped.value.plan_hash).ok
    assert sum(c.get("job_title") == "Chief" for c in world.right.contacts().values()) == 2


def test_what_only_a_complete_read_showed_is_read_completely_again(world: World) -> None:
    world.with_spec(first_run=FirstRun.APPLY)
    world.run()
    world.run()
    cursor = world.known.cursor("pair", LEFT)
    world.left.put("l1", contact(1, job_title="Chief"))
    world.left.put("l2", contact(2, job_title="Chief"))
    world.run(full_read=True, limit=1)
    left_out = world.known.cursor("pair", LEFT)
    assert cursor
    assert left_out
    assert (left_out.cursor, left_out.complete_at) == (cursor.cursor, None)
    world.run()
    assert {world.right.contacts()[i]["job_title"] for i in ("r1", "r2")} == {"Chief"}


def test_another_mapping_is_not_tried_with_a_few_contacts(world: World) -> None:
    world.with_spec(first_run=FirstRun.APPLY)
    world.run()
    world.with_spec(match=MatchSpec(default_region="DE"))
    world.left.put("l1", contact(1, job_title="Chief"))
    with pytest.raises(ConfigError, match="run once without limit and contacts"):
        world.run(limit=1)
    assert world.run().ok


# ---- new holds


def test_more_new_holds_than_the_limit_make_a_run_red_and_a_few_do_not(world: World) -> None:
    world.with_spec(first_run=FirstRun.APPLY, limits=Limits(new_holds=Limit(2)))
    world.run()
    world.left.put("x1", {"names.given": "Kim", "names.family": "Muster"})
    world.left.put("x2", {"names.given": "Sam", "names.family": "Muster"})
    noted = world.run()
    assert noted.ok
    assert "2 held (no match key 2)" in noted.line
    for n in range(3):
        world.left.put(f"y{n}", {"names.given": f"Lou{n}", "names.family": "Muster"})
    red = world.run()
    assert not red.ok
    assert "3 contacts of the left side are newly held; the limit is 2" in red.line
    assert world.run().ok  # known by now


# ---- the report by command


def report(world: World) -> MatchReport:
    return report_sync(world.place(), world.request())


def states(found: MatchReport, side: Side) -> dict[str, Sequence[str]]:
    return {c.contact_id: (c.state, *c.partner, *c.differs) for c in found.contacts if c.side is side}


def test_the_report_has_a_row_a_contact_and_writes_nothing(world: World) -> None:
    world.left.put("l-twin", contact(0, **{"names.given": "Other"}))
    before = world.known.dump()
    found = report(world)
    left, right = states(found, LEFT), states(found, RIGHT)
    assert left["l5"] == ("matched", "r5", "job_title")
    assert left["l9"] == ("matched", "r9")
    assert left["l15"] == ("only here: to be created on the other side",)
    assert right["r-no-key"] == ("no match key",)
    assert left["l-twin"][0] == left["l0"][0] == "ambiguous"
    assert "right:r0" in left["l-twin"]
    assert next(c for c in found.contacts if c.contact_id == "l5").email == "p5@example.org"
    assert changed_tables(before, world.known.dump()) == set()
