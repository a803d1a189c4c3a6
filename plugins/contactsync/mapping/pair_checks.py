"""What is wrong with the pairs of a sync file, once its two apps are known.

Of a custom field only the account knows whether it is there and what it holds (stages.account_fields asks it); all else
is judged here, offline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from contactsync.contact import CONSENT, Kind
from contactsync.mapping.field_words import unknown_choice, unknown_field
from contactsync.mapping.lenses import common_kind
from contactsync.mapping.pairs import OwnPair, direction_of, own_pairs
from contactsync.mapping.problems import KeyPath, Problem
from contactsync.mapping.transforms import TRANSFORMS
from contactsync.model.app import AppInfo
from contactsync.model.spec import SIDES, Direction, PairSpec, Side, SyncSpec

Apps = Mapping[Side, AppInfo]
LineOf = Callable[[KeyPath], int]


def pair_problems(
    spec: SyncSpec, apps: Apps, line_of: LineOf | None = None, *, asked: bool = False
) -> Iterator[Problem]:
    """Unknown fields, fields in two pairs, pairs along which nothing can flow, and values that cannot be compared.

    line_of  of the file, where it was just read; asked: the fields of `apps` are those of the very accounts
    """
    if line_of:
        yield from _twice(spec, line_of)
    pairs = own_pairs(spec, {side: apps[side].fields for side in SIDES})
    for n, pair in enumerate(pairs):
        at: KeyPath = ("fields", "pairs", n)
        unknown = tuple(_unknown(pair.spec, apps, at))
        yield from unknown
        if not unknown:
            yield from _flow_problems(spec, pair, apps, at)
            yield from _shape_problems(pair, at, asked=asked)
            yield from _loss_problems(spec, pair, at)
            yield from _choice_problems(pair, apps, at)


def derived_in_pairs(spec: SyncSpec, side: Side, app: AppInfo) -> tuple[str, ...]:
    """Fields that pairs read on a side and that may change while the vendor's modified time stands still."""
    derived = {f.name for f in app.fields if f.derived}
    sending = (p for p in spec.fields.pairs if direction_of(p, spec).open_from(side))
    return tuple(name for pair in sending for name in pair.names(side) if name in derived)


# ---- which fields


def _unknown(pair: PairSpec, apps: Apps, at: KeyPath) -> Iterator[Problem]:
    for side in SIDES:
        known = {f.name: f for f in apps[side].fields}
        names = pair.names(side)
        for n, name in enumerate(names):
            key: KeyPath = (*at, side.value, n) if len(names) > 1 else (*at, side.value)
            found = known.get(name)
            yield from unknown_field(name, apps[side], key)
            if found and found.contact == CONSENT:
                yield Problem(key, "consent flows by `unsubscribes: carry`, never by a pair.", "Remove this pair.")
            elif found and len(names) > 1 and (found.kind is not Kind.TEXT or found.slot):
                yield Problem(key, f"{name} is no part of a name.", "Name fields that hold text.")


def _twice(spec: SyncSpec, line_of: LineOf) -> Iterator[Problem]:
    """One field in two pairs; several may pick from one list, each by its own label."""
    seen: dict[tuple[Side, str], list[int]] = {}
    for n, pair in enumerate(spec.fields.pairs):
        for side in SIDES:
            for name in pair.names(side):
                seen.setdefault((side, name), []).append(n)
    for (side, name), places in seen.items():
        labels = [pick.label.casefold() if (pick := spec.fields.pairs[n].pick) else None for n in places]
        if len(places) > 1 and (None in labels or len(set(labels)) < len(labels)):
            for n in places:
                others = ", ".join(str(line_of(("fields", "pairs", o, side.value))) for o in places if o != n)
                message = f"{name} is also in the pair of line {others}."
                step = "Keep it in one pair" + (", or pick by another label." if None not in labels else ".")
                yield Problem(("fields", "pairs", n, side.value), message, step)


# ---- which way


def _flow_problems(spec: SyncSpec, pair: OwnPair, apps: Apps, at: KeyPath) -> Iterator[Problem]:
    wanted = pair.spec.direction
    if wanted not in (None, Direction.BOTH, spec.direction) and spec.direction is not Direction.BOTH:
        message = f"nothing flows this way, as direction is {spec.direction}."
        yield Problem((*at, "direction"), message, "Remove it, or set direction: both for the sync.")
        return
    direction = direction_of(pair.spec, spec)
    closed = [side for side in SIDES if direction.open_from(side.other) and not pair.own(side).writable]
    open_ = [side for side in SIDES if direction.open_from(side.other) and side not in closed]
    if not closed or (wanted is None and open_):
        return
    names = " and ".join(f"{' + '.join(pair.spec.names(side))} of {apps[side].title}" for side in closed)
    side = closed[0]
    other_way = f"Write direction: {side}_to_{side.other}." if pair.own(side.other).writable else "Remove the pair."
    yield Problem((*at, "direction"), f"{names} can only be read.", other_way)


