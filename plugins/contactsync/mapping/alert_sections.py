"""`alerts:` of include/contactsync.yaml, and `freshness:` and `alerts:` of a sync file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from contactsync.mapping.problems import wrong
from contactsync.mapping.sections import Section
from contactsync.mapping.words import AlertName, ConnectionId, Duration, Short, choice, line_of_text, one_of
from contactsync.model.alerts import Event, Freshness

EventWord = Annotated[Event, one_of(Event)]
Address = Annotated[str, line_of_text(320)]
AlertNames = Annotated[list[AlertName], Short]


class AlertSection(Section):
    """One of `alerts:`, an Airflow notifier; `channel` of Slack's API alone, `to` and `from` of smtp."""

    notifier: Annotated[str, choice("slack", "smtp")]
    connection: ConnectionId
    events: Annotated[list[EventWord], Short, Field(min_length=1, default_factory=lambda: list(Event))]
    channel: Annotated[str, line_of_text(80)] | None = None
    to: Annotated[list[Address], Short, Field(default_factory=list)]
    sender: Annotated[Address | None, Field(alias="from")] = None

    @model_validator(mode="after")
    def _whole(self) -> AlertSection:
        if self.notifier == "smtp" and not self.to:
            raise wrong("a mail needs somebody to go to.", "Write for example to: [ops@acme.example].")
        if self.notifier == "slack" and (self.to or self.sender):
            raise wrong("to and from belong to smtp.", "Remove them, or name a channel.")
        if self.notifier == "smtp" and self.channel:
            raise wrong("channel belongs to slack.", "Remove it.")
        return self

    def plain(self) -> Mapping[str, Any]:
        """As the tasks get it: text and lists only."""
        return {
            "kind": self.notifier,
            "connection": self.connection,
            "events": [event.value for event in self.events],
            "channel": self.channel or "",
            "to": list(self.to),
            "sender": self.sender or "",
        }


class FreshnessSection(Section):
    """`freshness:` how old the newest complete run may be."""

    warn_after: Duration | None = None
    error_after: Duration | None = None

    @model_validator(mode="after")
    def _ordered(self) -> FreshnessSection:
        if self.warn_after and self.error_after and self.warn_after >= self.error_after:
            example = "Write for example {warn_after: 1h, error_after: 4h}."
            raise wrong("warn_after is not shorter than error_after.", example)
        return self

    def spec(self) -> Freshness:
        """As the rest of contactsync knows it."""
        return Freshness(self.warn_after, self.error_after)
