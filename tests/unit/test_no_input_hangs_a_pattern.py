"""No text keeps a regular expression busy: each one of the product is tried with texts made of what it looks for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from patterns import Used, hostile, used

# So close together that none takes minutes after one that was still in time.
SMALL = tuple(int(12 * 1.35**n) for n in range(16))
MIDDLE, LARGE, HUGE = 4_000, 16_000, 100_000
SLOW = 0.05  # seconds; a linear pattern takes a hundredth of that for the small texts
ALL = list(used())


def seconds(one: Used, method: str, text: Any) -> float:
    """Time of this thread alone: other processes do not count."""
    call: Callable[..., Any] = getattr(one.pattern, method)
    before = time.thread_time()
    if method in ("sub", "subn"):
        call(text[:0], text)
    elif method == "finditer":
        for _ in call(text):
            pass
    else:
        call(text)
    return time.thread_time() - before


def test_patterns_are_found_where_they_are() -> None:
    places = {one.place for one in ALL}
    assert len(places) > 60
    assert {"contactsync.mapping.words._ID", "contactsync.model.templates._PART"} <= places
    methods = {one.place: one.methods for one in ALL}
    assert methods["contactsync.mapping.words._ID"] == {"fullmatch"}


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.place)
def test_four_times_the_text_takes_about_four_times_as_long(one: Used) -> None:
    """Exponential patterns fail at the small texts, quadratic ones at the large; what passes is tried with 100 kB."""
    worst, slowest = None, 0.0
    for size in SMALL:
        for text in hostile(one.pattern, size):
            for method in one.methods:
                assert seconds(one, method, text) < SLOW, (one.pattern.pattern, method, text[:20], size)
    for n, text in enumerate(hostile(one.pattern, MIDDLE)):
        for method in one.methods:
            if (took := seconds(one, method, text)) > slowest:
                worst, slowest = (n, method), took
    assert worst is not None
    number, method = worst
    for size, limit in ((LARGE, 10 * slowest + SLOW), (HUGE, 60 * slowest + 4 * SLOW)):
        text = next(t for n, t in enumerate(hostile(one.pattern, size)) if n == number)
        took = min(seconds(one, method, text) for _ in range(2))
        assert took < limit, (one.pattern.pattern, method, text[:20], size, took, slowest)


@pytest.mark.parametrize("careless", [r"(a+)+$", r"\s+$", r"\(.*?\)", r"a*b*a*c"])
def test_a_careless_pattern_would_be_found(careless: str) -> None:
    import re

    one = Used("careless", re.compile(careless), frozenset({"search"}))
    with pytest.raises(AssertionError):
        test_four_times_the_text_takes_about_four_times_as_long(one)
