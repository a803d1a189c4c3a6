"""How one field of a linked pair is settled: where a conflict is decided (core 3, 11, 14, 15).

Three-way, per field. `base` is what a side held when the field was last settled, `now` what it shows; None = unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from contactsync.contact import CONSENT, OPTED_OUT, is_empty
from contactsync.model.link import Apart, ApartReason
from contactsync.model.plan import HoldReason
from contactsync.model.spec import SIDES, ConflictPolicy, FieldPair, Side
from contactsync.model.unfit import alike
from contactsync.sync.bases import moved_base, shared_base
from contactsync.sync.consent import tightened
from contactsync.sync.elements import Applied, Changes, Elements, agree, apply, by_id, changes, contested
from contactsync.sync.fitting import agreed, fitted


@dataclass(frozen=True)
class FieldState:
    """A field of one link, on both sides.

    newer    the side whose vendor time proves a later edit (policy newest), None = not provable
    retry    what is held or refused is tried again in this run
    hold_first  without a base only blanks are filled, differences are held (first_match: hold)
    lost     the same in union mode, where what differs also waits once the ledger is trusted again (core 7)
    """

    pair: FieldPair
    base: Mapping[Side, str | None]
    now: Mapping[Side, str | None]
    apart: Apart | None = None
    newer: Side | None = None
    retry: bool = False
    hold_first: bool = False
    lost: bool = False


@dataclass(frozen=True)
class Settled:
    """What follows for one field.

    write    side -> the text it shall hold
    touched  side -> ids of elements that write adds, removes or changes (several values only)
    dropped  side -> ids of elements that side cannot take
    base     side -> base that moves without a write
    apart    the field stays (or becomes) apart; None ends it
    loser    the side whose value lost; rule: by which rule
    held     why the field waits for a person
    """

    write: Mapping[Side, str] = field(default_factory=dict)
    touched: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    dropped: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    base: Mapping[Side, str] = field(default_factory=dict)
    apart: Apart | None = None
    loser: Side | None = None
    rule: str = ""
    held: HoldReason | None = None
    skipped: bool = False  # a change in a closed direction was left alone


_RETRIED = (ApartReason.HELD, ApartReason.REFUSED)
_BY_ELEMENT = (ApartReason.LEDGER_LOST, ApartReason.UNDONE)  # end for each element of a list by itself


def settle(state: FieldState) -> Settled:
    """Decide one field. Pure: the same state always gives the same answer."""
    left, right = state.now[Side.LEFT], state.now[Side.RIGHT]
    if left is None or right is None:
        return Settled(apart=state.apart)
    if agreed(state.pair, left, right):
        return _settle_agreed(state, left, right)
    if state.apart is not None and not _apart_ends(state):
        return Settled(apart=state.apart)
    if state.pair.field == CONSENT:
        return _settle_consent(state)
    first = state.base[Side.LEFT] is None or state.base[Side.RIGHT] is None
    if state.pair.kind.several:
        return _settle_several(state, first=first)
    return _settle_first(state) if first else _settle_single(state, _changed_sides(state))


def _settle_agreed(state: FieldState, left: str, right: str) -> Settled:
    """What one side holds only the beginning of is listed as such."""
    short = not alike(state.pair.field, left, right)
    return Settled(
        base={Side.LEFT: left, Side.RIGHT: right}, apart=_apart(state, ApartReason.SHORTENED) if short else None
    )


def is_changed(state: FieldState, side: Side) -> bool:
    """A field is CHANGED on a side when what it shows differs from its base there (core 1)."""
    now, base = state.now[side], state.base[side]
    return now is not None and base is not None and now != base


def _remembered(apart: Apart, side: Side) -> str | None:
    return apart.left if side is Side.LEFT else apart.right


def _apart_ends(state: FieldState) -> bool:
    """An apart ends when a side changes the field; one-way, only when one that may send has (core 3)."""
    apart = state.apart
    if apart is None:
        return True
    if apart.reason in _RETRIED and state.retry:
        return True
    moved = [s for s in SIDES if _remembered(apart, s) is not None and state.now[s] != _remembered(apart, s)]
    if apart.reason is ApartReason.ONE_WAY:
        # What its receiver was edited to is sent once the file lets it send.
        return any(state.pair.open_from(s) for s in SIDES if s in moved or is_changed(state, s))
    return bool(moved)


def _changed_sides(state: FieldState) -> tuple[Side, ...]:
    """Sides that changed; after an apart, those that differ from the value remembered with it."""
    changed = tuple(s for s in SIDES if is_changed(state, s))
    if changed or state.apart is None:
        return changed
    apart = state.apart
    moved = tuple(s for s in SIDES if state.now[s] != _remembered(apart, s))
    return moved or SIDES


def _preferred(state: FieldState) -> Side:
    match state.pair.conflicts:
        case ConflictPolicy.RIGHT:
            return Side.RIGHT
        case ConflictPolicy.NEWEST:
            return state.newer or Side.LEFT
        case _:
            return Side.LEFT


def _settle_first(state: FieldState) -> Settled:
    """Core 11: blanks are filled both ways; where both hold values the preferred side wins."""
    for source in SIDES:
        if is_empty(state.now[source.other] or "") and not is_empty(state.now[source] or ""):
            return _carry(state, source)
    return _held_first(state) if state.hold_first or state.lost else _contest(state, "first match")


def _settle_single(state: FieldState, changed: tuple[Side, ...]) -> Settled:
    if len(changed) == 1:
        return _after_undo(state, _carry(state, changed[0]), changed[0].other)
    if not changed:  # both as their bases, which rightly differ
        return Settled()
    return _contest(state, "both changed")


def _after_undo(state: FieldState, carried: Settled, target: Side) -> Settled:
    """After an undo each side holds a value of its own: whoever edits one of them has not seen the other."""
    undone = state.apart is not None and state.apart.reason is ApartReason.UNDONE
    loses = undone and target in carried.write and not is_empty(state.now[target] or "")
    return _with_loser(carried, target, "edited after an undo") if loses else carried


def _settle_consent(state: FieldState) -> Settled:
    """What is not carried moves the base of its own side, so that it never looks like an edit again."""
    found = tightened(state.base, state.now)
    if found.to is None:
        base = {s: text for s, text in state.now.items() if text is not None}
        return Settled(base=base, apart=_apart(state, ApartReason.CONSENT))
    if not state.pair.open_from(found.to.other):
        return Settled(apart=_apart(state, ApartReason.ONE_WAY), skipped=True)
    return Settled(write={found.to: OPTED_OUT}, loser=found.loser, rule=found.rule)


def _contest(state: FieldState, what: str) -> Settled:
    """Both sides hold different new values. Who has no say here was not beaten: nobody loses without a write."""
    sender = _only_sender(state)
    if sender is None and state.pair.conflicts is ConflictPolicy.HOLD:
        return _held(state, f"{what}; conflicts: hold")
    winner = sender or _preferred(state)
    rule = f"{what}; only one direction is open" if sender else f"{what}; conflicts: {state.pair.conflicts}"
    carried = _carry(state, winner)
    return _with_loser(carried, winner.other, rule) if carried.write else carried


def _only_sender(state: FieldState) -> Side | None:
    """The side whose changes alone may be written."""
    senders = [s for s in SIDES if state.pair.open_from(s)]
    return senders[0] if len(senders) == 1 else None


def _held(state: FieldState, rule: str) -> Settled:
    waiting = state.apart.dropped if state.apart else None
    return Settled(apart=_apart(state, ApartReason.HELD, waiting), held=HoldReason.CONFLICT, rule=rule)


def _held_first(state: FieldState) -> Settled:
    """A lost ledger: what each side holds becomes its base, so that only a later edit is carried, as any other."""
    if not state.lost:
        return _held(state, "first match; differences are held")
    now = {s: text for s, text in state.now.items() if text is not None}
    apart = _apart(state, ApartReason.LEDGER_LOST)
    return Settled(base=now, apart=apart, held=HoldReason.CONFLICT, rule="the ledger was lost; differences are held")


def _with_loser(settled: Settled, loser: Side, rule: str) -> Settled:
    return replace(settled, loser=loser, rule=rule)


def _carry(state: FieldState, source: Side) -> Settled:
    """Write the source's value to the other side, where that is open, allowed and possible."""
    target, value = source.other, state.now[source] or ""
    if not state.pair.open_from(source):
        return Settled(apart=_apart(state, ApartReason.ONE_WAY), skipped=True)
    if is_empty(value):  # blank clears only by policy (promise 5)
        clears = state.pair.clear_blanks
        return Settled(write={target: value}) if clears else Settled(apart=_apart(state, ApartReason.BLANK_KEPT))
    found = fitted(state.pair, value, target)
    if found.text is None:
        reason = ApartReason.NOT_REPRESENTABLE if found.held else ApartReason.SKIPPED
        return Settled(apart=_apart(state, reason), held=found.held, rule=found.words if found.held else "")
    return Settled(
        write={target: found.text}, apart=None if found.text == value else _apart(state, ApartReason.SHORTENED)
    )


