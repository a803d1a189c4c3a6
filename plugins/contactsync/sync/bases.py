"""Bases of fields with several values: which elements, and which of their attributes, are settled (core 1, 15)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from contactsync.contact import Element, encode
from contactsync.sync.elements import Applied, Changes, Elements, by_id

ATTRIBUTES = ("label", "primary", "value")


def written_base(
    base: str | None, before: str | None, sent: str | None, shown: str | None, touched: Iterable[str]
) -> str:
    """A base after a write of `sent` over `before`: of the touched elements, only what the write changed moves.

    An attribute that it left alone may still wait to be carried the other way, unless the target cannot hold it.
    """
    out, was, asked, seen = by_id(base), by_id(before), by_id(sent), by_id(shown)
    for i in touched:
        if i not in seen:
            out.pop(i, None)
        elif i not in out or i not in was or i not in asked:
            out[i] = seen[i]
        else:
            pairs = {name: (getattr(was[i], name), getattr(asked[i], name)) for name in ATTRIBUTES}
            moved = [name for name, (old, new) in pairs.items() if old != new or new is None]
            out[i] = replace(out[i], **{name: getattr(seen[i], name) for name in moved})
    return encode(out.values())


def shared_base(made: Changes, other: str | None, carried: Applied | None) -> Elements:
    """Elements that both sides added: that they are there is settled, what a write is to change of them is not."""
    if carried is None:
        return {}
    theirs, asked = by_id(other), by_id(carried.text)
    both = [i for i in made.added if i in theirs and i in asked and i in carried.touched]
    return {i: _as_before(made.added[i], theirs[i], asked[i]) for i in both}


def _as_before(mine: Element, theirs: Element, asked: Element) -> Element:
    coming = [name for name in ATTRIBUTES if getattr(asked, name) != getattr(theirs, name)]
    return replace(mine, **{name: getattr(theirs, name) for name in coming if getattr(mine, name) is not None})


def moved_base(base: str | None, observed: str | None, touched: Collection[str], more: Elements | None = None) -> str:
    """A base in which the touched elements moved to what was observed (core 1), and these are added."""
    kept, seen = by_id(base), by_id(observed)
    out = {i: e for i, e in kept.items() if i not in touched}
    out.update({i: seen[i] for i in touched if i in seen})
    out.update(more or {})
    return encode(out.values())
