"""A whole name and its parts. Joining what was split gives the same name again, in single spaces."""

from __future__ import annotations

from collections.abc import Sequence


def joined(parts: Sequence[str]) -> str:
    """The parts in a row."""
    return " ".join(word for part in parts for word in part.split())


def split_name(text: str, old: Sequence[str]) -> tuple[str, ...]:
    """A name in as many parts as `old` has: first, (middle,) last. What of the old parts still fits stays.

    A word in small letters belongs to the last name (Ludwig van Beethoven); a name of one word is a first name.
    """
    words = text.split()
    if joined(old) == " ".join(words):
        return tuple(old)
    return _around(words, old) or _plainly(words, len(old))


def _around(words: Sequence[str], old: Sequence[str]) -> tuple[str, ...] | None:
    """By an old last or first part that still stands at its end."""
    last, first = old[-1].split(), old[0].split()
    if last and len(last) < len(words) and list(words[-len(last) :]) == last:
        return _with_last(words, len(words) - len(last), len(old))
    if first and len(first) < len(words) and list(words[: len(first)]) == first:
        rest = words[len(first) :]
        middle = _last_begins(rest) if len(old) > 2 else 0
        return (" ".join(first), *([" ".join(rest[:middle])] if len(old) > 2 else []), " ".join(rest[middle:]))
    return None


def _plainly(words: Sequence[str], count: int) -> tuple[str, ...]:
    if len(words) < 2:
        return (" ".join(words), *[""] * (count - 1))
    return _with_last(words, max(1, _last_begins(words)), count)


def _last_begins(words: Sequence[str]) -> int:
    """Where the last name begins: at the last word, or at the words in small letters before it."""
    begins = len(words) - 1
    while begins > 0 and words[begins - 1][:1].islower():
        begins -= 1
    return max(begins, 0)


def _with_last(words: Sequence[str], begins: int, count: int) -> tuple[str, ...]:
    """What stands before the last name is the first name; of three parts, its first word."""
    last = " ".join(words[begins:])
    if count == 2:
        return " ".join(words[:begins]), last
    return words[0], " ".join(words[1:begins]), last
