"""In which bucket every contact of a run ended ("Counting" of the core's rules)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from contactsync.model.exchange import State
from contactsync.model.plan import Bucket, Counted, Plan
from contactsync.model.spec import SIDES, Side

_GRAVEST = {bucket: rank for rank, bucket in enumerate(Bucket)}


def final_buckets(plan: Plan, outcomes: Mapping[str, State], listed: Mapping[Side, int]) -> dict[Side, Counter[Bucket]]:
    """Per sending side, every contact in the gravest bucket that applies; rows not worked on are unchanged."""
    worst: dict[tuple[Side, str], Bucket] = {}
    for counted in plan.counted:
        bucket = _bucket(counted, outcomes)
        key = (counted.source, counted.contact_id)
        if key not in worst or _GRAVEST[bucket] < _GRAVEST[worst[key]]:
            worst[key] = bucket
    totals = {side: Counter[Bucket]() for side in SIDES}
    for (side, _), bucket in worst.items():
        totals[side][bucket] += 1
    for side, rows in listed.items():
        totals[side][Bucket.UNCHANGED] += rows
    return totals


def _bucket(counted: Counted, outcomes: Mapping[str, State]) -> Bucket:
    if not counted.intent_key:
        return counted.bucket
    match outcomes.get(counted.intent_key, State.PLANNED):
        case State.DONE | State.ADOPTED:
            return counted.bucket
        case State.REFUSED:
            return Bucket.HELD
        case State.OVERTAKEN:
            return Bucket.SKIPPED
        case _:
            return Bucket.FAILED
