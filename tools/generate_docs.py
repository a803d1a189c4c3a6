"""Writes docs/configuration.md and docs/apps.md from the code: `generate_docs.py`, or `generate_docs.py --check`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from pages_of_apps import apps_page
from pages_of_configuration import configuration_page

DOCS = Path(__file__).parent.parent / "docs"


def pages() -> Mapping[Path, str]:
    """Every generated page and what belongs in it."""
    return {DOCS / "configuration.md": configuration_page(), DOCS / "apps.md": apps_page()}


def stale() -> list[str]:
    """Names of pages that are not what the code says now."""
    return [path.name for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]


def main(arguments: list[str]) -> int:
    """Write the pages; with --check only say which of them would change, and end with 1 if any would."""
    if "--check" in arguments:
        for name in (found := stale()):
            print(f"docs/{name} is not what the code says: run .venv/bin/python tools/generate_docs.py")
        return 1 if found else 0
    for path, text in pages().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
