"""What tests of pairs share: a sync of two memory books with pairs, one person in it, and runs until it is at rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contactsync.mapping.spec import FieldsSection
from contactsync.model.spec import FieldsSpec, Side
from world import World, mail, memory_spec


def fields(*pairs: dict[str, Any], **more: Any) -> FieldsSpec:
    return FieldsSection.model_validate({"pairs": list(pairs), **more}).spec()


def paired(root: Path, *pairs: dict[str, Any], options: dict[str, Any] | None = None, **more: Any) -> World:
    """A sync with these pairs; options of both sides."""
    spec = memory_spec(fields=fields(*pairs), **more)
    world = World(root, spec)
    if options:
        for side in ("left", "right"):
            half = getattr(spec, side)
            world.with_spec(**{side: type(half)(half.app, half.connection, options)})
    return world


def ada(**own: Any) -> dict[str, Any]:
    return {"names.given": "Ada", "names.family": "Beispiel", "emails": mail("ada@example.org"), **own}


def of(world: World, side: Side) -> dict[str, Any]:
    """The only contact of a side."""
    (found,) = world.book(side).contacts().values()
    return found


def edit(world: World, side: Side, **own: Any) -> None:
    """A person changes the only contact; names with dots as own__x."""
    (contact_id,) = world.book(side).contacts()
    world.book(side).put(contact_id, own)


def quiet(world: World) -> None:
    """Two runs after which nothing is left to do."""
    assert world.run().ok
    assert world.run().ok
    before = world.writes()
    assert world.run().ok
    assert world.writes() == before
