"""What a run may change without a person: judged on the whole plan, before the first write (core 29)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from contactsync.contact import is_empty
from contactsync.model.plan import Intent, JournalRow, Plan
from contactsync.model.spec import SIDES, Limit, Limits, Side
from contactsync.sync.readings import Reading


def exceeded(
    plan: Plan, limits: Limits, known: Mapping[Side, int], readings: Mapping[Side, Reading], *, has_links: bool
) -> tuple[str, ...]:
    """Every limit that the plan exceeds, in words; () = it may go on. `known`: contacts known before, per side."""
    problems = [*too_short(readings, known)]
    counts = _counts(plan)
    for side in SIDES:
        size = max(known[side], 1)
        for what, limit in (
            ("deletes", limits.deletes), ("updates", limits.updates),
            ("blanked", limits.blanked), ("creates", limits.creates),
        ):  # fmt: skip
            count = counts[side, what]
            # A sync without links creates and fills for the first time: nothing is known to compare with.
            if what in ("creates", "updates") and not has_links:
                continue
            most = allowed(limit, size)
            if most is not None and count > most:
                problems.append(f"{count} {what} on the {side} side; the limit is {most:g} ({size} contacts known)")
    return tuple(problems)


def _counts(plan: Plan) -> Counter[tuple[Side, str]]:
    found: Counter[tuple[Side, str]] = Counter()
    for intent in plan.intents:
        found[intent.side, f"{intent.verb}s"] += 1
        found[intent.side, "blanked"] += len(blanked(intent))
    return found


def too_short(readings: Mapping[Side, Reading], known: Mapping[Side, int]) -> list[str]:
    """Complete listings of under half of the known contacts, in words."""
    return [words for s in SIDES if (words := _shrunken(readings[s], known[s]))]


def bound_to(plan_hash: str, readings: Mapping[Side, Reading], known: Mapping[Side, int]) -> str:
    """The hash of a plan, bound to what listed too little as well: such a plan often has no action at all."""
    short = too_short(readings, known)
    return hashlib.sha256(repr((plan_hash, short)).encode()).hexdigest()[:16] if short else plan_hash


def allowed(limit: Limit, size: int) -> float | None:
    """The larger of count and percent; None = no limit."""
    bounds = [b for b in (limit.count, None if limit.percent is None else size * limit.percent / 100) if b is not None]
    return max(bounds) if bounds else None


def _shrunken(reading: Reading, known: int) -> str:
    """A complete listing of under half of the known contacts is more often a fault than a wish."""
    if not reading.complete or not known or reading.rows * 2 >= known:
        return ""
    what = "no contact at all" if reading.rows == 0 else f"only {reading.rows} contacts"
    return f"the {reading.side} app listed {what}; {known} are known"


def blanked(intent: Intent) -> list[str]:
    """The fields that it clears."""
    return [f for f, text in intent.patch.items() if is_empty(text) and not is_empty(intent.before.get(f, ""))]


FLIPS = 3


def flipping(
    rows: Sequence[JournalRow], decided: Mapping[tuple[str, str], datetime] | None = None
) -> frozenset[tuple[str, str]]:
    """(link id, field) of fields whose writes went to and fro at least three times in these rows (oldest first).

    decided  when a person last settled such a field: writes before that do not count
    """
    turns: dict[tuple[str, str], list[Side]] = {}
    for row in (r for r in rows if not r.intent.undoes):  # an undo is a person's wish
        for name in row.intent.patch:
            at = (decided or {}).get((row.intent.link_id or "", name))
            if at is not None and row.sent_at is not None and row.sent_at <= at:
                continue
            sides = turns.setdefault((row.intent.link_id or "", name), [])
            if not sides or sides[-1] is not row.intent.side:
                sides.append(row.intent.side)
    return frozenset(at for at, sides in turns.items() if len(sides) >= FLIPS)
