"""Fields of several values, three ways, element by element (core 15).

An element's identity is its normal form; label, primary and raw text are attributes. What one side added, removed or
changed since its own base is applied to the other side's current list, as far as that side can hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contactsync.contact import Element, decode, encode
from contactsync.model.spec import Holding

Elements = Mapping[str, Element]


@dataclass(frozen=True)
class Changes:
    """What one side did to its list since its base."""

    added: Elements
    removed: Elements
    edited: Mapping[str, tuple[Element, Element]]  # id -> (base, now)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.edited)


def by_id(text: str | None) -> dict[str, Element]:
    """The elements of a field's text, by identity."""
    return {e.id: e for e in decode(text or "")}


def changes(base: str | None, now: str | None) -> Changes:
    """What happened between two texts of one side."""
    before, after = by_id(base), by_id(now)
    return Changes(
        added={i: e for i, e in after.items() if i not in before},
        removed={i: e for i, e in before.items() if i not in after},
        edited={i: (before[i], e) for i, e in after.items() if i in before and before[i] != e},
    )


@dataclass(frozen=True)
class Applied:
    """A target's new list. touched: ids that differ from its current list; dropped: ids it cannot take."""

    text: str
    touched: tuple[str, ...]
    dropped: tuple[str, ...]


def apply(source: Changes, target_now: str | None, target: Changes, held: Holding, *, source_wins: bool) -> Applied:
    """Carry one side's changes to the other side's current list.

    `target` is what the target itself changed: its edit of an element survives a removal, and where both edited the
    same attribute `source_wins` decides.
    """
    now = by_id(target_now)
    wanted = dict(now)
    for i in source.removed:
        if i in wanted and i not in target.edited and i not in target.added:
            del wanted[i]
    for i, (before, after) in source.edited.items():
        if i in wanted:
            rival = target.edited.get(i)
            wanted[i] = _edit(wanted[i], before, after, rival, held, source_wins=source_wins)
    replaced = _only(source.removed), _only(source.added)
    for i, element in source.added.items():
        if i in wanted:
            wanted[i] = _merge(wanted[i], element, held, source_wins=source_wins)
            continue
        heir = now.get(replaced[0].id) if replaced[0] and replaced[1] else None
        wanted[i] = _project(element, held, heir)
    wanted = _one_primary(wanted, now)
    fitted, dropped = _fit(wanted, now, held)
    touched = tuple(sorted(i for i in set(fitted) | set(now) if fitted.get(i) != now.get(i)))
    return Applied(encode(fitted.values()), touched, dropped)


def _only(elements: Elements) -> Element | None:
    return next(iter(elements.values())) if len(elements) == 1 else None


def _project(element: Element, held: Holding, heir: Element | None) -> Element:
    """A new element as the target can hold it; one that replaces another keeps that one's label if it brings none."""
    label = element.label if element.label is not None else (heir.label if heir else "")
    primary = element.primary if element.primary is not None else bool(heir and heir.primary)
    return Element(element.id, element.value, label if held.label else None, primary if held.primary else None)


def _edit(
    now: Element,
    before: Element,
    after: Element,
    rival: tuple[Element, Element] | None,
    held: Holding,
    *,
    source_wins: bool,
) -> Element:
    """Attribute by attribute: what the source changed, unless the target changed the same and wins."""
    out = now
    for name, holds in (("label", held.label), ("primary", held.primary), ("value", True)):
        was, wants = getattr(before, name), getattr(after, name)
        contested = rival is not None and getattr(rival[0], name) != getattr(rival[1], name)
        if holds and was != wants and wants is not None and (source_wins or not contested):
            out = replace(out, **{name: wants})
    return out


def _merge(now: Element, element: Element, held: Holding, *, source_wins: bool) -> Element:
    """Both added the same element: blanks are filled, the winner's label stands."""
    out = now
    if held.label and element.label and (source_wins or not now.label):
        out = replace(out, label=element.label)
    if held.primary and element.primary and (source_wins or now.primary is None):
        out = replace(out, primary=True)
    return out


def _one_primary(wanted: dict[str, Element], now: Elements) -> dict[str, Element]:
    primaries = [i for i, e in wanted.items() if e.primary]
    if len(primaries) < 2:
        return wanted
    fresh = [i for i in primaries if not (i in now and now[i].primary)]
    keep = (fresh or primaries)[0]
    return {i: replace(e, primary=i == keep) if e.primary is not None else e for i, e in wanted.items()}


def _fit(wanted: Elements, now: Elements, held: Holding) -> tuple[dict[str, Element], tuple[str, ...]]:
    """As much of `wanted` as the target can hold; what it holds already keeps its place."""
    staying = [e for i, e in wanted.items() if i in now]
    coming = [e for i, e in wanted.items() if i not in now]
    fitted: dict[str, Element] = {}
    dropped: list[str] = []
    free: list[str] = []
    for element in staying:
        kept = element
        if held.slots and element.label not in held.slots:
            kept = now[element.id]
        fitted[element.id] = kept
    if held.slots:
        fitted = _unclash(fitted, now)
        free = [s for s in held.slots if s not in {e.label for e in fitted.values()}]
    # An element whose label names a free slot goes first, so that a stranger does not take its place.
    for element in sorted(coming, key=lambda e: (e.label not in free, e.id)):
        too_many = held.max_items is not None and len(fitted) >= held.max_items
        too_long = held.max_length is not None and len(element.value) > held.max_length
        if too_many or too_long:
            dropped.append(element.id)
        elif held.slots:
            slot = element.label if element.label in free else free[0]
            free.remove(str(slot))
            fitted[element.id] = replace(element, label=slot)
        else:
            fitted[element.id] = element
    return fitted, tuple(sorted(dropped))


def _unclash(fitted: dict[str, Element], now: Elements) -> dict[str, Element]:
    """Two elements cannot share a slot: one whose label was changed into a taken slot stays where it was."""
    out: dict[str, Element] = {}
    taken: set[str | None] = set()
    moved = [i for i, e in fitted.items() if e.label != now[i].label]
    for i in [i for i in fitted if i not in moved] + moved:
        kept = fitted[i] if fitted[i].label not in taken else now[i]
        taken.add(kept.label)
        out[i] = kept
    return out


def union(source_now: str | None, target_now: str | None, held: Holding, *, source_wins: bool) -> Applied:
    """Without a base: the target's list with what only the source has."""
    return apply(changes(None, source_now), target_now, changes(None, target_now), held, source_wins=source_wins)


def moved_base(base: str | None, observed: str | None, touched: tuple[str, ...]) -> str:
    """A base in which only the touched elements moved to what was observed (core 1)."""
    kept, seen = by_id(base), by_id(observed)
    out = {i: e for i, e in kept.items() if i not in touched}
    out.update({i: seen[i] for i in touched if i in seen})
    return encode(out.values())
