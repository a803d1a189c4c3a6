"""How long what a sync leaves behind is kept, and what housekeeping removed of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Retention:
    """Ages after which housekeeping removes things; the defaults hold where the project file names none.

    artefacts  what runs read, mapped and planned
    values     values of people in the journal, and those that lost a conflict: how far undo reaches
    journal    which run did what to whom, without values; runs and decisions with it
    """

    artefacts: timedelta = timedelta(days=7)
    values: timedelta = timedelta(days=30)
    journal: timedelta = timedelta(days=400)


@dataclass(frozen=True)
class OldRun:
    """The artefacts of one run that nobody needs any more. name: of its folder; newest: when the last was written."""

    name: str
    newest: datetime
    files: int
    size: int


@dataclass(frozen=True)
class Trimmed:
    """What went from the ledger of one sync, in rows.

    runs     with everything of theirs; quiet: runs that had nothing to do
    actions  whole journal rows; values: journal rows that lost their values
    """

    runs: int = 0
    quiet: int = 0
    actions: int = 0
    values: int = 0
    conflicts: int = 0
    decisions: int = 0

    def __bool__(self) -> bool:
        return any(vars(self).values())
