"""Folding outcomes: what a link is after its action was done, refused, overtaken or not sent (core 1, 2, 20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contactsync.contact import Values, kind_of
from contactsync.model.decisions import Wish
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Apart, ApartReason, Link, LinkSide, LinkStatus, Standing
from contactsync.model.plan import STILL_THERE, Hold, HoldReason, Intent, Outcome
from contactsync.model.spec import SIDES, Direction, FieldPair, Side
from contactsync.model.unfit import alike
from contactsync.sync.bases import written_base
from contactsync.sync.elements import by_id
from contactsync.sync.entering import entered_by, is_act, refused, rules_wait, unmade
from contactsync.sync.readings import now_values
from contactsync.sync.scope import in_scope

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class When:
    """The run that folds, for back-off: due again after 1, 2, 4 ... runs, at the latest after a day."""

    run_seq: int
    now: datetime


def back_off(attempts: int, when: When) -> tuple[int, datetime]:
    """(due_run, due_at) after so many failed tries."""
    return when.run_seq + int(2 ** min(attempts, 12)), when.now + _DAY


def fold_link(link: Link, intent: Intent, outcome: Outcome, when: When) -> tuple[Link, tuple[Hold, ...]]:
    """The link after a settled update or delete, and the hold that it leaves."""
    holds: tuple[Hold, ...] = ()
    match outcome.state:
        case State.DONE | State.ADOPTED if intent.verb is Verb.DELETE:
            folded = _deleted(link, intent)
        case State.DONE | State.ADOPTED:
            folded, holds = _written(link, intent, outcome)
        case State.REFUSED:
            folded, holds = _refused(_seen(link, intent.side, outcome), intent, outcome.reason, HoldReason.REFUSED)
        case State.OVERTAKEN:
            folded = _overtaken(link, intent, outcome, when)
        case _:
            folded = _not_sent(link, intent, outcome, when)
    if folded.wish == Wish.RETRY and outcome.state in _ANSWERED:
        folded = replace(folded, wish=Wish.NONE)
    return replace(folded, version=max(link.version, intent.link_version) + 1), holds


_ANSWERED = (State.DONE, State.ADOPTED, State.REFUSED)


def _with(link: Link, side: Side, half: LinkSide) -> Link:
    return replace(link, left=half) if side is Side.LEFT else replace(link, right=half)


def with_standing(link: Link, side: Side, standing: Standing) -> Link:
    """The link with one side's contact standing so."""
    return _with(link, side, replace(link.side(side), standing=standing))


def _rebased(side: LinkSide, base: Values, now: Values) -> LinkSide:
    return replace(side, base=base, seen={f: v for f, v in now.items() if base.get(f) != v})


def _written(link: Link, intent: Intent, outcome: Outcome) -> tuple[Link, tuple[Hold, ...]]:
    """Only the patched fields take their base from what the target returned; other differences go to `seen`."""
    got = dict(outcome.values or {})
    ignored = _ignored(intent, got) if outcome.state is State.DONE else []
    held, holds = _held_for(link, intent, ignored)
    if ignored and len(ignored) == len(intent.patch):
        return _seen(held, intent.side, outcome), holds
    bases = {side: dict(held.side(side).base) for side in SIDES}
    apart = dict(held.apart)
    for name in intent.patch:
        if name not in ignored:
            _settle(name, held, intent, bases, apart, got.get(name, intent.patch[name]))
    target, source = intent.side, intent.side.other
    there = _rebased(held.side(source), bases[source], _source_shows(held.side(source), intent))
    folded = _with(_with(held, target, _answered(held, intent, outcome, bases[target])), source, there)
    folded = entered_by(folded, intent, got, ignored, proven=outcome.state is State.DONE)
    status = LinkStatus.PARTED if intent.parts else folded.status
    return replace(folded, apart=apart, attempts=0, status=status), (*holds, *_doubts(folded, intent, outcome, apart))


