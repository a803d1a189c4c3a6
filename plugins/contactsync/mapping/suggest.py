"""A first proposal for the fields of two accounts: the default mapping, and further pairs that are likely alike.

Names, titles, types and choices are compared, never contacts. Each field is proposed once, with its best partner.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from contactsync.contact import CONSENT, fold
from contactsync.mapping.defaults import owned, pair_fields
from contactsync.model.app import AppInfo, FieldInfo
from contactsync.model.spec import DagSpec, Direction, Side, SideSpec, SyncSpec

SURE = 0.8  # from here a pair is proposed as it stands
LIKELY = 0.7  # from here as a comment
_ALIKE_KIND, _OTHER_KIND = 1.0, 0.5


@dataclass(frozen=True)
class Proposed:
    """One pair of own fields.

    why        for people
    options    choices of both that are the same word
    namesakes  the names say the same: such a pair comes before one that is merely alike, whatever the kinds
    """

    left: FieldInfo
    right: FieldInfo
    confidence: float
    why: str
    direction: Direction = Direction.BOTH
    options: Mapping[str, str] = field(default_factory=dict)
    namesakes: bool = False

    @property
    def sure(self) -> bool:
        """True where it is proposed as it stands."""
        return self.confidence >= SURE


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
    candidates = [c for one in free[Side.LEFT] for other in free[Side.RIGHT] if (c := _compared(one, other))]
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


def _compared(left: FieldInfo, right: FieldInfo) -> Proposed | None:
    """None where the two are not alike, or where nothing could flow."""
    if left.kind.several is not right.kind.several or not (left.writable or right.writable):
        return None
    if CONSENT in (left.contact, right.contact):
        return None
    names = max(_likeness(_words(left.name), _words(right.name)), _likeness(_words(left.title), _words(right.title)))
    crossed = max(_likeness(_words(left.name), _words(right.title)), _likeness(_words(left.title), _words(right.name)))
    same_kind = left.kind is right.kind
    confidence = round(0.85 * max(names, crossed) + 0.15 * (_ALIKE_KIND if same_kind else _OTHER_KIND), 2)
    if confidence < LIKELY or max(names, crossed) < LIKELY:
        return None
    options = _options(left, right)
    unpaired = bool(left.choices and right.choices) and len(options) < max(len(left.choices), len(right.choices))
    if unpaired or not same_kind:
        confidence = min(confidence, SURE - 0.01)  # a person has to look at what would be lost
    kinds = f"both {left.kind}" if same_kind else f"{left.kind} and {right.kind}"
    told = f"names {names:.0%} alike" if names >= crossed else f"name and title {crossed:.0%} alike"
    more = f", {len(options)} choices in common" if options else ""
    why, namesakes = f"{told}, {kinds}{more}", max(names, crossed) == 1
    return Proposed(left, right, confidence, why, _direction(left, right), options, namesakes)


def _direction(left: FieldInfo, right: FieldInfo) -> Direction:
    if left.writable and right.writable:
        return Direction.BOTH
    return Direction.LEFT_TO_RIGHT if right.writable else Direction.RIGHT_TO_LEFT


def _options(left: FieldInfo, right: FieldInfo) -> dict[str, str]:
    """Choices that are the same word but for case, left to right; none where they are equal to the letter."""
    if not left.choices or not right.choices or left.choices == right.choices:
        return {}
    there = {fold(choice): choice for choice in right.choices}
    return {choice: there[fold(choice)] for choice in left.choices if fold(choice) in there}


_PREFIX = re.compile(r"^(custom\.)?(cf_)?")
_BRACKETS = re.compile(r"\([^()]*\)")


def _words(text: str) -> str:
    """A name without prefix, brackets and separators: custom.cf_vat-id -> vat id."""
    text = _BRACKETS.sub(" ", _PREFIX.sub("", text))
    return fold(re.sub(r"(?<=[a-z])(?=[A-Z])|[^\w]|_", " ", text))


def _likeness(one: str, other: str) -> float:
    """Line 1 and line 2 are two fields, however alike."""
    if not one or not other or _numbers(one) != _numbers(other):
        return 0.0
    return fuzz.token_sort_ratio(one, other) / 100


def _numbers(words: str) -> list[str]:
    return re.findall("[0-9]+", words)


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
        found.append(Proposed(left, right, 0, why, _direction(left, right)))
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
    return " ".join(_BRACKETS.sub(" ", own.title).split()) or own.name.rpartition(".")[2]
