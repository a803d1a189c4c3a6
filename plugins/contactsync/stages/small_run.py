"""A small run of its own under the sync's lock: how a person's command writes to the ledger (core 7, 25)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from contactsync.errors import ConfigError
from contactsync.model.ledger import FoldBatch, RunRow, RunState
from contactsync.model.stages import RunRequest
from contactsync.stages.desk import Desk, check_may_write
from contactsync.stages.run_count import keep_count, ledger_lost
from contactsync.stages.turns import turn_of


@dataclass
class SmallRun:
    """The run while it lasts. message: its last line, to be set."""

    desk: Desk
    row: RunRow
    owner: str
    fence: int
    message: str = ""

    def fold(self, batch: FoldBatch) -> None:
        """One transaction. Errors: FenceLost."""
        self.desk.ledger.fold(self.desk.sync_id, self.row.run_id, batch, fence=self.fence)

    def renew(self) -> None:
        """Keep the lock. Errors: FenceLost."""
        self.desk.ledger.renew_lock(self.desk.sync_id, self.owner, self.fence)


@contextmanager
def small_run(desk: Desk, request: RunRequest) -> Iterator[SmallRun]:
    """The run number rises as with every run that writes.

    Errors: LockBusy, LedgerSchema, ConfigError (never ran), WritesForbidden.
    """
    check_may_write(desk.forbidden_in)
    ledger, sync_id = desk.ledger, desk.sync_id
    ledger.check()
    turn = turn_of(request)
    fence = ledger.take_lock(sync_id, request.owner, ended=desk.ended, turn=turn).fence
    try:
        sync = ledger.sync(sync_id)
        if sync is None or ledger_lost(ledger, desk.artefacts, sync_id):
            raise ConfigError(
                f"Sync {sync_id!r} has not run with this ledger yet.", next_step="run it first, then say this again"
            )
        row = ledger.start_run(sync_id, request.run_id, request.kind.value)
        keep_count(desk.artefacts, sync, row.seq)
        run = SmallRun(desk, row, request.owner, fence)
        yield run
        ledger.end_run(replace(row, state=RunState.DONE, ended_at=desk.clock(), message=run.message))
    finally:
        ledger.release_lock(sync_id, request.owner, fence)
