"""record: fold what the run saw and did, move the cursors, count, and say how it went."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from contactsync.frames import plan_from
from contactsync.model.exchange import State
from contactsync.model.ledger import RunRow, RunState, StoredCursor
from contactsync.model.plan import Bucket, Hold, JournalRow, Outcome, Plan
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Loaded, Opened, Planned, Read, RunKind, RunRequest, Summary, Waits
from contactsync.model.undo import Stay, Stays
from contactsync.packed import PackedMap
from contactsync.record import batches
from contactsync.stages.answering import with_answer
from contactsync.stages.backfilling import moves_cursors, to_keep
from contactsync.stages.leaving_out import keep_away
from contactsync.stages.letting_pass import how_to_release
from contactsync.stages.lost_words import found_again
from contactsync.stages.mapping_state import to_record
from contactsync.stages.match_reporting import match_report, report_lines
from contactsync.stages.new_holds import too_many_holds
from contactsync.stages.opening import folding_of
from contactsync.stages.putting_off import read_again
from contactsync.stages.recorded import recorded_before
from contactsync.stages.run_words import batches_words, failed_words, held_words
from contactsync.stages.same_file import is_of_file
from contactsync.stages.undone import failures, line, verdicts
from contactsync.stages.workplace import Workplace, sync_row
from contactsync.tally import final_buckets

log = logging.getLogger(__name__)

Header = Mapping[str, Any]


@dataclass(frozen=True)
class _Done:
    """What the other stages handed on, opened up."""

    plan: Plan
    headers: Mapping[Side, Header]
    states: Mapping[str, State]
    problems: tuple[str, ...]
    holds: Sequence[Hold]
    told: str = ""  # of an undo: its own last line


def record(
    place: Workplace,
    request: RunRequest,
    opened: Opened,
    reads: Mapping[Side, Read | None],
    planned: Planned | None,
    loaded: Mapping[Side, Loaded | None],
    failed: Sequence[str],
    kinds: Mapping[str, str] | None = None,
) -> Summary:
    """End the run. `failed`: ids of tasks that failed. One that has ended stays as it was recorded.

    kinds  task -> the kind of error that ended it, as far as is known

    Errors: FenceLost, LedgerBusy.
    """
    if (before := recorded_before(place, request, opened)) and not failed:
        return before
    plan = plan_from(*place.artefacts.read_pieces(planned.ref)) if planned else Plan()
    headers = {s: place.artefacts.read(r.ref)[1] for s, r in reads.items() if r is not None}
    problems = _problems(failed, kinds or {}, loaded, plan if request.dry_run else Plan())
    if request.dry_run:
        states = {i.key: State.DONE for i in plan.intents}
        done = _Done(plan, headers, states, problems, plan.holds, _undone(place, request, plan, states))
        return _summary(place, done, dry_run=True)
    place.ledger.renew_lock(place.spec.id, request.owner, opened.fence)
    if planned and planned.waits is not Waits.NOBODY and not failed:
        return _left_waiting(place, request, opened, planned, plan, headers)
    judges = planned is not None and not plan.undo and place.reader.has_links(place.spec.id)
    had = {(h.side, h.contact_id) for h, _ in place.reader.holds(place.spec.id)} if judges else set()
    states, holds = _fold(place, request, opened, plan, written=planned is not None and not _stopped(failed))
    left = failures(plan, place.ledger.journal(place.spec.id, request.run_id)) if plan.undo else ()
    lost = sum(s.why in (Stay.REFUSED, Stay.FAILED, Stay.UNSETTLED) for s in left)
    problems += (f"{lost} not taken back",) if lost else ()
    problems += too_many_holds(place, had) if judges else ()
    nothing = "Nothing was written" if planned is None and _stopped(failed) else ""
    done = _Done(plan, headers, states, problems, holds, nothing or _undone(place, request, plan, states, left))
    kept: dict[str, Any] = {}
    read_whole = all(reads.get(s) is not None for s in SIDES)
    if read_whole and (planned is not None or all(r.quiet for r in reads.values() if r)) and not _stopped(failed):
        keep_away(place, opened, headers)
        kept = {} if plan.put_off else to_keep(place, request, headers)
        if plan.put_off:
            read_again(place, request, opened, headers)
        elif moves_cursors(place, request):
            _move_cursors(place, request, opened, headers)
            _remember_spec(place, headers)
    summary = with_answer(place, request, _summary(place, done, dry_run=False), states)
    _end(place, request, opened, planned, summary, kept)
    return summary


def _left_waiting(
    place: Workplace,
    request: RunRequest,
    opened: Opened,
    planned: Planned,
    plan: Plan,
    headers: Mapping[Side, Header],
) -> Summary:
    """Nothing was written, nothing is remembered; of a first plan a report says what it would do."""
    first = not place.reader.has_links(place.spec.id)
    report = match_report(place, plan, {s: int(h["listed"]) for s, h in headers.items()})
    for words in report_lines(report, place.names) if first else ():
        log.info("%s", words)
    as_planned = _Done(plan, headers, {i.key: State.DONE for i in plan.intents}, (), plan.holds)
    told, how = _summary(place, as_planned, dry_run=False), how_to_release(place.spec.id, plan.hash)
    which = "the first plan of this sync" if first else "this plan"
    if planned.waits is Waits.TURN:
        line = f"Nothing written, as another plan waits for approval; this one: {told.line}"
    else:
        line = f"Nothing written, {which} waits for a person: {told.line}. Let it pass by {how}"
    summary = replace(told, line=line, waits=True)
    _end(place, request, opened, planned, summary, {}, RunState.WAITING)
    return summary


def _undone(
    place: Workplace, request: RunRequest, plan: Plan, states: Mapping[str, State], failed: Sequence[Stays] = ()
) -> str:
    """The last line of an undo; '' for any other run."""
    return line(plan, states, failed, place.names, request.by) if request.kind is RunKind.UNDO else ""


def _stopped(failed: Sequence[str]) -> bool:
    """True where nothing may be believed: the plan was not made or not let pass."""
    return any(task.split("_")[0] in ("open", "extract", "transform", "reconcile", "review") for task in failed)


def _problems(
    failed: Sequence[str], kinds: Mapping[str, str], loaded: Mapping[Side, Loaded | None], dry: Plan
) -> tuple[str, ...]:
    out = [failed_words(task, kinds.get(task, "")) for task in failed]
    out += [batches_words(n.failed_batches, n.side) for n in loaded.values() if n is not None and n.failed_batches]
    return (*out, *(f"limit: {p}" for p in dry.problems))


# ---- folding


def _fold(
    place: Workplace, request: RunRequest, opened: Opened, plan: Plan, *, written: bool
) -> tuple[dict[str, State], Sequence[Hold]]:
    """Fold the plan's observations and every settled action; returns how each action ended, and who is held."""
    row = sync_row(place)
    if row is None or not written:
        return {}, ()
    sync_id = place.spec.id
    place.ledger.settle(sync_id, plan.settled)
    place.ledger.count_listing(sync_id, list(plan.listed))
    rows, states = _with_unsent(place, request, plan)
    folding = folding_of(place, row, opened.seq)
    folding.start(plan)
    folding.fold(rows)
    if plan.undo:
        place.ledger.fold(sync_id, request.run_id, verdicts(plan, request.by), fence=opened.fence)
    for batch in batches(folding, plan):
        place.ledger.fold(sync_id, request.run_id, batch, fence=opened.fence)
    return states, folding.holds


