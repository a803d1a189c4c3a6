"""What waits: holds, actions that were not sent, and actions whose outcome nobody knows yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contactsync.model.plan import HoldReason
from contactsync.model.spec import Side

NOT_SENT = "not_sent"  # never left, or never took effect: tried again after 1, 2, 4 ... runs
UNKNOWN = "unknown"  # settled by look-ups and listings of the next runs, and never sent again before
REASONS = (*(reason.value for reason in HoldReason), NOT_SENT, UNKNOWN)


@dataclass(frozen=True)
class Waiting:
    """One contact, or one field of it, that waits.

    name      of the hold, as commands take it; '' = no hold
    words     the vendor's, or ours: ids and reasons, never values
    answers   what a person may say -> what follows
    retried   another try may end it: `holds --retry` makes it due
    """

    reason: str
    side: Side
    contact_id: str
    words: str
    since: datetime | None
    name: str = ""
    link_id: str | None = None
    candidates: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    retried: bool = False
    field: str = ""  # last, for it hides dataclasses.field in here
