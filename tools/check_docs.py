"""Checks the documentation against the repository: relative links, their anchors, and the make targets it names."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"`make ([a-z-]+)|^(?:\$ )?make ([a-z-]+)", re.MULTILINE)
TARGET = re.compile(r"^([a-z-]+):(?!=)", re.MULTILINE)


def main() -> int:
    """Print each finding; 1 if there is any."""
    root = Path(__file__).parent.parent
    found = [line for page in pages(root) for line in findings(root, page)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def pages(root: Path) -> list[Path]:
    """Every page a person reads."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def findings(root: Path, page: Path) -> Iterator[str]:
    """What is wrong in one page."""
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(root)
    for link in LINK.findall(FENCE.sub("", text)):
        if problem := broken(page, link):
            yield f"{name}: {link}: {problem}"
    targets = set(TARGET.findall((root / "Makefile").read_text(encoding="utf-8")))
    named = {one or other for one, other in MAKE.findall(text)}
    for target in sorted(named - targets):
        yield f"{name}: make {target}: the Makefile has no such target"


def broken(page: Path, link: str) -> str:
    """Why a link leads nowhere, '' where it does not (addresses on the web are not followed)."""
    if re.match(r"[a-z]+:", link):
        return ""
    file, _, anchor = link.partition("#")
    target = (page.parent / file) if file else page
    if not target.exists():
        return "no such file"
    if anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
        return "no such heading"
    return ""


def anchors(text: str) -> set[str]:
    """The anchors that the headings of a page get."""
    return {anchor_of(heading) for heading in HEADING.findall(FENCE.sub("", text))}


def anchor_of(heading: str) -> str:
    """GitHub's rule: lower case, letters, digits, hyphens and underscores stay, a space becomes a hyphen."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")


if __name__ == "__main__":
    sys.exit(main())
