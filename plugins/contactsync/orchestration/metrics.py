"""What tasks tell Airflow's metrics: StatsD, Datadog or OpenTelemetry, whichever Airflow is set to; else nothing.

Tags are the sync's id, the side and the outcome: never anything of a contact. No run fails for a metric.
(docs/decisions/0018: where Airflow keeps its functions.)
"""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ParamSpec

from contactsync.model.plan import Bucket
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Summary
from contactsync.rest.metering import Meter

if TYPE_CHECKING:
    from contactsync.pipeline import Workplace

log = logging.getLogger(__name__)

RECORDS = "contactsync.records"
API_CALLS = "contactsync.api_calls"
LIMIT_WAIT = "contactsync.limit_wait"
HOLDS = "contactsync.holds"
AGE = "contactsync.complete_run_age"


P = ParamSpec("P")


def _harmless(tell: Callable[P, None]) -> Callable[P, None]:
    @functools.wraps(tell)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            tell(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever a backend raises, the sync is more important
            log.warning("Metrics could not be sent (%s).", type(error).__name__)

    return told


@_harmless
def of_task(sync_id: str, meters: Mapping[Side, Meter]) -> None:
    """What one task asked of the apps, and how long their limits made it wait."""
    from airflow.sdk.observability import stats

    for side, meter in meters.items():
        if meter.calls or meter.waited:
            tags = {"sync": sync_id, "side": side.value}
            if meter.calls:
                stats.incr(API_CALLS, meter.calls, tags=tags)
            stats.timing(LIMIT_WAIT, timedelta(seconds=meter.waited), tags=tags)


@_harmless
def of_run(place: Workplace, summary: Summary) -> None:
    """What became of the records of a run, and who is held after it. Of a dry run nothing is told.

    Nor is anything of records where the plan waits for a person: no contact was written.
    """
    from airflow.sdk.observability import stats

    if summary.dry_run or summary.again:
        return
    held = Counter(side for side, _ in {(h.side, h.contact_id) for h, _ in place.reader.holds(place.spec.id)})
    for side in SIDES:
        tags = {"sync": place.spec.id, "side": side.value}
        counts = {} if summary.waits else summary.counts.get(f"{side}_to_{side.other}", {})
        for bucket in Bucket:
            if count := counts.get(bucket.value, 0):
                stats.incr(RECORDS, count, tags={**tags, "outcome": bucket.value})
        stats.gauge(HOLDS, held[side], tags=tags)


@_harmless
def of_ages(complete: Mapping[str, datetime | None], now: datetime) -> None:
    """How old the newest complete run of each sync is; `complete`: sync id -> when it ended, None: there is none."""
    from airflow.sdk.observability import stats

    for sync_id, ended in complete.items():
        if ended is not None:
            stats.gauge(AGE, (now - ended).total_seconds(), tags={"sync": sync_id})
