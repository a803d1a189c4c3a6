"""How many contacts a run newly holds: a few are everyday, many are a sign that something is wrong."""

from __future__ import annotations

from collections.abc import Collection

from contactsync.model.spec import SIDES, Side
from contactsync.stages.workplace import Workplace
from contactsync.sync.guards import allowed


def too_many_holds(place: Workplace, before: Collection[tuple[Side, str]]) -> tuple[str, ...]:
    """Each side that newly holds more contacts than `limits.new_holds`, in words. before: who was held already."""
    held = {(h.side, h.contact_id) for h, _ in place.reader.holds(place.spec.id)} - {*before}
    problems = []
    for side in SIDES:
        new, size = sum(s is side for s, _ in held), max(place.reader.known_count(place.spec.id, side), 1)
        most = allowed(place.spec.limits.new_holds, size)
        if most is not None and new > most:
            problems.append(f"{new} contacts of the {side} side are newly held; the limit is {most:g}")
    return tuple(problems)
