"""Unknown creates, settled by what listings show: adopted, proven not to have happened, or still unknown (core 21)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contactsync.model.app import Adopt
from contactsync.model.exchange import State, Verb
from contactsync.model.plan import NEVER_HAPPENED, JournalRow, Outcome
from contactsync.model.spec import Side
from contactsync.sync.readings import Reading, Shown

JOB_GIVEN_UP = timedelta(hours=24)  # after that an asynchronous job's contacts are looked for like any unknown create
LISTINGS = 2  # complete listings that must not show a marked create before it is made again


@dataclass(frozen=True)
class Told:
    """What a look-up at the start of this run said: key -> the record's id, None = looked up, nothing there."""

    found: Mapping[str, Shown] = field(default_factory=dict)
    several: Collection[str] = ()
    looked_up: Collection[str] = ()


@dataclass(frozen=True)
class Settling:
    """How the unknown creates of a run stand."""

    settled: tuple[Outcome, ...] = ()
    listed: tuple[str, ...] = ()  # one more complete listing did not show these
    unknown: tuple[JournalRow, ...] = ()


def settle_unknown(
    rows: Sequence[JournalRow],
    readings: Mapping[Side, Reading],
    adopt: Mapping[Side, Adopt],
    lag: Mapping[Side, timedelta],
    strangers: Mapping[Side, Collection[str]],
    told: Told,
) -> Settling:
    """Settle unknown creates without any mutating request.

    strangers  ids of this reading that were not in the key index before (anyone of them may be the result)
    """
    settled: list[Outcome] = []
    listed: list[str] = []
    unknown: list[JournalRow] = []
    for row in rows:
        if row.intent.verb is not Verb.CREATE:
            continue
        side = row.intent.side
        reading = readings[side]
        found = told.found.get(row.intent.key) or _marked(reading, row.intent.key)
        if found is not None:
            settled.append(_adopted(row, found))
        elif _begun_too_early(row, reading, lag[side]) or job_runs(row, reading.began_at):
            unknown.append(row)
        elif adopt[side] is Adopt.MARKER and reading.complete and not reading.moved:
            if row.listings + 1 >= LISTINGS:
                settled.append(_never(row))
            else:
                listed.append(row.intent.key)
                unknown.append(row)
        elif _proves_absence(row, reading, adopt[side], strangers[side], told):
            settled.append(_never(row))
        else:
            unknown.append(row)
    return Settling(tuple(settled), tuple(listed), tuple(unknown))


def job_runs(row: JournalRow, now: datetime) -> bool:
    """True for what an asynchronous job may still do: no listing says that it never will."""
    return row.outcome.state is State.ACCEPTED and row.sent_at is not None and now - row.sent_at < JOB_GIVEN_UP


def _marked(reading: Reading, key: str) -> Shown | None:
    return next((s for s in reading.shown.values() if key in s.marker), None)


def _begun_too_early(row: JournalRow, reading: Reading, lag: timedelta) -> bool:
    return row.sent_at is None or reading.began_at <= row.sent_at + lag


def _proves_absence(row: JournalRow, reading: Reading, adopt: Adopt, strangers: Collection[str], told: Told) -> bool:
    """A look-up that found nothing counts only with a later listing that shows nobody who might be the result."""
    if adopt not in (Adopt.CLIENT_ID, Adopt.UNIQUE_KEY) or row.intent.key not in told.looked_up:
        return False
    if row.intent.key in told.several:
        return False
    return not strangers and not reading.moved


def _adopted(row: JournalRow, found: Shown) -> Outcome:
    return Outcome(
        row.intent.key,
        State.ADOPTED,
        found.id,
        version=found.version,
        modified_at=found.modified_at,
        ref=found.ref,
        raw=found.raw,
        values=found.values,
        reason="found again",
        at=found.observed_at,
    )


def _never(row: JournalRow) -> Outcome:
    return Outcome(row.intent.key, State.NOT_SENT, reason=NEVER_HAPPENED, at=row.sent_at)
