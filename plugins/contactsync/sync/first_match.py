"""Who meets whom in a plan, and what differs between the two: counted, for the report of a first run. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from contactsync.contact import is_empty
from contactsync.model.app import Capabilities, Check
from contactsync.model.exchange import Verb
from contactsync.model.match_report import FieldReport, SideReport
from contactsync.model.plan import Bucket, HoldReason, Plan
from contactsync.model.spec import SIDES, Side

CHUNK = 50  # actions that one look at a delta covers (load.CHECKED)
_OWN = (HoldReason.AMBIGUOUS, HoldReason.NO_KEY)


def side_report(plan: Plan, side: Side, read: int, caps: Capabilities, share: float) -> SideReport:
    """One side of a plan of which everybody was read. share: the part of the rate limit that may be used."""
    buckets = {c.contact_id: c for c in plan.counted if c.source is side}
    linked = {k.side(side).contact_id for k in plan.links}
    holds: dict[HoldReason, set[str]] = defaultdict(set)
    for hold in plan.holds:
        if hold.side is side and hold.link_id is None:
            holds[hold.reason].add(hold.contact_id)
    creates = sum(i.verb is Verb.CREATE and i.side is side.other for i in plan.intents)
    skipped = sum(c.bucket is Bucket.SKIPPED and i not in linked for i, c in buckets.items())
    calls = calls_for(plan, side, caps)
    return SideReport(
        read=read,
        linked=len(linked),
        only_here=creates + skipped,
        creates=creates,
        ambiguous=len(holds[HoldReason.AMBIGUOUS]),
        without_key=len(holds[HoldReason.NO_KEY]),
        held={r.value.replace("_", " "): len(ids) for r, ids in sorted(holds.items()) if r not in _OWN and ids},
        capacity=caps.capacity,
        made=sum(i.verb is Verb.CREATE and i.side is side for i in plan.intents),
        calls=calls,
        hours=hours_for(calls, caps, share),
    )


def calls_for(plan: Plan, side: Side, caps: Capabilities) -> int:
    """About how many requests it takes to check and write one side of a plan."""
    verbs = Counter(i.verb for i in plan.intents if i.side is side)
    batch = caps.batch
    writes = sum(_requests(verbs[v], getattr(batch, v.value)) for v in (Verb.CREATE, Verb.UPDATE, Verb.DELETE))
    targets = verbs[Verb.UPDATE] + verbs[Verb.DELETE]
    checks = {
        Check.VERSION: 0,
        Check.DELTA: _requests(targets, CHUNK),
        Check.FETCH: _requests(targets, batch.fetch),
        Check.FETCHED_VERSION: _requests(targets, batch.fetch),
    }[caps.check]
    found = _requests(verbs[Verb.CREATE], batch.find) if batch.find else 0
    back = 0 if caps.returns_record else _requests(verbs[Verb.CREATE] + verbs[Verb.UPDATE], batch.fetch)
    return writes + checks + found + back


def _requests(actions: int, at_once: int) -> int:
    return math.ceil(actions / max(1, at_once))


def hours_for(calls: int, caps: Capabilities, share: float) -> float:
    """How long so many requests take at the slowest of the account's limits; 0 where it has none."""
    slowest = [rate.seconds / (rate.count * share) for rate in caps.rates if rate.count]
    return calls * max(slowest, default=0.0) / 3600


def field_reports(plan: Plan) -> dict[str, FieldReport]:
    """Per field: how many pairs differ, and what becomes of it. What actions of rules write is left out."""
    filled: dict[str, Counter[Side]] = defaultdict(Counter)
    wins: dict[str, Counter[Side]] = defaultdict(Counter)
    for intent in (i for i in plan.intents if i.verb is Verb.UPDATE):
        for name in intent.patch.keys() - intent.acts.keys():
            if is_empty(intent.before.get(name, "")):
                filled[name][intent.side] += 1
            else:
                wins[name][intent.side.other] += 1
    waits = Counter(name for _, name in {(h.link_id, h.field) for h in plan.holds if h.link_id and h.field})
    names = sorted({*filled, *wins, *waits})
    return {n: FieldReport(_both(filled[n]), _both(wins[n]), waits[n]) for n in names}


def _both(counted: Counter[Side]) -> dict[Side, int]:
    return {side: counted[side] for side in SIDES}


def differing(plan: Plan) -> dict[tuple[Side, str], set[str]]:
    """Contact -> fields in which its partner differs and something is written or waits."""
    out: dict[tuple[Side, str], set[str]] = defaultdict(set)
    for intent in (i for i in plan.intents if i.verb is Verb.UPDATE):
        names = intent.patch.keys() - intent.acts.keys()
        out[intent.side, intent.target_id] |= names
        out[intent.side.other, intent.source_id] |= names
    links = {k.id: k for k in plan.links}
    for hold in plan.holds:
        link = links.get(hold.link_id or "")
        if link is not None and hold.field:
            for side in SIDES:
                out[side, link.side(side).contact_id].add(hold.field)
    return out
