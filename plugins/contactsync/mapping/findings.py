"""What checks over all files find: an error where it is certain to do harm, else a note."""

from __future__ import annotations

from dataclasses import dataclass

from contactsync.mapping.loader import SyncDocument
from contactsync.mapping.problems import Problem


@dataclass(frozen=True)
class Finding:
    """Something about one file that only the others make a problem."""

    file: SyncDocument
    problem: Problem
    error: bool

    def __str__(self) -> str:
        return str(self.file.document.error((self.problem,)))
