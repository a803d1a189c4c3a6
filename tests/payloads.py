"""Texts that some program would run as code, put into every place of a sync file where a text can stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contactsync.mapping.project import ProjectFile
from examples import every_example
from key_meanings import OPTIONS
from mistakes import KeyPath, parent_of, paths, replaced

SUM = "1234567*7"
RESULT = "8641969"
TEMPLATE = f"{{{{ {SUM} }}}}"


def payloads(proof: Path) -> dict[str, str]:
    """By what would run them. Whoever does makes the file `proof`, or has RESULT or an object's form in its answer."""
    touch = f"__import__('pathlib').Path('{proof}').touch()"
    return {
        "Jinja": f"{TEMPLATE} {{% set a = {SUM} %}}{{{{ a }}}} {{{{ ''.__class__.__mro__ }}}}{{% raw %}}",
        "format": "{0.__init__.__globals__} {} {contact.__class__} {text.__class__} {next_step} {others} {way}",
        "a frame's query": f'@pd.eval("{SUM}") or {touch}',
        "a shell, percent": f"$(touch {proof}) `touch {proof}`; ${{HOME}} %(levelname)s %s %d <%= 7*7 %>",
        "a pattern, rich's marks": r"^(([a-z])+.)+[A-Z]([a-z])+$ [bold red]x[/] [/nothing]",
    }


TAGS = (
    "!!python/object/apply:pathlib.Path.touch [proof]",
    "!!python/name:os.system",
    "!!python/object/new:type {args: [x]}",
    "!env HOME",
    "!include /etc/passwd",
)
"""What a YAML reader would build objects of."""


@dataclass(frozen=True)
class Placed:
    """A file whose key or value at `path` is to be a payload."""

    model: Any
    path: KeyPath
    data: dict[str, Any]
    is_key: bool

    def __str__(self) -> str:
        return f"{'key' if self.is_key else 'value'} {'.'.join(map(str, self.path))}"

    @property
    def project(self) -> bool:
        return self.model is ProjectFile

    def holding(self, payload: str) -> tuple[KeyPath, dict[str, Any]]:
        """The place, and the file with the payload there."""
        if not self.is_key:
            return self.path, replaced(self.data, self.path, payload)
        inner, last = parent_of(self.data, self.path)
        renamed = {(payload if key == last else key): value for key, value in inner.items()}
        above = self.path[:-1]
        return (*above, payload), replaced(self.data, above, renamed) if above else renamed


def every_place() -> Iterator[Placed]:
    """Each key of each example of both kinds of file, each of its values, and each option of each app."""
    for model, below, data in every_example():
        for path in paths(data):
            if path[: len(below)] == below:
                inner, last = parent_of(data, path)
                yield Placed(model, path, data, is_key=False)
                if isinstance(inner, dict) and isinstance(last, str):
                    yield Placed(model, path, data, is_key=True)
    for app, options in OPTIONS.items():
        for name in options:
            side = {"app": app, "connection": "one", "options": {name: ""}}
            data = {
                "version": 1,
                "dag": {"schedule": None},
                "left": side,
                "right": {"app": "memory", "connection": "b"},
            }
            yield Placed(None, ("left", "options", name), data, is_key=False)