# ---- what can be compared


def _shape_problems(pair: OwnPair, at: KeyPath, *, asked: bool) -> Iterator[Problem]:
    kinds = [pair.own(side).kind for side in SIDES]
    lists = [side for side in SIDES if pair.own(side).kind.several]
    if pair.spec.pick:
        if lists or asked or not _unsure(pair):
            yield from _pick_problems(pair, lists, (*at, "pick"))
    elif len(lists) == 1:
        several, one = pair.own(lists[0]), pair.own(lists[0].other)
        message = f"{several.name} holds several values, and {one.name} one."
        yield Problem(at, message, "Say which one: pick: {label: mobile, else: first}.")
    elif len(lists) == 2 and kinds[0] is not kinds[1]:
        yield Problem(at, f"{kinds[0]} and {kinds[1]} have nothing in common.", "Pair lists of one kind.")
    elif not lists and (asked or not _unsure(pair)) and not _convertible(pair):
        message = f"a {kinds[0]} cannot be compared with a {kinds[1]}."
        yield Problem(at, message, "Pair fields of one kind, or name a transform.")
    if lists and (pair.spec.options or pair.spec.transforms or pair.spec.shorten):
        key = "options" if pair.spec.options else "transforms" if pair.spec.transforms else "too_long"
        yield Problem((*at, key), "is for single values.", "Remove it.")


def _choice_problems(pair: OwnPair, apps: Apps, at: KeyPath) -> Iterator[Problem]:
    """Choices that a field does not have, where the account was asked."""
    for left, right in pair.spec.options.items():
        for side, choice in zip(SIDES, (left, right), strict=True):
            if apps[side].asked:
                yield from unknown_choice(choice, pair.own(side), (*at, "options", left))


def _pick_problems(pair: OwnPair, lists: list[Side], at: KeyPath) -> Iterator[Problem]:
    if not lists:
        yield Problem(at, "neither field holds several values.", "Remove it.")
        return
    if len(lists) == 2 and [pair.own(side).max_items for side in SIDES].count(1) != 1:
        yield Problem(at, "both fields hold several values.", "Remove it: their elements are paired one by one.")
        return
    several = pair.own(lists[0])
    if len(lists) == 1 and several.kind is Kind.ADDRESSES:
        yield Problem(at, "an address has several parts, which one value does not hold.", "Remove this pair.")
    if pair.spec.pick and pair.spec.pick.label and not any(pair.own(side).holds_label for side in lists):
        yield Problem((*at, "label"), f"{several.name} has no labels.", "Write pick: first.")


def _unsure(pair: OwnPair) -> bool:
    return any(pair.own(side).custom for side in SIDES)


def _convertible(pair: OwnPair) -> bool:
    """True where each step of the way can make something of what the one before gives."""
    if pair.element is not None or pair.spec.options:
        return True
    steps = [TRANSFORMS[name] for name in pair.spec.transforms]
    gives: list[Kind] = [pair.left.kind, *(step.gives for step in steps)]
    takes: list[Kind] = [*(step.takes for step in steps), pair.right.kind]
    return all(common_kind(one, other) is not None for one, other in zip(gives, takes, strict=True))


def _loss_problems(spec: SyncSpec, pair: OwnPair, at: KeyPath) -> Iterator[Problem]:
    """What cannot be given back may flow one way, or both with a person's word for it."""
    direction = direction_of(pair.spec, spec)
    both = all(direction.open_from(side) and pair.own(side.other).writable for side in SIDES)
    if pair.spec.lossy or not both:
        return
    step = "Write direction: left_to_right (or right_to_left), or lossy: true."
    for n, name in enumerate(pair.spec.transforms):
        if TRANSFORMS[name].inverse is None:
            message = f"what {name} takes away does not come back, and this pair flows both ways."
            yield Problem((*at, "transforms", n), message, step)
    if pair.spec.shorten:
        message = "an edit of the shortened value would overwrite the whole one, as this pair flows both ways."
        yield Problem((*at, "too_long"), message, step)
