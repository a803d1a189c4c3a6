"""A value that the other side of a pair cannot hold, marked as such where the pair is read.

The mark stands in the text itself, so that it is compared, remembered and ended like any other value: another way to
judge it (an option that was added, a policy that was changed) makes another text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from contactsync.contact import ONE, decode, kind_of, one_id

_MARK = "\x1e"  # no normal text begins with it


class Why(StrEnum):
    """Why a value does not go over."""

    OPTION = "option"  # in neither list of choices: held
    SKIPPED = "skipped"  # the same, and the pair says to leave it alone
    FORM = "form"  # no such value there, or it would not come back as it is


@dataclass(frozen=True)
class Unfit:
    """A marked value.

    words  the reason for people, without the value
    text   the value itself, as it was typed
    says   what it says in the pair's column: a side that holds that already says the same; '' = nothing
    """

    why: Why
    words: str
    text: str
    says: str = ""


def unfit(found: Unfit) -> str:
    """The marked text."""
    return _MARK.join(("", found.why, found.words, found.says.replace(_MARK, " "), found.text))


def unfit_in(text: str) -> Unfit | None:
    """What a text says of itself; None for a value that goes over."""
    if not text.startswith(_MARK):
        return None
    _, why, words, says, value = text.split(_MARK, 4)
    return Unfit(Why(why), words, value, says)


def as_typed(text: str) -> str:
    """The text without its mark."""
    found = unfit_in(text)
    return found.text if found else text


def alike(column: str, one: str, other: str) -> bool:
    """True where both texts of a column say the same: of elements only their identity counts."""
    if one == other:
        return True
    if kind_of(column).several:
        return {e.id for e in decode(one)} == {e.id for e in decode(other)}
    if column.startswith(ONE):
        return bool(one and other) and one_id(one) == one_id(other)
    marked = [found for found in (unfit_in(one), unfit_in(other)) if found and found.says]
    return len(marked) == 1 and marked[0].says in (one, other)
