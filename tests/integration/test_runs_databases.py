"""Whole runs over a ledger in SQLite and in a real PostgreSQL: the same story, the same end."""

from __future__ import annotations

from pathlib import Path

from contactsync.ledger.store import Ledger
from contactsync.model.link import LinkStatus
from contactsync.model.spec import Side
from sqlalchemy import Engine
from world import Clock, World, mail

RUN_TABLES = {"run", "sync_lock", "side_cursor"}


def new_world(tmp_path: Path, engine: Engine) -> World:
    clock = Clock()
    world = World(tmp_path, clock=clock, ledger=Ledger(engine, clock))
    world.left.put("l1", {"names.given": "Ada", "names.family": "Beispiel", "emails": mail("ada@example.org")})
    world.left.put("l2", {"names.given": "Uma", "emails": mail("uma@example.org")})
    world.right.put("r1", {"names.given": "Ada", "emails": mail("ADA@example.org"), "job_title": "Buyer"})
    return world


def test_first_run_edits_and_rest_on_both_databases(tmp_path: Path, ledger_engine: Engine) -> None:
    world = new_world(tmp_path, ledger_engine)
    assert world.run().ok
    world.run()
    world.left.put("l1", {"job_title": "Head buyer"})
    world.right.put("r1", {"job_title": "Chief buyer", "nickname": "A."})
    assert world.run().counts["left_to_right"]["conflict"] == 1
    assert world.right.contacts()["r1"]["job_title"] == "Head buyer"
    assert world.left.contacts()["l1"]["nickname"] == "A."
    ((_, _, conflict),) = world.known.conflicts("pair", world.last().run_id)
    assert (conflict.winner, conflict.left, conflict.right) == (Side.LEFT, "Head buyer", "Chief buyer")
    world.run()
    before, writes = world.known.dump(), world.writes()
    assert world.run().ok
    after = world.known.dump()
    assert {name for name in after if after[name] != before[name]} <= RUN_TABLES
    assert world.writes() == writes


def test_deletions_and_undecided_contacts_on_both_databases(
    tmp_path: Path,
    ledger_engine: Engine,
) -> None:
    world = new_world(tmp_path, ledger_engine)
    world.left.put("l3", {"names.given": "Keyless"})
    world.run()
    assert [hold.reason for hold, _ in world.known.holds("pair")] == ["no_key"]
    world.right.remove("r1")
    world.run()
    (link,) = world.known.links_of("pair", Side.LEFT, ["l1"])
    assert link.status is LinkStatus.PARTED
    assert "l1" in world.left.contacts()
    assert len(world.right.contacts()) == 1
