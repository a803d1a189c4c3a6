"""Cursors dropped by a person, and who asked for what changes state: both stand in the ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.errors import ConfigError, ForeignAccount, WritesForbidden
from contactsync.model.exchange import Verb
from contactsync.model.spec import SIDES, FirstRun, ProjectSpec
from contactsync.stages.deciding import Judge, keep_apart
from contactsync.stages.desk import desk_of
from contactsync.stages.relinking import relink
from contactsync.stages.resetting import reset
from undos import undo, why
from views import changed_tables, links
from world import World, mail, memory_spec

DEV = ProjectSpec(environment="dev", writes=False)
MARIA = "maria@desk"
ADA = {"names.given": "Ada", "emails": mail("ada@example.org")}


def linked(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.left.put("a", ADA)
    world.run()
    world.run()
    return world


def test_after_a_reset_both_sides_are_read_completely_and_nothing_is_written(tmp_path: Path) -> None:
    world = linked(tmp_path)
    before, writes, had = world.known.dump(), world.writes(), links(world)
    told = reset(desk_of(world.place()), world.request(by=MARIA))
    assert told.startswith(f"Reset by {MARIA}: both cursors dropped")
    assert changed_tables(before, world.known.dump()) == {"decision", "run", "side_cursor", "sync_lock"}
    assert [world.known.cursor("pair", side) for side in SIDES] == [None, None]
    assert world.last().message == f"Reset by {MARIA}: both cursors dropped"
    world.left.put("b", {"names.given": "Bo", "emails": mail("bo@example.org")})
    assert world.run().counts["left_to_right"]["read"] == 2
    assert all((kept := world.known.cursor("pair", side)) and kept.complete_at for side in SIDES)
    assert (world.writes(), [k for k in links(world) if k.id in {old.id for old in had}]) == (writes + 1, had)


def test_a_sync_that_never_ran_has_nothing_to_reset(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(ConfigError, match="has not run"):
        reset(desk_of(world.place()), world.request())


def test_who_let_a_plan_pass_relinked_or_reset_stands_in_the_record(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(first_run=FirstRun.REVIEW))
    world.left.put("a", ADA)
    world.run()
    plan = world.last().plan_hash
    world.run(apply_plan=plan, by=MARIA)
    released = world.last().run_id
    relink(world.place(), replace(world.request(), by="uma"))
    reset(desk_of(world.place()), world.request(by="olga"))
    made = [(d.what, d.answer, d.by) for _, _, d in reversed(world.known.decisions("pair"))]
    assert made == [(f"plan {plan}", "release", MARIA), ("accounts", "relink", "uma"), ("cursors", "reset", "olga")]
    assert world.known.decisions("pair")[-1][1] == released
    assert [row.run_id for row in world.known.journal("pair")] == [released]


def test_a_run_whose_plan_was_let_pass_can_be_taken_back_by_its_id_and_since_a_time(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(first_run=FirstRun.REVIEW))
    world.left.put("a", ADA)
    world.run()
    before = world.clock()
    world.run(apply_plan=world.last().plan_hash, by=MARIA)
    released = world.last().run_id
    reset(desk_of(world.place()), world.request(by="olga"))
    for asked in ({"run_id": released}, {"since": before}):
        shown = undo(world, dry_run=True, **asked)
        assert ([i.verb for i in shown.plan.intents], why(shown)) == ([Verb.DELETE], [])
    assert undo(world, released).summary.ok
    assert world.right.contacts() == {}


def test_a_plan_that_is_not_let_pass_was_let_pass_by_nobody(tmp_path: Path) -> None:
    world = linked(tmp_path)
    world.left.put("b", {"names.given": "Bo", "emails": mail("bo@example.org")})
    with pytest.raises(Exception, match="worked out now"):
        world.run(apply_plan="0123456789abcdef", by=MARIA)
    assert world.known.decisions("pair") == []


def test_where_nothing_may_be_written_nobody_decides_relinks_or_resets(tmp_path: Path) -> None:
    world = linked(tmp_path)
    world.project = DEV
    before = world.known.dump()
    right = links(world)[0].right.contact_id
    with pytest.raises(WritesForbidden, match="CONTACTSYNC_ENV"):
        keep_apart(Judge(world.place(), world.request()), "a", right)
    with pytest.raises(WritesForbidden):
        relink(world.place(), world.request())
    with pytest.raises(WritesForbidden):
        reset(desk_of(world.place()), world.request())
    assert world.known.dump() == before


def test_an_account_that_is_not_of_this_environment_cannot_be_accepted(tmp_path: Path) -> None:
    world = linked(tmp_path)
    world.project = ProjectSpec(environment="prod", accounts={world.spec.right.connection: "another"})
    before = world.known.dump()
    with pytest.raises(ForeignAccount):
        relink(world.place(), world.request())
    assert world.known.dump() == before
