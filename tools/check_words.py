"""Looks for words that do not belong in this repository: in the files named, or in all of the project."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rule:
    """A pattern and what to do instead."""

    pattern: re.Pattern[str]
    instead: str


RULES = (
    Rule(re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"), "finish it, or open an issue"),
    Rule(re.compile(r"\barti" r"facts?\b", re.IGNORECASE), "write artefact, as the settings file does"),
    Rule(re.compile(r"(?<![\w.])/(?:home|Users)/\w+"), "a path of one machine; name it relative to the checkout"),
)
UNREAD = {".lock", ".png", ".svg", ".parquet", ".gz"}
COPIED = {"LICENSE"}
FOLDERS = (".ci", "bench", "dags", "deploy", "docs", "include", "plugins", "tests", "tools")


def main(arguments: list[str]) -> int:
    """Print each finding as file:line; 1 if there is any."""
    files = [Path(name) for name in arguments] or own_files(Path(__file__).parent.parent)
    found = [line for file in files for line in findings(file)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def own_files(root: Path) -> list[Path]:
    """The files of the project, without what was installed or built beside them."""
    files = [path for path in root.iterdir() if path.is_file()]
    for folder in FOLDERS:
        files += [path for path in (root / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return [path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path for path in sorted(files)]


def findings(path: Path) -> Iterator[str]:
    """What the rules say of one file."""
    if not path.is_file() or path.suffix in UNREAD or path.name in COPIED:
        return
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        for rule in RULES:
            if match := rule.pattern.search(line):
                yield f"{path}:{number}: {match.group()}: {rule.instead}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
