"""A sync with a person who is to be forgotten, planted with canaries, and the command that forgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import ObjectStoragePath
from canaries import found, stored
from contactsync.ledger.store import Ledger
from contactsync.model.plan import HoldReason
from contactsync.model.spec import ConflictPolicy, DeletionPolicy, Side
from contactsync.model.stages import Summary
from contactsync.orchestration.artefacts import StoredArtefacts
from contactsync.orchestration.shelf import ArtefactShelf
from contactsync.pipeline import run_sync
from contactsync.stages.forgetting import Erased, forget
from contactsync.stages.persons import Archive, find, key_of
from sqlalchemy import Engine
from views import links
from world import Clock, World, mail, memory_spec

DELETE = {Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE}
ZOE = "zoe.quixwort@example.org"
CANARIES = (
    "Zoë-Marguerite", "Quixwort", ZOE, "old.quixwort@example.org", "+49 30 98765430", "+493098765430", "Wombatweg 77",
    "Head of Canaries", "Chief of Canaries", "Duke of Canaries", "likes \"quotes\" & tüllen",
)  # fmt: skip


def zoe(**fields: Any) -> dict[str, Any]:
    return {
        "names.given": "Zoë-Marguerite",
        "names.family": "Quixwort",
        "emails": mail(ZOE),
        "phones": [{"value": "+49 30 98765430", "label": "work", "primary": True}],
        "addresses": [{"value": {"street": "Wombatweg 77", "city": "Berlin"}, "label": "home", "primary": True}],
        "notes": 'likes "quotes" & tüllen',
        **fields,
    }


def ada(n: int, **fields: Any) -> dict[str, Any]:
    return {"names.given": f"Ada {n}", "emails": mail(f"ada{n}@example.org"), **fields}


def new_world(root: Path, engine: Engine | None = None, **changes: Any) -> World:
    root.mkdir(exist_ok=True)
    clock = Clock()
    world = World(root, memory_spec(**changes), clock, Ledger(engine, clock) if engine else None)
    world.artefacts = StoredArtefacts(at(root), world.spec.id, "run", world.known.became)
    return world


def at(root: Path) -> ObjectStoragePath:
    return ObjectStoragePath((root / "artefacts").absolute().as_uri())


def step(world: World, **asked: Any) -> Summary:
    """A run whose artefacts lie in a folder of its own."""
    request = world.request(**asked)
    world.artefacts = StoredArtefacts(at(world.root), world.spec.id, request.run_id, world.known.became)
    return run_sync(world.place(), request)


def archives(*worlds: World) -> dict[str, Archive]:
    out = {}
    for world in worlds:
        artefacts = StoredArtefacts(at(world.root), world.spec.id, "command", world.known.became)
        shelf = ArtefactShelf(at(world.root), world.spec.id)
        out[world.spec.id] = Archive(world.spec.id, world.known, artefacts, world.clock, lambda _: True, shelf)
    return out


def forgotten(key: str, *worlds: World, everybody: bool = False) -> Erased:
    named = key_of(key)
    return forget(find(archives(*worlds), named, everybody=everybody), named, worlds[0].request(by="maria.sample"))


def leaks(world: World) -> list[str]:
    return found(CANARIES, stored(world.known._engine, world.root / "artefacts"))


def lived(world: World) -> None:
    """A person with a past: linked, edited on both sides, in conflict, held, and somebody else beside."""
    world.with_spec(conflicts=ConflictPolicy.HOLD)
    for n in range(5):
        world.left.put(f"l{n}", ada(n))
    world.left.put("zoe-left", zoe(emails=mail("old.quixwort@example.org")))
    assert step(world).ok
    step(world)
    right = partner(world)
    world.left.put("zoe-left", {"emails": mail(ZOE), "job_title": "Head of Canaries"})
    step(world)
    world.left.put("zoe-left", {"job_title": "Chief of Canaries"})
    world.right.put(right, {"job_title": "Duke of Canaries"})
    world.left.put("l1", {"job_title": "Editor"})
    step(world)
    assert world.known.conflicts(world.spec.id)
    assert [h.reason for h in world.held()] == [HoldReason.CONFLICT]
    step(world, full_read=True)
    step(world, dry_run=True, full_read=True)
    assert len({place.partition(" in ")[0] for place in leaks(world)}) == len(CANARIES), "all of it is stored somewhere"


def partner(world: World, left: str = "zoe-left") -> str:
    return next(k.right.contact_id for k in links(world) if k.left.contact_id == left)