def _apart(state: FieldState, reason: ApartReason, dropped: Mapping[Side, tuple[str, ...]] | None = None) -> Apart:
    return Apart(reason, state.now[Side.LEFT], state.now[Side.RIGHT], dropped or {})


# ---- several values


def _settle_several(state: FieldState, *, first: bool) -> Settled:
    made = {s: _made(state, s, first=first) for s in SIDES}
    if not any(made.values()) and not first:
        return Settled(apart=_remaining_apart(state))
    what = "first match" if first else "both changed"
    sender = _only_sender(state)
    winner = sender or _preferred(state)
    loser = winner.other
    rivals = contested(made[winner], made[loser], state.pair.holding(winner), state.pair.holding(loser))
    if first and (state.hold_first or state.lost) and (rivals or _both_filled_differently(state)):
        return _held_first(state)
    if rivals and sender is None and state.pair.conflicts is ConflictPolicy.HOLD:
        return _held(state, f"{what}; conflicts: hold")
    carried = {
        source.other: apply(
            made[source],
            state.now[source.other],
            made[source.other],
            state.pair.holding(source.other),
            source_wins=source is winner,
            giver=state.pair.holding(source),
        )
        for source in SIDES
        if made[source] and state.pair.open_from(source)
    }
    settled = _several(state, made, carried, first=first)
    rule = f"{what}; only one direction is open" if sender else f"{what}; conflicts: {state.pair.conflicts}"
    return _with_loser(settled, loser, rule) if rivals and loser in settled.write else settled


