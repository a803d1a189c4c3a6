"""Unsubscribes over whole runs: opt-outs reach the other app, opt-ins stay where they were given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contactsync.apps.memory import Memory
from contactsync.contact import OPTED_IN, OPTED_OUT
from contactsync.errors import ServerTrouble
from contactsync.model.app import Adopt, AppInfo
from contactsync.model.exchange import Op, Record, Result
from contactsync.model.spec import ConflictPolicy, Unsubscribes
from odd_books import OddBook, books
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


class Deaf(OddBook):
    """Its first create is lost before it is done; creates are looked up by their e-mail address."""

    info: ClassVar[AppInfo] = replace(
        Memory.info, caps=replace(Memory.info.caps, adopt=Adopt.UNIQUE_KEY, unique_keys=("email",))
    )
    lost = False

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        if not self.lost:
            self.lost = True
            raise ServerTrouble("The line is dead.")
        yield from super().push(ops)

    def look_up(self, op: Op) -> Iterator[Record]:
        yield from self.find({"email": op.keys.get("email", ())})


@pytest.mark.parametrize(
    ("left", "right"), [(OPTED_OUT, ""), (OPTED_OUT, OPTED_IN), (OPTED_IN, OPTED_OUT), ("", OPTED_OUT)]
)
def test_an_opt_out_wins_where_a_create_finds_whom_somebody_else_made(tmp_path: Path, left: str, right: str) -> None:
    world = World(tmp_path, memory_spec(unsubscribes=Unsubscribes.CARRY))
    books(world, right=Deaf)
    world.left.put("l1", {"emails": mail("ada@example.org"), "consent": left})
    world.run()
    world.right.put("r1", {"emails": mail("ada@example.org"), "consent": right})
    world.clock.forward(minutes=10)
    for _ in range(3):
        assert world.run().ok
    assert consents(world) == (OPTED_OUT, OPTED_OUT)
    assert len(world.right.contacts()) == 1


class Mute(OddBook):
    """The answer to its first create is lost; what it makes is marked."""

    lost = False

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        results = list(super().push(ops))
        if not self.lost:
            self.lost = True
            raise ServerTrouble("The line is dead.")
        yield from results


def test_what_a_person_made_of_consent_that_we_wrote_stands_also_where_the_answer_was_lost(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(unsubscribes=Unsubscribes.CARRY))
    books(world, right=Mute)
    world.left.put("l1", {"emails": mail("ada@example.org"), "consent": OPTED_OUT})
    world.run()
    (made,) = world.right.contacts()
    world.right.put(made, {"consent": OPTED_IN})
    world.clock.forward(minutes=10)
    for _ in range(3):
        assert world.run().ok
    assert (world.left.contacts()["l1"]["consent"], world.right.contacts()[made]["consent"]) == (OPTED_OUT, OPTED_IN)
