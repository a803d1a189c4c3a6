"""What the doctor found, for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from contactsync.cli.talk import Text, console

if TYPE_CHECKING:
    from contactsync.doctor.checks import Check
    from contactsync.doctor.findings import Finding

COLOURS = {"broken": "red", "soon": "yellow", "note": "dim"}


def show(found: Sequence[Finding], checks: Sequence[Check], syncs: int, *, asked: bool) -> None:
    """Gravest first; each finding with its remedy on a line of its own, to be copied."""
    out = console()
    for one in sorted(found, key=lambda f: list(COLOURS).index(f.severity.value)):
        colour = COLOURS[one.severity.value]
        out.print(Text(f"{one.severity.value:<7}{one.where}: {one.what}", style=colour))
        out.print(Text(f"       next: {one.next_step}"))
    counts = Counter(f.severity.value for f in found)
    told = ", ".join(f"{counts[name]} {name}" for name in COLOURS if counts[name]) or "all is well"
    offline = "" if asked else "; the vendors were not asked"
    looked_at = f"{len(checks)} checks of {syncs} {'sync' if syncs == 1 else 'syncs'}"
    out.print(Text(f"{looked_at}: {told}{offline}.", style="" if found else "green"))


def as_data(found: Sequence[Finding], checks: Sequence[Check], syncs: Sequence[str], *, asked: bool) -> dict[str, Any]:
    """The same as JSON-able data."""
    return {
        "well": not any(f.needs_a_person for f in found),
        "asked_vendors": asked,
        "syncs": list(syncs),
        "checks": {check.name: check.title for check in checks},
        "findings": [asdict(f) for f in found],
    }
