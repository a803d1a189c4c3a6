"""A ledger that was lost, or restored from an old backup, among 1,200 contacts a side: everybody is found again."""

from __future__ import annotations

import copy
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.ledger.store import Ledger
from contactsync.ledger.tables import schema
from contactsync.model.link import ApartReason
from contactsync.model.plan import HoldReason
from contactsync.model.relinking import by_way
from contactsync.model.spec import DeletionPolicy, MatchSpec, Side, SyncSpec
from contactsync.model.stages import Summary
from contactsync.pipeline import plan_sync
from contactsync.rest.services import MemoryMetadata
from contactsync.stages.lost_words import relinking
from sqlalchemy import Engine, select
from views import differences, links
from world import Clock, World, mail, memory_spec, new_ledger

DELETE = {Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE}
BOTH, LEFT_ONLY, RIGHT_ONLY, KEYLESS = 240, 580, 300, 80
SHARING, RENAMED, EDITED = 60, 40, 30


def person(name: str, number: int, **fields: Any) -> dict[str, Any]:
    return {"names.given": f"Ada {name}{number}", "emails": mail(f"{name}{number}@example.org"), **fields}


def crowd(world: World) -> None:
    """1,200 contacts a side, in sync: met by key, created either way, without keys, with one key for two."""
    for k in range(BOTH):
        world.left.put(f"l-both{k}", person("both", k))
        world.right.put(f"r-both{k}", person("both", k, company="Muster AG"))
    for k in range(LEFT_ONLY):
        world.left.put(f"l-left{k}", person("left", k))
    for k in range(RIGHT_ONLY):
        world.right.put(f"r-right{k}", person("right", k))
    for k in range(KEYLESS):
        book = world.left if k % 2 else world.right
        book.put(f"keyless{k}", {"names.given": f"Nobody {k}"})
    assert world.run().ok
    partner = pairs(world)
    for k in range(SHARING):  # two and two come to share an address
        for book, contact in ((world.left, f"l-left{k}"), (world.right, partner[f"l-left{k}"])):
            book.put(contact, {"emails": mail(f"office{k // 2}@example.org")})
    rest(world)
    assert len(world.left.contacts()) == len(world.right.contacts()) == len(links(world)) == 1200


@dataclass(frozen=True)
class Kept:
    """A world to begin from again: making it takes longer than any test with it."""

    spec: SyncSpec
    clock: Clock
    books: dict[Side, Any]
    rows: dict[str, list[dict[str, Any]]]
    state: str


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    world = World(
        tmp_path_factory.mktemp("crowd"), memory_spec(deletions=DELETE, match=MatchSpec(create_without_key=True))
    )
    crowd(world)
    books = {side: copy.deepcopy(world.book(side).state) for side in Side}
    state = (world.root / "pair.json").read_text()
    return Kept(world.spec, world.clock, books, backup(world.known._engine), state)


def begin(kept: Kept, root: Path, engine: Engine | None = None) -> World:
    clock = Clock(kept.clock.now)
    world = World(root, kept.spec, clock, Ledger(engine, clock) if engine is not None else None, number=100)
    for side in Side:
        world.book(side).state, world.book(side).clock = copy.deepcopy(kept.books[side]), clock
    (root / "pair.json").write_text(kept.state)
    restore(world.known._engine, kept.rows)
    return world


def rest(world: World) -> None:
    """Run until nothing is written."""
    for _ in range(2):
        assert world.run().ok
    assert differences(world) == {}


def pairs(world: World) -> dict[str, str]:
    return {k.left.contact_id: k.right.contact_id for k in links(world)}


