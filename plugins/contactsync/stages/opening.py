"""open: take the lock, check the accounts, notice a lost ledger, settle what an earlier run left."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from dataclasses import replace

from contactsync.errors import ConfigError, WrongAccount
from contactsync.model.exchange import State
from contactsync.model.ledger import SyncRow
from contactsync.model.link import LinkSide
from contactsync.model.plan import JournalRow
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Opened, RunRequest
from contactsync.record import SETTLED, Folding, batches
from contactsync.settle import settle_leftovers
from contactsync.stages.account_words import check_pairs, check_rules
from contactsync.stages.backfilling import stop_if_covered
from contactsync.stages.dead_runs import end_dead_runs
from contactsync.stages.desk import desk_of
from contactsync.stages.permitting import check_accounts
from contactsync.stages.plans_waiting import stop_if_remapped, stop_if_waiting
from contactsync.stages.run_count import in_union, keep_count, ledger_lost, run_count
from contactsync.stages.sweeping import recall, remembered_salt
from contactsync.stages.turns import leave_if_covered, turn_of
from contactsync.stages.workplace import Workplace, sync_row
from contactsync.sync.fold import When

log = logging.getLogger(__name__)


def open_run(place: Workplace, request: RunRequest) -> Opened:
    """Begin a run.

    Errors: LockBusy, WrongAccount, ForeignAccount, LedgerSchema, ConfigError (both sides are one account, rules that an
    account lacks); CoveredBy (a backfill has nothing to read); PlanWaits (a person is to answer first).
    """
    place.ledger.check()
    if request.dry_run:
        return _look_only(place)
    sync_id = place.spec.id
    leave_if_covered(place, request)
    stop_if_waiting(place, request)
    turn = turn_of(request)
    lease = place.ledger.take_lock(sync_id, request.owner, ended=place.ended, turn=turn)
    try:
        return _open_locked(place, request, lease.fence)
    except BaseException:
        # What failed to open holds nothing back; a task that was killed leaves its lock to expire.
        place.ledger.release_lock(sync_id, request.owner, lease.fence)
        raise


def _open_locked(place: Workplace, request: RunRequest, fence: int) -> Opened:
    sync_id = place.spec.id
    lost = ledger_lost(place.ledger, place.artefacts, sync_id)
    row = _checked_row(place, lost=lost)
    if not lost:
        stop_if_covered(place, request)  # by the run that was waited for
    check_pairs(place)
    check_rules(place)
    stop_if_remapped(place, request)
    if row != sync_row(place):
        place.ledger.save_sync(row)
    if lost:
        place.ledger.drop_wishes(sync_id, fence=fence)
        recall(desk_of(place), fence)
    run = place.ledger.start_run(sync_id, request.run_id, request.kind.value)
    keep_count(place.artefacts, row, run.seq, lost=lost)
    looked_up = _settle_earlier(place, request, row, run.seq, fence)
    end_dead_runs(place, request)
    return Opened(fence, run.seq, _due(place, run.seq), looked_up, lost)


def _look_only(place: Workplace) -> Opened:
    """A dry run takes no lock, writes no row and settles nothing."""
    lost = ledger_lost(place.reader, place.artefacts, place.spec.id)
    _checked_row(place, lost=lost)
    check_pairs(place)
    check_rules(place)
    runs = place.reader.runs(place.spec.id, 1)
    seq = runs[0].seq + 1 if runs else 1
    return Opened(0, seq, _due(place, seq), lost=lost)


def _checked_row(place: Workplace, *, lost: bool) -> SyncRow:
    check_accounts(place)
    accounts = {side: place.account_id(side) for side in SIDES}
    left, right = accounts.values()
    if left == right:
        raise ConfigError(
            f"Both sides of sync {place.spec.id!r} lead to the same account ({left}).",
            next_step="give one side another connection",
        )
    row = sync_row(place) or remembered_row(place)
    for side, account in accounts.items():
        known = row.accounts.get(side)
        if known is not None and known != account:
            raise WrongAccount(
                f"Connection {place.spec.side(side).connection!r} ({side} side) leads to {account}; "
                f"sync {place.spec.id!r} belongs to {known}.",
                next_step=f"correct the connection, or accept the new account with: contactsync relink {place.spec.id}",
            )
    row = replace(row, accounts=accounts)
    if lost and not row.union:
        log.warning("The ledger is older than this sync's last run: links are found again, nobody is created")
        row = in_union(row, place.clock())
    return row


def remembered_row(place: Workplace) -> SyncRow:
    """The row of a sync that the ledger does not know: its accounts, where the file beside the artefacts names them."""
    count = run_count(place.artefacts, place.spec.id)
    salt = remembered_salt(desk_of(place)) or secrets.token_hex(16)
    return SyncRow(place.spec.id, salt, count.newest if count else {})


def _due(place: Workplace, seq: int) -> int:
    reader, now = place.reader, place.clock()
    due = len(reader.due_links(place.spec.id, seq, now)) + len(reader.unfolded(place.spec.id))
    return due + sum(len(reader.due_contacts(place.spec.id, side, seq, now)) for side in SIDES)


def _settle_earlier(place: Workplace, request: RunRequest, row: SyncRow, seq: int, fence: int) -> tuple[str, ...]:
    """Settle and fold what a dead run left, or this very run before it was cleared."""
    rows = place.ledger.unfolded(place.spec.id)
    if not rows:
        return ()
    looked_up: list[str] = []
    now = place.clock()
    for side in SIDES:
        unsettled = [r for r in rows if r.intent.side is side and r.outcome.state not in SETTLED]
        if unsettled:
            seen = _targets(place, side, unsettled)
            leftovers = settle_leftovers(place.app(side), place.translator(side).decode, unsettled, now, seen)
            place.ledger.settle(place.spec.id, leftovers.outcomes)
            looked_up.extend(leftovers.looked_up)
    fold_rows(place, request.run_id, row, place.ledger.unfolded(place.spec.id), seq, fence)
    return tuple(looked_up)


def _targets(place: Workplace, side: Side, rows: Sequence[JournalRow]) -> dict[str, LinkSide]:
    """The contacts that these actions write to, as the ledger last saw them."""
    ids = {r.intent.link_id for r in rows if r.intent.link_id}
    links = {link.id: link for link in place.reader.links(place.spec.id, ids)}
    return {r.intent.key: links[r.intent.link_id].side(side) for r in rows if r.intent.link_id in links}


def folding_of(place: Workplace, row: SyncRow, seq: int) -> Folding:
    """What folds rows onto the ledger of this sync, as the run with that number."""
    when = When(seq, place.clock())
    return Folding(
        place.spec.id,
        row.salt,
        place.spec.match,
        place.pairs,
        when,
        place.reader,
        effects=place.effects,
        direction=place.spec.direction,
    )


def fold_rows(place: Workplace, run_id: str, row: SyncRow, rows: Sequence[JournalRow], seq: int, fence: int) -> None:
    """Fold settled journal rows onto what the ledger remembers, without any plan."""
    ready = [r for r in rows if r.outcome.state in SETTLED]
    if not ready:
        return
    folding = folding_of(place, row, seq)
    folding.fold(ready)
    for batch in batches(folding, None):
        place.ledger.fold(place.spec.id, run_id, batch, fence=fence)
    done = sum(r.outcome.state in (State.DONE, State.ADOPTED) for r in ready)
    log.info("Settled %d actions of an earlier run, %d of them done", len(ready), done)
