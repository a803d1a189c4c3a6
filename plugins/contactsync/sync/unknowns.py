"""Unknown creates, settled by what listings show: adopted, proven not to have happened, or still unknown (core 21)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from contactsync.model.app import Adopt
from contactsync.model.exchange import State, Verb
from contactsync.model.plan import FOUND_AGAIN, MADE_AND_GONE, MAY_BE_GONE, NEVER_HAPPENED, JournalRow, Outcome
from contactsync.model.spec import Side
from contactsync.sync.readings import Reading, Shown

JOB_GIVEN_UP = timedelta(hours=24)  # after that an asynchronous job's contacts are looked for like any unknown create
NAMED = 5  # how many ids a doubt names
LISTINGS = 2  # complete listings that must not show a marked create before it is made again


Strangers = Mapping[str, datetime | None]
"""Id -> when it was first seen, None = never before."""


@dataclass(frozen=True)
class Told:
    """What a look-up at the start of this run said: key -> the record's id, None = looked up, nothing there.

    own_ids   key -> the id that the create gave its contact, where we or an answer told it
    """

    found: Mapping[str, Shown] = field(default_factory=dict)
    several: Collection[str] = ()
    looked_up: Collection[str] = ()
    own_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Settling:
    """How the unknown creates of a run stand. doubted: still unknown, with what speaks against repeating them."""

    settled: tuple[Outcome, ...] = ()
    listed: tuple[str, ...] = ()  # one more complete listing did not show these
    unknown: tuple[JournalRow, ...] = ()
    doubted: tuple[Outcome, ...] = ()


@dataclass(frozen=True)
class _Side:
    """One side's listing and what its app can do."""

    reading: Reading
    adopt: Adopt
    lag: timedelta
    strangers: Strangers
    told: Told
    marks: Mapping[str, str]  # key of a create -> id of the contact that bears it


@dataclass
class _Draft:
    settled: list[Outcome] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    unknown: list[JournalRow] = field(default_factory=list)
    doubted: list[Outcome] = field(default_factory=list)


def settle_unknown(
    rows: Sequence[JournalRow],
    readings: Mapping[Side, Reading],
    adopt: Mapping[Side, Adopt],
    lag: Mapping[Side, timedelta],
    strangers: Mapping[Side, Strangers],
    told: Told,
) -> Settling:
    """Settle unknown creates without any mutating request.

    strangers  ids of this reading that no link holds: anyone who was not there before the request may be its result
    """
    draft = _Draft()
    creates = [r for r in rows if r.intent.verb is Verb.CREATE]
    sides = {
        s: _Side(readings[s], adopt[s], lag[s], strangers[s], told, _marks(readings[s]))
        for s in {r.intent.side for r in creates}
    }
    for row in creates:
        _settle(row, sides[row.intent.side], draft)
    return Settling(tuple(draft.settled), tuple(draft.listed), tuple(draft.unknown), tuple(draft.doubted))


def _settle(row: JournalRow, side: _Side, draft: _Draft) -> None:
    reading, key = side.reading, row.intent.key
    own = side.told.own_ids.get(key) or row.outcome.target_id
    found = side.told.found.get(key) or reading.shown.get(side.marks.get(key, "")) or _own(reading, own)
    if found is not None:
        draft.settled.append(_adopted(row, found))
        return
    if own and own not in reading.moved and (own in reading.ghosts or own in reading.gone):
        draft.settled.append(Outcome(key, State.ADOPTED, own, reason=MADE_AND_GONE, at=reading.began_at))
        return
    # Where the contact's id is known only that one counts; else anybody who came and went may have been it.
    ghosts = reading.ghosts & {own} if own else reading.ghosts
    absent = False
    if ghosts and side.adopt is not Adopt.NONE:
        draft.doubted.append(_doubted(row, ghosts))
    elif _begun_too_early(row, reading, side.lag) or job_runs(row, reading.began_at):
        pass
    elif side.adopt is Adopt.MARKER and reading.complete:
        absent = row.listings + 1 >= LISTINGS
        draft.listed.extend(() if absent else (key,))
    else:
        absent = _proves_absence(row, side)
    if absent:
        draft.settled.append(_not_there(row))
    else:
        draft.unknown.append(row)


def job_runs(row: JournalRow, now: datetime) -> bool:
    """True for what an asynchronous job may still do: no listing says that it never will."""
    return row.outcome.state is State.ACCEPTED and row.sent_at is not None and now - row.sent_at < JOB_GIVEN_UP


def _marks(reading: Reading) -> dict[str, str]:
    found: dict[str, str] = {}
    for shown in reading.shown.values():
        for mark in shown.marker:
            found.setdefault(mark, shown.id)
    return found


def _begun_too_early(row: JournalRow, reading: Reading, lag: timedelta) -> bool:
    return row.sent_at is None or reading.began_at <= row.sent_at + lag


def _proves_absence(row: JournalRow, side: _Side) -> bool:
    """A look-up that found nothing counts only with a later listing that shows nobody who might be the result."""
    key, told = row.intent.key, side.told
    if side.adopt not in (Adopt.CLIENT_ID, Adopt.UNIQUE_KEY) or key not in told.looked_up or key in told.several:
        return False
    before = row.sent_at
    return all(first is not None and before is not None and first <= before for first in side.strangers.values())


def _own(reading: Reading, own: str) -> Shown | None:
    """The contact with the id that the create chose, under that id or where it moved."""
    return reading.shown.get(own) or reading.shown.get(reading.moved.get(own, "")) if own else None


def _doubted(row: JournalRow, ghosts: Collection[str]) -> Outcome:
    """Kept in the journal, for the cursor moves on: later listings do not tell of them again (core 21)."""
    outcome = row.outcome
    if outcome.reason.startswith(MAY_BE_GONE):
        return outcome
    state = outcome.state if outcome.state is State.ACCEPTED else State.UNKNOWN
    return replace(outcome, state=state, reason=MAY_BE_GONE + ", ".join(sorted(ghosts)[:NAMED]))


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
        reason=FOUND_AGAIN,
        at=found.observed_at,
    )


def _not_there(row: JournalRow) -> Outcome:
    """It never happened; or somebody who may have been its result is gone: then a person decides (core 21)."""
    doubt = row.outcome.reason
    reason = doubt if doubt.startswith(MAY_BE_GONE) else NEVER_HAPPENED
    return Outcome(row.intent.key, State.NOT_SENT, reason=reason, at=row.sent_at)
