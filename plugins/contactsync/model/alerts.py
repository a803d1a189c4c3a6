"""Alerts: who is told what of a sync, how fresh it has to be, and what was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Event(StrEnum):
    """What an alert is about."""

    FAILED = "failed"  # a run is red
    REAUTHORISE = "reauthorise"  # red, as an app refuses the credentials
    NEW_HOLDS = "new_holds"  # contacts are held for a reason for which none was
    APPROVAL = "approval"  # a plan waits for a person
    STALE = "stale"  # no complete run for longer than `freshness`
    RECOVERED = "recovered"  # a complete run again, after one of failed, reauthorise and stale was told


@dataclass(frozen=True)
class Notifier:
    """One entry of `alerts` in the project file: an Airflow notifier, and what it is used for.

    kind     slack (a webhook, or the API with `channel`, by the type of the connection) or smtp (to, sender)
    """

    name: str
    kind: str
    connection: str
    events: tuple[Event, ...]
    channel: str = ""
    to: tuple[str, ...] = ()
    sender: str = ""


@dataclass(frozen=True)
class Freshness:
    """Age of the newest complete run after which a sync is stale; None = never."""

    warn_after: timedelta | None = None
    error_after: timedelta | None = None


@dataclass(frozen=True)
class Notice:
    """One alert for one notifier. subject: what tells it from others of the event; sent_at None = not sent yet.

    text  counts, reasons, ids of syncs and tasks; never of contacts
    """

    sync_id: str
    notifier: str
    event: Event
    subject: str
    text: str
    raised_at: datetime
    sent_at: datetime | None = None
    tries: int = 0
    tried_at: datetime | None = None

    @property
    def about(self) -> tuple[str, str, Event, str]:
        """What it is known by: it is told once."""
        return self.sync_id, self.notifier, self.event, self.subject


@dataclass(frozen=True)
class Seen:
    """What the ledger knows of a sync for this.

    complete  when its newest complete run ended; begun: when its oldest known run began
    red       the last line of its newest run where that is red
    holds     (side, reason) -> how many contacts
    """

    complete: datetime | None = None
    begun: datetime | None = None
    red: str = ""
    holds: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Watched:
    """What the alerts need to know of a sync; kept, so that one whose file vanished is missed."""

    sync_id: str
    alerts: tuple[str, ...] = ()
    freshness: Freshness = field(default_factory=Freshness)


def watched_as_data(watched: Watched) -> dict[str, Any]:
    """As JSON-able data, lengths of time in seconds."""
    lengths = {name: kept and kept.total_seconds() for name, kept in vars(watched.freshness).items()}
    return {"sync_id": watched.sync_id, "alerts": list(watched.alerts), "freshness": lengths}


def watched_from(data: Mapping[str, Any]) -> Watched:
    """The other way."""
    lengths = {name: None if kept is None else timedelta(seconds=kept) for name, kept in data["freshness"].items()}
    return Watched(data["sync_id"], tuple(data["alerts"]), Freshness(**lengths))


def notifiers_from(alerts: Mapping[str, Mapping[str, Any]]) -> Iterator[Notifier]:
    """From the project's settings."""
    for name, held in alerts.items():
        events = tuple(Event(event) for event in held["events"])
        yield Notifier(name, **{**held, "events": events, "to": tuple(held.get("to", ()))})
