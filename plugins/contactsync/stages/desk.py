"""What a person's command needs of one sync: the ledger and the artefact root, neither its file nor its apps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from contactsync.ledger.store import Ledger
from contactsync.model.stages import Artefacts
from contactsync.stages.workplace import Workplace


@dataclass(frozen=True)
class Desk:
    """One sync of the ledger, whether its file is still there or not."""

    sync_id: str
    ledger: Ledger
    artefacts: Artefacts
    clock: Callable[[], datetime]
    ended: Callable[[str], bool]


def desk_of(place: Workplace) -> Desk:
    """The desk of a sync whose file is there."""
    return Desk(place.spec.id, place.ledger, place.artefacts, place.clock, place.ended)
