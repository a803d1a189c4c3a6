"""The small file beside the artefacts that outlives the ledger: how often a sync ran, and which accounts it led to.

By the count `open` notices a ledger that was lost or comes from a backup. The accounts say what a lost ledger cannot
say any more: whose contacts a connection has to lead to, and whether the ids in our marks are ids of that account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from contactsync.errors import DAMAGED_STATE, ArtefactError
from contactsync.ledger.store import LedgerReader
from contactsync.model.ledger import SyncRow
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Artefacts

UNION_READS = 2  # complete readings of both sides before the links are trusted again
UNKNOWN = ""  # stands for accounts from the time before they were kept here


@dataclass(frozen=True)
class RunCount:
    """What the file says. accounts: every account that a side has led to, the newest last."""

    seq: int
    accounts: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)

    @property
    def newest(self) -> dict[Side, str]:
        """The account that each side led to last, where that is known."""
        return {side: found[-1] for side, found in self.accounts.items() if found and found[-1] != UNKNOWN}


def run_count(artefacts: Artefacts, sync_id: str) -> RunCount | None:
    """None where there is no such file: the sync never ran. Errors: ArtefactError (unreadable)."""
    state = artefacts.read_state(_name(sync_id))
    if state is None:
        return None
    seq, accounts = state.get("seq"), state.get("accounts") or {}
    if not (isinstance(seq, int) and isinstance(accounts, dict) and all(map(_names, accounts.values()))):
        # Taken for none, it would make a sync with a lost ledger begin as at its very first run.
        words = f"The state file {_name(sync_id)} beside the artefacts is damaged."
        raise ArtefactError(words, next_step=DAMAGED_STATE)
    return RunCount(seq, {s: tuple(accounts[s.value]) for s in SIDES if s.value in accounts})


def keep_count(artefacts: Artefacts, row: SyncRow, seq: int, *, lost: bool = False) -> None:
    """Write the file. lost: what it did not say before is not known, for the ledger does not know it either."""
    before = run_count(artefacts, row.sync_id)
    accounts = {s.value: _led_to(before, s, row.accounts[s], lost=lost) for s in SIDES if s in row.accounts}
    artefacts.write_state(_name(row.sync_id), {"seq": seq, "accounts": accounts})


def ledger_lost(ledger: LedgerReader, artefacts: Artefacts, sync_id: str) -> bool:
    """A ledger behind the file was lost or restored from a backup."""
    runs = ledger.runs(sync_id, 1)
    count = run_count(artefacts, sync_id)
    return count is not None and count.seq > (runs[0].seq if runs else 0)


def in_union(row: SyncRow, since: datetime) -> SyncRow:
    """The row of a sync whose links are to be found again; since: when the loss was noticed."""
    return replace(row, union=UNION_READS, union_since=since)


def unchanged_sides(artefacts: Artefacts, row: SyncRow) -> frozenset[Side]:
    """Sides that have always led to the account of now: an id in a mark can be no other account's."""
    count = run_count(artefacts, row.sync_id)
    if count is None:
        return frozenset()
    return frozenset(s for s in SIDES if s in row.accounts and count.accounts.get(s) == (row.accounts[s],))


def _names(accounts: object) -> bool:
    return isinstance(accounts, list) and all(isinstance(one, str) for one in accounts)


def _led_to(before: RunCount | None, side: Side, account: str, *, lost: bool) -> list[str]:
    known = list(before.accounts.get(side, ())) if before else []
    if not known and before is not None and lost:
        known = [UNKNOWN]
    return known if known and known[-1] == account else [*known, account]


def _name(sync_id: str) -> str:
    return f"{sync_id}.json"
