"""Unsubscribes over whole runs: opt-outs reach the other app, opt-ins stay where they were given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contactsync.contact import OPTED_IN, OPTED_OUT
from contactsync.model.spec import ConflictPolicy, Unsubscribes
from world import World, mail, memory_spec


def new(tmp_path: Path, **changes: Any) -> World:
    world = World(tmp_path, memory_spec(unsubscribes=Unsubscribes.CARRY, **changes))
    world.left.put("l1", {"emails": mail("ada@example.org"), "consent": OPTED_IN})
    world.right.put("r1", {"emails": mail("ada@example.org"), "consent": OPTED_IN})
    world.run()
    return world


def consents(world: World) -> tuple[str, str]:
    return world.left.contacts()["l1"]["consent"], world.right.contacts()["r1"]["consent"]


def test_an_opt_out_wins_over_a_later_opt_in_whatever_the_policy(tmp_path: Path) -> None:
    world = new(tmp_path, conflicts=ConflictPolicy.LEFT)
    world.right.put("r1", {"consent": OPTED_OUT})
    world.run()
    assert consents(world) == (OPTED_OUT, OPTED_OUT)
    world.left.put("l1", {"consent": OPTED_IN})
    for full_read in (False, True, False):
        world.run(full_read=full_read)
    assert consents(world) == (OPTED_IN, OPTED_OUT), "an opt-in is neither carried nor reverted"
    before = world.writes()
    world.run()
    assert world.writes() == before
    world.right.put("r1", {"consent": OPTED_IN})
    world.run()
    world.right.put("r1", {"consent": OPTED_OUT})
    world.run()
    assert consents(world) == (OPTED_OUT, OPTED_OUT), "the next opt-out is carried again"


def test_nobody_opts_in_by_being_created(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l2", {"emails": mail("uma@example.org"), "consent": OPTED_IN})
    world.left.put("l3", {"emails": mail("ivo@example.org"), "consent": OPTED_OUT})
    world.run()
    made = {c["emails"][0]["value"]: c.get("consent", "") for i, c in world.right.contacts().items() if i != "r1"}
    assert made == {"uma@example.org": "", "ivo@example.org": OPTED_OUT}
    before = world.writes()
    world.run(full_read=True)
    world.run()
    assert world.writes() == before


def test_without_the_wish_consent_does_not_flow(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.with_spec(unsubscribes=Unsubscribes.IGNORE)
    world.right.put("r1", {"consent": OPTED_OUT})
    world.run()
    assert consents(world) == (OPTED_IN, OPTED_OUT)
