"""All stages of a run go by one file: what was read or planned by another one is carried no further.

Airflow reads the file anew for every task, so somebody may change it while a run is under way. Columns that were read
by the old file then lack what the new one asks for, and a complete reading by the old one has shown nobody by the new.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contactsync.errors import FileChanged
from contactsync.model.spec import SyncSpec
from contactsync.stages.mapping_state import short
from contactsync.stages.workplace import Workplace

FILE = "file"  # in the header of an artefact: by which file it was made


def file_state(spec: SyncSpec) -> str:
    """Hash of all that the file says of contacts; when, how many and whom to tell may change at any time."""
    between = (spec.left, spec.right, spec.direction, spec.match, spec.conflicts, spec.fields, spec.unsubscribes)
    by_side = (sorted(spec.rules.items()), sorted(spec.deletions.items()), spec.deletion_tag)
    return short(repr((between, by_side)))


def is_of_file(place: Workplace, header: Mapping[str, Any]) -> bool:
    """True where the file of now is the one by which the artefact was made."""
    return header.get(FILE) == file_state(place.spec)


def check_file(place: Workplace, header: Mapping[str, Any], *, compares: bool = False) -> None:
    """compares: two versions of the file are to be told apart by one reading. Errors: FileChanged."""
    if not compares and not is_of_file(place, header):
        raise FileChanged(
            f"The file of sync {place.spec.id!r} was changed while this run was under way. This task wrote nothing.",
            next_step="nothing, where the sync has a schedule: the next run goes by the new file. To run this one "
            "again, clear the task `open` of this run with everything downstream, or trigger a new run.",
        )
