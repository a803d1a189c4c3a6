"""Every mistake that can be made at a key of a sync file: one at a time, in an otherwise right file.

Files are written with one key or entry a line, so that each has a line of its own.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

KeyPath = tuple[str | int, ...]

SOMETHING_ELSE: Mapping[str, Any] = {
    "a mapping": {"no_such_key": 1},
    "a list": [["no such thing"]],
    "a word": "no such word",
    "a number": -1.5,
    "a boolean": True,
    "nothing": None,
    "empty text": "",
    "an empty list": [],
    "an empty mapping": {},
}


@dataclass(frozen=True)
class Mistake:
    """`what` was done to the key or entry at `path` of the file `data`."""

    path: KeyPath
    what: str
    data: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.what}"


def mistakes(data: Mapping[str, Any], below: KeyPath = ()) -> Iterator[Mistake]:
    """Each key at and below a place misspelled and left out, each value replaced by one of each other kind."""
    for path in paths(data):
        if path[: len(below)] != below:
            continue
        inner, last = parent_of(data, path)
        if isinstance(last, str) and isinstance(inner, Mapping):
            renamed = {(f"{k}_x" if k == last else k): v for k, v in inner.items()}
            yield Mistake((*path[:-1], f"{last}_x"), "misspelled", replaced(data, path[:-1], renamed))
            rest = {k: v for k, v in inner.items() if k != last}
            yield Mistake(path[:-1], f"without {last}", replaced(data, path[:-1], rest))
        for what, value in SOMETHING_ELSE.items():
            if type(value) is not type(inner[last]) or isinstance(value, str):
                yield Mistake(path, what, replaced(data, path, value))


def paths(data: Any, above: KeyPath = ()) -> Iterator[KeyPath]:
    """The place of every key and entry."""
    items = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*above, key)
        yield from paths(value, (*above, key))


def parent_of(data: Any, path: KeyPath) -> tuple[Any, Any]:
    """The mapping or list that holds a place, and its key or number in it."""
    for part in path[:-1]:
        data = data[part]
    return data, path[-1]


def replaced(data: Any, path: KeyPath, value: Any) -> Any:
    """The data with another value at a place."""
    if not path:
        return value
    changed = copy.copy(data)
    changed[path[0]] = replaced(changed[path[0]], path[1:], value)
    return changed


def written(data: Any) -> tuple[str, dict[KeyPath, int]]:
    """YAML text with one key or entry a line, and the line of each."""
    lines: list[str] = []
    places: dict[KeyPath, int] = {}
    _write(data, (), lines, places)
    return "\n".join(lines) + "\n", places


def _write(data: Any, path: KeyPath, lines: list[str], places: dict[KeyPath, int]) -> None:
    indent = "  " * len(path)
    items = data.items() if isinstance(data, Mapping) else enumerate(data)
    for key, value in items:
        here = (*path, key)
        start = "-" if isinstance(key, int) else f"{json.dumps(key)}:"
        plain = not isinstance(value, Mapping | list) or not value
        lines.append(f"{indent}{start} {json.dumps(value)}" if plain else f"{indent}{start}")
        places[here] = len(lines)
        if not plain:
            _write(value, here, lines, places)
