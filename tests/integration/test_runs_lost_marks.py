"""After a lost ledger our own marks say who was made from whom: in each app that keeps one, and only where they may."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.cli.plan_tables import relinking_lines
from contactsync.errors import ConfigError, WrongAccount
from contactsync.model.decisions import Answer
from contactsync.model.plan import HoldReason
from contactsync.model.spec import DeletionPolicy, MatchSpec, Side, SideSpec
from contactsync.pipeline import open_run, plan_sync
from contactsync.stages.deciding import Judge, decide, keep_apart, open_holds
from contactsync.stages.lost_words import relinking
from contactsync.stages.relinking import relink
from radicale_server import RadicaleServer
from views import links
from world import Hub, World, hub_of, lose_the_ledger, mail, memory_spec, services_on

KEYLESS = MatchSpec(create_without_key=True)
DELETE = {Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE}


def pairs(world: World) -> dict[str, str]:
    return {k.left.contact_id: k.right.contact_id for k in links(world)}


def lose_of(hub: Hub, world: World) -> None:
    lose_the_ledger(world)
    assert world.ledger is not None
    hub.ledger, hub.services = world.ledger, services_on(world.ledger, hub.clock)


def nameless(tmp_path: Path, **changes: Any) -> World:
    """l0 to l5 were made on the right, without a key; nothing but the mark says so."""
    world = World(tmp_path, memory_spec(match=KEYLESS, **changes))
    for k in range(6):
        world.left.put(f"l{k}", {"names.given": f"Nobody {k}"})
    for _ in range(2):
        assert world.run().ok
    assert len(pairs(world)) == 6
    return world


def decided(world: World, reason: HoldReason, answer: Answer) -> None:
    judge = Judge(world.place(), world.request(by="a test"))
    decide(judge, next(name for name, hold in open_holds(judge) if hold.reason is reason), answer)


# ---- the apps that keep a mark


def test_google_keeps_a_mark_by_which_contacts_without_keys_are_found_again(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        for k in range(3):
            hub.freshsales.add_contact(
                {"first_name": "Uma", "last_name": f"Muster{k}", "mobile_number": f"+4930{k}23456"}
            )
        world = hub.world("freshsales-google", match=MatchSpec(keys=(("email",),), create_without_key=True))
        for _ in range(2):
            assert world.run().ok
        before = pairs(world)
        assert len(before) == 3
        hub.freshsales.edit_contact(next(iter(before)), {"last_name": "Renamed"})
        lose_of(hub, world)
        hub.reset_counters()
        for _ in range(3):
            assert world.run().ok
        assert pairs(world) == before
        assert len(hub.google.contacts()) == 3
        assert hub.writes() == 0
        assert {h.reason for h in world.held()} == {HoldReason.CONFLICT}


def test_a_carddav_card_is_known_again_by_the_uid_that_we_gave_it(tmp_path: Path, radicale: RadicaleServer) -> None:
    book = radicale.home().book()
    with hub_of(tmp_path, book=book) as hub:
        for k in range(3):
            hub.freshsales.add_contact(
                {"first_name": "Uma", "last_name": f"Muster{k}", "mobile_number": f"+4930{k}23456"}
            )
        world = hub.world("freshsales-carddav", match=MatchSpec(keys=(("email",),), create_without_key=True))
        for _ in range(2):
            assert world.run().ok
        before = pairs(world)
        assert len(before) == 3
        lose_of(hub, world)
        for _ in range(3):
            assert world.run().ok
        assert pairs(world) == before
        assert not world.held()


# ---- what a mark does not prove


def test_marks_of_a_former_account_are_not_believed_after_a_relink(tmp_path: Path) -> None:
    world = nameless(tmp_path)
    lose_the_ledger(world)
    moved = replace(world.spec, left=memory_spec().left)
    world = World(tmp_path, moved, world.clock, world.ledger, number=50)
    for k in range(6):
        world.left.put(f"l{k}", {"names.given": f"Somebody else under the same id {k}"})
    relink(world.place(), world.request())
    for _ in range(2):
        assert world.run().ok
    assert not pairs(world)
    lose_the_ledger(world)  # and what lies beside the artefacts still knows of the relink
    assert world.run().ok
    assert not pairs(world)
    assert len(world.right.contacts()) == 6


def test_a_state_file_that_names_no_account_lets_no_mark_be_believed(tmp_path: Path) -> None:
    world = nameless(tmp_path)
    (tmp_path / "pair.json").write_text('{"seq": 9}')
    lose_the_ledger(world)
    for _ in range(3):
        assert world.run().ok
    assert not pairs(world)
    assert {h.reason for h in world.held()} == {HoldReason.UNION}
    assert len(world.right.contacts()) == 6


def test_a_lost_ledger_and_another_account_stop_the_run_until_a_person_accepts_it(tmp_path: Path) -> None:
    world = nameless(tmp_path)
    lose_the_ledger(world)
    world = World(
        tmp_path, replace(world.spec, right=SideSpec("memory", "elsewhere")), world.clock, world.ledger, number=50
    )
    with pytest.raises(WrongAccount, match="memory:elsewhere"):
        world.run()
    with pytest.raises(WrongAccount):
        world.run(dry_run=True)
    assert relink(world.place(), world.request())[Side.RIGHT][1] == "memory:elsewhere"
    assert world.run().ok
    assert not world.right.contacts()


def test_two_whom_a_person_kept_apart_stay_apart_after_an_old_backup(tmp_path: Path) -> None:
    world = nameless(tmp_path)
    left, right = next(iter(pairs(world).items()))
    keep_apart(Judge(world.place(), world.request(by="a test")), left, right)
    backup = copied(world)
    world.left.put("l5", {"job_title": "Editor"})
    world.run()
    restored(world, backup)
    for _ in range(3):
        assert world.run().ok
    assert left not in pairs(world)
    assert len(pairs(world)) == 5


def test_where_the_state_file_is_lost_too_a_person_says_so_and_nobody_is_made_twice(tmp_path: Path) -> None:
    world = nameless(tmp_path)
    before = pairs(world)
    lose_the_ledger(world)
    (tmp_path / "pair.json").unlink()
    world.right.put("new", {"names.given": "Stranger"})
    with pytest.raises(ConfigError, match="never run"):
        relink(world.place(), world.request())
    relink(world.place(), world.request(), never_ran=True)
    for _ in range(3):
        assert world.run().ok
    assert pairs(world) == before
    assert [h.contact_id for h in world.held()] == ["new"]
    assert len(world.left.contacts()) == 6


# ---- what a person asked of the next run, of a backup's next run


def copied(world: World) -> bytes:
    world.known._engine.dispose()
    return (world.root / "ledger.db").read_bytes()


def restored(world: World, backup: bytes) -> None:
    lose_the_ledger(world)
    world.known._engine.dispose()
    (world.root / "ledger.db").write_bytes(backup)


def test_a_create_that_a_person_asked_for_is_not_done_again_after_an_old_backup(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    world.left.put("l1", {"names.given": "Nobody"})
    world.run()
    decided(world, HoldReason.NO_KEY, Answer.RECREATE)
    backup = copied(world)
    world.run()
    assert len(pairs(world)) == 1
    for book in (world.left, world.right):  # as in an app that keeps no mark
        for row in book.state["contacts"].values():
            row["marker"] = ""
    restored(world, backup)
    plan = world.run(dry_run=True)
    assert plan.counts["left_to_right"]["created"] == 0
    open_run(world.place(), world.request())  # killed as soon as the loss was noticed
    for _ in range(4):
        assert world.run().ok
    assert len(world.right.contacts()) == 1


def test_a_deletion_that_a_person_asked_for_is_not_done_after_an_old_backup(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(deletions=DELETE))
    world.left.put("l1", {"names.given": "Ada", "emails": mail("ada@example.org")})
    world.run()
    (right,) = pairs(world).values()
    world.left.remove("l1")
    world.right.put(right, {"job_title": "Editor"})
    world.run()
    decided(world, HoldReason.DELETED_AND_EDITED, Answer.DELETE)
    backup, before = copied(world), copy.deepcopy(world.right.state)
    world.run()
    assert not world.right.contacts()
    world.right.state = before  # the person brought it back
    restored(world, backup)
    assert world.run(dry_run=True).counts["left_to_right"]["deleted"] == 0
    open_run(world.place(), world.request())
    for _ in range(4):
        assert world.run().ok
    assert right in world.right.contacts()


# ---- the plan says so


def test_the_plan_on_an_old_backup_says_so_before_any_run_has_noticed(tmp_path: Path) -> None:
    world = nameless(tmp_path)
    backup = copied(world)
    world.left.put("l7", {"names.given": "Nobody 7"})
    world.left.put("l8", {"names.given": "Nobody 8"})
    world.run()
    restored(world, backup)
    world.right.put("r9", {"names.given": "Stranger"})
    plan, _ = plan_sync(world.place(), world.request(dry_run=True))
    told = relinking(world.known.reader(), world.place().artefacts, world.spec.id, plan)
    assert told is not None
    assert "its newest run is number 2, of 2026-01-05 08:02 UTC, and the file beside the artefacts counts 3" in told.why
    assert (told.found, told.kept, told.alone) == ({"mark": 2}, 6, {"union": 1})
    lines = relinking_lines(told)
    assert "    links found again: 2 (2 by mark)" in lines
    assert "    contacts without a partner that wait for a person: 1 (1 union)" in lines
    world.run()
    plan, _ = plan_sync(world.place(), world.request(dry_run=True))
    told = relinking(world.known.reader(), world.place().artefacts, world.spec.id, plan)
    assert told is not None
    assert told.why.startswith("Links are being found again since 2026-01-05 08:05 UTC; one more complete reading of")


def test_each_plan_until_the_links_are_trusted_counts_the_fields_that_wait(tmp_path: Path) -> None:
    world = nameless(tmp_path)
    left, right = next(iter(pairs(world).items()))
    world.left.put(left, {"job_title": "Editor", "company": "Muster AG"})
    world.right.put(right, {"job_title": "Writer"})
    lose_the_ledger(world)
    for filled in (1, 0):
        plan, _ = plan_sync(world.place(), world.request(dry_run=True))
        told = relinking(world.known.reader(), world.place().artefacts, world.spec.id, plan)
        assert told is not None
        assert (told.differing, told.filled) == (1, filled)
        world.run()


def test_the_plan_of_an_ordinary_run_says_nothing_of_the_ledger(tmp_path: Path) -> None:
    world = nameless(tmp_path)
    plan, _ = plan_sync(world.place(), world.request(dry_run=True))
    assert relinking(world.known.reader(), world.place().artefacts, world.spec.id, plan) is None
