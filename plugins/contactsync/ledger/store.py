"""Ledger: what a run writes. LedgerReader, for those who may only read, is exported beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine

from contactsync.errors import AccountBusy, LockBusy
from contactsync.ledger import approvals, decisions, erasing, locks, notices, runs, tombstones, trimming, turns
from contactsync.ledger import intents as journal
from contactsync.ledger.fold import fold
from contactsync.ledger.reader import LedgerReader
from contactsync.ledger.tables import account_lease, sync_lock
from contactsync.ledger.transactions import writing
from contactsync.model.alerts import Notice, Watched
from contactsync.model.approval import Asked, Reply
from contactsync.model.exchange import Json
from contactsync.model.forgotten import Tombstone, Traces
from contactsync.model.ledger import FoldBatch, Lease, RunRow, StoredCursor, SyncRow
from contactsync.model.plan import Intent, JournalRow, Outcome
from contactsync.model.retention import Trimmed
from contactsync.model.spec import Side

__all__ = ["LEASE", "Ledger", "LedgerReader"]

LEASE = timedelta(minutes=15)


class Ledger(LedgerReader):
    """Also writes. Every commit goes through `transactions.commit`, the second choke point of the crash tests."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], lease: timedelta = LEASE) -> None:
        super().__init__(engine, clock)
        self._lease = lease

    def reader(self) -> LedgerReader:
        """The same ledger, for those who may only read."""
        return LedgerReader(self._engine, self._clock)

    # ---- locks and leases (core 25, 26)
    def take_lock(self, sync_id: str, owner: str, *, ended: Callable[[str], bool], turn: str = "") -> Lease:
        """Take or renew the sync's lock. `ended(owner)`: Airflow says that owner's run has ended. Errors: LockBusy.

        turn: the place of this owner among those that wait (`turns`); '' = it waits for nobody, and nobody for it.
        """
        if turn:
            self._let_others_go(sync_id, owner, turn, ended)
        got = locks.take(self._engine, sync_lock, sync_id, owner, self._lease, ended=ended)
        if isinstance(got, Lease):
            if turn:
                self.leave_turn(sync_id, owner)
            return got
        if turn:
            self._wait_turn(sync_id, owner, turn)
        raise LockBusy(
            f"Sync {sync_id!r} is held by {got.lease.owner} until {got.lease.expires_at:%Y-%m-%d %H:%M:%S} UTC.",
            holder=got.lease.owner,
            next_step="wait for that run to end, or start again after that time.",
        )

    def _let_others_go(self, sync_id: str, owner: str, turn: str, ended: Callable[[str], bool]) -> None:
        held = self.lock(sync_id)
        if held is not None and held.owner == owner:
            return
        while first := self.turn_before(sync_id, turn):
            if not ended(first):
                self._wait_turn(sync_id, owner, turn)
                raise LockBusy(
                    f"{first} waits for sync {sync_id!r} and goes first.",
                    holder=first,
                    next_step="wait for that run to end, or start again after that.",
                )
            self.leave_turn(sync_id, first)

    def _wait_turn(self, sync_id: str, owner: str, turn: str) -> None:
        with writing(self._engine, durable=False) as connection:
            turns.wait(connection, sync_id, owner, turn)

    def leave_turn(self, sync_id: str, owner: str) -> None:
        """It does not wait for the sync any longer."""
        with writing(self._engine, durable=False) as connection:
            turns.leave(connection, sync_id, owner)

    def renew_lock(self, sync_id: str, owner: str, fence: int) -> None:
        """Renew. An owner whose lease expired untaken renews. Errors: FenceLost."""
        locks.renew(self._engine, sync_lock, sync_id, owner, fence, self._lease)

    def release_lock(self, sync_id: str, owner: str, fence: int) -> None:
        """Release; nothing happens where it is no longer ours."""
        locks.release(self._engine, sync_lock, sync_id, owner, fence)

    def take_account(self, account: str, owner: str, *, ended: Callable[[str], bool]) -> Lease:
        """Lease the account for writing. Errors: AccountBusy."""
        got = locks.take(self._engine, account_lease, account, owner, self._lease, ended=ended)
        if isinstance(got, Lease):
            return got
        raise AccountBusy(
            f"{got.lease.owner} writes to account {account!r}, at most until {got.lease.expires_at:%H:%M:%S} UTC.",
            next_step="nothing; the task tries again by itself.",
        )

    def renew_account(self, account: str, owner: str, fence: int) -> None:
        """Renew. Errors: FenceLost."""
        locks.renew(self._engine, account_lease, account, owner, fence, self._lease)

    def release_account(self, account: str, owner: str, fence: int) -> None:
        """Release; nothing happens where it is no longer ours."""
        locks.release(self._engine, account_lease, account, owner, fence)

    # ---- runs
    def save_sync(self, row: SyncRow) -> None:
        """Insert or replace the sync's row."""
        with writing(self._engine) as connection:
            runs.save_sync(connection, row)

    def start_run(self, sync_id: str, run_id: str, kind: str) -> RunRow:
        """Insert the run's row with the next seq. One under way stays as it is; one run again becomes the newest."""
        with writing(self._engine) as connection:
            return runs.start(connection, sync_id, run_id, kind, self._clock())

    def note_plan(self, sync_id: str, run_id: str, plan_hash: str, plan_ref: Json) -> None:
        """Which plan the run made, and where it lies (the fields of an ArtefactRef), before it is known how it ends."""
        with writing(self._engine) as connection:
            runs.note_plan(connection, sync_id, run_id, plan_hash, plan_ref)

    def end_run(self, row: RunRow) -> None:
        """Write state, counts, message and end."""
        with writing(self._engine) as connection:
            runs.end(connection, row, self._clock())

    # ---- approval (core 27)
    def ask(self, asked: Asked) -> None:
        """A run asks a person about its plan."""
        with writing(self._engine) as connection:
            approvals.ask(connection, asked)

    def reply(self, asked: Asked, answer: Reply, by: str) -> None:
        """What was answered, and by whom ('' = nobody in time). One that is answered stays as it is."""
        with writing(self._engine) as connection:
            approvals.reply(connection, asked, answer, by, self._clock())

    # ---- journal (core 20, 23)
    def plan_intents(
        self,
        sync_id: str,
        run_id: str,
        account: str,
        intents: Sequence[Intent],
        key_hashes: Mapping[str, Mapping[str, Sequence[str]]],
        *,
        fence: int | None = None,
    ) -> list[JournalRow]:
        """Insert rows `planned`; all rows of these keys as they now stand.

        key_hashes: intent key -> match key -> hashes.
        Of existing rows, those never sent (planned, not_sent) take this run's id and intent; all others stay.
        Errors: FenceLost, where a fence is given.
        """
        with writing(self._engine) as connection:
            if fence is not None:
                locks.prove(connection, sync_id, fence)
            return journal.plan(connection, sync_id, run_id, account, intents, key_hashes)

    def claim(self, sync_id: str, run_id: str, side: Side, fence: int) -> int:
        """A new claim of this try of the load task on its side of the plan. Errors: FenceLost."""
        with writing(self._engine) as connection:
            return locks.new_claim(connection, sync_id, run_id, side, fence)

    def send(self, sync_id: str, run_id: str, side: Side, keys: Sequence[str], *, fence: int, claim: int) -> set[str]:
        """One statement: planned -> sent where fence and claim are still ours. The keys that moved; none = stop."""
        now = self._clock()
        with writing(self._engine) as connection:
            return journal.send(connection, sync_id, run_id, side, keys, fence=fence, number=claim, now=now)

    def settle(self, sync_id: str, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes of sent, accepted or unknown rows; rows already settled stay as they are."""
        with writing(self._engine) as connection:
            journal.settle(connection, sync_id, outcomes, self._clock())

    def count_listing(self, sync_id: str, keys: Sequence[str]) -> None:
        """One more complete listing did not show the result of these unknown creates."""
        with writing(self._engine) as connection:
            journal.count_listing(connection, sync_id, keys)

    # ---- record
    def fold(self, sync_id: str, run_id: str, batch: FoldBatch, *, fence: int) -> None:
        """One transaction, idempotent. Errors: FenceLost."""
        with writing(self._engine) as connection:
            locks.prove(connection, sync_id, fence)
            fold(connection, sync_id, run_id, batch, self._clock())

    def set_cursor(self, sync_id: str, cursor: StoredCursor, *, fence: int) -> None:
        """Move a side's cursor. Errors: FenceLost."""
        with writing(self._engine) as connection:
            locks.prove(connection, sync_id, fence)
            runs.set_cursor(connection, sync_id, cursor)

    def drop_cursors(self, sync_id: str, *, fence: int) -> None:
        """Forget how far both sides were read. Errors: FenceLost."""
        with writing(self._engine) as connection:
            locks.prove(connection, sync_id, fence)
            runs.drop_cursors(connection, sync_id)

    def drop_wishes(self, sync_id: str, *, fence: int) -> None:
        """Forget what persons asked of the next run: in a ledger from a backup it was done since. Errors: FenceLost."""
        with writing(self._engine) as connection:
            locks.prove(connection, sync_id, fence)
            decisions.drop_wishes(connection, sync_id)

    # ---- persons
    def bury(self, sync_id: str, given: Sequence[Tombstone], *, fence: int) -> None:
        """Add tombstones. Errors: FenceLost."""
        with writing(self._engine) as connection:
            locks.prove(connection, sync_id, fence)
            tombstones.add(connection, sync_id, given)

    def replace_tombstones(self, sync_id: str, given: Sequence[Tombstone], *, fence: int) -> None:
        """These and no others: a restored ledger takes over what was kept beside it. Errors: FenceLost."""
        with writing(self._engine) as connection:
            locks.prove(connection, sync_id, fence)
            tombstones.replace(connection, sync_id, given)

    def lift(self, sync_id: str, persons: Collection[str], *, fence: int) -> None:
        """Remove the tombstones of these persons. Errors: FenceLost."""
        with writing(self._engine) as connection:
            locks.prove(connection, sync_id, fence)
            tombstones.remove(connection, sync_id, persons)

    def erase(self, sync_id: str, traces: Traces, *, fence: int) -> None:
        """Everything stored of these contacts, in one transaction. Errors: FenceLost."""
        with writing(self._engine) as connection:
            locks.prove(connection, sync_id, fence)
            erasing.erase(connection, sync_id, traces)

    def note_rewritten(self, was: str, became: str) -> None:
        """An artefact's content is now another one: who asks for it by its old sha256 gets it."""
        with writing(self._engine) as connection:
            tombstones.note_rewritten(connection, was, became)

    # ---- alerts
    def renew_notices(self, raised: Sequence[Notice], ended: Sequence[Notice]) -> None:
        """Alerts that are over are forgotten; new ones wait to be sent. One that is there stays as it is."""
        with writing(self._engine) as connection:
            notices.end(connection, ended)
            notices.raise_all(connection, raised)

    def claim_notice(self, one: Notice, now: datetime) -> bool:
        """True for the one of several that may send it now."""
        with writing(self._engine) as connection:
            return notices.claim(connection, one, now)

    def notice_sent(self, one: Notice, now: datetime) -> None:
        """It went out."""
        with writing(self._engine) as connection:
            notices.sent(connection, one, now)

    def watch(self, given: Sequence[Watched]) -> None:
        """Keep what the files say of these syncs."""
        if set(given) - set(self.all_watched()):
            with writing(self._engine) as connection:
                notices.watch(connection, given)

    # ---- housekeeping
    def trim(self, sync_id: str, values: datetime, whole: datetime) -> Trimmed:
        """Take values and quiet runs of before `values`, and whole runs of before `whole`; in many transactions."""
        return trimming.trim(self._engine, sync_id, values, whole)

    def compact(self) -> None:
        """Leave nothing of erased rows in the database's files. Errors: LedgerBusy."""
        erasing.compact(self._engine)
