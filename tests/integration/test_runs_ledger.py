"""Whose accounts they are, what happens when the ledger is lost or the file changes, and that one run holds a sync."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ConfigError, FenceLost, LockBusy, WrongAccount
from contactsync.model.exchange import State
from contactsync.model.ledger import RunState
from contactsync.model.plan import HoldReason
from contactsync.model.spec import DeletionPolicy, Direction, FieldsSpec, MatchSpec, Side, SideSpec
from contactsync.pipeline import extract_side, load_side, open_run, reconcile, record, run_sync, transform
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people_data import people
from views import differences, links
from world import World, hub_of, lose_the_ledger, mail, memory_spec

DELETE = {Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE}


def linked(tmp_path: Path, n: int = 8, **changes: Any) -> World:
    world = World(tmp_path, memory_spec(**changes))
    for k in range(n):
        world.left.put(f"l{k}", {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org")})
    for _ in range(2):
        assert world.run().ok
    assert len(links(world)) == n
    return world


# ---- accounts


def test_another_account_behind_the_connection_stops_the_run(tmp_path: Path) -> None:
    persons = people(5, 4)
    with hub_of(tmp_path) as hub, FreshsalesSandbox(clock=hub.clock.seconds) as other:
        seed_freshsales(hub.freshsales, persons)
        world = hub.world("freshsales-google")
        world.run()
        hub.freshsales = other
        hub.clock.forward(hours=25)  # the account is asked for once a day, and when credentials change
        hub.reset_counters()
        before = world.known.dump()
        with pytest.raises(WrongAccount) as stopped:
            world.run()
        assert "contactsync relink freshsales-google" in stopped.value.next_step
        assert hub.writes() == other.counters.writes == 0
        assert {name for name, rows in world.known.dump().items() if rows != before[name]} <= {"sync_lock", "run"}


def test_changed_credentials_are_checked_at_once(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub, FreshsalesSandbox(clock=hub.clock.seconds, api_key="another-key") as other:
        seed_freshsales(hub.freshsales, people(5, 4))
        world = hub.world("freshsales-google")
        world.run()
        hub.freshsales = other
        with pytest.raises(WrongAccount):
            world.run()


def test_a_sync_of_an_account_with_itself_is_refused(tmp_path: Path) -> None:
    same = SideSpec("memory", "same_book")
    world = World(tmp_path, memory_spec(left=same, right=same))
    world.left.put("l1", {"emails": mail("ada@example.org")})
    with pytest.raises(ConfigError, match="same account"):
        world.run()
    assert world.left.writes == 0


# ---- a lost ledger


def test_a_lost_ledger_finds_the_links_again_and_neither_creates_nor_deletes(tmp_path: Path) -> None:
    world = linked(tmp_path, deletions=DELETE)
    world.right.remove(next(k.right.contact_id for k in links(world) if k.left.contact_id == "l0"))
    world.left.put("l1", {"job_title": "Editor"})
    world.right.put("new", {"names.given": "Uma", "emails": mail("uma@example.org")})
    counts = (len(world.left.contacts()), len(world.right.contacts()))
    lose_the_ledger(world)
    for _ in range(2):
        assert world.run().ok
        row = world.known.sync(world.spec.id)
        assert row is not None
    assert (len(world.left.contacts()), len(world.right.contacts())) == counts
    assert len(links(world)) == 7
    union = [h.contact_id for h in world.held() if h.reason is HoldReason.UNION]
    assert sorted(union) == ["l0", "new"]
    assert row.union == 0
    world.left.put("l2", {"job_title": "Writer"})
    assert world.run().ok
    linked_right = next(k.right.contact_id for k in links(world) if k.left.contact_id == "l2")
    assert world.right.contacts()[linked_right]["job_title"] == "Writer"
    assert (len(world.left.contacts()), len(world.right.contacts())) == counts
    world.run(full_read=True)
    assert (len(world.left.contacts()), len(world.right.contacts())) == counts
    assert sorted(h.contact_id for h in world.held() if h.reason is HoldReason.UNION) == ["l0", "new"]


def test_differences_found_without_a_ledger_are_held_and_blanks_filled(tmp_path: Path) -> None:
    world = linked(tmp_path)
    first = links(world)[0]
    left, right = first.left.contact_id, first.right.contact_id
    world.left.put(left, {"job_title": "Editor", "nickname": "Adi"})
    world.right.put(right, {"job_title": "Writer"})
    lose_the_ledger(world)
    world.run()
    assert world.right.contacts()[right]["nickname"] == "Adi"
    assert world.right.contacts()[right]["job_title"] == "Writer"
    assert world.left.contacts()[left]["job_title"] == "Editor"
    for full in (False, True, True, False):  # union mode ends, and nothing decides it but a person
        assert [(h.field, h.reason) for h in world.held()] == [("job_title", HoldReason.CONFLICT)]
        assert world.run(full_read=full).ok
        assert world.right.contacts()[right]["job_title"] == "Writer"
    world.right.put(right, {"job_title": "Chief editor"})
    assert world.run().ok
    assert world.left.contacts()[left]["job_title"] == "Chief editor"
    assert not world.held()
    assert differences(world) == {}


def test_a_ledger_from_a_backup_is_noticed(tmp_path: Path) -> None:
    world = linked(tmp_path)
    world.known._engine.dispose()
    backup = (tmp_path / "ledger.db").read_bytes()
    world.left.put("l1", {"job_title": "Editor"})
    world.run()
    world.known._engine.dispose()
    for file in tmp_path.glob("ledger.db*"):
        file.unlink()
    (tmp_path / "ledger.db").write_bytes(backup)
    world.run()
    row = world.known.sync(world.spec.id)
    assert row is not None
    assert row.union == 1
    world.run()
    assert (len(world.left.contacts()), len(world.right.contacts())) == (8, 8)
    assert differences(world) == {}


def test_a_first_run_is_no_lost_ledger(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    world.left.put("l1", {"emails": mail("ada@example.org")})
    assert world.run().counts["left_to_right"]["created"] == 1


# ---- the file changes


def test_a_field_taken_in_again_is_read_completely_and_first_matched(tmp_path: Path) -> None:
    world = linked(tmp_path, fields=FieldsSpec(exclude=("job_title", "nickname")))
    pairs = {k.left.contact_id: k.right.contact_id for k in links(world)}
    world.left.put("l1", {"job_title": "Editor"})
    world.right.put(pairs["l2"], {"job_title": "Writer"})
    world.left.put("l3", {"job_title": "Left"})
    world.right.put(pairs["l3"], {"job_title": "Right", "nickname": "Rex"})
    world.run()
    world.with_spec(fields=FieldsSpec())
    assert world.run().ok
    world.run()
    right, left = world.right.contacts(), world.left.contacts()
    assert right[pairs["l1"]]["job_title"] == "Editor"
    assert left["l2"]["job_title"] == "Writer"
    assert right[pairs["l3"]]["job_title"] == left["l3"]["job_title"] == "Left"
    assert left["l3"]["nickname"] == "Rex"
    assert "Right" in [c.right for _, _, c in world.known.conflicts(world.spec.id)]
    assert differences(world) == {}
    writes = world.writes()
    world.run(full_read=True)
    assert world.writes() == writes


def test_a_field_taken_out_and_in_again_keeps_what_was_known(tmp_path: Path) -> None:
    world = linked(tmp_path)
    world.left.put("l1", {"job_title": "Editor"})
    world.run()
    world.with_spec(fields=FieldsSpec(exclude=("job_title",)))
    world.run()
    world.run()
    right = next(k.right.contact_id for k in links(world) if k.left.contact_id == "l1")
    world.right.put(right, {"job_title": "Chief editor"})
    world.run()
    world.with_spec(fields=FieldsSpec())
    for _ in range(2):
        assert world.run().ok
    assert world.left.contacts()["l1"]["job_title"] == "Chief editor"
    assert differences(world) == {}


def test_other_match_keys_mean_a_complete_read(tmp_path: Path) -> None:
    world = linked(tmp_path, match=MatchSpec(keys=(("email",),)))
    phones = [{"value": "+49 30 1234567", "label": "mobile", "primary": False}]
    world.left.put("l90", {"names.given": "Uma", "phones": phones})
    world.right.put("r90", {"names.given": "Uma", "phones": phones})
    world.run()
    assert {h.reason for h in world.held()} == {HoldReason.NO_KEY}
    world.with_spec(match=MatchSpec(keys=(("email",), ("phone",))))
    summary = world.run()
    assert summary.counts["left_to_right"]["matched"] == 1
    assert not world.held()
    assert (len(world.left.contacts()), len(world.right.contacts())) == (9, 9)
    dump = world.known.dump()
    world.run()
    assert world.known.dump()["link"] == dump["link"]


def test_ignored_plus_tags_mean_a_complete_read_and_change_no_address(tmp_path: Path) -> None:
    world = linked(tmp_path, match=MatchSpec(), direction=Direction.LEFT_TO_RIGHT)
    before = len(world.right.contacts())
    world.right.put("r90", {"names.given": "Uma", "emails": mail("uma@example.org")})
    world.run()
    world.left.put("l90", {"names.given": "Uma", "emails": mail("Uma+News@example.org")})
    world.with_spec(match=MatchSpec(plus_tags=False))
    assert world.run().counts["left_to_right"]["matched"] == 1
    assert len(world.right.contacts()) == before + 1
    sent = [item["value"] for item in world.right.contacts()["r90"]["emails"]]
    assert "Uma+News@example.org" in sent
    cursors = [world.known.cursor(world.spec.id, side) for side in Side]
    assert {c.complete_at for c in cursors if c is not None} == {world.clock()}
    writes = world.writes()
    world.run(full_read=True)
    assert world.writes() == writes


def test_under_ignored_plus_tags_an_address_that_would_collide_is_held(tmp_path: Path) -> None:
    world = linked(tmp_path, match=MatchSpec(plus_tags=False))
    world.left.put("l1", {"emails": mail("ada2+news@example.org")})
    world.run()
    assert HoldReason.KEY_COLLISION in {h.reason for h in world.held()}


def test_a_complete_read_comes_by_itself_every_few_days(tmp_path: Path) -> None:
    world = linked(tmp_path, full_every=timedelta(days=6))
    first = world.known.cursor(world.spec.id, Side.LEFT)
    world.run()
    world.clock.forward(days=6)
    world.run()
    last = world.known.cursor(world.spec.id, Side.LEFT)
    assert first is not None
    assert last is not None
    assert first.complete_at is not None
    assert last.complete_at is not None
    assert last.complete_at - first.complete_at > timedelta(days=6)


# ---- one writer


def test_a_second_run_is_told_who_holds_the_sync(tmp_path: Path) -> None:
    world = linked(tmp_path)
    first = world.request()
    opened = open_run(world.place(), first)
    world.left.put("l1", {"job_title": "Editor"})
    writes, before = world.writes(), world.known.dump()
    with pytest.raises(LockBusy) as busy:
        run_sync(world.place(ended=False), world.request())
    assert busy.value.holder == first.owner
    assert first.owner in str(busy.value)
    assert world.writes() == writes
    assert world.known.dump() == before
    record(world.place(), first, opened, {}, None, {}, ["extract_left"])
    assert world.run().ok
    assert world.writes() > writes


def test_a_load_whose_lock_was_taken_over_sends_nothing_more(tmp_path: Path) -> None:
    world = linked(tmp_path)
    world.left.put("l1", {"job_title": "Editor"})
    place, request = world.place(), world.request()
    opened = open_run(place, request)
    left, right = (extract_side(place, request, opened, side) for side in Side)
    planned = reconcile(place, request, opened, transform(place, request, opened, left.ref, right.ref))
    writes = world.writes()
    taken = world.known.take_lock(world.spec.id, "somebody else", ended=lambda _: True)
    with pytest.raises(FenceLost):
        load_side(place, request, opened, planned, Side.RIGHT)
    assert world.writes() == writes
    with pytest.raises(FenceLost):
        record(place, request, opened, {Side.LEFT: left, Side.RIGHT: right}, planned, {}, ["load_right"])
    world.known.release_lock(world.spec.id, "somebody else", taken.fence)
    assert world.run().ok
    assert differences(world) == {}


def test_a_lock_lost_in_the_middle_of_a_load_stops_it_before_the_next_request(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    for k in range(1000):
        world.left.put(f"l{k}", {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org")})
    calm = world.right.clock

    def clock() -> datetime:  # the book asks for the time with each contact that it stores
        if len(world.right.state["contacts"]) == 150:
            world.known.take_lock(world.spec.id, "somebody else", ended=lambda _: True)
        return calm()

    world.right.clock = clock
    with pytest.raises(FenceLost):
        world.run()
    assert world.right.writes == 2  # the batch under way was the last
    world.right.clock = calm
    world.clock.forward(seconds=300)
    for _ in range(4):
        assert world.run().ok
    assert len(world.right.contacts()) == 1000 == len(links(world))
    assert world.last().state is RunState.DONE


# ---- asynchronous jobs


def bulky(tmp_path: Path, n: int = 12) -> World:
    spec = memory_spec()
    world = World(tmp_path, replace(spec, right=replace(spec.right, options={"bulk": 5})))
    for k in range(n):
        world.left.put(f"l{k}", {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org")})
    return world


def test_a_bulk_job_is_polled_until_it_is_done(tmp_path: Path) -> None:
    world = bulky(tmp_path)
    assert world.run().counts["left_to_right"]["created"] == 12
    assert len(world.right.contacts()) == 12 == len(links(world))
    assert {r.outcome.state for r in world.known.journal(world.spec.id)} == {State.DONE}
    assert all(r.outcome.created for r in world.known.journal(world.spec.id))


def test_a_job_that_takes_too_long_is_polled_by_later_runs_and_not_started_twice(tmp_path: Path) -> None:
    world = bulky(tmp_path)
    world.right.hold_jobs(busy=True)
    summary = world.run()
    assert summary.counts["left_to_right"]["failed"] == 12
    for _ in range(2):
        world.clock.forward(minutes=5)
        world.run()
        assert not world.right.contacts()
    assert len(world.right.state["jobs"]) == 1
    for k in range(20, 26):
        world.left.put(f"l{k}", {"emails": mail(f"late{k}@example.org")})
    world.run()  # the others do not wait for it, and no second job is begun
    assert len(world.right.state["jobs"]) == 1
    assert len(world.right.contacts()) == 6
    world.right.hold_jobs(busy=False)
    for _ in range(2):
        world.clock.forward(minutes=5)
        assert world.run().ok
    for _ in range(3):
        world.run()
    assert len(world.right.contacts()) == 18 == len(links(world))


def test_no_job_is_begun_while_one_of_another_sync_of_the_account_hangs(tmp_path: Path) -> None:
    first = bulky(tmp_path)
    first.right.hold_jobs(busy=True)
    first.run()
    spec = replace(memory_spec(), id="other", right=first.spec.right)
    other = World(tmp_path, spec, first.clock, first.ledger, first.services)
    for k in range(12):
        other.left.put(f"o{k}", {"names.given": f"Uma {k}", "emails": mail(f"uma{k}@example.org")})
    other.run()
    assert len(first.right.state["jobs"]) == 1
    first.right.hold_jobs(busy=False)
    for world in (first, other) * 3:
        world.clock.forward(minutes=5)
        world.run()
    assert len(first.right.contacts()) == 24 == len(links(first)) == len(links(other))
