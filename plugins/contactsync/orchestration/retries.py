"""Which error is tried again, by its kind: errors that a retry cannot cure fail at once."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import RetryDecision, RetryPolicy

from contactsync.errors import AccountBusy, ContactsyncError, LockBusy, RetryError

RETRIES = 3
DELAY = timedelta(seconds=30)
LONGEST = timedelta(minutes=15)


class ByKindOfError(RetryPolicy):
    """RetryError: again after the time it names; waiting that ran out and every other error of ours: fail at once."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,  # noqa: ARG002 - Airflow's signature; it holds back more tries than the task has
        context: object = None,  # noqa: ARG002
    ) -> RetryDecision:
        """Decide; anything that is no error of ours follows the task's own settings."""
        if isinstance(exception, RetryError) and not isinstance(exception, LockBusy | AccountBusy):
            return RetryDecision.retry(_delay(exception, try_number), type(exception).__name__)
        if isinstance(exception, ContactsyncError):
            return RetryDecision.fail(f"{type(exception).__name__}: a retry would not help")
        return RetryDecision.default()


def _delay(error: RetryError, try_number: int) -> timedelta:
    if error.retry_after is not None:
        return min(timedelta(seconds=error.retry_after), LONGEST)
    doubled: int = 2 ** max(try_number - 1, 0)
    return min(DELAY * doubled, LONGEST)
