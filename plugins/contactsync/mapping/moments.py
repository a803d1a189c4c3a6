"""Dates and numbers as own fields and sync files write them; what cannot be read is None."""

from __future__ import annotations

import math
from datetime import date, datetime, tzinfo

When = date | datetime
"""A day, or an instant with its offset (a datetime is a date too: ask for datetime first)."""


def number_of(text: str) -> float | None:
    """A finite number. Numbers of up to 15 digits compare exactly as they are written."""
    if "_" in text:
        return None
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def when_of(text: str, zone: tzinfo) -> When | None:
    """A day (YYYY-MM-DD) or an instant; one without an offset is a time in `zone`. A day without a year is None."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def day_of(when: When, zone: tzinfo) -> date:
    """The day on the calendars of `zone`; on its own where that one would lie outside of the years 1 to 9999."""
    if not isinstance(when, datetime):
        return when
    try:
        return when.astimezone(zone).date()
    except OverflowError:
        return when.date()
