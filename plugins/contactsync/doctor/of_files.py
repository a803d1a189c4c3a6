"""Sync files and what Airflow needs to run them."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from contactsync.doctor.findings import Found, broken, note
from contactsync.doctor.installation import Installation


def readable(at: Installation) -> Iterator[Found]:
    """Files that make no sync."""
    for one in at.broken:
        yield broken(one.id, one.error.message, one.error.next_step or "contactsync validate")


def pools(at: Installation) -> Iterator[Found]:
    """A run whose pool does not exist ends red as soon as it begins."""
    if at.pools is None:
        yield note(
            "Airflow",
            "Its database cannot be read, so nobody can tell whether the pools of the syncs exist.",
            "see that it runs; `airflow db migrate` makes a new one",
        )
        return
    for spec in at.specs:
        if spec.dag.pool not in at.pools:
            yield broken(
                spec.id,
                f"Its pool {spec.dag.pool!r} does not exist: its runs end red.",
                f"airflow pools set {spec.dag.pool} 2 'contactsync', or correct dag.pool in {spec.file or 'its file'}",
            )


def time_zones(at: Installation) -> Iterator[Found]:
    """A time zone that this machine does not know."""
    for spec in at.specs:
        try:
            ZoneInfo(spec.dag.timezone)
        except (OSError, ValueError, LookupError):
            yield broken(
                spec.id,
                f"This machine does not know its time zone {spec.dag.timezone!r}.",
                "install the time zones (the package tzdata), or correct dag.timezone",
            )
