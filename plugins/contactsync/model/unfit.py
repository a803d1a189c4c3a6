"""A value that the other side of a pair cannot hold, marked as such where the pair is read.

The mark stands in the text itself, so that it is compared, remembered and ended like any other value: another way to
judge it (an option that was added, a policy that was changed) makes another text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_MARK = "\x1e"  # no normal text begins with it


class Why(StrEnum):
    """Why a value does not go over."""

    OPTION = "option"  # in neither list of choices: held
    SKIPPED = "skipped"  # the same, and the pair says to leave it alone
    FORM = "form"  # no such value there, or it would not come back as it is


@dataclass(frozen=True)
class Unfit:
    """A marked value. words: the reason for people, without the value; text: the value itself."""

    why: Why
    words: str
    text: str


def unfit(why: Why, words: str, text: str) -> str:
    """The marked text."""
    return f"{_MARK}{why}{_MARK}{words}{_MARK}{text}"


def unfit_in(text: str) -> Unfit | None:
    """What a text says of itself; None for a value that goes over."""
    if not text.startswith(_MARK):
        return None
    _, why, words, value = text.split(_MARK, 3)
    return Unfit(Why(why), words, value)


def as_typed(text: str) -> str:
    """The text without its mark."""
    found = unfit_in(text)
    return found.text if found else text
