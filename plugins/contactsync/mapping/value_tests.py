"""Tests of conditions on one value: true, false, or not to be known from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from contactsync.contact import Kind, fold
from contactsync.mapping.leaves import Leaf
from contactsync.mapping.moments import day_of, number_of, when_of
from contactsync.model.app import FieldInfo
from contactsync.model.rules import Compare

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""In this order: `all` is the least of its parts, `any` the greatest, and `not` turns it round."""

Test = Callable[[str], int]
FOLDED = (Compare.CONTAINS, Compare.STARTS_WITH)
"""Tests that take texts with case and spaces folded away; the others take them as they are."""


@dataclass(frozen=True)
class Moment:
    """The time at which conditions relative to now are judged, and the calendar that days are counted by."""

    now: datetime
    zone: tzinfo = UTC


def test_of(field: FieldInfo, leaf: Leaf, moment: Moment) -> Test:
    """What judges one text of a field. (Whether a field is empty is asked of all its texts together.)"""
    compare, values = leaf.compare, leaf.values
    if compare in (Compare.CONTAINS, Compare.STARTS_WITH):
        wanted = tuple(fold(value) for value in values)
        if compare is Compare.STARTS_WITH:
            return lambda text: TRUE if text.startswith(wanted) else FALSE
        if len(wanted) == 1:
            return lambda text: TRUE if wanted[0] in text else FALSE
        return lambda text: _truth(any(w in text for w in wanted))
    if compare in (Compare.BEFORE, Compare.AFTER, Compare.WITHIN_DAYS):
        return _timed(leaf, moment)
    if compare is Compare.BETWEEN and number_of(values[0]) is None:
        return _timed(leaf, moment)
    if compare in (Compare.GREATER_THAN, Compare.LESS_THAN, Compare.BETWEEN):
        return _numeric(leaf)
    return _equal(field, values)


def _equal(field: FieldInfo, values: Sequence[str]) -> Callable[[str], int]:
    """A number equals however it is written; a box that was never ticked is false."""
    if field.kind is Kind.NUMBER:
        numbers = {number_of(value) for value in values} - {None}
        return lambda text: _truth(bool(text) and number_of(text) in numbers)
    wanted = {fold(value) for value in values}
    unticked = "false" in wanted and (field.kind is Kind.BOOLEAN or field.custom)
    return lambda text: _truth(fold(text) in wanted or (not text and unticked))


def _numeric(leaf: Leaf) -> Callable[[str], int]:
    low, high = number_of(leaf.values[0]), number_of(leaf.values[-1])

    def judge(text: str) -> int:
        found = number_of(text)
        if found is None or low is None or high is None:
            return FALSE if not text else UNKNOWN
        match leaf.compare:
            case Compare.GREATER_THAN:
                return _truth(found > low)
            case Compare.LESS_THAN:
                return _truth(found < low)
            case _:
                return _truth(low <= found <= high)

    return judge


def _timed(leaf: Leaf, moment: Moment) -> Callable[[str], int]:
    """Days are compared with days, instants with instants; where either is a day, the days in the sync's zone are."""

    def judge(text: str) -> int:
        when = when_of(text, moment.zone)
        if when is None:
            return FALSE if not text else UNKNOWN
        if leaf.compare is Compare.WITHIN_DAYS:
            apart = abs(day_of(when, moment.zone) - day_of(moment.now, moment.zone))
            return _truth(apart <= timedelta(days=int(leaf.values[0])))
        ends = [when_of(value, moment.zone) for value in leaf.values]
        orders = [_order(when, end, moment.zone) for end in ends if end is not None]
        match leaf.compare:
            case Compare.BEFORE:
                return _truth(orders[0] < 0)
            case Compare.AFTER:
                return _truth(orders[0] > 0)
            case _:
                return _truth(orders[0] >= 0 >= orders[-1])

    return judge


def _order(one: Any, other: Any, zone: tzinfo) -> int:
    if not (isinstance(one, datetime) and isinstance(other, datetime)):
        one, other = day_of(one, zone), day_of(other, zone)
    return int(one > other) - int(one < other)


def _truth(passes: bool) -> int:
    return TRUE if passes else FALSE
