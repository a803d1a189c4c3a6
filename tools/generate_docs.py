"""Writes docs/configuration.md, docs/apps.md and docs/schema/ from the code: `generate_docs.py`, or with `--check`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from editor_schemas import project_schema, sync_schema
from pages_of_apps import apps_page
from pages_of_configuration import configuration_page

DOCS = Path(__file__).parent.parent / "docs"


def pages() -> Mapping[Path, str]:
    """Every generated page and what belongs in it."""
    return {
        DOCS / "configuration.md": configuration_page(),
        DOCS / "apps.md": apps_page(),
        DOCS / "schema" / "sync.v1.json": sync_schema(),
        DOCS / "schema" / "contactsync.v1.json": project_schema(),
    }


def stale() -> list[str]:
    """Names of pages that are not what the code says now."""
    return [
        path.relative_to(DOCS).as_posix()
        for path, text in pages().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the pages; with --check only say which of them would change, and end with 1 if any would."""
    if "--check" in arguments:
        for name in (found := stale()):
            print(f"docs/{name} is not what the code says: run .venv/bin/python tools/generate_docs.py")
        return 1 if found else 0
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
