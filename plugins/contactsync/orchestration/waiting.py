"""What a task does while somebody else holds what it needs: end skipped, put itself off, or fail naming the holder.

A task that puts itself off gives its worker slot back; Airflow starts it again at the time it names.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import NoReturn

from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from contactsync.errors import AccountBusy, LockBusy, RetryError
from contactsync.model.stages import RunKind
from contactsync.orchestration.run_context import RunContext

log = logging.getLogger(__name__)

# Ten runs of a backfill may wait for each other, each start of a task costs seconds; a person's run goes first anyway.
LOCK_PAUSE = {RunKind.MANUAL: timedelta(seconds=15), RunKind.BACKFILL: timedelta(seconds=60)}
LOCK_PATIENCE = {RunKind.MANUAL: timedelta(minutes=10), RunKind.BACKFILL: timedelta(hours=24)}
REVIEW_PATIENCE = timedelta(hours=24)
ACCOUNT_PAUSE = timedelta(seconds=30)
ACCOUNT_PATIENCE = timedelta(minutes=15)


def lock_is_busy(busy: LockBusy, run: RunContext, now: datetime) -> NoReturn:
    """Another run holds the sync: a scheduled run leaves it at that, others wait (core 25)."""
    kind = run.whose().kind
    if kind is RunKind.SCHEDULED:
        raise AirflowSkipException(f"This sync is held by {busy.holder}; the next scheduled run looks again.")
    _put_off(busy, run, now, LOCK_PAUSE[kind], LOCK_PATIENCE[kind])


def review_is_busy(busy: LockBusy, run: RunContext, now: datetime) -> NoReturn:
    """A plan was approved while another run works on the sync: whoever answered is not to answer again."""
    _put_off(busy, run, now, LOCK_PAUSE[RunKind.MANUAL], REVIEW_PATIENCE)


def account_is_busy(busy: AccountBusy, run: RunContext, now: datetime) -> NoReturn:
    """Another load writes to the account (core 26)."""
    _put_off(busy, run, now, ACCOUNT_PAUSE, ACCOUNT_PATIENCE)


def _put_off(busy: RetryError, run: RunContext, now: datetime, pause: timedelta, patience: timedelta) -> NoReturn:
    waited = run.waited(now)
    if waited >= patience:
        raise busy
    level = logging.DEBUG if waited else logging.INFO  # once is enough: every start of the task adds to one log
    log.log(level, "%s This task waits at most %s s.", busy, int(patience.total_seconds()))
    raise AirflowRescheduleException(now + pause)  # type: ignore[no-untyped-call]
