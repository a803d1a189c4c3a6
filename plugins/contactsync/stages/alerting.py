"""Alerts: seen in the ledger, told once, sent again where that failed. A run never fails for one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contactsync.few import Few
from contactsync.ledger.store import Ledger
from contactsync.model.alerts import Event, Notice, Notifier, Watched
from contactsync.sync.alerts import ERROR, Sight, judge, stale

log = logging.getLogger(__name__)

Send = Callable[[Notifier, Notice], None]

AGAIN = timedelta(minutes=5)  # whoever is sending has so long before another tries
GIVEN_UP = timedelta(days=1)  # a recovery of yesterday is no news


def look(
    ledger: Ledger, watched: Watched, now: datetime, *, red: str = "", refused: bool = False, here: bool = True
) -> Sight:
    """The sync as the ledger knows it; red: what a task has just seen of a run, refused: the credentials were."""
    seen = ledger.seen(watched.sync_id)
    red = red or seen.red
    return Sight(
        watched.sync_id, now, seen.complete, seen.begun, red, refused, seen.holds, watched.freshness, here=here
    )


@dataclass(frozen=True)
class Checked:
    """What a look at all syncs found. stale: beyond warn_after; too_old: beyond error_after, with their files there.

    complete  sync id -> when its newest complete run ended; of those that have a file
    """

    syncs: int
    stale: tuple[str, ...]
    too_old: tuple[str, ...]
    sent: int
    complete: Mapping[str, datetime | None] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """For people."""
        late = f"stale: {', '.join(self.stale)}" if self.stale else "none is stale"
        old = f"; older than error_after: {', '.join(self.too_old)}" if self.too_old else ""
        return f"{self.syncs} syncs looked at, {late}{old}; {self.sent} alerts sent."


def check_all(
    ledger: Ledger, syncs: Sequence[Watched], notifiers: Callable[[Sequence[str]], list[Notifier]], send: Send,
    now: datetime,
) -> Checked:  # fmt: skip
    """Every sync of the files, and those that were there once: a file that vanished is missed too."""
    ledger.watch(syncs)
    here = {one.sync_id for one in syncs}
    sights: list[Sight] = []
    sent, few = 0, Few()
    for one in (*syncs, *(gone for gone in ledger.all_watched() if gone.sync_id not in here)):
        sight = look(ledger, one, now, here=one.sync_id in here)
        sent += tell(ledger, sight, notifiers(one.alerts), send, few)
        sights.append(sight)
    late = {sight.sync_id: stale(sight) for sight in sights}
    too_old = tuple(sorted(i for i, levels in late.items() if ERROR in levels and i in here))
    ended = {sight.sync_id: sight.complete for sight in sights if sight.here}
    return Checked(len(sights), tuple(sorted(i for i, levels in late.items() if levels)), too_old, sent, ended)


def tell(ledger: Ledger, sight: Sight, notifiers: Sequence[Notifier], send: Send, few: Few | None = None) -> int:
    """Give the alerts of now, and those that could not be sent before; how many went out."""
    told = ledger.notices(sight.sync_id)
    change = judge(sight, told, notifiers)
    if change.raised or change.ended:
        ledger.renew_notices(change.raised, change.ended)
    return deliver(ledger, sight.sync_id, notifiers, send, sight.now, few)


def tell_one(ledger: Ledger, notice: Notice, notifiers: Sequence[Notifier], send: Send) -> int:
    """An alert that no look at the ledger gives, such as a plan that waits for approval: to all who want its event.

    Its `subject` (the plan's hash) makes it be told once; its `notifier` is filled in here.
    """
    wanted = [one for one in notifiers if notice.event in one.events]
    fresh = [Notice(**{**vars(notice), "notifier": one.name}) for one in wanted]
    if fresh:
        ledger.renew_notices(fresh, ())
    return deliver(ledger, notice.sync_id, notifiers, send, notice.raised_at)


def deliver(
    ledger: Ledger, sync_id: str, notifiers: Sequence[Notifier], send: Send, now: datetime, few: Few | None = None
) -> int:
    """Send what was not sent. What fails is logged, and tried again the next time."""
    few = few or Few()
    by_name = {one.name: one for one in notifiers}
    done = 0
    for notice in ledger.notices(sync_id):
        notifier = by_name.get(notice.notifier)
        if notifier is None or notice.event not in notifier.events or _is_past(notice, now):
            ledger.renew_notices((), [notice])
        elif _is_due(notice, now) and ledger.claim_notice(notice, now):
            done += _sent(ledger, notifier, notice, send, now, few)
    return done


def _sent(ledger: Ledger, notifier: Notifier, notice: Notice, send: Send, now: datetime, few: Few) -> bool:
    try:
        send(notifier, notice)
    except Exception as error:  # noqa: BLE001 - of any library; its own text may hold a token
        log.log(
            few.level("not sent", logging.WARNING),
            "Alert %s of %s could not be sent by %s (%s); contactsync__freshness tries again.",
            notice.event.value, notice.sync_id, notifier.name, type(error).__name__,
        )  # fmt: skip
        return False
    ledger.notice_sent(notice, now)
    log.log(few.level("sent"), "Alert %s of %s was sent by %s.", notice.event.value, notice.sync_id, notifier.name)
    return True


def _is_due(notice: Notice, now: datetime) -> bool:
    return notice.sent_at is None and (notice.tried_at is None or now - notice.tried_at >= AGAIN)


def _is_past(notice: Notice, now: datetime) -> bool:
    """What needs not be remembered, or is no news any more."""
    return notice.event is Event.RECOVERED and (notice.sent_at is not None or now - notice.raised_at > GIVEN_UP)
