"""Fields of several values, three ways, element by element (core 15).

An element's identity is its normal form; label, primary and raw text are attributes. What one side added, removed or
changed since its own base is applied to the other side's current list, as far as that side can hold it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from contactsync.contact import Element, decode, encode
from contactsync.model.spec import Holding
from contactsync.sync.fitting import too_long

Elements = Mapping[str, Element]


@dataclass(frozen=True)
class Changes:
    """What one side did to its list since its base."""

    added: Elements
    removed: Elements
    edited: Mapping[str, tuple[Element, Element]]  # id -> (base, now)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.edited)

    @property
    def ids(self) -> set[str]:
        """Every element that changed in any way."""
        return {*self.added, *self.removed, *self.edited}


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


def apply(
    source: Changes,
    target_now: str | None,
    target: Changes,
    held: Holding,
    *,
    source_wins: bool,
    giver: Holding | None = None,
) -> Applied:
    """Carry one side's changes to the other side's current list.

    `target` is what the target itself changed: its edit of an element survives a removal, as the source's edit
    survives the target's, and where both changed the same attribute `source_wins` decides. `giver` is what the
    source can hold: a label that it has no slot for is not its to change.
    """
    now = by_id(target_now)
    wanted = dict(now)
    for i in source.removed:
        if i in wanted and i not in target.edited and i not in target.added:
            del wanted[i]
    for i, (before, after) in source.edited.items():
        if i in wanted:
            wanted[i] = _edit(wanted[i], before, after, target, held, source_wins=source_wins)
        elif i in target.removed:
            wanted[i] = _project(after, held)
    heirs = _heirs(source)
    for i, element in source.added.items():
        if i in wanted:
            wanted[i] = _merge(wanted[i], element, now.values(), target, held, giver, source_wins=source_wins)
        else:
            gone = heirs.get(i)
            wanted[i] = _project(element, held, giver, gone, now.get(gone.id) if gone else None)
    fitted, dropped = _fit(wanted, now, held)
    fitted = _one_primary(fitted, now, target, source_wins=source_wins)
    touched = tuple(sorted(i for i in set(fitted) | set(now) if fitted.get(i) != now.get(i)))
    return Applied(encode(fitted.values()), touched, dropped)


def restored(wanted: Elements, now: str | None, held: Holding) -> Applied:
    """A list in which elements are as they were before. Who comes back needs a place, and takes nobody's primary."""
    there = by_id(now)
    fitted, dropped = _fit(wanted, there, held)
    primaries = [i for i, e in fitted.items() if e.primary]
    keep = next((i for i in primaries if i in there and there[i].primary), next(iter(primaries), ""))
    fitted.update({i: replace(fitted[i], primary=False) for i in primaries if i != keep})
    touched = tuple(sorted(i for i in set(fitted) | set(there) if fitted.get(i) != there.get(i)))
    return Applied(encode(fitted.values()), touched, dropped)


def contested(winner: Changes, loser: Changes, giver: Holding, held: Holding) -> bool:
    """True where both gave the same attribute of the same element different values, and the winner's takes over."""
    rivals = [(winner.edited[i], loser.edited[i]) for i in winner.edited if i in loser.edited]
    if any(_rival(*pair, name) for pair in rivals for name in ("label", "value")):
        return True
    fresh = [(winner.added[i].label, loser.added[i].label) for i in winner.added if i in loser.added]
    return any(a and b and a != b and _has_place(giver, b) and _has_place(held, a) for a, b in fresh)


def _has_place(held: Holding, label: str | None) -> bool:
    return not held.slots or label in held.slots


def agree(mine: Element, theirs: Element, here: Holding, there: Holding) -> bool:
    """True where two sides hold the same element alike, as far as each can hold what the other says."""
    placed = _has_place(here, theirs.label) and _has_place(there, mine.label)
    pairs = ((mine.label, theirs.label) if placed else (None, None), (mine.primary, theirs.primary))
    return all(a is None or b is None or a == b for a, b in pairs)


def _rival(left: tuple[Element, Element], right: tuple[Element, Element], name: str) -> bool:
    (was_left, left_now), (was_right, right_now) = ((getattr(e, name) for e in pair) for pair in (left, right))
    known = left_now is not None and right_now is not None
    return known and was_left != left_now and was_right != right_now and left_now != right_now


def _heirs(source: Changes) -> dict[str, Element]:
    """Which removed element each added one replaces: the only other one, or the only one of the same label."""
    if len(source.removed) == len(source.added) == 1:
        return {next(iter(source.added)): next(iter(source.removed.values()))}
    gone, come = _alone(source.removed), _alone(source.added)
    return {element.id: gone[label] for label, element in come.items() if label in gone}


def _alone(elements: Elements) -> dict[str, Element]:
    """Label -> the element that alone has it."""
    by_label = {e.label: e for e in elements.values() if e.label}
    count = Counter(e.label for e in elements.values())
    return {label: e for label, e in by_label.items() if count[label] == 1}


