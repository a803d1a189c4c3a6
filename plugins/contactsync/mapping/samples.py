"""Values that stand for what people type: by which a pair is proven where no real contacts are to be read.

The same for the same pair, always.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from contactsync.contact import Kind
from contactsync.mapping.pairs import OwnPair
from contactsync.mapping.sample_values import BY_CHANCE, ELEMENTS, NAMES, values_of
from contactsync.mapping.transforms import TRANSFORMS
from contactsync.model.exchange import OwnValue
from contactsync.model.spec import SIDES, Side

NEITHER = "a choice of neither list"
LABELS = ("", "work", "home", "mobile", "other")


def samples(pair: OwnPair, side: Side) -> Iterator[dict[str, OwnValue]]:
    """Own fields of one side, each with a value of the pair."""
    names, own = pair.spec.names(side), pair.own(side)
    if len(names) > 1:
        for parts in NAMES:
            kept = (parts[0], parts[2]) if len(names) == 2 else parts
            yield dict(zip(names, kept, strict=True))
        return
    chance = random.Random(f"{pair.column}\x1f{side}")  # nosec B311 # noqa: S311 - the same each time, on purpose
    values: Iterator[OwnValue] = _lists(pair, side, chance) if own.kind.several else _singles(pair, side, chance)
    yield from ({names[0]: value} for value in values)


# ---- single values


def _singles(pair: OwnPair, side: Side, chance: random.Random) -> Iterator[str]:
    own = pair.own(side)
    if pair.spec.options:
        yield from pair.spec.options if side is Side.LEFT else pair.spec.options.values()
        yield from own.choices or (NEITHER,)
    elif own.choices:
        yield from own.choices
    elif pair.element:
        yield from (str(value) for value in ELEMENTS[pair.element])
    elif max(len(pair.spec.left), len(pair.spec.right)) > 1:
        yield from (" ".join(part for part in parts if part) for parts in NAMES)
    else:
        yield from (value for value in values_of(own.kind, chance) if not (own.needs_year and value.startswith("--")))
        if own.kind is Kind.TEXT:
            yield from pair.own(side.other).choices
            yield from _long(pair)
            yield from (value for kind in _met(pair, side) for value in values_of(kind, chance))


def _met(pair: OwnPair, side: Side) -> list[Kind]:
    """The kinds that a text of this side may have to be read as."""
    steps = [TRANSFORMS[name] for name in pair.spec.transforms]
    kinds = (pair.own(side.other).kind, *(kind for step in steps for kind in (step.takes, step.gives)))
    return [kind for kind in dict.fromkeys(kinds) if kind is not Kind.TEXT]


def _long(pair: OwnPair) -> Iterator[str]:
    """About as long as each side holds, and longer."""
    for length in dict.fromkeys(held for side in SIDES if (held := pair.own(side).max_length)):
        yield from (("Ada Sample " * (size // 11 + 1))[:size] for size in (length, length + 1, 3 * length))


# ---- lists


def _lists(pair: OwnPair, side: Side, chance: random.Random) -> Iterator[list[dict[str, Any]]]:
    own = pair.own(side)
    values, most = ELEMENTS[own.kind], min(own.max_items or 3, 3)
    labels = (*LABELS, pair.spec.pick.label) if pair.spec.pick and pair.spec.pick.label else LABELS
    yield from ([_item(pair, side, value, labels[-1], primary=True)] for value in values)
    for _ in range(BY_CHANCE):
        chosen = chance.sample(values, min(chance.randint(1, most), len(values)))
        first = chance.randrange(len(chosen))
        yield [_item(pair, side, value, chance.choice(labels), primary=n == first) for n, value in enumerate(chosen)]


def _item(pair: OwnPair, side: Side, value: Any, label: str, *, primary: bool) -> dict[str, Any]:
    own, item = pair.own(side), {"value": value}
    if own.holds_label:
        item["label"] = label
    if own.holds_primary:
        item["primary"] = primary
    return item
