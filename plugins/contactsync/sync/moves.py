"""Ids that moved, to their ends: of several moves in a row only where they lead counts (core 8)."""

from __future__ import annotations

from collections.abc import Mapping


def final_ids(moved: Mapping[str, str]) -> dict[str, str]:
    """Old id -> the id under which it goes on now. Who was merged last comes first: he was himself until then."""
    ways = {old: way for old in moved if (way := _way(moved, old))}
    return {old: ways[old][-1] for old in sorted(ways, key=lambda old: (len(ways[old]), old))}


def _way(moved: Mapping[str, str], old: str) -> list[str]:
    """Every id on the way, the last one at the end; nothing for an id that leads nowhere but to itself."""
    way: list[str] = []
    while (new := moved.get(way[-1] if way else old)) is not None and new != old and new not in way:
        way.append(new)
    return way
