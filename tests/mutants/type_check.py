"""Whether mypy refuses a mutant, as `make test` would before any test ran."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path

from mutations import PACKAGE, Mutation

ROOT = PACKAGE.parents[1]


class TypeCheck:
    """mypy over a copy of the product; what it knows already is copied too, so that a mutant takes seconds."""

    def refuses(self, mutation: Mutation) -> bool:
        """Changes the copy and puts it back."""
        file = self._copy / mutation.file.path.relative_to(ROOT)
        file.write_text(mutation.text)
        try:
            return self._mypy(self._copy).returncode == 1
        finally:
            file.write_text(mutation.file.text)

    def close(self) -> None:
        """Remove the copy."""
        if "_copy" in self.__dict__:
            shutil.rmtree(self._copy, ignore_errors=True)

    @cached_property
    def _copy(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="mutants-types-"))
        shutil.copytree(ROOT / "plugins", folder / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        if (ROOT / ".mypy_cache").exists():
            shutil.copytree(ROOT / ".mypy_cache", folder / ".mypy_cache")
        done = self._mypy(folder)
        if done.returncode:
            raise RuntimeError(f"mypy finds mistakes without any mutant:\n{done.stdout}{done.stderr}")
        return folder

    def _mypy(self, folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "mypy"], cwd=folder, capture_output=True, text=True)
