"""A failing history made small: steps are left out as long as the same promise is broken.

Faster than leaving it to hypothesis, which draws every history anew to do it.
"""

from __future__ import annotations

import json
from typing import Any

from story import replay


def promise_of(error: BaseException) -> str:
    """What was broken: the promise's name, or the error's own."""
    return str(error).partition(":")[0] if isinstance(error, AssertionError) else type(error).__name__


def broken_by(script: str) -> str:
    """The promise that a history breaks; '' = none."""
    try:
        replay(script)
    except Exception as error:
        return promise_of(error)
    return ""


def smallest(script: str, promise: str) -> str:
    """The history without the steps that do not matter."""
    told: dict[str, Any] = json.loads(script)
    steps = told["steps"]
    size = max(1, len(steps) // 2)
    while size:
        at = 0
        while at < len(steps):
            fewer = [*steps[:at], *steps[at + size :]]
            if broken_by(json.dumps({**told, "steps": fewer})) == promise:
                steps = fewer
            else:
                at += size
        size //= 2
    return json.dumps({**told, "steps": steps})
