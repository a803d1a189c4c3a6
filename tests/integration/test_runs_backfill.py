"""Backfills through whole runs: what they read again, what they leave alone, and which of them have nothing to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from contactsync.apps import app_names, load_app
from contactsync.cli import place
from contactsync.errors import CoveredBy, LimitExceeded, LockBusy
from contactsync.model.app import Window
from contactsync.model.ledger import StoredCursor
from contactsync.model.spec import SIDES, Limits, Side
from contactsync.model.stages import RunKind, RunRequest, Summary
from contactsync.pipeline import run_sync
from contactsync.stages.backfilling import stop_if_covered
from contactsync.stages.relinking import relink
from contactsync.stages.turns import turn_of
from world import Hub, World, hub_of, mail

PERSON = {"names.given": "Ada", "names.family": "Muster", "emails": mail("ada@example.org"), "job_title": "Tester"}


def backfill(world: World, since: datetime, **asked: Any) -> Summary:
    """One backfill run of the interval that begins then."""
    request = replace(world.request(), kind=RunKind.BACKFILL, since=since, **asked)
    return run_sync(world.place(), request)


def cursors(world: World) -> list[StoredCursor | None]:
    return [world.known.cursor(world.spec.id, side) for side in SIDES]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two books that are equal."""
    made = World(tmp_path)
    made.left.put("a", PERSON)
    made.run()
    made.run()
    return made


# ---- what is read


def missed(world: World, job: str) -> None:
    """Somebody edits the left contact, and the cursor moves past it as if it had been read."""
    world.left.put("a", {**PERSON, "job_title": job})
    cursor = world.known.cursor(world.spec.id, Side.LEFT)
    assert cursor is not None
    with world.left.opened() as state:
        moved = replace(cursor, cursor={"seq": state["seq"]})
    fence = world.known.take_lock(world.spec.id, "hand", ended=lambda _: True).fence
    world.known.set_cursor(world.spec.id, moved, fence=fence)
    world.known.release_lock(world.spec.id, "hand", fence)


def test_a_change_that_no_run_saw_is_carried_over_and_the_cursors_stay(world: World) -> None:
    missed(world, "Missed")
    assert world.run().ok
    assert [c["job_title"] for c in world.right.contacts().values()] == ["Tester"]
    before = cursors(world)
    summary = backfill(world, world.clock() - timedelta(days=1))
    assert summary.ok
    assert [c["job_title"] for c in world.right.contacts().values()] == ["Missed"]
    assert cursors(world) == before


def test_what_the_other_side_has_since_stands(world: World) -> None:
    """The newer value was typed, and carried over, before the old interval is read again."""
    partner = next(iter(world.right.contacts()))
    world.right.put(partner, {**world.right.contacts()[partner], "job_title": "Newer"})
    world.run()
    world.run()
    writes = world.writes()
    assert backfill(world, world.clock() - timedelta(days=30)).ok
    assert world.writes() == writes
    assert world.left.contacts()["a"]["job_title"] == "Newer"


def test_after_a_backfill_the_next_run_is_quiet(world: World) -> None:
    world.left.put("b", {**PERSON, "names.given": "Bo", "emails": mail("bo@example.org")})
    backfill(world, world.clock() - timedelta(days=1))
    world.run()
    writes = world.writes()
    world.run()
    assert world.writes() == writes
    assert len(world.left.contacts()) == len(world.right.contacts()) == 2


def test_a_first_run_may_be_a_backfill(tmp_path: Path) -> None:
    made = World(tmp_path)
    made.left.put("a", PERSON)
    assert backfill(made, made.clock() - timedelta(days=1)).ok
    assert len(made.right.contacts()) == 1
    made.run()
    writes = made.writes()
    made.run()
    assert made.writes() == writes


def test_a_dry_backfill_writes_nothing_and_covers_nothing(world: World) -> None:
    world.left.put("a", {**PERSON, "job_title": "Seen"})
    writes, since = world.writes(), world.clock() - timedelta(days=1)
    assert backfill(world, since, dry_run=True).dry_run
    assert world.writes() == writes
    assert backfill(world, since).ok
    assert [c["job_title"] for c in world.right.contacts().values()] == ["Seen"]


# ---- what need not be read again