def _project(
    element: Element,
    held: Holding,
    giver: Holding | None = None,
    gone: Element | None = None,
    heir: Element | None = None,
) -> Element:
    """A new element as the target can hold it; one that replaces another keeps what the source cannot say of it."""
    label, primary = element.label, element.primary
    if gone is not None and heir is not None:
        unsaid = label is None or not (giver is None or _has_place(giver, heir.label))
        label = heir.label if unsaid and label == gone.label else label
        primary = heir.primary if primary is None else primary
    return Element(
        element.id, element.value, (label or "") if held.label else None, bool(primary) if held.primary else None
    )


def _edit(
    now: Element,
    before: Element,
    after: Element,
    target: Changes,
    held: Holding,
    *,
    source_wins: bool,
) -> Element:
    """Attribute by attribute: what the source changed, unless the target changed the same and wins."""
    out = now
    for name, holds in (("label", held.label), ("primary", held.primary), ("value", True)):
        was, wants = getattr(before, name), getattr(after, name)
        if holds and was != wants and wants is not None and (source_wins or not _has_say(target, now.id, name)):
            out = replace(out, **{name: wants})
    return out


def _has_say(target: Changes, identity: str, name: str) -> bool:
    """True where the target itself gave that attribute the value it has."""
    if identity in target.added:
        return bool(getattr(target.added[identity], name))
    before, after = target.edited.get(identity, (None, None))
    return getattr(before, name, None) != getattr(after, name, None)


def _merge(
    now: Element,
    element: Element,
    others: Iterable[Element],
    target: Changes,
    held: Holding,
    giver: Holding | None,
    *,
    source_wins: bool,
) -> Element:
    """Added here, there already: blanks are filled, the winner's label stands where it could hold the other one."""
    out = now
    free = giver is None or _has_place(giver, now.label)
    blank = not now.label and not _has_say(target, now.id, "label")
    if held.label and element.label and ((source_wins and free) or blank):
        out = replace(out, label=element.label)
    if held.primary and element.primary and (source_wins or not any(e.primary for e in others)):
        out = replace(out, primary=True)
    return out


def _one_primary(
    fitted: dict[str, Element], now: Elements, target: Changes, *, source_wins: bool
) -> dict[str, Element]:
    """At most one: a side's new choice beats an old one; of two new ones the winner's stands."""
    primaries = [i for i, e in fitted.items() if e.primary]
    if len(primaries) < 2:
        return fitted
    theirs = [i for i in primaries if not (i in now and now[i].primary)]
    own = [i for i in primaries if i not in theirs and (i in target.added or _made_primary(target, i))]
    first = (theirs or own) if source_wins or not own else own
    keep = (first or primaries)[0]
    return {i: replace(e, primary=i == keep) if e.primary is not None else e for i, e in fitted.items()}


def _made_primary(changes_: Changes, identity: str) -> bool:
    edit = changes_.edited.get(identity)
    return edit is not None and not edit[0].primary and bool(edit[1].primary)


def _fit(wanted: Elements, now: Elements, held: Holding) -> tuple[dict[str, Element], tuple[str, ...]]:
    """As much of `wanted` as the target can hold; what it holds already keeps its place."""
    staying = [e for i, e in wanted.items() if i in now]
    coming = [e for i, e in wanted.items() if i not in now]
    fitted: dict[str, Element] = {}
    dropped: list[str] = []
    free: list[str] = []
    for element in staying:
        before = now[element.id]
        kept = element if _short(element, held) else replace(element, value=before.value)
        fitted[element.id] = kept if _has_place(held, kept.label) else replace(kept, label=before.label)
    if held.slots:
        fitted = _unclash(fitted, now)
        free = [s for s in held.slots if s not in {e.label for e in fitted.values()}]
    # An element whose label names a free slot goes first, so that a stranger does not take its place.
    for element in sorted(coming, key=lambda e: (e.label not in free, e.id)):
        full = (held.max_items is not None and len(fitted) >= held.max_items) or (bool(held.slots) and not free)
        if full or not _short(element, held):
            dropped.append(element.id)
        elif held.slots:
            slot = element.label if element.label in free else free[0]
            free.remove(str(slot))
            fitted[element.id] = replace(element, label=slot)
        else:
            fitted[element.id] = element
    return fitted, tuple(sorted(dropped))


def _short(element: Element, held: Holding) -> bool:
    return not too_long(element.value, held)


def _unclash(fitted: dict[str, Element], now: Elements) -> dict[str, Element]:
    """Two elements cannot share a slot: one whose label was changed into a taken slot stays where it was."""
    out: dict[str, Element] = {}
    taken: set[str | None] = set()
    moved = [i for i, e in fitted.items() if e.label != now[i].label]
    for i in [i for i in fitted if i not in moved] + moved:
        kept = fitted[i] if fitted[i].label not in taken else replace(fitted[i], label=now[i].label)
        taken.add(kept.label)
        out[i] = kept
    return out