def _remaining_apart(state: FieldState) -> Apart | None:
    """Both are as their bases again: who emptied a list has filled it anew, or nothing differs any more."""
    left, right = by_id(state.now[Side.LEFT]), by_id(state.now[Side.RIGHT])
    holding = state.pair.left, state.pair.right
    same = left.keys() == right.keys() and all(agree(left[i], right[i], *holding) for i in left)
    blank = state.apart is not None and state.apart.reason is ApartReason.BLANK_KEPT
    return None if same or blank else state.apart


def _several(
    state: FieldState, made: Mapping[Side, Changes], carried: Mapping[Side, Applied], *, first: bool
) -> Settled:
    kept_blanks = first or not state.pair.clear_blanks
    blanks = [t for t, a in carried.items() if kept_blanks and is_empty(a.text) and not is_empty(state.now[t] or "")]
    kept = {t: a for t, a in carried.items() if t not in blanks}
    dropped = {t: a.dropped for t, a in kept.items() if a.dropped}
    base: dict[Side, str] = {}
    closed = []
    for side in SIDES:
        overwritten = set(kept[side].touched if side in kept else ())
        ids = _settled_ids(state, side, made[side], kept.get(side.other), overwritten)
        if side.other not in carried and not made[side].ids <= {*ids, *overwritten}:
            closed.append(side)
        shared = shared_base(made[side], state.now[side.other], kept.get(side.other))
        if ids or shared or first:
            base[side] = moved_base(None if first else state.base[side], state.now[side], ids, shared)
    apart = None
    if state.apart is not None and state.apart.reason in _BY_ELEMENT:
        apart = _still_apart(state, state.apart.reason, kept, dropped)
    elif dropped:
        apart = _apart(state, ApartReason.NOT_REPRESENTABLE, dropped)
    elif blanks:
        apart = _apart(state, ApartReason.BLANK_KEPT)
    elif closed:
        apart = _apart(state, ApartReason.ONE_WAY)
    return Settled(
        write={t: a.text for t, a in kept.items() if a.touched},
        touched={t: a.touched for t, a in kept.items() if a.touched},
        dropped=dropped,
        base=base,
        apart=apart,
        skipped=bool(closed),
    )


def _still_apart(
    state: FieldState, reason: ApartReason, carried: Mapping[Side, Applied], dropped: Mapping[Side, tuple[str, ...]]
) -> Apart | None:
    """An edit of a list is carried; elements that differ for another reason (undone, ledger lost) wait on."""
    after = {s: carried[s].text if s in carried else state.now[s] for s in SIDES}
    left, right = by_id(after[Side.LEFT]), by_id(after[Side.RIGHT])
    exact = reason is ApartReason.UNDONE
    holding = state.pair.left, state.pair.right
    if left.keys() == right.keys() and not (exact and any(not agree(left[i], right[i], *holding) for i in left)):
        return None
    return Apart(reason, after[Side.LEFT], after[Side.RIGHT], dropped)


def _settled_ids(
    state: FieldState, side: Side, made: Changes, carried: Applied | None, overwritten: set[str]
) -> tuple[str, ...]:
    """Changed elements about which nothing is left to write: carried without a write, or as the other side has them.

    Those that are written, on either side, move when the write is folded.
    """
    if carried is not None:
        return tuple(made.ids - set(carried.touched) - (overwritten - made.added.keys()))
    other: Elements = by_id(state.now[side.other])
    held, other_held = state.pair.holding(side), state.pair.holding(side.other)
    alike = [i for i, e in made.added.items() if i in other and agree(e, other[i], held, other_held)]
    return (*alike, *(i for i in made.removed if i not in other))


def _made(state: FieldState, side: Side, *, first: bool) -> Changes:
    """What a side changed, and what the other could not take before and is offered again now."""
    made = changes(None if first else state.base[side], state.now[side])
    waiting = state.apart.dropped.get(side.other, ()) if state.apart else ()
    mine, theirs = by_id(state.now[side]), by_id(state.now[side.other])
    again = {i: mine[i] for i in waiting if i in mine and i not in theirs}
    if state.apart is not None and state.apart.reason is ApartReason.UNDONE:
        # What was taken back over there comes again once it is edited here.
        settled = by_id(state.base[side.other])
        again.update({i: now for i, (_, now) in made.edited.items() if i not in theirs and i not in settled})
    edited = {i: pair for i, pair in made.edited.items() if i not in again}
    return Changes({**made.added, **again}, made.removed, edited)


def _both_filled_differently(state: FieldState) -> bool:
    left, right = (set(by_id(state.now[s])) for s in SIDES)
    return bool(left and right) and left != right