def test_an_interval_that_another_backfill_has_just_read_is_covered(world: World) -> None:
    day = timedelta(days=1)
    backfill(world, world.clock() - 3 * day)
    name = world.last().run_id
    with pytest.raises(CoveredBy, match=f"Covered by {name}"):
        backfill(world, world.clock() - day)
    assert world.last().run_id == name  # no run row for who had nothing to do


def test_after_twelve_hours_it_is_read_again(world: World) -> None:
    since = world.clock() - timedelta(days=3)
    backfill(world, since)
    world.clock.forward(hours=11)
    with pytest.raises(CoveredBy):
        backfill(world, since)
    world.clock.forward(hours=1)
    assert backfill(world, since).ok


def test_ordinary_runs_cover_no_backfill(world: World) -> None:
    world.run(full_read=True)
    assert backfill(world, world.clock() - timedelta(days=1)).ok


def test_a_run_that_a_limit_stopped_covers_nothing(world: World) -> None:
    world.with_spec(limits=Limits())
    for number in range(60):
        world.left.put(f"n{number}", {"names.given": f"N{number}", "emails": mail(f"n{number}@example.org")})
    for _ in range(2):
        with pytest.raises(LimitExceeded):
            backfill(world, world.clock() - timedelta(days=1))


def test_a_changed_file_is_read_and_recorded_though_another_backfill_came_before(world: World) -> None:
    since = world.clock() - timedelta(days=1)
    backfill(world, since)
    world.with_spec(match=replace(world.spec.match, keys=(("phone",),)))
    assert backfill(world, since).ok


def test_a_backfill_waits_while_another_run_holds_the_sync(world: World) -> None:
    lease = world.known.take_lock(world.spec.id, "another run", ended=lambda _: True)
    with pytest.raises(LockBusy):
        run_sync(world.place(ended=False), RunRequest("b", "test b", RunKind.BACKFILL, since=world.clock()))
    world.known.release_lock(world.spec.id, "another run", lease.fence)


@pytest.mark.parametrize(("days", "backwards"), [(30, False), (2, True)])
def test_a_month_at_fifteen_minutes_makes_at_most_two_complete_reads(world: World, days: int, backwards: bool) -> None:
    end = world.clock()
    starts = [end - timedelta(days=days) + timedelta(minutes=15 * n) for n in range(days * 96)]
    world.step = 15.0  # what a run costs the scheduler: 2,880 of them take 12 hours
    done = 0
    for since in reversed(starts) if backwards else starts:
        try:
            stop_if_covered(world.place(), replace(world.request(), kind=RunKind.BACKFILL, since=since))
        except CoveredBy:
            continue
        assert backfill(world, since).ok
        done += 1
    assert 1 <= done <= 2


# ---- an app that can be asked for an interval


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with hub_of(tmp_path) as made:
        yield made


def test_freshsales_is_asked_for_the_interval_and_google_for_everything(hub: Hub) -> None:
    made = hub.world("freshsales-google")
    key = hub.freshsales.add_contact({"first_name": "Ada", "last_name": "Muster", "emails": ["ada@example.org"]})["id"]
    made.run()
    made.run()
    hub.reset_counters()
    hub.freshsales.edit_contact(str(key), {"job_title": "Missed"})
    before = cursors(made)
    assert backfill(made, hub.clock() - timedelta(hours=6)).ok
    paths = hub.freshsales.counters.paths
    assert any("filtered_search" in path for path in paths)
    assert not any("/view/" in path for path in paths)
    assert cursors(made) == before
    # The later start is in what was read; an earlier one asks Freshsales again, and Google not.
    with pytest.raises(CoveredBy):
        backfill(made, hub.clock() - timedelta(hours=1))
    hub.reset_counters()
    assert backfill(made, hub.clock() - timedelta(days=20)).ok
    assert any("filtered_search" in path for path in hub.freshsales.counters.paths)
    assert len(hub.google.contacts()) == 1


def test_the_page_says_of_each_app_what_it_does() -> None:
    page = (Path(__file__).parents[2] / "docs" / "backfill.md").read_text()
    for info in (load_app(name).info for name in app_names()):
        if info.kind != "test":
            asked = "contacts with a modified time since" if info.caps.window is Window.NATIVE else "everything"
            assert f"| {info.title} | {asked}" in page