def _with_unsent(place: Workplace, request: RunRequest, plan: Plan) -> tuple[Collection[JournalRow], dict[str, State]]:
    """The journal rows to fold, and how each ended; actions that no load reached end `not_sent` and are due again."""
    sync_id, now = place.spec.id, place.clock()
    rows: PackedMap[str, JournalRow] = PackedMap()
    states: dict[str, State] = {}
    for row in place.ledger.unfolded(sync_id):
        rows[row.intent.key], states[row.intent.key] = row, row.outcome.state
    folded = place.ledger.keys_of_run(sync_id, request.run_id) - states.keys()
    ended: list[Outcome] = []
    for intent in plan.intents:
        if intent.key in folded or states.get(intent.key, State.PLANNED) is not State.PLANNED:
            continue
        outcome = Outcome(intent.key, State.NOT_SENT, intent.target_id, reason="was not reached", at=now)
        ended.extend([outcome] if intent.key in states else [])
        rows[intent.key] = JournalRow(intent, outcome, request.run_id)
        states[intent.key] = State.NOT_SENT
    place.ledger.settle(sync_id, ended)
    return rows.values(), states


def _move_cursors(place: Workplace, request: RunRequest, opened: Opened, headers: Mapping[Side, Header]) -> None:
    for side, header in headers.items():
        began_at = datetime.fromisoformat(header["began_at"])
        stored = place.ledger.cursor(place.spec.id, side)
        complete_at = began_at if header["complete"] else (stored.complete_at if stored else None)
        cursor = StoredCursor(side, header["cursor"], complete_at, began_at, request.run_id)
        place.ledger.set_cursor(place.spec.id, cursor, fence=opened.fence)


