"""What a person's command needs of one sync: the ledger and the artefact root, neither its file nor its apps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from contactsync.ledger.store import Ledger, LedgerReader
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


def ledger_lost(ledger: LedgerReader, artefacts: Artefacts, sync_id: str) -> bool:
    """The state file beside the artefacts counts runs too: a ledger behind it was lost or restored from a backup."""
    runs = ledger.runs(sync_id, 1)
    state = artefacts.read_state(f"{sync_id}.json")
    return state is not None and int(state.get("seq", 0)) > (runs[0].seq if runs else 0)
