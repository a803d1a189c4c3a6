"""Sends an alert by an Airflow notifier. Its provider package is imported only where the project file names it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from contactsync.errors import ConfigError
from contactsync.model.alerts import Event, Notice, Notifier, notifiers_from
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.connections import FindConnection

if TYPE_CHECKING:
    from contactsync.stages.alerting import Send

WORDS: Mapping[Event, str] = {
    Event.FAILED: "a run is red",
    Event.REAUTHORISE: "an app refuses the credentials; authorise again (contactsync accounts)",
    Event.NEW_HOLDS: "contacts wait for a person",
    Event.APPROVAL: "a plan waits for approval",
    Event.STALE: "it has not run for too long",
    Event.RECOVERED: "all is well again",
}
WEBHOOK = "slackwebhook"  # Airflow's type of a connection to an incoming webhook
DEFAULT_CHANNEL = "#general"
PATIENCE = 20  # seconds for Slack to answer


def notifiers_of(project: ProjectSpec, names: Sequence[str]) -> list[Notifier]:
    """Those of the project file with these names; `unknown` says which it lacks."""
    return [one for one in notifiers_from(project.alerts) if one.name in names]


def unknown(project: ProjectSpec, names: Sequence[str]) -> list[str]:
    """Names that the project file does not know."""
    return [name for name in names if name not in project.alerts]


def sender(find: FindConnection) -> Send:
    """Sends one alert. Errors: whatever the notifier raises."""

    def send(notifier: Notifier, notice: Notice) -> None:
        _notifier(notifier, notice, find).notify({})  # not by calling it: that would render the text as a template

    return send


def title_of(notice: Notice) -> str:
    """The first line."""
    return f"contactsync {notice.sync_id}: {WORDS[notice.event]}"


def _notifier(notifier: Notifier, notice: Notice, find: FindConnection) -> Any:
    connection = find(notifier.connection)
    if notifier.kind == "smtp":
        return _mail(notifier, notice, connection.extra_dejson.get("from_email"))
    text = f"*{title_of(notice)}*\n{notice.text}"
    try:
        if connection.conn_type == WEBHOOK:
            from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier

            return SlackWebhookNotifier(slack_webhook_conn_id=notifier.connection, text=text, timeout=PATIENCE)
        from airflow.providers.slack.notifications.slack import SlackNotifier
    except ImportError:
        raise _missing(notifier) from None
    channel = notifier.channel or DEFAULT_CHANNEL
    return SlackNotifier(slack_conn_id=notifier.connection, text=text, channel=channel, timeout=PATIENCE)


def _mail(notifier: Notifier, notice: Notice, stored: str | None) -> Any:
    try:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier
    except ImportError:
        raise _missing(notifier) from None
    sender = notifier.sender or stored
    if not sender:
        raise ConfigError(
            f"The alert {notifier.name!r} has no sender.",
            next_step="write `from:` beside `to:`, or from_email into the connection's Extra.",
        )
    return SmtpNotifier(
        smtp_conn_id=notifier.connection,
        from_email=sender,
        to=list(notifier.to),
        subject=title_of(notice),
        html_content=f"<p>{html.escape(notice.text)}</p>",
    )


def _missing(notifier: Notifier) -> ConfigError:
    return ConfigError(
        f"The alert {notifier.name!r} needs Airflow's provider package for {notifier.kind}.",
        next_step=f"install contactsync[{notifier.kind}] in the image of every component.",
    )
