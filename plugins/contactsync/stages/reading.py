"""extract and transform: both sides as raw artefacts, then as canonical frames."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from contactsync.contact import Values
from contactsync.extract import ReadOrder, extract
from contactsync.frames import as_texts, extracted_artefact
from contactsync.mapping.leaves import leaves
from contactsync.model.app import Adopt
from contactsync.model.exchange import State, Verb
from contactsync.model.ledger import StoredCursor, SyncRow
from contactsync.model.plan import JournalRow
from contactsync.model.rules import Compare
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import ArtefactRef, Opened, Read, RunRequest
from contactsync.stages.backfilling import wants_everything, window_of
from contactsync.stages.leaving_out import without_forgotten
from contactsync.stages.same_file import FILE, check_file, file_state
from contactsync.stages.workplace import Workplace, judged_anew, sync_row
from contactsync.sync.unknowns import job_runs

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)
NUMBERS = ("raw", "fingerprint")


def extract_side(place: Workplace, request: RunRequest, opened: Opened, side: Side) -> Read:
    """Read one side. Errors: BadListing, AuthError, NotTheApi, ServerTrouble, RateLimited, FenceLost."""
    if not request.dry_run:
        place.ledger.renew_lock(place.spec.id, request.owner, opened.fence)
    app, reader, now = place.app(side), place.reader, place.clock()
    stored = reader.cursor(place.spec.id, side)
    row = sync_row(place)
    anew = request.every_row or opened.lost or (row is not None and judged_anew(place, row))
    complete = request.full_read or anew or wants_everything(place, request, side)
    complete = complete or _complete(place, side, stored, row, now)
    window = window_of(place, request, side)
    anew = anew or (complete and _by_calendar(place, side))
    cursor = stored.cursor if stored else None
    beat = _keeper(place, request, opened)
    extracted = extract(
        app, reader, ReadOrder(place.spec.id, side, cursor, complete, opened.seq, now, anew, beat, window)
    )
    extracted = without_forgotten(place, side, extracted)
    log.info("%s: %d rows listed, %d to work on", app.info.title, extracted.listed, len(extracted.records))
    frame, header = extracted_artefact(side, extracted)
    ref = place.artefacts.write(f"extract_{side.value}", frame, {**header, FILE: file_state(place.spec)})
    # A complete read tries held and refused fields again, also where nothing was edited.
    again = extracted.complete and any(hold.link_id for hold, _ in reader.holds(place.spec.id))
    return Read(ref, extracted.listed, extracted.quiet and not again)


BEAT = timedelta(minutes=1)


def _keeper(place: Workplace, request: RunRequest, opened: Opened) -> Callable[[], None]:
    """Renews the sync's lock while a side is read, at most once a minute (core 25)."""
    renewed = place.clock()

    def beat() -> None:
        nonlocal renewed
        if not request.dry_run and place.clock() - renewed >= BEAT:
            renewed = place.clock()
            place.ledger.renew_lock(place.spec.id, request.owner, opened.fence)

    return beat


def _complete(place: Workplace, side: Side, stored: StoredCursor | None, row: SyncRow | None, now: datetime) -> bool:
    """Core 7: why a side is read completely."""
    if stored is None or stored.cursor is None or stored.complete_at is None or row is None:
        return True
    if now - stored.complete_at >= place.spec.full_every:
        return True
    return place.app(side).info.caps.adopt is Adopt.MARKER and any(
        _wants_listing(r, stored, place.app(side).info.caps.lag, now)
        for r in place.reader.unfolded(place.spec.id)
        if r.intent.side is side
    )


def _wants_listing(row: JournalRow, stored: StoredCursor, lag: timedelta, now: datetime) -> bool:
    """A marked create that is still unknown is only settled by complete listings.

    A delta comes first: it alone tells of a contact that was made and deleted since.
    """
    unsettled = row.outcome.state in (State.SENT, State.UNKNOWN, State.ACCEPTED)
    if row.intent.verb is not Verb.CREATE or not unsettled or job_runs(row, now):
        return False
    return row.sent_at is None or stored.read_at > row.sent_at + lag


def _by_calendar(place: Workplace, side: Side) -> bool:
    """True where rules ask how long ago something was: then nobody stays as he is by not changing."""
    nodes = leaves(c for rule in place.spec.rules.get(side, ()) for c in rule.conditions)
    return any(node.compare is Compare.WITHIN_DAYS for node in nodes)


def transform(
    place: Workplace, request: RunRequest, opened: Opened, left: ArtefactRef, right: ArtefactRef
) -> ArtefactRef:
    """Canonical frames of both sides in one artefact; rows that cannot be mapped are named in its header.

    Errors: FenceLost, FileChanged.
    """

    if not request.dry_run:
        place.ledger.renew_lock(place.spec.id, request.owner, opened.fence)
    frames: list[pd.DataFrame] = []
    headers = {}
    for side, ref in zip(SIDES, (left, right), strict=True):
        pieces, header = place.artefacts.read_pieces(ref)
        check_file(place, header, compares=request.every_row)
        headers[side.value] = header
        if not ref.rows and (left.rows or right.rows):
            continue  # nobody is new on this side, as in most runs
        translator = place.translator(side)
        for piece in pieces:
            held = translator.expect(piece["id"].tolist())
            canonical, bad = _canonical(place, side, piece, header, held)
            header["unreadable"] = {**header["unreadable"], **bad}
            frames.append(canonical)
    columns = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    alike = (as_texts(frame.reindex(columns=columns), but=NUMBERS) for frame in frames)
    return place.artefacts.write_pieces("canonical", alike, headers)


def _canonical(
    place: Workplace, side: Side, frame: pd.DataFrame, header: Mapping[str, Any], held: Mapping[str, Values]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Some contacts of one side in canonical form; ids that cannot be mapped -> why."""
    from contactsync.mapping.canonical import canonical_frame

    canonical, bad = canonical_frame(frame, place.side_map(side), held)
    canonical["matching"] = _matching(place, side, frame, header, canonical["id"])
    canonical.insert(0, "side", side.value)
    return as_texts(canonical, but=NUMBERS), bad


def _matching(
    place: Workplace, side: Side, frame: pd.DataFrame, header: Mapping[str, Any], ids: Iterable[str]
) -> list[str | None]:
    """Which rules of its direction each contact matches, as JSON; None where the direction has no rules."""
    from contactsync.mapping.judging import matching
    from contactsync.mapping.value_tests import Moment

    rules = place.spec.rules.get(side, ())
    if not rules:
        return [None for _ in ids]
    moment = Moment(datetime.fromisoformat(header["began_at"]), ZoneInfo(place.spec.dag.timezone))
    found = matching(frame, rules, place.app(side).actual(), moment)
    texts = {one: json.dumps([one.rules, one.alone]) for one in set(found)}
    by_id = dict(zip(frame["id"], found, strict=True))
    return [texts[by_id[i]] for i in ids]
