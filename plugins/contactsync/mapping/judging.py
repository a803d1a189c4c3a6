"""Conditions of rules, judged for all contacts of a side at once.

Three-valued: what a contact does not show is neither true nor false, so a missing field matches no test and no `not`
of a test. A rule matches where all its conditions are certainly true. Texts are compared with case and spaces folded
away; of several values one that passes is enough.

Each test is judged once per distinct value: a column of a hundred thousand texts holds few of them that matter.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from contactsync.contact import Kind, fold
from contactsync.mapping.leaves import Leaf, leaf_of, leaves
from contactsync.mapping.moments import day_of, number_of, when_of
from contactsync.model.app import AppInfo, FieldInfo
from contactsync.model.exchange import OwnValue
from contactsync.model.rules import ALREADY_EXISTS, Compare, Condition, Join, Matching, Rule

if TYPE_CHECKING:
    import numpy as np

    Verdicts = np.ndarray[Any, np.dtype[np.int8]]

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""In this order: `all` is the least of its parts, `any` the greatest, and `not` turns it round."""


@dataclass(frozen=True)
class Moment:
    """The time at which conditions relative to now are judged, and the calendar that days are counted by."""

    now: datetime
    zone: tzinfo = UTC


def matching(
    rows: Sequence[Mapping[str, OwnValue]], rules: Sequence[Rule], app: AppInfo, moment: Moment
) -> list[Matching]:
    """For each contact (its own fields) the rules that it matches, in the order of the file; also as if it were alone.

    Errors: KeyError for a condition that the app does not have (validation refuses it).
    """
    judge = _Judge(rows, app, moment)
    names = tuple(rule.name for rule in rules)
    found = _names(judge.masks(rules, exists=TRUE), names, len(rows))
    asks = any(node.name == ALREADY_EXISTS for rule in rules for node in leaves(rule.conditions))
    alone = _names(judge.masks(rules, exists=FALSE), names, len(rows)) if asks else found
    return [Matching(with_partner, without) for with_partner, without in zip(found, alone, strict=True)]


def explained(row: Mapping[str, OwnValue], rule: Rule, app: AppInfo, moment: Moment) -> list[tuple[str, str]]:
    """(condition in words, true | false | unknown) for each condition of a rule, for one contact with a partner."""
    judge = _Judge([row], app, moment)
    words = {FALSE: "false", UNKNOWN: "unknown", TRUE: "true"}
    return [(in_words(c), words[int(judge.node(c, exists=TRUE)[0])]) for c in rule.conditions]


def in_words(node: Condition) -> str:
    """A condition as people read it."""
    if node.join is not Join.LEAF:
        return f"{node.join}({', '.join(in_words(part) for part in node.parts)})"
    name = node.field or node.name
    return f"{name} {node.compare} {', '.join(node.values)}" if node.values else name


def _names(masks: Sequence[Verdicts], names: Sequence[str], size: int) -> list[tuple[str, ...]]:
    import numpy as np

    codes = np.zeros(size, dtype=object if len(masks) > 60 else np.int64)
    for bit, mask in enumerate(masks):
        codes |= (mask == TRUE).astype(codes.dtype) << bit
    known = {code: tuple(n for bit, n in enumerate(names) if code >> bit & 1) for code in set(codes.tolist())}
    return [known[code] for code in codes.tolist()]


class _Judge:
    def __init__(self, rows: Sequence[Mapping[str, OwnValue]], app: AppInfo, moment: Moment) -> None:
        self._rows = rows
        self._app = app
        self._moment = moment
        self._columns: dict[str, tuple[list[Hashable], Any]] = {}

    def masks(self, rules: Sequence[Rule], *, exists: int) -> list[Verdicts]:
        """One verdict a rule and contact; a rule without conditions matches everybody."""
        return [self._all([self.node(c, exists=exists) for c in rule.conditions]) for rule in rules]

    def node(self, node: Condition, *, exists: int) -> Verdicts:
        """One verdict a contact."""
        import numpy as np

        if node.join is Join.LEAF:
            leaf = leaf_of(node, self._app)
            if not leaf.fields:
                return np.full(len(self._rows), exists, dtype=np.int8)
            return self._any([self._leaf(field, leaf) for field in leaf.fields])
        parts = [self.node(part, exists=exists) for part in node.parts]
        match node.join:
            case Join.ALL:
                return self._all(parts)
            case Join.ANY:
                return self._any(parts)
            case _:
                return (TRUE - self._any(parts)).astype(np.int8)

    def _all(self, parts: Sequence[Verdicts]) -> Verdicts:
        import numpy as np

        return np.minimum.reduce(parts) if parts else np.full(len(self._rows), TRUE, dtype=np.int8)

    def _any(self, parts: Sequence[Verdicts]) -> Verdicts:
        import numpy as np

        return parts[0] if len(parts) == 1 else np.maximum.reduce(parts)

    def _leaf(self, field: FieldInfo, leaf: Leaf) -> Verdicts:
        import numpy as np

        distinct, codes = self._column(field)
        test = _test(field, leaf, self._moment)
        verdicts = np.array([test(value) for value in distinct], dtype=np.int8)
        chosen: Verdicts = verdicts[codes]
        return chosen

    def _column(self, field: FieldInfo) -> tuple[list[Hashable], Any]:
        """The distinct values of a field, and which of them each contact has; None = MISSING."""
        if field.name not in self._columns:
            import numpy as np

            places: dict[Hashable, int] = {}
            name = field.name
            values = (row.get(name) for row in self._rows)
            codes = [places.setdefault(v if isinstance(v, str) else _texts(v), len(places)) for v in values]
            self._columns[name] = list(places), np.array(codes, dtype=np.int64)
        return self._columns[field.name]


def _texts(value: OwnValue | None) -> Hashable:
    """A list's values as texts; an address is its parts in a row."""
    if value is None or isinstance(value, str):
        return value
    return tuple(_text(item.get("value")) for item in value)


def _text(value: Any) -> str:
    return " ".join(str(part) for part in value.values()) if isinstance(value, Mapping) else str(value or "")


# ---- one value

Test = Callable[[Hashable], int]


def _test(field: FieldInfo, leaf: Leaf, moment: Moment) -> Test:
    """What judges one distinct value of a field."""
    one = _single(field, leaf, moment)
    wants_empty = leaf.values == ("true",)

    def judge(value: Hashable) -> int:
        if value is None:
            return UNKNOWN
        items = value if isinstance(value, tuple) else (value,)
        if leaf.compare is Compare.EMPTY:
            return TRUE if (not any(items)) == wants_empty else FALSE
        return max((one(str(item)) for item in items), default=FALSE)

    return judge


def _single(field: FieldInfo, leaf: Leaf, moment: Moment) -> Callable[[str], int]:
    compare, values = leaf.compare, leaf.values
    if compare in (Compare.CONTAINS, Compare.STARTS_WITH):
        wanted = [fold(value) for value in values]
        if compare is Compare.CONTAINS:
            return lambda text: _truth(any(w in fold(text) for w in wanted))
        return lambda text: _truth(any(fold(text).startswith(w) for w in wanted))
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
        numbers = {number_of(value) for value in values}
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
