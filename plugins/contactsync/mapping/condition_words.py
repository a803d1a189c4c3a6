"""One condition of IF, as YAML data, to a Condition. Whether its app knows such a condition is judged elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from contactsync.mapping.moments import number_of, when_of
from contactsync.mapping.problems import KeyPath, shown, wrong
from contactsync.model.rules import FIELD, Compare, Condition, Join

DEEPEST = 8
MOST = 100  # entries of one list
LONGEST = 500  # characters of one value
JOINS = (Join.ANY.value, Join.ALL.value, Join.NOT.value)
TESTS = tuple(one.value for one in Compare if one is not Compare.HAS)  # has belongs to conditions of the apps

_FORMS = "Write a condition's name, or `name: value`, or any / all / not with conditions below it."


def condition(data: Any, at: KeyPath = (), depth: int = 0) -> Condition:
    """Errors: PydanticCustomError at the key that is wrong."""
    if depth > DEEPEST:
        raise wrong(f"conditions nest deeper than {DEEPEST} levels.", "Use fewer levels.", at=at)
    if isinstance(data, str) and data.strip():
        if data in (FIELD, *JOINS):
            raise wrong(f"{shown(data)} needs something to judge.", _FORMS, at=at)
        return Condition(Join.LEAF, data.strip())
    if not isinstance(data, dict) or len(data) != 1:
        what = f"{shown(data)} is not one condition." if not isinstance(data, dict) else _several(data)
        raise wrong(what, _FORMS, at=at)
    ((name, value),) = data.items()
    at = (*at, name)
    if name in JOINS:
        return Condition(Join(name), parts=_parts(value, at, depth))
    if name == FIELD:
        return _on_field(value, at)
    return _test(name, "", value, at)


def _several(data: dict[str, Any]) -> str:
    keys = ", ".join(data) or "none"
    return f"one entry of a list is one condition; this one has {len(data)} keys ({keys[:LONGEST]})."


def _parts(value: Any, at: KeyPath, depth: int) -> tuple[Condition, ...]:
    if not isinstance(value, list):
        if at[-1] == Join.NOT.value:  # `not: do_not_disturb`
            return (condition(value, at, depth + 1),)
        raise wrong(f"needs a list of conditions. This is {shown(value)}.", "Write one `- ` line each.", at=at)
    _check_length(value, at)
    return tuple(condition(part, (*at, n), depth + 1) for n, part in enumerate(value))


def _check_length(value: list[Any], at: KeyPath) -> None:
    if not 1 <= len(value) <= MOST:
        raise wrong(f"has {len(value)} entries; 1 to {MOST} are allowed.", "Add one, or shorten the list.", at=at)


def _on_field(value: Any, at: KeyPath) -> Condition:
    """`field: {name: OWN_FIELD, <test>: value}`."""
    step = "Write for example field: {name: custom.cf_tier, in: [Gold, Silver]}."
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"].strip():
        raise wrong("needs the name of a field and a test.", step, at=at)
    rest = {key: inner for key, inner in value.items() if key != "name"}
    if not rest:
        raise wrong("needs a test beside `name`.", step, allowed=TESTS, at=at)
    return _test(FIELD, value["name"].strip(), rest, at)


def _test(name: str, field: str, value: Any, at: KeyPath) -> Condition:
    if isinstance(value, dict):
        test, value, at = _named_test(value, at)
    else:
        test = Compare.IN if isinstance(value, list) else Compare.EQUALS
    return Condition(Join.LEAF, name, field, test, _VALUES[test](value, at))


def _named_test(value: dict[str, Any], at: KeyPath) -> tuple[Compare, Any, KeyPath]:
    for key in value:
        if key not in TESTS:
            raise wrong("is no test.", "Use one of these.", allowed=TESTS, word=key, at=(*at, key))
    if len(value) != 1:
        step = "Write one condition for each test; a list of conditions is AND."
        raise wrong(f"one condition has one test; this one has {len(value)}.", step, allowed=TESTS, at=at)
    ((key, inner),) = value.items()
    return Compare(key), inner, (*at, key)


# ---- the values of a test


def plain_text(value: Any, at: KeyPath) -> str:
    """A text, number or boolean of YAML as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > LONGEST:
        step = "To ask for an empty field, write empty: true."
        raise wrong(f"must be 1 to {LONGEST} characters of text. This is {shown(value)}.", step, at=at)
    return text


