"""What both sides of a sync hold, and where linked contacts differ."""

from __future__ import annotations

from collections import Counter
from typing import Any

from contactsync.contact import Values, decode, kind_of
from contactsync.model.link import Link, LinkStatus
from contactsync.model.plan import JournalRow
from contactsync.model.spec import SIDES, Side
from world import World

QUIET_TABLES = {"run", "sync_lock", "side_cursor"}
"""What a run in which nothing happened may write (core 28)."""


def values_of(world: World, side: Side) -> dict[str, Values]:
    """Contact values of every contact, by a listing of its own."""
    place = world.place()
    records = {r.id: r for page in place.app(side).pull(None) for r in page.records}
    translator = place.translator(side)
    return {i: translator.decode(r) for i, r in records.items()}


def identity(field: str, text: str) -> Any:
    """What must be equal on both sides: labels and spelling of elements may differ."""
    return tuple(e.id for e in decode(text)) if kind_of(field).several else text


def differences(world: World) -> Counter[str]:
    """Fields in which live links differ although they are not apart."""
    values = {s: values_of(world, s) for s in SIDES}
    found: Counter[str] = Counter()
    pairs = world.place().pairs
    for link in links(world):
        left, right = (values[s][link.side(s).contact_id] for s in SIDES)
        for pair in pairs:
            same = identity(pair.field, left.get(pair.field, "")) == identity(pair.field, right.get(pair.field, ""))
            if not same and pair.field not in link.apart:
                found[pair.field] += 1
    return found


def links(world: World, status: LinkStatus = LinkStatus.LIVE) -> list[Link]:
    """The links of one status."""
    return [link for link in world.known.all_links(world.spec.id) if link.status is status]


def changed_tables(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> set[str]:
    """Tables whose dump differs."""
    return {name for name in before if before[name] != after[name]}


def at_rest(world: World, runs: int = 8) -> list[JournalRow]:
    """Runs until nothing is open or due any more; the journal."""
    for _ in range(runs):
        assert world.run().ok
        if not waiting(world):
            return world.known.journal(world.spec.id)
    raise AssertionError(f"after {runs} runs still open: {waiting(world)}")


def waiting(world: World) -> list[Any]:
    known, sync, seq = world.known, world.spec.id, world.last().seq + 1
    due = [k for side in Side for k in known.due_contacts(sync, side, seq, world.clock())]
    return [*known.unfolded(sync), *due, *known.due_links(sync, seq, world.clock())]