def _held_for(link: Link, intent: Intent, ignored: Sequence[str]) -> tuple[Link, tuple[Hold, ...]]:
    """A 200 that stored nothing is a refusal of these fields."""
    if not ignored:
        return link, ()
    return _refused(link, intent, f"answered as done, but not stored: {', '.join(ignored)}", HoldReason.NOT_STORED)


def _settle(
    name: str,
    held: Link,
    intent: Intent,
    bases: Mapping[Side, dict[str, str]],
    apart: dict[str, Apart],
    observed: str,
) -> None:
    """One stored field, by who wanted it: an action of a rule, an undo, or the field's own mapping."""
    if is_act(name, intent):
        _made(bases[intent.side], apart, name, intent, observed)
        return
    _move(bases, name, intent, observed)
    if intent.undoes:
        _undone_apart(apart, name, intent, bases, observed)
        return
    source = intent.side.other
    planned = bases[source].get(name) if _written_since(held.side(source), intent) else intent.source.get(name)
    settle_apart(apart, name, intent, planned, observed)


def _source_shows(there: LinkSide, intent: Intent) -> Values:
    """A source side written in this very run shows more than the plan was made from: only an older view moves."""
    newer = there.observed_at is not None and there.observed_at >= (intent.source_observed_at or there.observed_at)
    return now_values(there) if newer else {**now_values(there), **intent.source}


def _answered(held: Link, intent: Intent, outcome: Outcome, base: Values) -> LinkSide:
    """The target's side as the answer shows it: our own write."""
    here = held.side(intent.side)
    return replace(
        _rebased(here, base, {**now_values(here), **intent.patch, **(outcome.values or {})}),
        contact_id=outcome.target_id or here.contact_id,
        standing=Standing.PRESENT,
        version=outcome.version,
        modified_at=outcome.modified_at or here.modified_at,
        ref=outcome.ref or here.ref,
        observed_at=outcome.at or here.observed_at,
        own_version=outcome.version,
        own_at=outcome.modified_at or outcome.at,
    )


def _doubts(folded: Link, intent: Intent, outcome: Outcome, apart: Mapping[str, Apart]) -> tuple[Hold, ...]:
    """An update without an answer, after which the contact shows other values than were sent: a person looks."""
    doubtful = [f for f in intent.patch if f in apart and apart[f].reason is ApartReason.UNPROVEN]
    if outcome.state is not State.ADOPTED or not doubtful:
        return ()
    words = f"outcome unknown; the app now shows other values of: {', '.join(doubtful)}"
    contact = folded.side(intent.side).contact_id
    return (Hold(intent.side, contact, HoldReason.UNKNOWN_OUTCOME, words, folded.id),)


def is_pending(link: Link, pairs: Sequence[FieldPair], direction: Direction = Direction.BOTH) -> bool:
    """True where a field still waits to be settled though nobody need read it again (a foreign edit in an answer)."""
    if link.status is not LinkStatus.LIVE:
        return False
    if rules_wait(link):
        return True
    for pair in pairs if in_scope(link, direction) else ():
        name = pair.field
        now = {s: now_values(link.side(s)).get(name) for s in (Side.LEFT, Side.RIGHT)}
        if None in now.values() or (name in link.apart and not _edited_before(link.apart[name], now)):
            continue
        if any(link.side(s).base.get(name) != now[s] for s in now):
            return True
    return False


def _edited_before(apart: Apart, now: Mapping[Side, str | None]) -> bool:
    """True for a field that was undone while an edit of it waited to be carried."""
    return apart.reason is ApartReason.UNDONE and (apart.left, apart.right) != (now[Side.LEFT], now[Side.RIGHT])


def _ignored(intent: Intent, got: Values) -> list[str]:
    """Fields that an answer says were written, and that stand as before. Without an answer nobody says that."""
    unstored = unmade(intent, got)
    return [f for f in intent.patch if f in unstored or _not_stored(f, intent, got)]