def _remember_spec(place: Workplace, headers: Mapping[Side, Header]) -> None:
    """Mapping and match keys count as read only after a complete read of both sides; so does union mode's end."""
    row = sync_row(place)
    if row is None or not all(h["complete"] and is_of_file(place, h) for h in headers.values()):
        return
    fresh = replace(row, mapping=to_record(row.mapping, place.mapping), scope=place.scope_state())
    if row.union and row.union_since is not None:
        lag = max(place.app(s).info.caps.lag for s in SIDES)
        begun = min(datetime.fromisoformat(h["began_at"]) for h in headers.values())
        if begun > row.union_since + lag or not lag:
            fresh = replace(fresh, union=row.union - 1)
    if fresh != row:
        place.ledger.save_sync(fresh)


def _end(
    place: Workplace,
    request: RunRequest,
    opened: Opened,
    planned: Planned | None,
    summary: Summary,
    kept: Mapping[str, Any],
    state: RunState | None = None,
) -> None:
    started = place.ledger.run(place.spec.id, request.run_id)
    ended = RunRow(
        place.spec.id,
        request.run_id,
        opened.seq,
        request.kind.value,
        state or (RunState.DONE if summary.ok else RunState.FAILED),
        started.started_at if started else place.clock(),
        place.clock(),
        planned.hash if planned else (started.plan_hash if started else ""),
        request.apply_plan,
        summary.counts,
        summary.line,
        asdict(planned.ref) if planned else (started.plan_ref if started else None),
        dict(kept),
    )
    place.ledger.end_run(ended)
    place.ledger.release_lock(place.spec.id, request.owner, opened.fence)


# ---- counting


def _summary(place: Workplace, done: _Done, *, dry_run: bool) -> Summary:
    forgotten = {side: int(h.get("forgotten", 0)) for side, h in done.headers.items()}
    listed = {side: int(h["listed"]) - int(h["news"]) - forgotten[side] for side, h in done.headers.items()}
    totals = final_buckets(done.plan, done.states, listed)
    for side, rows in forgotten.items():
        totals[side][Bucket.FORGOTTEN] += rows
    counts = {_direction(side): _counts(totals[side], done.plan.matched) for side in SIDES}
    told = done.told or "; ".join(_sentence(place, side, totals[side], done.holds) for side in SIDES)
    if done.plan.union:
        told = f"{found_again(done.plan)}. {told}"
    problems = (*done.problems, *_sums(done.plan))
    if problems:
        told = f"{told}. NOT COMPLETE: {'; '.join(problems)}"
    return Summary(not problems, f"{_dry(place)}: {told}" if dry_run else told, counts, problems, dry_run)


def _dry(place: Workplace) -> str:
    project = place.project
    return "Dry run, nothing written" if project.writes else f"Nothing written (environment {project.environment})"


def _sums(plan: Plan) -> list[str]:
    """Every contact that was read is in exactly one bucket (promise 15)."""
    read = {(s, k.contact_id) for s, k in plan.known if not k.tombstone and k.due_run is None}
    lost = Counter(side for side, _ in read - {(c.source, c.contact_id) for c in plan.counted})
    return [
        f"the sums do not add up: {lost[side]} contacts read on the {side} side are in no bucket"
        for side in SIDES
        if lost[side]
    ]


def _direction(source: Side) -> str:
    return f"{source}_to_{source.other}"


def _counts(totals: Counter[Bucket], matched: int) -> dict[str, int]:
    return {"read": sum(totals.values()), "matched": matched, **{b.value: totals[b] for b in Bucket}}


_TOLD = (
    Bucket.CREATED,
    Bucket.UPDATED,
    Bucket.DELETED,
    Bucket.CONFLICT,
    Bucket.SKIPPED,
    Bucket.FORGOTTEN,
    Bucket.FAILED,
)


def _sentence(place: Workplace, source: Side, totals: Counter[Bucket], holds: Sequence[Hold]) -> str:
    """`Freshsales to Google Contacts: 12 updated, 1 created; 3 held (no match key 3)`."""
    names = f"{place.names[source]} to {place.names[source.other]}"
    told = [f"{totals[b]} {b.value}" for b in _TOLD if totals[b]] or ["nothing to do"]
    reasons_of = {(h.contact_id, h.reason) for h in holds if h.side is source}
    why = Counter(held_words(reason) for _, reason in reasons_of)
    held = f"; {totals[Bucket.HELD]} held" if totals[Bucket.HELD] else ""
    reasons = f" ({', '.join(f'{w} {n}' for w, n in sorted(why.items()))})" if held and why else ""
    return f"{names}: {', '.join(told)}{held}{reasons}"
