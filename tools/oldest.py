"""Of a lock file, the versions of what pyproject.toml itself asks for:  tools/oldest.py LOCK

What those need in turn is left to the next resolution, which has more to satisfy.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def own(lock: str, dependencies: list[str]) -> list[str]:
    """`name==version` of each dependency, as the lock has it."""
    asked = {re.split(r"[\[<>=!~; ]", text)[0].lower() for text in dependencies}
    pins = (line.split()[0] for line in lock.splitlines() if "==" in line)
    return [pin for pin in pins if pin.split("==")[0] in asked]


if __name__ == "__main__":
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    sys.stdout.write("\n".join(own(Path(sys.argv[1]).read_text(), project["dependencies"])) + "\n")
