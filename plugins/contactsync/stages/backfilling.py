"""A backfill: what it reads of each side, when another has read that already, and why it moves no cursor.

A sync carries over what is true now, so an interval of the past cannot be played again. What a backfill can mean is:
read again whoever changed since the interval began, in case a run missed him. The plan is made as always, against what
both sides hold now, so nothing older overwrites anything newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contactsync.errors import CoveredBy
from contactsync.model.app import Window as Windows
from contactsync.model.exchange import Window
from contactsync.model.ledger import RunRow, RunState
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import RunKind, RunRequest
from contactsync.stages.workplace import Workplace, judged_anew, sync_row

FRESH = timedelta(hours=12)  # how long a backfill's reading spares others the same
AHEAD = timedelta(days=1)  # a vendor's clock may be before ours: a window ends after now

EVERYTHING = ""  # a complete read: since whenever


@dataclass(frozen=True)
class Reading:
    """What a backfill run has read of a side: who changed `since` (ISO time; EVERYTHING), and when it began to."""

    since: str
    at: datetime
    run_id: str = ""

    def covers(self, since: datetime) -> bool:
        """True where whoever changed since then was read."""
        return self.since == EVERYTHING or datetime.fromisoformat(self.since) <= since


def is_backfill(request: RunRequest) -> bool:
    """True for a run that re-reads an interval."""
    return request.kind is RunKind.BACKFILL and request.since is not None


def stop_if_covered(place: Workplace, request: RunRequest) -> None:
    """Errors: CoveredBy, where other backfills have just read both sides since this interval's start."""
    if request.since is None or not is_backfill(request) or reads_anew(place):
        return
    found = readings(place, but=request.run_id)  # who clears a run wants it to read again
    covering = [found[side] for side in SIDES if side in found and found[side].covers(request.since)]
    if len(covering) == len(SIDES):
        newest = max(covering, key=lambda one: one.at)
        raise CoveredBy(
            f"Covered by {newest.run_id}: whoever changed since {request.since:%Y-%m-%d %H:%M} UTC was read "
            f"at {newest.at:%Y-%m-%d %H:%M} UTC."
        )


def reads_anew(place: Workplace) -> bool:
    """True where everything is to be read and recorded anyway: a first run, a changed file, a lost ledger."""
    row = sync_row(place)
    return row is None or judged_anew(place, row)


def moves_cursors(place: Workplace, request: RunRequest) -> bool:
    """False for a backfill: what it has not read stays to be read. (A reading that is due anyway counts as ever.)"""
    return not is_backfill(request) or reads_anew(place)


def window_of(place: Workplace, request: RunRequest, side: Side) -> Window | None:
    """The contacts to ask the app for; None where it is to be read from its cursor, or completely."""
    if request.since is None or not is_backfill(request) or _read_by_another(place, request.since, side):
        return None
    native = place.app(side).info.caps.window is Windows.NATIVE
    return Window(request.since, place.clock() + AHEAD) if native else None


def wants_everything(place: Workplace, request: RunRequest, side: Side) -> bool:
    """True where the app cannot be asked for a window, and nobody has read all of it a short while ago."""
    if request.since is None or not is_backfill(request) or _read_by_another(place, request.since, side):
        return False
    return place.app(side).info.caps.window is not Windows.NATIVE


def _read_by_another(place: Workplace, since: datetime, side: Side) -> bool:
    found = readings(place).get(side)
    return found is not None and found.covers(since)


def readings(place: Workplace, but: str = "") -> dict[Side, Reading]:
    """The widest reading of each side by backfill runs that ended well, where it is fresh; `but`: not that run's."""
    found: dict[Side, Reading] = {}
    for run in place.reader.backfills(place.spec.id, since=place.clock() - FRESH):
        if run.state is not RunState.DONE or run.run_id == but:
            continue
        for side, one in _of(run).items():
            if place.clock() - one.at < FRESH and (side not in found or _wider(one, found[side])):
                found[side] = one
    return found


def to_keep(place: Workplace, request: RunRequest, headers: Mapping[Side, Mapping[str, Any]]) -> dict[str, Any]:
    """What the run row keeps of this run's readings: side -> since and at; {} for other runs."""
    if request.since is None or not is_backfill(request):
        return {}
    earlier = readings(place)
    kept = {}
    for side, header in headers.items():
        before = earlier.get(side)
        if header["complete"]:
            kept[side.value] = {"since": EVERYTHING, "at": header["began_at"]}
        elif before is not None and before.covers(request.since):  # read on from the cursor: as old as that reading
            kept[side.value] = {"since": before.since, "at": before.at.isoformat()}
        else:
            kept[side.value] = {"since": request.since.isoformat(), "at": header["began_at"]}
    return kept


def _of(run: RunRow) -> dict[Side, Reading]:
    return {
        Side(side): Reading(one["since"], datetime.fromisoformat(one["at"]), run.run_id)
        for side, one in run.reads.items()
    }


def _wider(one: Reading, other: Reading) -> bool:
    return (one.since, other.at) < (other.since, one.at)
