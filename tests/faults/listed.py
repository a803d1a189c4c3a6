"""One entry of a register, and the page made of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Listed:
    """A fault or a promise: what it is, what is promised, and node ids of tests without parameters.

    `beside` says what of it is out of reach of tests, or does not apply and why.
    """

    number: int
    what: str
    promise: str
    tests: tuple[str, ...]
    beside: str = ""


@dataclass(frozen=True)
class Register:
    """Entries numbered from 1 to `last` behind a letter, and their page."""

    letter: str
    last: int
    page: Path
    intro: str
    entries: Sequence[Listed]

    def text(self) -> str:
        """The whole of the page."""
        return self.intro + "\n".join(self._section(entry) for entry in self.entries)

    def _section(self, entry: Listed) -> str:
        promise = f"{entry.promise} {entry.beside}".strip()
        tests = "\n".join(f"- {_link(test)}" for test in entry.tests)
        return f"## {self.letter}{entry.number}. {entry.what}\n\n{promise}\n\n{tests}\n"


def of(file: str, *names: str) -> tuple[str, ...]:
    """The node ids of tests of one file."""
    return tuple(f"{file}::test_{name}" for name in names)


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{file})"
