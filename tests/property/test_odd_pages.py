"""Answers that are right but for one value: they are read, that contact is held, or one error of ours says it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from canned_apps import APPS, CALLS, Answers, opened
from contactsync.errors import ContactsyncError
from mistakes import KeyPath, paths, replaced

TIMES = 120  # of each app and each call
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    float("inf"),
    "",
    "x",
    "\ud83d",
    [],
    {},
    [None],
    [[]],
    [{}],
    {"": None},
)


def odd_answers(answers: Answers, chance: random.Random) -> Iterator[tuple[KeyPath, Any, Answers]]:
    places = list(paths(answers))
    for _ in range(TIMES):
        place, value = chance.choice(places), chance.choice(ODD)
        yield place, value, replaced(answers, place, value)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", APPS)
def test_one_odd_value_anywhere(name: str, call: str) -> None:
    for place, value, answers in odd_answers(APPS[name], random.Random(f"{name} {call}")):
        try:
            CALLS[call](opened(name, answers))
        except ContactsyncError:
            continue
        except Exception as error:
            pytest.fail(f"{call} of {name} with {value!r} at {place}: {type(error).__name__}: {error}")


@pytest.mark.parametrize("name", APPS)
def test_the_answers_are_right_where_nothing_is_odd(name: str) -> None:
    app = opened(name, APPS[name])
    assert sum(len(page.records) for page in app.pull(None)) > 0
    (fetched,) = CALLS["fetch"](app)
    assert fetched.record is not None
