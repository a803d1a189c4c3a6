"""How long to wait before a request is tried again, and how often."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from contactsync.errors import RateLimited, RetryError
from contactsync.rest.reply import Reply
from contactsync.rest.services import Services

log = logging.getLogger(__name__)

LONGEST_WAIT = 60.0
# Above this the task gives its slot back and comes later, rather than sleeping in it.
PATIENCE = 300.0
LONGEST_HINT = 86_400.0
EPOCH_FROM = 1e9  # larger reset values are a time, smaller ones seconds left; vendors differ and do not say
MILLISECONDS_FROM = 1e12


def hint(reply: Reply, clock: Callable[[], datetime], reset_header: str) -> float | None:
    """Seconds to wait as the vendor says, None where it says nothing readable. Never negative."""
    now = clock().timestamp()
    seconds = _retry_after(reply.headers.get("Retry-After", ""), now)
    if seconds is None and reset_header:
        seconds = _reset(reply.headers.get(reset_header, ""), now)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_HINT)


def repeated(
    attempt: Callable[[], Reply],
    services: Services,
    *,
    on: tuple[type[RetryError], ...],
    limited: Callable[[float], None],
    tries: int | None = None,
) -> Reply:
    """Call `attempt` until it neither raises one of `on` nor asks for more patience than a task has.

    `tries` may only be fewer than the services allow. `limited` hears for how long we keep still after a 429 for which
    the vendor named no time. The last error is raised as it is.
    """

    most = services.tries if tries is None else min(tries, services.tries)

    def before(state: RetryCallState) -> None:
        error, pause = _error(state), state.next_action.sleep if state.next_action else 0.0
        level = services.few.level("tried again")
        log.log(level, "%s Try %d of %d; the next in %.1f s.", error, state.attempt_number, most, pause)
        if isinstance(error, RateLimited):
            services.waited(pause)
            if not error.retry_after:
                limited(pause)

    retrying = Retrying(
        stop=stop_after_attempt(most),
        wait=_wait,
        retry=retry_if_exception(lambda error: isinstance(error, on) and (_asked(error) or 0.0) <= PATIENCE),
        sleep=services.sleep,
        before_sleep=before,
        reraise=True,
    )
    return retrying(attempt)


def _wait(state: RetryCallState) -> float:
    asked = _asked(_error(state))
    if asked:
        return min(asked, LONGEST_WAIT)
    # Full jitter, so that the tasks of many syncs do not come back together; at least a little where 0 was asked.
    return random.uniform(0.1, min(2.0**state.attempt_number, LONGEST_WAIT))  # nosec B311 # noqa: S311 - a wait, no secret


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _asked(error: BaseException | None) -> float | None:
    return error.retry_after if isinstance(error, RetryError) else None


def _retry_after(value: str, now: float) -> float | None:
    seconds = _number(value)
    return _until_date(value, now) if seconds is None else seconds


def _reset(value: str, now: float) -> float | None:
    number = _number(value)
    if number is None or number < EPOCH_FROM:
        return number
    return (number / 1000 if number >= MILLISECONDS_FROM else number) - now


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _until_date(value: str, now: float) -> float | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return aware.timestamp() - now
