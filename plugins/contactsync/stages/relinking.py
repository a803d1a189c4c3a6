"""relink: accept the accounts that the connections lead to now; the next runs find the links again (union mode)."""

from __future__ import annotations

from dataclasses import replace

from contactsync.errors import ConfigError
from contactsync.model.spec import SIDES, Side
from contactsync.stages.opening import UNION_READS
from contactsync.stages.workplace import Workplace, sync_row


def relink(place: Workplace, owner: str) -> dict[Side, tuple[str | None, str]]:
    """Side -> (account before, account now). Errors: LockBusy, ConfigError (a sync that never ran), LedgerSchema."""
    place.ledger.check()
    sync_id = place.spec.id
    lease = place.ledger.take_lock(sync_id, owner, ended=place.ended)
    try:
        row = sync_row(place)
        if row is None:
            raise ConfigError(f"Sync {sync_id!r} has never run, so there is nothing to relink.", next_step="run it")
        accounts = {side: place.account_id(side) for side in SIDES}
        place.ledger.save_sync(replace(row, accounts=accounts, union=UNION_READS, union_since=place.clock()))
        return {side: (row.accounts.get(side), accounts[side]) for side in SIDES}
    finally:
        place.ledger.release_lock(sync_id, owner, lease.fence)
