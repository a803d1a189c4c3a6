"""What a person is told where links are found again: why, what was found, and what waits."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from contactsync.ledger.store import LedgerReader
from contactsync.model.exchange import Verb
from contactsync.model.ledger import SyncRow
from contactsync.model.link import ApartReason, LinkStatus
from contactsync.model.plan import HoldReason, Plan
from contactsync.model.relinking import Relinking, by_way
from contactsync.model.stages import Artefacts
from contactsync.stages.run_count import UNION_READS, run_count

ALONE = (HoldReason.UNION, HoldReason.NO_KEY, HoldReason.AMBIGUOUS)


def relinking(reader: LedgerReader, artefacts: Artefacts, sync_id: str, plan: Plan) -> Relinking | None:
    """None for a plan of an ordinary run."""
    if not plan.union:
        return None
    verbs = Counter(i.verb for i in plan.intents)
    live = sum(k.status is LinkStatus.LIVE for k in plan.links)
    return Relinking(
        why=_why(reader, artefacts, sync_id),
        found=dict(plan.matched_by),
        kept=live - plan.matched,
        filled=sum(len(i.patch) for i in plan.intents if i.verb is Verb.UPDATE),
        alone={r.value: n for r, n in sorted(Counter(h.reason for h in plan.holds if h.reason in ALONE).items())},
        differing=len(_differing(plan)),
        creates=verbs[Verb.CREATE],
        deletes=verbs[Verb.DELETE],
    )


def _differing(plan: Plan) -> set[tuple[str | None, str]]:
    """(link, field) of what this plan holds, and of what an earlier one held since the ledger was lost."""
    held = {(h.link_id, h.field) for h in plan.holds if h.reason is HoldReason.CONFLICT}
    return held | {(k.id, f) for k in plan.links for f, a in k.apart.items() if a.reason is ApartReason.LEDGER_LOST}


def found_again(plan: Plan) -> str:
    """For the last line of a run."""
    return f"Finding links again: {by_way(plan.matched_by) or 'none new'}"


def _why(reader: LedgerReader, artefacts: Artefacts, sync_id: str) -> str:
    count, row = run_count(artefacts, sync_id), reader.sync(sync_id)
    newest = next(iter(reader.runs(sync_id, 1)), None)
    if count is not None and newest is None:
        return (
            f"The ledger knows nothing of {sync_id}, and the file beside the artefacts counts {count.seq} runs: the "
            "ledger was lost."
        )
    if count is not None and newest is not None and count.seq > newest.seq:
        return (
            f"The ledger is older than {sync_id}: its newest run is number {newest.seq}, of {_day(newest.started_at)}, "
            f"and the file beside the artefacts counts {count.seq}. It was restored from a backup."
        )
    return _going_on(row)


def _going_on(row: SyncRow | None) -> str:
    """A run noticed it, or a person said relink."""
    left = row.union if row else UNION_READS
    since = f" since {_day(row.union_since)}" if row and row.union_since else ""
    more = "one more complete reading" if left == 1 else f"{left} more complete readings"
    return f"Links are being found again{since}; {more} of both apps will end that."


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
