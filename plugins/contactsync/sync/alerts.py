"""Which alerts a sync gives now, and which of those told are over. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contactsync.model.alerts import Event, Freshness, Notice, Notifier

TROUBLE = (Event.FAILED, Event.REAUTHORISE, Event.STALE)
RED = (Event.FAILED, Event.REAUTHORISE)
WARN, ERROR = "warn", "error"


@dataclass(frozen=True)
class Sight:
    """What is seen of a sync.

    complete  when its newest complete run ended; begun: when its oldest known run began
    red       words of the newest run where it is red; refused: because an app refused the credentials
    holds     (side, reason) -> how many contacts
    here      False = no file of that id makes a sync any more
    """

    sync_id: str
    now: datetime
    complete: datetime | None = None
    begun: datetime | None = None
    red: str = ""
    refused: bool = False
    holds: Mapping[tuple[str, str], int] = field(default_factory=dict)
    freshness: Freshness = field(default_factory=Freshness)
    here: bool = True

    @property
    def age(self) -> timedelta | None:
        """Of the newest complete run, of the first try where there was none; None = it never ran."""
        since = self.complete or self.begun
        return None if since is None else self.now - since


@dataclass(frozen=True)
class Change:
    """Alerts to be given, and told ones that are over."""

    raised: tuple[Notice, ...] = ()
    ended: tuple[Notice, ...] = ()


def judge(sight: Sight, told: Sequence[Notice], notifiers: Iterable[Notifier]) -> Change:
    """Each of them once, until it is over."""
    raised: list[Notice] = []
    ended: list[Notice] = []
    for notifier in notifiers:
        mine = [one for one in told if one.notifier == notifier.name]
        over = [one for one in mine if _over(one, sight)]
        standing = {(one.event, one.subject) for one in mine if one not in over}
        fresh = [one for one in _now(sight, notifier, standing) if (one.event, one.subject) not in standing]
        raised += fresh
        ended += over
        was_told = any(one.event in TROUBLE and one.sent_at for one in over)
        troubled = any(event in TROUBLE for event, _ in standing) or any(one.event in TROUBLE for one in fresh)
        if was_told and not troubled and Event.RECOVERED in notifier.events:
            words = f"complete runs again; the newest ended at {sight.complete:%Y-%m-%d %H:%M} UTC"
            raised.append(_notice(sight, notifier, Event.RECOVERED, sight.now.isoformat(), words))
    return Change(tuple(raised), tuple(ended))


def stale(sight: Sight) -> dict[str, timedelta]:
    """The levels that are passed (warn, error), each with its bound."""
    levels = {WARN: sight.freshness.warn_after, ERROR: sight.freshness.error_after}
    age = sight.age
    return {level: bound for level, bound in levels.items() if bound is not None and age is not None and age > bound}


def _now(sight: Sight, notifier: Notifier, standing: set[tuple[Event, str]]) -> Iterator[Notice]:
    events = notifier.events
    if sight.red:
        event = Event.REAUTHORISE if sight.refused and Event.REAUTHORISE in events else Event.FAILED
        if event in events and (event is Event.REAUTHORISE or not any(told in RED for told, _ in standing)):
            yield _notice(sight, notifier, event, "", sight.red)
    if Event.STALE in events:
        for level, bound in stale(sight).items():
            yield _notice(sight, notifier, Event.STALE, level, _stale_words(sight, bound))
    if Event.NEW_HOLDS in events:
        for (side, reason), count in sorted(sight.holds.items()):
            look = f"contactsync holds {sight.sync_id} --reason {reason}"
            words = f"{count} held on the {side} side as {reason}; see: {look}"
            yield _notice(sight, notifier, Event.NEW_HOLDS, f"{side}:{reason}", words)


def _over(one: Notice, sight: Sight) -> bool:
    match one.event:
        case Event.FAILED | Event.REAUTHORISE:
            return not sight.red and sight.complete is not None and sight.complete > one.raised_at
        case Event.STALE:
            return one.subject not in stale(sight)
        case Event.NEW_HOLDS:
            return not any(f"{side}:{reason}" == one.subject for side, reason in sight.holds)
        case _:
            return False


def _stale_words(sight: Sight, bound: timedelta) -> str:
    since = f"no complete run since {sight.complete:%Y-%m-%d %H:%M} UTC" if sight.complete else "no complete run yet"
    why = "" if sight.here else "; no file makes this sync any more"
    look = f"see whether its DAG is paused: contactsync doctor {sight.sync_id}"
    return f"{since}, longer than {_length(bound)}{why}; {look}"


def _length(bound: timedelta) -> str:
    minutes = int(bound.total_seconds() // 60)
    for word, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{word}"
    return f"{minutes}m"


def _notice(sight: Sight, notifier: Notifier, event: Event, subject: str, words: str) -> Notice:
    return Notice(sight.sync_id, notifier.name, event, subject, words, sight.now)