def edited(world: World, partner: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Edits that no run has carried: left id -> what each side holds. Some are renamed, their address too."""
    held = {}
    for k in range(100, 100 + RENAMED):
        world.left.put(f"l-left{k}", person("renamed", k))
    for k in range(200, 200 + EDITED):
        book, contact = (world.left, f"l-left{k}") if k % 2 else (world.right, partner[f"l-left{k}"])
        book.put(contact, {"job_title": "Editor"})
        other, there = (world.right, partner[f"l-left{k}"]) if k % 2 else (world.left, f"l-left{k}")
        other.put(there, {"job_title": "Writer"})
        held[f"l-left{k}"] = ("Editor", "Writer") if k % 2 else ("Writer", "Editor")
    return held


def kept_apart(world: World, partner: dict[str, str], held: dict[str, tuple[str, str]]) -> None:
    """What differed is as the persons left it, and waits for one of them."""
    left, right = world.left.contacts(), world.right.contacts()
    assert {i: (left[i]["job_title"], right[partner[i]]["job_title"]) for i in held} == held
    for k in range(100, 100 + RENAMED):
        assert left[f"l-left{k}"]["names.given"] == f"Ada renamed{k}"
        assert right[partner[f"l-left{k}"]]["names.given"] == f"Ada left{k}"
    apart = {k.left.contact_id: k.apart for k in links(world)}
    assert all(apart[i]["job_title"].reason is ApartReason.LEDGER_LOST for i in held)
    conflicts = Counter(h.field for h in world.held() if h.reason is HoldReason.CONFLICT)
    assert conflicts["job_title"] == len(held)
    assert conflicts["names.given"] == RENAMED


def comes_to_rest(world: World) -> None:
    """From the second run on nothing is written any more, by a complete read neither, and edits flow again."""
    writes = world.writes()
    for full in (False, True):
        assert world.run(full_read=full).ok
    assert world.writes() == writes
    row = world.known.sync(world.spec.id)
    assert row is not None
    assert row.union == 0
    world.left.put("l-both7", {"job_title": "Painter"})
    assert world.run().ok
    assert world.right.contacts()[pairs(world)["l-both7"]]["job_title"] == "Painter"


def sizes(world: World) -> tuple[int, int]:
    return len(world.left.contacts()), len(world.right.contacts())


def written(told: Summary) -> dict[str, int]:
    return {what: sum(counts[what] for counts in told.counts.values()) for what in ("created", "deleted")}


# ---- lost


def lose(world: World) -> None:
    """The database and its two companions are gone; what lies beside the artefacts is not."""
    world.known._engine.dispose()
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (world.root / name).unlink(missing_ok=True)
    world.ledger = new_ledger(world.root / "ledger.db", world.clock)
    assert world.services is not None
    world.services = replace(world.services, metadata=MemoryMetadata())


def test_a_lost_ledger_finds_every_link_again_and_overwrites_nothing(kept: Kept, tmp_path: Path) -> None:
    world = begin(kept, tmp_path)
    partner = pairs(world)
    held = edited(world, partner)
    before = sizes(world)
    lose(world)
    empty = world.known.dump()
    plan, _ = plan_sync(world.place(), world.request(dry_run=True))
    foreseen = relinking(world.known.reader(), world.place().artefacts, world.spec.id, plan)
    assert foreseen is not None
    assert foreseen.why.startswith("The ledger knows nothing of pair, and the file beside the artefacts counts 3 runs")
    assert (sum(foreseen.found.values()), foreseen.creates, foreseen.deletes, foreseen.alone) == (1200, 0, 0, {})
    assert foreseen.differing == sum(h.reason is HoldReason.CONFLICT for h in plan.holds) > len(held)
    assert world.known.dump() == empty
    told = world.run()
    assert told.ok
    assert told.line.startswith(f"Finding links again: {by_way(foreseen.found)}. Memory")
    found = pairs(world)
    assert sum(found.get(left) == right for left, right in partner.items()) >= 0.999 * len(partner)
    assert found == partner
    assert written(told) == {"created": 0, "deleted": 0}
    assert sizes(world) == before
    kept_apart(world, partner, held)
    comes_to_rest(world)
    assert sizes(world) == before
    kept_apart(world, partner, held)


# ---- an old backup


def backup(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    with engine.connect() as connection:
        return {t.name: [dict(r) for r in connection.execute(select(t)).mappings()] for t in schema.sorted_tables}


def restore(engine: Engine, kept: dict[str, list[dict[str, Any]]]) -> None:
    with engine.begin() as connection:
        for table in schema.sorted_tables:
            connection.execute(table.delete())
            if kept[table.name]:
                connection.execute(table.insert(), kept[table.name])
        for name in ("journal", "decision") if engine.dialect.name == "postgresql" else ():  # as pg_restore does
            newest = f"(SELECT coalesce(max(seq), 0) + 1 FROM {name})"
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'seq'), {newest}, false)")


def test_an_old_backup_finds_what_was_made_since_and_brings_nobody_back(
    kept: Kept, tmp_path: Path, ledger_engine: Engine
) -> None:
    world = begin(kept, tmp_path, ledger_engine)
    old = backup(ledger_engine)
    dice = random.Random(4)
    for k in range(30):  # runs that the backup does not know: made, edited, deleted
        world.left.put(f"l-new{k}", person("new", k) if k % 3 else {"names.given": f"Newcomer {k}"})
        world.right.put(f"r-new{k}", person("other", k))
        world.left.put(f"l-left{300 + k}", {"job_title": f"Title {k}"})
        world.right.put(f"r-right{k}", {"emails": mail(f"moved{k}@example.org")})
    partner = pairs(world)
    for left in dice.sample([i for i in partner if i.startswith("l-left4")], 25):
        if dice.random() < 0.5:
            world.left.remove(left)
        else:
            world.right.remove(partner[left])
    assert world.run().ok
    partner = pairs(world)
    assert len(partner) == 1200 + 60 - 25
    held = edited(world, partner)
    before = sizes(world)
    restore(ledger_engine, old)
    told = world.run()
    assert told.ok
    assert pairs(world).items() >= partner.items()
    assert written(told) == {"created": 0, "deleted": 0}
    assert sizes(world) == before
    kept_apart(world, partner, held)
    comes_to_rest(world)
    assert pairs(world) == partner
    assert sizes(world) == before
    kept_apart(world, partner, held)
