"""What `docker build` makes, as a virtual environment: the lock file's packages and contactsync as a wheel."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"


@dataclass(frozen=True)
class Image:
    """An environment in which contactsync is an installed package; `source` is the checkout that it was built from."""

    folder: Path
    source: Path = ROOT

    @property
    def programs(self) -> Path:
        """Where `airflow` and `contactsync` are."""
        return self.folder / "bin"

    def build(self, *more: str) -> Image:
        """Make it, with these packages beside those of the lock file, in the versions of the development lock."""
        wheels = self.folder.with_name(f"{self.folder.name}-wheel")
        self._do(sys.executable, "-m", "venv", "--without-pip", str(self.folder))
        self._install("--require-hashes", "-r", str(self.source / "requirements.lock"))
        self._do(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels))
        (wheel,) = wheels.glob("*.whl")
        self._install("--no-deps", str(wheel))
        if more:
            self._install("-c", str(ROOT / "requirements-dev.lock"), *more)
        return self

    def _install(self, *what: str) -> None:
        self._do(str(UV), "pip", "install", "--quiet", "--python", str(self.programs / "python"), *what)

    def _do(self, *command: str) -> None:
        done = subprocess.run(command, cwd=self.source, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
