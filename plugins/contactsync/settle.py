"""What an earlier run left unsettled, settled without any mutating request (core 21, 23)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contactsync.apps.base import App
from contactsync.checks import Decode, observed
from contactsync.contact import Values
from contactsync.model.app import Adopt
from contactsync.model.exchange import Op, Presence, Ref, Result, State, Verb
from contactsync.model.link import LinkSide, Standing
from contactsync.model.plan import FOUND_AGAIN, FOUND_THERE, NEVER_HAPPENED, TARGET_GONE, Intent, JournalRow, Outcome
from contactsync.model.unfit import alike
from contactsync.sync.readings import now_values
from contactsync.sync.unknowns import job_runs

log = logging.getLogger(__name__)

UNSURE = (State.SENT, State.UNKNOWN, State.ACCEPTED)
YOUNG = timedelta(seconds=10 + 190 + 30)  # to leave, the longest request, a margin: nobody settles a younger intent


@dataclass(frozen=True)
class Leftovers:
    """outcomes to settle; looked_up: unknown creates for which a look-up found nothing (a listing must agree)."""

    outcomes: tuple[Outcome, ...] = ()
    looked_up: tuple[str, ...] = ()


def settle_leftovers(
    app: App,
    decode_record: Decode,
    rows: Sequence[JournalRow],
    now: datetime,
    targets: Mapping[str, LinkSide],
) -> Leftovers:
    """Ask one side's app what became of its unsettled actions.

    targets: key of an action -> its contact as the ledger last saw it; what was seen there since tells it, too.
    """
    seen = [o for r in rows if r.outcome.state in UNSURE and (o := _seen_since(r, targets.get(r.intent.key), now))]
    told = {o.key for o in seen}
    old = [r for r in rows if (r.sent_at is None or now - r.sent_at > YOUNG) and r.intent.key not in told]
    outcomes = seen + [
        Outcome(r.intent.key, State.NOT_SENT, r.intent.target_id, reason="the run ended before it was sent", at=now)
        for r in old
        if r.outcome.state is State.PLANNED
    ]
    unsure = [r for r in old if r.outcome.state in UNSURE]
    unsure, polled = _poll_jobs(app, decode_record, unsure, now)
    outcomes += polled
    looked_up: list[str] = []
    for row in (r for r in unsure if r.intent.verb is Verb.CREATE):
        outcome = _look_up(app, decode_record, row, now)
        if outcome is not None:
            outcomes.append(outcome)
        elif app.info.caps.adopt in (Adopt.CLIENT_ID, Adopt.UNIQUE_KEY):
            looked_up.append(row.intent.key)
    outcomes += _fetch_targets(app, decode_record, [r for r in unsure if r.intent.verb is not Verb.CREATE], now)
    return Leftovers(tuple(outcomes), tuple(looked_up))


def _poll_jobs(
    app: App, decode_record: Decode, rows: Sequence[JournalRow], now: datetime
) -> tuple[list[JournalRow], list[Outcome]]:
    """Jobs that ended give outcomes; those given up are looked up like any unknown create."""
    outcomes: dict[str, Outcome] = {}
    waiting: set[str] = set()
    jobs = {repr(sorted((r.outcome.job or {}).items())): r.outcome.job for r in rows if r.outcome.job}
    for job in jobs.values():
        of_job = [r for r in rows if r.outcome.job == job]
        keys = {r.intent.key for r in of_job}
        results = app.poll(job or {}, [_op(r.intent) for r in of_job])
        if results is None:
            young = keys & {r.intent.key for r in rows if job_runs(r, now)}
            if keys - young:
                log.warning("%s: a job has not ended for a day; its contacts are looked for instead", app.info.title)
            waiting |= young
        else:
            patches = {r.intent.key: r.intent.patch for r in of_job}
            ended = [_as_outcome(r, decode_record, patches[r.key], now) for r in results if r.key in keys]
            outcomes.update({o.key: o for o in _read_back(app, decode_record, ended, now)})
    left = [r for r in rows if r.intent.key not in outcomes and r.intent.key not in waiting]
    return left, list(outcomes.values())


def _op(intent: Intent) -> Op:
    """The intent as an app is asked about it: what was to be written, only its translator could say."""
    return Op(intent.key, intent.verb, intent.target_id, keys=intent.keys, ref=intent.ref)


def _read_back(app: App, decode_record: Decode, outcomes: Sequence[Outcome], now: datetime) -> list[Outcome]:
    """A job's answer without the record is not enough: what cannot be read stays unknown (core 19)."""
    blind = {o.target_id for o in outcomes if o.state in (State.DONE, State.ADOPTED) and o.values is None}
    answers = app.fetch([Ref(i) for i in sorted(blind)]) if blind else ()
    found = {f.id: f.record for f in answers if f.presence is Presence.PRESENT}
    out = []
    for o in outcomes:
        record = found.get(o.target_id)
        if o.target_id not in blind:
            out.append(o)
        elif record is None:
            out.append(Outcome(o.key, State.UNKNOWN, o.target_id, reason="could not be read back", at=now))
        else:
            seen = observed(o.key, o.state, record, decode_record(record), now, created=o.created)
            out.append(replace(seen, proven=o.version is not None and o.version == record.version))
    return out


