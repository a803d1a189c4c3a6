"""A first proposal for the fields of two accounts: the default mapping, and further pairs that are likely alike.

Names, titles, types and choices are compared, never contacts. Each field is proposed once, with its best partner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contactsync.contact import CONSENT, fold
from contactsync.mapping.alike_fields import Proposed, compared, direction_between, without_brackets
from contactsync.mapping.defaults import owned, pair_fields
from contactsync.model.app import AppInfo, FieldInfo
from contactsync.model.spec import DagSpec, Side, SideSpec, SyncSpec


@dataclass(frozen=True)
class Proposal:
    """What flows by default, further pairs, and what is left.

    defaults   (left own names, contact field, right own names)
    offers     pairs with a custom field that the other app would make for it
    left_over  (side, field, why not)
    """

    defaults: tuple[tuple[str, str, str], ...]
    pairs: tuple[Proposed, ...]
    offers: tuple[Proposed, ...]
    left_over: tuple[tuple[Side, FieldInfo, str], ...]


def suggest(
    apps: Mapping[Side, AppInfo], fields: Mapping[Side, Sequence[FieldInfo]], sides: Mapping[Side, SideSpec]
) -> Proposal:
    """The proposal for two accounts whose own fields are `fields`. Pure; the same fields always give the same."""
    left, right = fields[Side.LEFT], fields[Side.RIGHT]
    spec = SyncSpec("suggested", sides[Side.LEFT], sides[Side.RIGHT], DagSpec(None))
    flowing = [p.field for p in pair_fields(spec, left, right)]
    defaults = tuple((_owners(left, name), name, _owners(right, name)) for name in flowing)
    free = {s: [f for f in fields[s] if f.contact not in flowing] for s in Side}
    candidates = [c for one in free[Side.LEFT] for other in free[Side.RIGHT] if (c := compared(one, other))]
    chosen: list[Proposed] = []
    for pair in sorted(candidates, key=lambda p: (not p.namesakes, -p.confidence, p.left.name, p.right.name)):
        if all(pair.left is not c.left and pair.right is not c.right for c in chosen):
            chosen.append(pair)
    taken = {id(f) for pair in chosen for f in (pair.left, pair.right)}
    left_out = [(s, f) for s in Side for f in free[s] if id(f) not in taken]
    offers = _offers(left_out, apps, {s: {f.name for f in fields[s]} for s in Side})
    offered = {id(f) for pair in offers for f in (pair.left, pair.right)}
    rest = tuple((s, f, _why_not(f, apps[s.other], fields[s.other])) for s, f in left_out if id(f) not in offered)
    return Proposal(defaults, tuple(chosen), offers, rest)


def _owners(fields: Sequence[FieldInfo], name: str) -> str:
    return ", ".join(f.name for f in owned(fields, name))


# ---- what has no partner


def _offers(
    left_out: Sequence[tuple[Side, FieldInfo]], apps: Mapping[Side, AppInfo], known: Mapping[Side, set[str]]
) -> tuple[Proposed, ...]:
    """Fields that an app with custom fields of any name would take as one of its own, each under another name."""
    used = {s: {fold(name) for name in known[s]} for s in Side}
    found = []
    for side, own in left_out:
        there = side.other
        if not apps[there].any_custom or own.kind.several or own.contact == CONSENT:
            continue
        names = (f"custom.{_title(own)}", f"custom.{own.name.removeprefix('custom.')}")
        name = next((n for n in names if fold(n) not in used[there]), None)
        if name is None:
            continue
        used[there].add(fold(name))
        made = FieldInfo(name, title=name.removeprefix("custom."), custom=True)
        left, right = (own, made) if side is Side.LEFT else (made, own)
        why = f"{own.title or own.name}; {apps[there].title} has nothing alike"
        found.append(Proposed(left, right, 0, why, direction_between(left, right)))
    return tuple(found)


def _why_not(own: FieldInfo, there: AppInfo, others: Sequence[FieldInfo]) -> str:
    if own.contact == CONSENT:
        return "consent never flows by a pair, only opt-outs by `unsubscribes: carry`"
    if own.contact and any(f.contact == own.contact for f in others):
        return f"both apps only let {own.contact} be read"
    alike = [f.name for f in others if f.kind is own.kind and own.kind.several]
    if alike:
        return f"{', '.join(alike)} of {there.title} is taken by another field"
    return f"{there.title} has nothing alike"


def _title(own: FieldInfo) -> str:
    return " ".join(without_brackets(own.title).split()) or own.name.rpartition(".")[2]
