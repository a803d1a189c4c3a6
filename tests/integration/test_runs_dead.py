"""Runs that never came to their end: the next run of the sync ends their rows, and says what becomes of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import LimitExceeded
from contactsync.model.approval import Approval, Reply, When
from contactsync.model.ledger import RunRow, RunState
from contactsync.model.spec import FirstRun, Limit, Limits
from contactsync.model.stages import RunKind, RunRequest
from contactsync.pipeline import answer_sync, run_sync
from undos import undo
from world import World, mail, memory_spec

FEW = Limits(*[Limit(1)] * 5)


class KilledError(BaseException):
    """The process is gone."""


def people(world: World, *names: str, title: str = "") -> None:
    for name in names:
        world.left.put(name, {"names.given": name.title(), "emails": mail(f"{name}@example.org"), "job_title": title})


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two people on both sides, with new titles on the left: more than a run may update."""
    made = World(tmp_path, memory_spec())
    people(made, "ada", "ben")
    assert made.run().ok
    assert made.run().ok
    made.with_spec(limits=FEW)
    people(made, "ada", "ben", title="Editor")
    return made


def killed(patch: pytest.MonkeyPatch, what: Callable[[], Any]) -> None:
    """Die after the load, before anything is recorded."""

    def die(*_: Any) -> None:
        raise KilledError

    with patch.context() as here:
        here.setattr("contactsync.pipeline.record", die)
        with pytest.raises(KilledError):
            what()


def titles(world: World) -> set[str]:
    return {contact.get("job_title", "") for contact in world.right.contacts().values()}


def row_of(world: World, run_id: str) -> RunRow:
    found = world.known.run("pair", run_id)
    assert found is not None
    return found


def test_a_release_killed_in_its_load_is_ended_by_the_next_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitExceeded) as over:
        world.run()
    release = world.request(apply_plan=over.value.plan_hash)
    killed(monkeypatch, lambda: run_sync(world.place(), release))
    assert row_of(world, release.run_id).state is RunState.RUNNING
    assert world.run().ok
    ended = row_of(world, release.run_id)
    assert (ended.state, ended.ended_at) == (RunState.FAILED, world.clock())
    assert ended.message.startswith("Cut short after 2 actions; later runs plan anew what is left")
    assert world.last().state is RunState.DONE
    assert titles(world) == {"Editor"}


def test_an_undo_that_was_killed_says_that_the_rest_is_to_be_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.with_spec(limits=memory_spec().limits)
    assert world.run().ok
    written = world.last().run_id
    killed(monkeypatch, lambda: undo(world, written))
    dead = world.last().run_id
    assert world.run().ok
    assert row_of(world, dead).state is RunState.FAILED
    assert row_of(world, dead).message.startswith(
        "Undo cut short after 2 actions; to take back the rest, give the same"
    )


def asking(world: World) -> RunRequest:
    """A run of Airflow's whose plan waits for a person."""
    world.with_spec(approval=Approval(When.OVER_LIMITS))
    request = replace(world.request(), kind=RunKind.SCHEDULED, can_ask=True)
    assert run_sync(world.place(), request).ok
    assert row_of(world, request.run_id).state is RunState.WAITING
    return request


def after(world: World, *, ended: bool) -> None:
    """The next run; `ended`: Airflow no longer has the one that asked."""
    request = replace(world.request(), kind=RunKind.SCHEDULED, can_ask=True)
    run_sync(world.place(ended=ended), request)


@pytest.mark.parametrize("answer", [Reply.NONE, Reply.APPROVED])
def test_a_run_that_airflow_ended_while_its_plan_waited_is_ended_too(world: World, answer: Reply) -> None:
    request = asking(world)
    asked = world.known.approval("pair", request.run_id)
    assert asked is not None
    if answer is not Reply.NONE:
        world.known.reply(asked, answer, "maria.sample")  # whose process died of following it
    after(world, ended=True)
    ended = row_of(world, request.run_id)
    assert (ended.state, ended.ended_at) == (RunState.FAILED, world.clock())
    assert (
        ended.message
        == f"Nothing written: the run was ended in Airflow while plan {asked.plan_hash} waited for approval"
    )
    assert titles(world) == {""}


def test_a_plan_that_can_still_be_answered_goes_on_waiting(world: World) -> None:
    request = asking(world)
    after(world, ended=False)
    assert row_of(world, request.run_id).state is RunState.WAITING
    assert answer_sync(world.place(), request, Reply.APPROVED, "maria.sample").ok
    assert row_of(world, request.run_id).state is RunState.DONE
    assert titles(world) == {"Editor"}


def test_a_plan_that_waits_for_a_release_goes_on_waiting(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(first_run=FirstRun.REVIEW))
    people(world, "ada")
    world.run()
    first = world.last()
    assert first.state is RunState.WAITING
    assert world.run(apply_plan=first.plan_hash).ok
    assert row_of(world, first.run_id).state is RunState.WAITING
