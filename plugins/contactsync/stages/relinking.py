"""relink: accept the accounts that the connections lead to now; the next runs find the links again (union mode)."""

from __future__ import annotations

from dataclasses import replace

from contactsync.errors import ConfigError
from contactsync.model.decisions import Decided
from contactsync.model.ledger import FoldBatch
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import RunRequest
from contactsync.stages.desk import check_may_write, forbidden_in
from contactsync.stages.opening import remembered_row
from contactsync.stages.permitting import check_accounts
from contactsync.stages.run_count import in_union, keep_count, ledger_lost, run_count
from contactsync.stages.turns import turn_of
from contactsync.stages.workplace import Workplace, sync_row


def relink(place: Workplace, request: RunRequest, *, never_ran: bool = False) -> dict[Side, tuple[str | None, str]]:
    """Side -> (account before, account now).

    never_ran  also where neither the ledger nor the file beside the artefacts knows the sync: both were lost
    Errors: LockBusy, ConfigError (a sync that never ran), LedgerSchema, WritesForbidden, ForeignAccount.
    """
    check_may_write(forbidden_in(place.project))
    check_accounts(place)
    place.ledger.check()
    sync_id, owner = place.spec.id, request.owner
    lease = place.ledger.take_lock(sync_id, owner, ended=place.ended, turn=turn_of(request))
    try:
        row, count = sync_row(place), run_count(place.artefacts, sync_id)
        if row is None and count is None and not never_ran:
            raise ConfigError(
                f"Sync {sync_id!r} has never run, so there is nothing to relink.",
                next_step="run it; if it did run, and ledger and state file are both lost, say --lost",
            )
        row = row or remembered_row(place)
        accounts = {side: place.account_id(side) for side in SIDES}
        relinked = in_union(replace(row, accounts=accounts), place.clock())
        runs = place.ledger.runs(sync_id, 1)
        place.ledger.save_sync(relinked)
        seq = count.seq if count else runs[0].seq if runs else 0
        lost = ledger_lost(place.ledger, place.artefacts, sync_id)
        for known in (row, relinked):  # both: marks that name ids of the former account are not to be trusted
            keep_count(place.artefacts, known, seq, lost=lost)
        entry = Decided("accounts", "relink", request.by)
        place.ledger.fold(sync_id, request.run_id, FoldBatch(decided=[entry]), fence=lease.fence)
        return {side: (row.accounts.get(side), accounts[side]) for side in SIDES}
    finally:
        place.ledger.release_lock(sync_id, owner, lease.fence)
