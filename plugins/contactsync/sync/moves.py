"""Ids that moved, to their ends: of several moves in a row only where they lead counts (core 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from contactsync.model.link import Known
from contactsync.model.spec import Side


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


def at_its_end(moved: Mapping[Side, Mapping[str, str]], side: Side, contact_id: str) -> str:
    """The id under which a contact goes on. moved: of every side, every old id and where it leads"""
    return moved[side].get(contact_id, contact_id)


def with_wishes(known: Mapping[str, Known], former: Mapping[str, Known], ends: Mapping[str, str]) -> dict[str, Known]:
    """Index rows that go on with what a person decided of the contact while it had another id (core 8).

    former: rows of ids that moved; ends: where these ids lead
    """
    out = dict(known)
    for old, new in ends.items():
        row, stands = former.get(old), out.get(new)
        decided = row is not None and row.wish and row.link_id is None and not row.tombstone
        if row is None or not decided or (stands is not None and (stands.wish or stands.link_id)):
            continue
        generation = max(row.generation, stands.generation if stands else 0)
        out[new] = replace(row, contact_id=new, generation=generation)
    return out