def _not_stored(name: str, intent: Intent, got: Mapping[str, str]) -> bool:
    """A 200 that stored nothing: the target still shows exactly what it held before."""
    before = intent.before.get(name)
    return name in got and before is not None and got[name] == before and intent.patch[name] != before


def _written_since(there: LinkSide, intent: Intent) -> bool:
    """True where what the source last showed is the answer to our own write of the same plan."""
    later = there.observed_at is not None and there.observed_at >= (intent.source_observed_at or there.observed_at)
    return later and there.own_at is not None and there.own_version == there.version


def _undone_apart(
    apart: dict[str, Apart], name: str, intent: Intent, bases: Mapping[Side, Values], observed: str
) -> None:
    """Remembered with what each side held when it was last settled, or apart: an edit that still waits ends it.

    Of a column that only actions write, the other side is remembered with what the action had made.
    """
    proven, before = alike(name, intent.patch[name], observed), apart.get(name)
    if proven and name not in intent.apart:
        apart.pop(name, None)
        return
    held = {s: bases[s].get(name, intent.before.get(name)) for s in (Side.LEFT, Side.RIGHT)}
    if before is not None:
        was = {Side.LEFT: before.left, Side.RIGHT: before.right}
        other = was[intent.side.other]
        held[intent.side.other] = held[intent.side.other] if other is None else other
        if intent.before.get(name) == was[intent.side]:
            held[intent.side] = observed
    reason = ApartReason.UNDONE if proven else ApartReason.UNPROVEN
    apart[name] = Apart(reason, held[Side.LEFT], held[Side.RIGHT], before.dropped if before else {})


def _move(bases: Mapping[Side, dict[str, str]], name: str, intent: Intent, observed: str) -> None:
    target, source = intent.side, intent.side.other
    planned = intent.source.get(name)
    if not kind_of(name).several:
        bases[target][name] = observed
        if planned is not None:
            bases[source][name] = planned
        return
    before, sent = intent.before.get(name), intent.patch[name]
    touched = intent.touched.get(name, ())
    # What the target added itself and the source still lacks is not settled by a change of its label or the like.
    still_new = by_id(before).keys() - by_id(bases[target].get(name)).keys() - by_id(planned).keys()
    mine = {*touched, *forms_of(name, intent, observed)} - still_new
    bases[target][name] = written_base(bases[target].get(name), before, sent, observed, mine)
    if planned is not None:
        bases[source][name] = written_base(bases[source].get(name), before, sent, planned, touched)


def _made(base: dict[str, str], apart: dict[str, Apart], name: str, intent: Intent, observed: str) -> None:
    """A column that an action wrote: only the target's base moves. How the app stored it is kept beside the wish."""
    if kind_of(name).several:
        touched = intent.touched.get(name, ())
        base[name] = written_base(base.get(name), intent.before.get(name), intent.patch[name], observed, touched)
        apart.pop(name, None)
    else:
        base[name] = observed
        settle_apart(apart, name, intent, intent.patch[name], observed)


def forms_of(name: str, intent: Intent, observed: str) -> tuple[str, ...]:
    """Elements that the target made of ours: as many strangers as of our new elements are missing from the answer."""
    before, sent, got = by_id(intent.before.get(name)), by_id(intent.patch[name]), by_id(observed)
    lost = [i for i in sent if i not in before and i not in got]
    strangers = sorted(i for i in got if i not in before and i not in sent)
    return tuple(strangers[: len(lost)])


