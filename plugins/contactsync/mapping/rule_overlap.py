"""Whether two rules can match the same contact, and whether their actions would then undo each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contactsync.contact import Kind, fold
from contactsync.mapping.leaves import Leaf, actions_of, leaf_of, written_field
from contactsync.mapping.moments import number_of
from contactsync.mapping.problems import KeyPath, Problem
from contactsync.model.app import AppInfo
from contactsync.model.rules import Action, Compare, Condition, Join, Rule


def opposite_problems(rules: Sequence[Rule], sender: AppInfo, receiver: AppInfo, at: KeyPath) -> Iterator[Problem]:
    """Actions that take each other back, in one rule or in two that can both match."""
    for n, later in enumerate(rules):
        for m, earlier in enumerate(rules[: n + 1]):
            if m != n and exclusive(earlier, later, sender):
                continue
            for k, action in enumerate(later.actions):
                others = later.actions[:k] if m == n else earlier.actions
                if any(opposite(action, other, receiver) for other in others):
                    where = "of the same rule" if m == n else f"of the rule {earlier.name!r}, which can match too"
                    message = f"takes back what another action {where} does."
                    step = "Remove one of the two, or let the rules exclude each other with `not`."
                    yield Problem((*at, n, "then", "actions", k, action.name), message, step)


def opposite(one: Action, other: Action, app: AppInfo) -> bool:
    """True where one action takes back the other: grant and revoke, add and remove the same."""
    known = actions_of(app)
    if one.name not in known or other.name not in known:
        return False  # said already
    if other.name != known[one.name].reverse:
        return False
    same_field = written_field(one, app).name == written_field(other, app).name
    return same_field and fold(one.value) == fold(other.value)


def exclusive(one: Rule, other: Rule, app: AppInfo) -> bool:
    """True where it is certain that no contact matches both; judged by their outermost conditions."""
    return any(_contradict(a, b, app) for a in one.conditions for b in other.conditions)


def _contradict(one: Condition, other: Condition, app: AppInfo) -> bool:
    for a, b in ((one, other), (other, one)):
        if a.join is Join.NOT and b in a.parts:
            return True
    if one.join is not Join.LEAF or other.join is not Join.LEAF:
        return False
    try:
        return _apart(leaf_of(one, app), leaf_of(other, app))
    except KeyError:
        return False  # an unknown condition: said already


def _apart(one: Leaf, other: Leaf) -> bool:
    """Two tests of one field of one value that no value passes both."""
    if len(one.fields) != 1 or one.fields != other.fields or one.fields[0].kind.several:
        return False
    if {one.compare, other.compare} == {Compare.EMPTY}:
        return one.values != other.values
    number = one.fields[0].kind is Kind.NUMBER
    sets = [_values(leaf, number=number) for leaf in (one, other)]
    if sets[0] is not None and sets[1] is not None:
        return not sets[0] & sets[1]
    return number and _disjoint(_range(one), _range(other))


def _values(leaf: Leaf, *, number: bool) -> set[object] | None:
    if leaf.compare not in (Compare.EQUALS, Compare.IN):
        return None
    return {number_of(value) if number else fold(value) for value in leaf.values}


Range = tuple[float, float, bool]
"""Low, high, and whether both ends are inside."""


def _range(leaf: Leaf) -> Range | None:
    numbers = [found for value in leaf.values if (found := number_of(value)) is not None]
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    match leaf.compare:
        case Compare.GREATER_THAN:
            return low, float("inf"), False
        case Compare.LESS_THAN:
            return float("-inf"), high, False
        case Compare.BETWEEN | Compare.EQUALS | Compare.IN:
            return low, high, True
    return None


def _disjoint(one: Range | None, other: Range | None) -> bool:
    if one is None or other is None:
        return False
    low, high = max(one[0], other[0]), min(one[1], other[1])
    outside = any(not inside and low in (first, last) for first, last, inside in (one, other))
    return low > high or (low == high and outside)
