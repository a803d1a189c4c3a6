"""What a person's command needs of one sync: the ledger and the artefact root, neither its file nor its apps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from contactsync.errors import WritesForbidden
from contactsync.ledger.store import Ledger
from contactsync.model.spec import ProjectSpec
from contactsync.model.stages import Artefacts
from contactsync.stages.workplace import Workplace


@dataclass(frozen=True)
class Desk:
    """One sync of the ledger, whether its file is still there or not.

    forbidden_in  the environment of this installation, where it may write nothing; '' = it may
    """

    sync_id: str
    ledger: Ledger
    artefacts: Artefacts
    clock: Callable[[], datetime]
    ended: Callable[[str], bool]
    forbidden_in: str = field(default="", kw_only=True)


def desk_of(place: Workplace) -> Desk:
    """The desk of a sync whose file is there."""
    forbidden = forbidden_in(place.project)
    return Desk(place.spec.id, place.ledger, place.artefacts, place.clock, place.ended, forbidden_in=forbidden)


def forbidden_in(project: ProjectSpec) -> str:
    """The environment that may write nothing, '' where it may."""
    return "" if project.writes else project.environment


def check_may_write(environment: str) -> None:
    """What a person decides is written too. Errors: WritesForbidden, in an environment that may write nothing."""
    if environment:
        raise WritesForbidden(
            f"In environment {environment!r} nothing is written, and nothing is decided.",
            next_step="set CONTACTSYNC_ENV to an environment with writes: allowed (include/contactsync.yaml)",
        )