def settle_apart(apart: dict[str, Apart], name: str, intent: Intent, source: str | None, observed: str) -> None:
    """Whether the sides now hold the same of a field that was written, or why not (`source`: what the other shows)."""
    left, right = (source, observed) if intent.side is Side.RIGHT else (observed, source)
    dropped = intent.dropped.get(name)
    if name in intent.apart and left != right:
        before = apart.get(name)
        left_out = {**(before.dropped if before else {}), **({intent.side: dropped} if dropped else {})}
        apart[name] = Apart(ApartReason(intent.apart[name]), left, right, left_out)
    elif dropped is not None:
        apart[name] = Apart(ApartReason.NOT_REPRESENTABLE, left, right, {intent.side: dropped})
    elif not alike(name, intent.patch[name], observed):
        apart[name] = Apart(ApartReason.UNPROVEN, left, right)
    elif name in apart and not _outlives(apart[name], name, intent, source, observed):
        del apart[name]


def _outlives(apart: Apart, name: str, intent: Intent, source: str | None, observed: str) -> bool:
    """True where the write of the same plan the other way was refused, or has not brought what waits for it."""
    if not kind_of(name).several or source is None:
        return False
    ours, theirs = by_id(source), by_id(observed)
    waiting = set(apart.dropped.get(intent.side.other, ())) & (theirs.keys() - ours.keys())
    refused = apart.reason is ApartReason.REFUSED and intent.before.get(name) in (apart.left, apart.right)
    return bool(waiting) or (refused and ours.keys() != theirs.keys())


def _deleted(link: Link, intent: Intent) -> Link:
    half = replace(link.side(intent.side), standing=Standing.GONE)
    return replace(_with(link, intent.side, half), status=LinkStatus.CLOSED, attempts=0, wish="")


def _refused(link: Link, intent: Intent, words: str, reason: HoldReason) -> tuple[Link, tuple[Hold, ...]]:
    """All fields of a refused action become apart; a refused delete parts the link. A refused undo changes nothing."""
    if intent.undoes:
        return link, ()
    source = intent.side.other
    hold = Hold(source, intent.source_id, reason, words, link.id)
    if intent.verb is Verb.DELETE:
        return replace(link, status=LinkStatus.PARTED, wish=""), (hold,)
    apart = dict(link.apart)
    now = {s: now_values(link.side(s)) for s in (Side.LEFT, Side.RIGHT)}
    for name in intent.patch:
        waiting = apart[name].dropped if name in apart else {}
        if is_act(name, intent):  # with what was asked for: another wish is tried at once
            now[source][name] = intent.patch[name]
        apart[name] = Apart(ApartReason.REFUSED, now[Side.LEFT].get(name), now[Side.RIGHT].get(name), waiting)
    return refused(replace(link, apart=apart), intent), (hold,)


def _overtaken(link: Link, intent: Intent, outcome: Outcome, when: When) -> Link:
    """What the target really held goes to `seen`; the next run plans again."""
    if outcome.values is None:
        return replace(with_standing(link, intent.side, Standing.MISSING), due_run=when.run_seq + 1)
    return replace(_seen(link, intent.side, outcome), due_run=when.run_seq + 1)


def _seen(link: Link, side: Side, outcome: Outcome) -> Link:
    """What an outcome showed of its target is not shown again by a listing: it is remembered, whatever came of it."""
    half = link.side(side)
    if outcome.values is None:
        return link
    half = replace(
        _rebased(half, half.base, {**now_values(half), **outcome.values}),
        version=outcome.version,
        modified_at=outcome.modified_at or half.modified_at,
        ref=outcome.ref or half.ref,
        observed_at=outcome.at or half.observed_at,
    )
    return _with(link, side, half)


def _not_sent(link: Link, intent: Intent, outcome: Outcome, when: When) -> Link:
    """Planned again by a later run. An undo is not: a person asks for it once more."""
    link = _seen(link, intent.side, outcome)
    if intent.undoes:
        return link
    if outcome.reason == STILL_THERE:
        source = intent.side.other
        return _with(link, source, replace(link.side(source), standing=Standing.MISSING))
    due_run, due_at = back_off(link.attempts, when)
    return replace(link, due_run=due_run, due_at=due_at, attempts=link.attempts + 1)