def _as_outcome(result: Result, decode_record: Decode, patch: Values, now: datetime) -> Outcome:
    if result.record is None:
        return Outcome(result.key, result.state, result.id, result.created, reason=result.reason, at=now)
    values = decode_record(result.record, patch)
    seen = observed(result.key, result.state, result.record, values, now, reason=result.reason, created=result.created)
    return replace(seen, proven=result.version is not None)


def _look_up(app: App, decode_record: Decode, row: JournalRow, now: datetime) -> Outcome | None:
    """Exactly one record that may be what the create made is adopted; several are for a person."""
    intent = row.intent
    found = list(app.look_up(_op(intent)))
    if len(found) == 1:
        why = FOUND_THERE if app.info.caps.adopt is Adopt.UNIQUE_KEY else FOUND_AGAIN
        return observed(intent.key, State.ADOPTED, found[0], decode_record(found[0]), now, reason=why)
    return None


def _seen_since(row: JournalRow, target: LinkSide | None, now: datetime) -> Outcome | None:
    """An update that a run has seen there since it was sent was done, whatever people made of it by now.

    However young it is: what has had its effect is on its way no longer.
    """
    intent = row.intent
    if intent.verb is not Verb.UPDATE or target is None or row.sent_at is None:
        return None
    if target.standing is not Standing.PRESENT or target.observed_at is None or target.observed_at <= row.sent_at:
        return None
    values = now_values(target)
    if not all(f in values and alike(f, values[f], text) for f, text in intent.patch.items()):
        return None
    if not _tells(intent, values):
        return None
    return Outcome(
        intent.key,
        State.DONE,
        target.contact_id,
        version=target.version,
        modified_at=target.modified_at,
        ref=target.ref,
        values=values,
        reason="seen since",
        at=now,
    )


def _tells(intent: Intent, shown: Values) -> bool:
    """Whether what a contact shows can prove an update: the label of a number makes no other number.

    Where nothing but such a part was to change, it has to stand there to the letter.
    """
    changed = {f: text for f, text in intent.patch.items() if intent.before.get(f) != text}
    return any(not alike(f, intent.before.get(f, ""), text) or shown.get(f) == text for f, text in changed.items())


def _fetch_targets(app: App, decode_record: Decode, rows: Sequence[JournalRow], now: datetime) -> list[Outcome]:
    if not rows:
        return []
    answers = {f.id: f for f in app.fetch([Ref(r.intent.target_id, r.intent.ref) for r in rows])}
    out = []
    for row in rows:
        answer = answers.get(row.intent.target_id)
        if answer is None or answer.presence is Presence.FORBIDDEN:
            continue
        intent, record = row.intent, answer.record
        if answer.presence is Presence.MOVED:  # under its new id in the next run: nobody can tell here what it was
            out.append(Outcome(intent.key, State.OVERTAKEN, intent.target_id, reason=TARGET_GONE, at=now))
            continue
        if record is None:
            state = State.DONE if intent.verb is Verb.DELETE else State.OVERTAKEN
            out.append(Outcome(intent.key, state, intent.target_id, reason="gone by now", at=now))
            continue
        before, after = (decode_record(record, held) for held in (intent.before, intent.patch))
        state, reason = _judge(row, before, after, record.version)
        values = before if state is State.NOT_SENT else after
        out.append(observed(intent.key, state, record, values, now, reason=reason))
    return out


def _judge(row: JournalRow, before: Values, after: Values, version: str | None) -> tuple[State, str]:
    """Equal to the before-image, same version: plan again. Equal to what was sent: done. Else: for a person.

    Alike to both, which is so where a label was to change: plan again, by what it shows now.

    before, after: what it shows, as one that was not written and as one that was
    """
    intent = row.intent
    if intent.verb is Verb.DELETE:
        return State.NOT_SENT, NEVER_HAPPENED
    untouched = all(before.get(f, text) == text for f, text in intent.before.items())
    if untouched and (version is None or intent.version is None or version == intent.version):
        return State.NOT_SENT, NEVER_HAPPENED
    if all(alike(f, after.get(f, text), text) for f, text in intent.patch.items()):
        return (State.DONE, "found done") if _tells(intent, after) else (State.OVERTAKEN, "planned again")
    return State.ADOPTED, "outcome unknown"