def _one(value: Any, at: KeyPath) -> tuple[str, ...]:
    if isinstance(value, list | dict):
        raise wrong(f"takes one value. This is {shown(value)}.", "Use `in` for several.", at=at)
    return (plain_text(value, at),)


def _some(value: Any, at: KeyPath) -> tuple[str, ...]:
    if not isinstance(value, list):
        return (plain_text(value, at),)
    _check_length(value, at)
    return tuple(dict.fromkeys(plain_text(inner, (*at, n)) for n, inner in enumerate(value)))


def _list(value: Any, at: KeyPath) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise wrong(f"needs a list. This is {shown(value)}.", "Write it as [one, two].", at=at)
    return _some(value, at)


def _number(value: Any, at: KeyPath) -> tuple[str, ...]:
    text = "" if isinstance(value, bool | list | dict) or value is None else str(value).strip()
    if number_of(text) is None:
        raise wrong(f"needs a number. This is {shown(value)}.", "Write digits only.", at=at)
    return (text,)


def _moment(value: Any, at: KeyPath) -> tuple[str, ...]:
    text = value.strip() if isinstance(value, str) else ""
    if when_of(text, UTC) is None:
        step = "Write 2026-01-31, or 2026-01-31T09:00 (in the sync's time zone) or 2026-01-31T09:00+01:00."
        raise wrong(f"needs a date or a time. This is {shown(value)}.", step, at=at)
    return (text,)


def _between(value: Any, at: KeyPath) -> tuple[str, ...]:
    step = "Write for example [60, 100], or [2026-01-01, 2026-01-31]; both ends are inside."
    if not isinstance(value, list) or len(value) != 2:
        raise wrong(f"needs two values. This is {shown(value)}.", step, at=at)
    numbers = [number_of(plain_text(inner, (*at, n))) for n, inner in enumerate(value)]
    judge = _moment if None in numbers else _number
    low, high = (judge(inner, (*at, n))[0] for n, inner in enumerate(value))
    if _later(low, high):
        raise wrong(f"{shown(value)} begins after its end, so nothing lies between.", step, at=at)
    return (low, high)


def _later(low: str, high: str) -> bool:
    numbers = number_of(low), number_of(high)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers[0] > numbers[1]
    first, last = when_of(low, UTC), when_of(high, UTC)
    if isinstance(first, datetime) and isinstance(last, datetime):
        return first > last
    return low[:10] > high[:10]


def _days(value: Any, at: KeyPath) -> tuple[str, ...]:
    if type(value) is not int or not 0 <= value <= 36_600:
        step = "Write digits only; 0 is today."
        raise wrong(f"needs a whole number of days, 0 to 36600. This is {shown(value)}.", step, at=at)
    return (str(value),)


def _truth(value: Any, at: KeyPath) -> tuple[str, ...]:
    if not isinstance(value, bool):
        raise wrong(f"needs true or false. This is {shown(value)}.", "Write true or false, without quotes.", at=at)
    return ("true" if value else "false",)


_VALUES: Mapping[Compare, Callable[[Any, KeyPath], tuple[str, ...]]] = {
    Compare.EQUALS: _one,
    Compare.IN: _list,
    Compare.CONTAINS: _some,
    Compare.STARTS_WITH: _some,
    Compare.GREATER_THAN: _number,
    Compare.LESS_THAN: _number,
    Compare.BETWEEN: _between,
    Compare.EMPTY: _truth,
    Compare.BEFORE: _moment,
    Compare.AFTER: _moment,
    Compare.WITHIN_DAYS: _days,
}