def test_a_run_of_a_backfill_that_somebody_clears_reads_again(world: World) -> None:
    since = world.clock.now - timedelta(days=1)
    request = replace(world.request(), kind=RunKind.BACKFILL, since=since)
    run_sync(world.place(), request)
    with pytest.raises(CoveredBy):
        backfill(world, since)
    missed(world, "Missed before it was cleared")
    run_sync(world.place(), request)
    assert {row["job_title"] for row in world.right.contacts().values()} == {"Missed before it was cleared"}


# ---- ten at once


def asked(world: World, name: str, since: datetime | None = None) -> RunRequest:
    kind = RunKind.MANUAL if since is None else RunKind.BACKFILL
    return RunRequest(name, f"dag {name}", kind, since=since)


def all_that_wait(world: World, requests: Sequence[RunRequest]) -> list[str]:
    """Each looks, in this order, until all have had their turn; who read, in the order in which they did."""
    read: list[str] = []
    left = list(requests)
    for _ in requests:
        for request in list(left):
            with suppress(LockBusy):
                read += [request.run_id] if _reads(world, request) else []
                left.remove(request)
    assert not left
    return read


def _reads(world: World, request: RunRequest) -> bool:
    """False for one that is covered."""
    try:
        return run_sync(world.place(ended=False), request).ok
    except CoveredBy:
        return False


def while_held(world: World, requests: Sequence[RunRequest]) -> list[str]:
    """All find the sync held by another run; then it is free."""
    lease = world.known.take_lock(world.spec.id, "another run", ended=lambda _: True)
    for request in requests:
        with pytest.raises(LockBusy):
            run_sync(world.place(ended=False), request)
    world.known.release_lock(world.spec.id, "another run", lease.fence)
    return all_that_wait(world, requests)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_looks_first_the_earliest_of_ten_reads_and_the_others_are_covered(hub: Hub, seed: int) -> None:
    made = hub.world("freshsales-google")
    made.run()
    made.run()
    began = made.clock() - timedelta(days=1)
    requests = [asked(made, f"b{n}", began + timedelta(minutes=15 * n)) for n in range(10)]
    Random(seed).shuffle(requests)
    assert while_held(made, requests) == ["b0"]


def test_what_a_person_asked_for_goes_before_ten_backfills(world: World) -> None:
    began = world.clock() - timedelta(days=1)
    requests = [asked(world, f"b{n}", began + timedelta(minutes=15 * n)) for n in range(3)]
    assert while_held(world, [*requests, asked(world, "of a person")]) == ["of a person", "b0"]


def test_who_is_covered_waits_no_longer(world: World) -> None:
    began = world.clock() - timedelta(days=1)
    first, late = asked(world, "first", began), asked(world, "late", began + timedelta(minutes=15))
    assert while_held(world, [late, first]) == ["first"]
    assert world.known.turn_before(world.spec.id, "9") is None


def test_a_command_is_told_at_once_and_leaves_no_place_in_line(world: World) -> None:
    undo = RunRequest("undo", "command host 1 undo", RunKind.UNDO)
    assert turn_of(undo) != ""  # by the form
    assert turn_of(replace(undo, typed=True)) == ""
    assert all(place.request(kind=kind).typed for kind in (RunKind.CLI, RunKind.UNDO))


def test_a_relink_by_the_form_waits_as_a_person_does(world: World) -> None:
    world.known.take_lock(world.spec.id, "another", ended=lambda _: False)
    with pytest.raises(LockBusy):
        relink(world.place(ended=False), asked(world, "of a person"))
    assert world.known.turn_before(world.spec.id, "9") == "dag of a person"


def test_an_approved_plan_waits_as_a_person_does_and_neither_the_schedule_nor_a_command_waits() -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    turns = [
        turn_of(RunRequest("a", "a", kind, since=since, apply_plan=plan, can_ask=kind is not RunKind.CLI))
        for kind, since, plan in (
            (RunKind.SCHEDULED, None, ""),
            (RunKind.CLI, None, "0a"),
            (RunKind.SCHEDULED, None, "0a"),
            (RunKind.BACKFILL, began, "0a"),
            (RunKind.UNDO, None, ""),
            (RunKind.BACKFILL, began, ""),
            (RunKind.BACKFILL, began + timedelta(minutes=15), ""),
        )
    ]
    assert turns[:2] == ["", ""]
    assert turns[2] == turns[3] == turns[4]
    assert turns[4:] == sorted(set(turns[4:]))
