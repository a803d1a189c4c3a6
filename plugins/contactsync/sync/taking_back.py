"""One field of one contact, taken back: what it is to hold again, as far as nobody edited it since (core 30).

Our writes of the field are walked from the newest to the oldest. One is taken back where the field still holds what it
left there; then the field holds what that write found, and the next older one is looked at. Of several values each
element goes its own way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from contactsync.contact import Element, kind_of
from contactsync.model.exchange import State
from contactsync.model.plan import JournalRow
from contactsync.model.spec import Holding
from contactsync.model.undo import Stay
from contactsync.model.unfit import alike
from contactsync.sync.bases import ATTRIBUTES
from contactsync.sync.elements import by_id, restored
from contactsync.sync.fold import forms_of


@dataclass(frozen=True)
class Write:
    """One write of ours of one field. before None: was not shown then; left: what the target held afterwards.

    chosen   it is to be taken back
    proven   what it left there is known to be ours
    """

    key: str
    run_id: str
    before: str | None
    sent: str
    left: str
    touched: tuple[str, ...] = ()
    undoes: tuple[str, ...] = ()
    chosen: bool = True
    proven: bool = True


@dataclass(frozen=True)
class Back:
    """What the field is to hold (None = as it is), of which writes that is, and what stays: why, of which run, what."""

    text: str | None = None
    keys: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    stays: tuple[tuple[Stay, str], ...] = ()


def write_of(row: JournalRow, name: str, *, chosen: bool) -> Write:
    """A journal row's write of one of its patched fields."""
    intent, outcome = row.intent, row.outcome
    before, sent = intent.before.get(name), intent.patch[name]
    left = (outcome.values or {}).get(name, sent)
    touched = intent.touched.get(name, ())
    if kind_of(name).several:
        changed = touched or tuple(sorted(_differing(by_id(before), by_id(sent))))
        touched = tuple(dict.fromkeys((*changed, *forms_of(name, intent, left))))
    proven = outcome.state is State.DONE or alike(name, sent, left)
    return Write(intent.key, row.run_id, before, sent, left, touched, intent.undoes, chosen, proven)


def taken_back(name: str, now: str, writes: Sequence[Write], held: Holding) -> Back:
    """The field with the chosen writes taken back. `writes`: all of ours since the oldest chosen one, newest first."""
    writes = [w for w in writes if w.before is None or w.left != w.before or w.sent == w.before]
    if not kind_of(name).several:
        text, keys, stay = _walked(now, [(w, w.before, w.left) for w in writes], functools.partial(_text, name))
        return Back(text if text != now else None, keys, (), (stay,) if stay else ())
    return _several(now, writes, held)


def _several(now: str, writes: Sequence[Write], held: Holding) -> Back:
    there = by_id(now)
    wanted: dict[str, Element] = dict(there)
    keys: dict[str, None] = {}
    stays: dict[tuple[Stay, str], None] = {}
    for identity in dict.fromkeys(i for w in writes for i in w.touched):
        steps = [(w, _one(w.before, identity), _one(w.left, identity)) for w in writes if identity in w.touched]
        element, taken, stay = _walked(there.get(identity), steps, _element)
        keys.update(dict.fromkeys(taken))
        stays.update({stay: None} if stay else {})
        wanted.pop(identity, None)
        if element is not None:
            wanted[identity] = element
    applied = restored(wanted, now, held)
    if applied.dropped:
        stays[Stay.NO_ROOM, ""] = None
    text = applied.text if applied.touched else None
    return Back(text, tuple(keys) if text else (), applied.touched, tuple(stays))


def _one(text: str | None, identity: str) -> Element | None:
    return by_id(text).get(identity)


def _differing(before: Mapping[str, Element], after: Mapping[str, Element]) -> Iterable[str]:
    return (i for i in {*before, *after} if before.get(i) != after.get(i))


# ---- the walk from the newest write to the oldest

Item = TypeVar("Item", str, Element | None)


class _Found(StrEnum):
    """What is there, as one write sees it."""

    OURS = "ours"  # what the write left
    BEFORE = "before"  # what the write found: taken back already
    EDITED = "edited"  # something else


def _walked(
    now: Item,
    steps: Sequence[tuple[Write, Item | None, Item]],
    look: Callable[[Item, Item | None, Item], tuple[_Found, Item]],
) -> tuple[Item, tuple[str, ...], tuple[Stay, str] | None]:
    """What is to be there, whose writes that takes back, and what stopped the walk."""
    keys: list[str] = []
    gone: set[str] = set()  # writes that a later undo took back
    for n, (write, before, left) in enumerate(steps):
        if write.key in gone:
            continue
        if not any(w.chosen and w.key not in gone for w, _, _ in steps[n:]):
            break
        found, back = look(now, before, left)
        if write.chosen:
            if why := _why_not(write, found):
                return now, tuple(keys), (why, "")
            if found is _Found.OURS:
                keys.append(write.key)
            now = back
        elif write.undoes and found is _Found.OURS:
            gone.update(write.undoes)
        else:
            later = found is _Found.OURS
            return now, tuple(keys), (Stay.WRITTEN, write.run_id) if later else (Stay.EDITED, "")
    return now, tuple(keys), None


def _why_not(write: Write, found: _Found) -> Stay | None:
    if found is _Found.EDITED:
        return Stay.EDITED
    if write.before is None:
        return Stay.UNKNOWN_BEFORE
    return Stay.UNPROVEN if found is _Found.OURS and not write.proven else None


def _text(name: str, now: str, before: str | None, left: str) -> tuple[_Found, str]:
    if alike(name, now, left):
        return _Found.OURS, before or ""
    return (_Found.BEFORE if before is not None and alike(name, now, before) else _Found.EDITED), now


def _element(now: Element | None, before: Element | None, left: Element | None) -> tuple[_Found, Element | None]:
    """One element: added, removed, or changed in some attributes; only those are taken back."""
    if before is None or left is None:
        if (now is None) == (left is None) and (now is None or left is None or _as_left(now, left)):
            return _Found.OURS, before
        return (_Found.BEFORE if (now is None) == (before is None) else _Found.EDITED), now
    if now is None:
        return _Found.EDITED, now
    pairs = {n: (getattr(before, n), getattr(left, n)) for n in ATTRIBUTES if getattr(before, n) != getattr(left, n)}
    if any(getattr(now, n) not in pair for n, pair in pairs.items()):
        return _Found.EDITED, now
    back = replace(now, **{n: was for n, (was, _) in pairs.items()})
    return (_Found.OURS if back != now else _Found.BEFORE), back


def _as_left(now: Element, left: Element) -> bool:
    """As our write left it; that another element became the primary one since is no edit of this one."""
    return replace(now, primary=left.primary if left.primary else now.primary) == left
