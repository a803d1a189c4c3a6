"""In which bucket the contacts of a link are counted, per side that sends ("Counting" of the core's rules)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from contactsync.model.link import Link
from contactsync.model.plan import Bucket, Counted, Intent
from contactsync.model.spec import SIDES, Side
from contactsync.sync.conflicts import Settled
from contactsync.sync.scope import DIRECTION_CLOSED


def count_alike(link: Link, worked: Iterable[Side], bucket: Bucket, reason: str) -> tuple[Counted, ...]:
    """Every side that was worked on (none: both) in the same bucket."""
    sides = [s for s in SIDES if s in set(worked)] or list(SIDES)
    return tuple(Counted(s, link.side(s).contact_id, bucket, reason=reason) for s in sides)


def count_settled(
    link: Link,
    shown: Collection[Side],
    settled: Mapping[str, Settled],
    intents: Collection[Intent],
    overwriting: Collection[Side] = (),
    skipped: str = "",
) -> tuple[Counted, ...]:
    """Each side that was worked on, in the gravest bucket that applies to what it sends.

    overwriting   sides whose actions write over a person's edit; skipped: why the fields were left alone
    """
    out = []
    for source in SIDES:
        intent = next((i for i in intents if i.side is source.other), None)
        if source not in shown and intent is None and (intents or shown):
            continue  # nothing of that side was worked on
        lost = any(s.loser and source.other in s.write for s in settled.values()) or source in overwriting
        bucket, reason = Bucket.UNCHANGED, ""
        if any(s.held for s in settled.values()):
            bucket = Bucket.HELD
        elif lost:
            bucket = Bucket.CONFLICT
        elif intent:
            bucket = Bucket.UPDATED
        elif skipped or any(s.skipped for s in settled.values()):
            bucket, reason = Bucket.SKIPPED, skipped or DIRECTION_CLOSED
        out.append(Counted(source, link.side(source).contact_id, bucket, intent.key if intent else "", reason))
    return tuple(out)
