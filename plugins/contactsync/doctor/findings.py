"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    BROKEN = "broken"  # a sync cannot run, or what it does cannot be trusted
    SOON = "soon"  # a person should see to it before it breaks something
    NOTE = "note"  # ends by itself


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    check  the name of the check that found it; where: the sync, connection, file or table
    what   in a whole sentence: ids and counts, neither contact data nor secrets
    next_step  a command, or what to do by hand
    """

    severity: Severity
    check: str
    where: str
    what: str
    next_step: str

    @property
    def needs_a_person(self) -> bool:
        """False for what ends by itself."""
        return self.severity is not Severity.NOTE


@dataclass(frozen=True)
class Found:
    """What one check says; the table of checks adds the check's name."""

    severity: Severity
    where: str
    what: str
    next_step: str


def broken(where: str, what: str, next_step: str) -> Found:
    """A sync cannot run, or what it does cannot be trusted."""
    return Found(Severity.BROKEN, where, what, next_step)


def soon(where: str, what: str, next_step: str) -> Found:
    """A person should see to it."""
    return Found(Severity.SOON, where, what, next_step)


def note(where: str, what: str, next_step: str) -> Found:
    """It ends by itself."""
    return Found(Severity.NOTE, where, what, next_step)
