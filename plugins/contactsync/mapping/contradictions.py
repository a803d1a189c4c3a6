"""Conditions that no contact fulfils together. True only where that is certain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from contactsync.contact import Kind, fold
from contactsync.mapping.leaves import Leaf, leaf_of
from contactsync.mapping.moments import number_of, when_of
from contactsync.mapping.problems import KeyPath, Problem
from contactsync.mapping.value_tests import FOLDED, TRUE, Moment, test_of
from contactsync.model.app import AppInfo
from contactsync.model.rules import Compare, Condition, Join, Rule

MOST_BRANCHES = 200  # of `any`, looked through one by one
_NOW = Moment(datetime(2026, 1, 1, tzinfo=UTC))  # none of the tests judged here asks for the time
_ZONES = timedelta(days=2)  # two days that far apart are different ones wherever the sync's calendar hangs


def exclusive(one: Rule, other: Rule, app: AppInfo) -> bool:
    """True where it is certain that no contact matches both."""
    return impossible((*one.conditions, *other.conditions), app)


def never_matching(rules: Sequence[Rule], app: AppInfo, at: KeyPath) -> Iterator[Problem]:
    """Rules whose own conditions contradict each other."""
    for n, rule in enumerate(rules):
        if impossible(rule.conditions, app):
            message = "no contact can match this: its conditions contradict each other."
            yield Problem((*at, n, "if"), message, "Remove one of them, or write them below `any`.")


def impossible(conditions: Sequence[Condition], app: AppInfo) -> bool:
    """True where no contact fulfils all of these."""
    return _impossible(tuple(_flat(conditions)), app, [MOST_BRANCHES])


def _flat(conditions: Sequence[Condition]) -> Iterator[Condition]:
    """`all` and `not` of several taken apart: a list of conditions is AND."""
    for node in conditions:
        if node.join is Join.ALL:
            yield from _flat(node.parts)
        elif node.join is Join.NOT and len(node.parts) > 1:
            yield from _flat([Condition(Join.NOT, parts=(part,)) for part in node.parts])
        elif node.join is Join.NOT and node.parts[0].join is Join.NOT:
            yield from _flat(node.parts[0].parts if len(node.parts[0].parts) == 1 else ())
        elif node.join is Join.NOT and node.parts[0].join is Join.ANY:
            yield from _flat([Condition(Join.NOT, parts=(part,)) for part in node.parts[0].parts])
        else:
            yield node


def _impossible(flat: Sequence[Condition], app: AppInfo, left: list[int]) -> bool:
    if any(_contradict(a, b, app) for n, a in enumerate(flat) for b in flat[:n]):
        return True
    choice = next((node for node in flat if node.join is Join.ANY), None)
    left[0] -= 1
    if choice is None or left[0] <= 0:
        return False
    rest = [node for node in flat if node is not choice]
    return all(_impossible((*_flat([branch]), *rest), app, left) for branch in choice.parts)


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
    if Compare.EMPTY in (one.compare, other.compare):
        return _against_empty(one, other) or _against_empty(other, one)
    return _none_passes(one, other) or _none_passes(other, one) or _disjoint(one, other)


def _against_empty(empty: Leaf, other: Leaf) -> bool:
    """What is empty passes no test but that of a box that was never ticked."""
    if empty.compare is not Compare.EMPTY:
        return False
    if other.compare is Compare.EMPTY:
        return empty.values != other.values
    unticked = other.compare in (Compare.EQUALS, Compare.IN) and "false" in {fold(value) for value in other.values}
    return empty.values == ("true",) and not unticked


_ASKED_OF_VALUES = (
    *(Compare.EQUALS, Compare.IN, Compare.CONTAINS, Compare.STARTS_WITH),
    *(Compare.GREATER_THAN, Compare.LESS_THAN),
)


def _none_passes(few: Leaf, other: Leaf) -> bool:
    """`few` lists all values that it takes, and the other takes none of them."""
    if few.compare not in (Compare.EQUALS, Compare.IN):
        return False
    numbers = other.compare is Compare.BETWEEN and number_of(other.values[0]) is not None
    if other.compare not in _ASKED_OF_VALUES and not numbers:
        return False
    if other.compare in (Compare.CONTAINS, Compare.STARTS_WITH) and other.fields[0].kind is Kind.NUMBER:
        return False  # 5.0 equals 5 and begins otherwise
    if other.compare in _NUMERIC and other.fields[0].kind is Kind.TEXT and not all(map(_is_number, few.values)):
        return False  # what the account holds there is not known
    test = test_of(other.fields[0], other, _NOW)
    values = [fold(value) if other.compare in FOLDED else value for value in few.values]
    return not any(test(value) == TRUE for value in values)


def _is_number(value: str) -> bool:
    return number_of(value) is not None


# ---- ranges


_NUMERIC = (Compare.GREATER_THAN, Compare.LESS_THAN, Compare.BETWEEN)
Range = tuple[float, float, bool]
"""Low, high, and whether both ends are inside."""


def _disjoint(one: Leaf, other: Leaf) -> bool:
    here, there = _range(one), _range(other)
    if here is not None and there is not None:
        low, high = max(here[0], there[0]), min(here[1], there[1])
        outside = any(not inside and low in (first, last) for first, last, inside in (here, there))
        return low > high or (low == high and outside)
    days = _days(one), _days(other)
    if days[0] is None or days[1] is None:
        return False
    return max(days[0][0], days[1][0]) - min(days[0][1], days[1][1]) > _ZONES


def _range(leaf: Leaf) -> Range | None:
    numbers = [found for value in leaf.values if (found := number_of(value)) is not None]
    if len(numbers) < len(leaf.values) or not numbers:
        return None
    match leaf.compare:
        case Compare.GREATER_THAN:
            return numbers[0], float("inf"), False
        case Compare.LESS_THAN:
            return float("-inf"), numbers[0], False
        case Compare.BETWEEN:
            return numbers[0], numbers[-1], True
    return None


def _days(leaf: Leaf) -> tuple[datetime, datetime] | None:
    found = [when_of(value, UTC) for value in leaf.values]
    ends = [w if isinstance(w, datetime) else datetime(w.year, w.month, w.day, tzinfo=UTC) for w in found if w]
    if not ends or len(ends) < len(leaf.values):
        return None
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    match leaf.compare:
        case Compare.BEFORE:
            return first, ends[0]
        case Compare.AFTER:
            return ends[0], last
        case Compare.BETWEEN:
            return ends[0], ends[-1]
    return None
