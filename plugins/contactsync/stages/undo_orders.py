"""What a person wants taken back, in his words -> an order to undo."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from contactsync.errors import ConfigError
from contactsync.model.undo import UndoOrder

_AGO = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def undo_order(run: str, since: str, contact: str, fields: Sequence[str], zone: ZoneInfo, now: datetime) -> UndoOrder:
    """One run, or all since a time. zone: of times without one. Errors: ConfigError (both, none, not a time)."""
    check_one_of(run, since)
    return UndoOrder(run, since_when(since, zone, now) if since else None, contact, tuple(fields))


def check_one_of(run: str, since: str) -> None:
    """Errors: ConfigError, where both are given, or none."""
    if bool(run) == bool(since):
        raise ConfigError(
            "Say what is to be taken back.",
            next_step="name one run, or give --since (in a form: since), and not both",
        )


def since_when(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """A time, as people write it: so long ago, or a date and time. Errors: ConfigError."""
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # the other one: within a day of the first year or the last
        raise ConfigError(
            f"{text[:40]!r} is not a time.", next_step="write 90m, 2h or 3d, or a time such as 2026-01-05T08:00"
        ) from None
    if moment > now:
        raise ConfigError(f"{text[:40]!r} is still to come.", next_step="name a time that has passed")
    return moment
