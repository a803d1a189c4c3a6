"""Plants a fault while its module is imported: a pytest plugin (`-p plant`), told by CONTACTSYNC_MUTANT which."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from mutants import MUTANTS, Edit

NAME = "CONTACTSYNC_MUTANT"
PACKAGE = Path(__file__).parents[2] / "plugins" / "contactsync"


def source_of(edit: Edit) -> Path:
    """The file that an edit changes."""
    return PACKAGE.joinpath(*edit.module.split(".")).with_suffix(".py")


def planted(text: str, edit: Edit) -> str:
    """The source with the fault. Errors: ValueError where it no longer fits."""
    if text.count(edit.old) != 1:
        raise ValueError(f"{edit.module} holds {text.count(edit.old)} times: {edit.old!r}")
    return text.replace(edit.old, edit.new)


class _Loader(SourceFileLoader):
    """Compiles the changed source; nothing is written beside the file."""

    def __init__(self, fullname: str, path: str, edits: Sequence[Edit]) -> None:
        super().__init__(fullname, path)
        self.edits = edits

    def get_code(self, fullname: str) -> CodeType:
        text = Path(self.path).read_text()
        for edit in self.edits:
            text = planted(text, edit)
        return compile(text, self.path, "exec")


class _Finder(MetaPathFinder):
    """Finds the modules that a mutant changes."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self.edits = edits

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        edits = [e for e in self.edits if f"contactsync.{e.module}" == fullname]
        found = PathFinder.find_spec(fullname, path, target) if edits else None
        if found is None or found.origin is None:
            return None
        return importlib.machinery.ModuleSpec(
            fullname, _Loader(fullname, found.origin, edits), origin=found.origin, is_package=False
        )


if chosen := os.environ.get(NAME):
    sys.meta_path.insert(0, _Finder(MUTANTS[chosen].edits))
