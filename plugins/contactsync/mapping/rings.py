"""Syncs that form a ring: a value that goes round must come back as it went, or it would never come to rest.

Each ring is walked with one sample contact, by the very mapping that the syncs have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contactsync.mapping.as_asked import Snapshots
from contactsync.mapping.carrying import Carried, carry, sample_contact, singles_of
from contactsync.mapping.findings import Finding
from contactsync.mapping.loader import SyncDocument
from contactsync.mapping.problems import Problem
from contactsync.mapping.whose import account_of
from contactsync.model.spec import SIDES, Side

MOST_RINGS, LONGEST, ROUNDS = 60, 8, 6


@dataclass(frozen=True)
class Step:
    """One sync on the way round: from its `source` side to the other."""

    file: SyncDocument
    source: Side

    @property
    def conditional(self) -> bool:
        """True where only contacts that a condition lets through go this way."""
        rules = self.file.spec.rules.get(self.source, ())
        return bool(rules) and all(rule.conditions for rule in rules)


def ring_findings(files: Sequence[SyncDocument], snapshots: Snapshots) -> Iterator[Finding]:
    """An error for each ring in which a value never comes to rest, a note for each that does."""
    told: set[frozenset[str]] = set()
    harmless: dict[frozenset[str], tuple[Step, ...]] = {}
    for ring in _rings(files, snapshots):
        members = frozenset(step.file.spec.id for step in ring)
        restless = _restless(ring)
        if restless:
            told.add(members)
            yield from _errors(ring, restless)
        else:
            harmless.setdefault(members, ring)
    for members, ring in harmless.items():
        if members not in told:
            yield from _notes(ring)


# ---- finding them

Steps = Mapping[str, Sequence[tuple[Step, str]]]
"""By account, the syncs that lead away from it, and whereto."""


def _rings(files: Sequence[SyncDocument], snapshots: Snapshots) -> Iterator[tuple[Step, ...]]:
    """Each way round, once: it begins with the file that stands first."""
    steps: dict[str, list[tuple[Step, str]]] = {}
    for file in files:
        for source in SIDES:
            if file.spec.direction.open_from(source):
                here, there = (account_of(file, side, snapshots) for side in (source, source.other))
                steps.setdefault(here, []).append((Step(file, source), there))
    order = {file.spec.id: n for n, file in enumerate(files)}
    found = 0
    for start, first in steps.items():
        for step, there in first:
            for ring in _ways(steps, start, there, (step,), order):
                found += 1
                if found > MOST_RINGS:
                    return
                yield ring


def _ways(
    steps: Steps, start: str, here: str, way: tuple[Step, ...], order: Mapping[str, int]
) -> Iterator[tuple[Step, ...]]:
    if here == start and len(way) > 1:
        yield way
        return
    if len(way) == LONGEST:
        return
    for step, there in steps.get(here, ()):
        later = order[step.file.spec.id] > order[way[0].file.spec.id]
        if later and all(step.file is not gone.file for gone in way):
            yield from _ways(steps, start, there, (*way, step), order)


# ---- walking them


def _restless(ring: Sequence[Step]) -> dict[str, tuple[str, str]]:
    """Own fields that are still not as they were after several rounds -> their text before and after the last one."""
    start = ring[0]
    contact = sample_contact(start.file, start.source)
    seen: list[Mapping[str, str]] = [singles_of(start.file, start.source, contact)]
    for _ in range(ROUNDS):
        contact = {**contact, **_round(ring, contact)}
        seen.append(singles_of(start.file, start.source, contact))
        if seen[-1] == seen[-2]:
            return {}
    return {name: (seen[-2][name], text) for name, text in seen[-1].items() if seen[-2].get(name) != text}


def _round(ring: Sequence[Step], contact: Carried) -> Carried:
    for step in ring:
        contact = carry(step.file, step.source, contact)
    return contact


# ---- saying so


_OPEN = "Open the ring: let one of the syncs leave the field out, or let it flow one way."


def _errors(ring: Sequence[Step], restless: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    grows = [name for name, (before, after) in restless.items() if len(after) > len(before)]
    what = f"{', '.join(sorted(grows))} grows" if grows else f"{', '.join(sorted(restless))} changes"
    error = not any(step.conditional for step in ring)
    who = "" if error else ", for contacts that all their rules let through"
    for step in ring:
        message = f"{what} with each round of {_words(ring, but=step)}{who}, and never comes to rest."
        place = "fields" if step.file.spec.fields.pairs else "direction"
        yield Finding(step.file, Problem((place,), message, _OPEN), error=error)


def _notes(ring: Sequence[Step]) -> Iterator[Finding]:
    one_way = any(not step.file.spec.direction.open_from(step.source.other) for step in ring)
    after = "an edit comes back to where it was made" if one_way else "one of them could be left out"
    for step in ring:
        message = f"makes a ring with {_words(ring, but=step)}: {after}, and each decides conflicts by itself."
        yield Finding(step.file, Problem(("direction",), message, "Nothing, if that is meant."), error=False)


def _words(ring: Sequence[Step], *, but: Step) -> str:
    return " and ".join(sorted(step.file.spec.file for step in ring if step is not but))
