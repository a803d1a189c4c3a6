"""One link: what was observed, which cell of the table applies, and what follows (core 1, 5, 12, 13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from contactsync.contact import Values
from contactsync.model.app import Deletes
from contactsync.model.decisions import Wish
from contactsync.model.exchange import Verb
from contactsync.model.link import Apart, ApartReason, Link, LinkSide, LinkStatus, Standing
from contactsync.model.plan import Bucket, Conflict, Counted, Hold, HoldReason
from contactsync.model.rules import Effect
from contactsync.model.spec import SIDES, DeletionPolicy, Side
from contactsync.model.unfit import as_typed
from contactsync.sync.acting import on_link, overwritten, remembered
from contactsync.sync.collisions import held_apart, without_collisions
from contactsync.sync.conflicts import FieldState, Settled, is_changed, settle
from contactsync.sync.counting import count_alike, count_settled
from contactsync.sync.doubts import stands_alone
from contactsync.sync.effects import Acts
from contactsync.sync.link_case import Case, LinkDecision, Rules
from contactsync.sync.losers import with_losers
from contactsync.sync.marking import is_known, mark_intent
from contactsync.sync.readings import Shown, now_values
from contactsync.sync.scope import LEFT_ALONE, OUT_OF_SCOPE, Effects, in_scope, judged
from contactsync.sync.table import TABLE, Decision, SideState
from contactsync.sync.updates import update_intent
from contactsync.sync.wishes import delete_intent, wished


def observe(side: LinkSide, shown: Shown | None, *, gone: bool, missing: bool) -> LinkSide:
    """Lay this run's reading over what was remembered of a side. A field that was not shown keeps what was seen."""
    if gone:
        return replace(side, standing=Standing.GONE)
    if shown is None:
        return replace(side, standing=Standing.MISSING) if missing else side
    kept = {f: v for f, v in side.seen.items() if f not in shown.values}
    differing = {f: v for f, v in shown.values.items() if side.base.get(f) != v}
    return replace(
        side,
        contact_id=shown.id,
        seen={**kept, **differing},
        standing=Standing.PRESENT,
        version=shown.version,
        modified_at=shown.modified_at,
        ref=shown.ref,
        observed_at=shown.observed_at,
    )


def decide_link(case: Case, rules: Rules) -> LinkDecision:
    """What follows for one link."""
    if case.link.wish != Wish.RETRY:
        return _decide(case, rules)
    decision = _decide(case, replace(rules, retry=True))
    if decision.intents or any(decision.link.side(s).standing is Standing.MISSING for s in SIDES):
        return decision  # the wish stands until what was tried has an answer
    done = replace(decision.link, wish=Wish.NONE, version=max(decision.link.version, case.link.version + 1))
    return replace(decision, link=done)


def _decide(case: Case, rules: Rules) -> LinkDecision:
    link = case.link
    observed = _observed(case, rules.effects)
    if link.wish in (Wish.DELETE, Wish.CREATE):
        decision = _wished(observed, case, rules)
        if decision is not None:
            return _versioned(link, decision)
        observed = replace(observed, wish=Wish.NONE)  # they no longer stand as the person saw them
    if link.status is not LinkStatus.LIVE:
        return _not_live(link, observed, case, rules)
    fields = _field_states(observed, case.shown, rules)
    states = {s: _state(observed, s, fields) for s in SIDES}
    cell = TABLE[states[Side.LEFT], states[Side.RIGHT]]
    match cell.decision:
        case Decision.WAIT:
            return _versioned(link, LinkDecision(observed, counted=_count(case, Bucket.SKIPPED, cell.words)))
        case Decision.CLOSE:
            closed = replace(observed, status=LinkStatus.CLOSED)
            return _versioned(link, LinkDecision(closed, counted=_count(case, Bucket.SKIPPED, cell.words)))
        case Decision.DELETION:
            return _versioned(link, _deletion(observed, cell.cause or Side.LEFT, case, rules))
        case Decision.SURVIVES:
            return _versioned(link, _survives(observed, cell.cause or Side.LEFT, case, rules))
        case _:
            waits = SideState.CHANGED in states.values() or not (observed.left.base or observed.right.base)
            return _settle_fields(link, observed, fields, case, rules, OUT_OF_SCOPE if waits else "")


def _observed(case: Case, effects: Effects) -> Link:
    """The link as its contacts were just read, and whom the rules let through of them."""
    link, shown = case.link, case.shown
    left, right = (observe(link.side(s), shown.get(s), gone=s in case.gone, missing=s in case.missing) for s in SIDES)
    return judged(replace(link, left=left, right=right, due_run=None, due_at=None), shown, effects)


def paused(case: Case, bucket: Bucket, why: str, effects: Effects) -> LinkDecision:
    """Nothing is decided of this link now; what was read of it is kept, for it may not be shown again."""
    kept = replace(_observed(case, effects), due_run=0)
    return _versioned(case.link, LinkDecision(kept, counted=_count(case, bucket, why)))


# ---- states


def _field_states(link: Link, shown: Mapping[Side, Shown], rules: Rules) -> list[FieldState]:
    """A field that a contact was shown without is MISSING: remembered, but not written now."""
    newer = _newer(link, rules)
    now = {s: now_values(link.side(s)) for s in SIDES}
    for s, contact in shown.items():
        now[s] = {f: v for f, v in now[s].items() if f in contact.values}
    return [
        FieldState(
            pair,
            {s: None if pair.field in rules.baseless else link.side(s).base.get(pair.field) for s in SIDES},
            {s: now[s].get(pair.field) for s in SIDES},
            None if pair.field in rules.baseless and not rules.lost else link.apart.get(pair.field),
            newer,
            rules.retry or (link.id, pair.field) in rules.collided,
            rules.hold_first,
            rules.lost,
        )
        for pair in rules.pairs
    ]


def _state(link: Link, side: Side, fields: list[FieldState]) -> SideState:
    standing = link.side(side).standing
    if standing is Standing.GONE:
        return SideState.GONE
    if standing is Standing.MISSING:
        return SideState.MISSING
    if link.side(side.other).standing is Standing.GONE:
        # Against a deletion every edit counts, one that was held, refused or left alone too, and so does a value
        # that only we know to be unproven, that differed before the ledger was lost, or was never settled (core 13).
        base = link.side(side).base
        changed = any(is_changed(f, side) or stands_alone(f, side, base.get(f.pair.field)) for f in fields)
    else:
        changed = any(is_changed(f, side) and _counts_as_edit(f, side) for f in fields)
    return SideState.CHANGED if changed else SideState.SAME


def _counts_as_edit(state: FieldState, side: Side) -> bool:
    return state.apart is None or state.now[side] != (state.apart.left if side is Side.LEFT else state.apart.right)


def _newer(link: Link, rules: Rules) -> Side | None:
    """The side provably edited later: both after our last write, and further apart than the clocks can tell."""
    times = {s: link.side(s).modified_at for s in SIDES}
    left, right = times[Side.LEFT], times[Side.RIGHT]
    if left is None or right is None or abs((left - right).total_seconds()) <= rules.granularity:
        return None
    for s in SIDES:
        own, at = link.side(s).own_at, times[s]
        if own is not None and at is not None and at <= own:
            return None
    return Side.LEFT if left > right else Side.RIGHT


# ---- what follows


def _settle_fields(
    before: Link, observed: Link, fields: list[FieldState], case: Case, rules: Rules, closed: str
) -> LinkDecision:
    """Fields three-way, while the link is in scope; and what rules do to the partners, whether it is or not."""
    if in_scope(observed, rules.direction):
        closed = ""
        found = {f.pair.field: _calmed(settle(f), f, observed, rules) for f in fields}
        settled = without_collisions(observed, found, {f.pair.field: f for f in fields}, rules.owner)
    else:
        settled = {}
    acts = _acts(observed, settled, case, rules)
    apart = _aparts(observed, settled, {p.field for p in rules.pairs})
    bases = {s: dict(observed.side(s).base) for s in SIDES}
    for name, s in settled.items():
        for side, text in s.base.items():
            bases[side][name] = text
    sides = {s: _rebased(observed.side(s), bases[s]) for s in SIDES}
    after = replace(observed, left=sides[Side.LEFT], right=sides[Side.RIGHT], apart=apart)
    link = _raised(before, remembered(after, acts, rules.effects, case.shown))
    intents = tuple(i for s in SIDES if (i := update_intent(rules.sync_id, link, s, settled, acts.get(s))) is not None)
    holds = tuple(
        Hold(Side.LEFT, link.left.contact_id, s.held, s.rule, link.id, name) for name, s in settled.items() if s.held
    )
    lost = {name: s for name, s in settled.items() if s.loser or s.held is HoldReason.CONFLICT}
    conflicts = [_conflict(before, observed, name, s) for name, s in lost.items()]
    for target, done in acts.items():
        conflicts.extend(overwritten(observed, target, done, now_values(observed.side(target))))
    intents = tuple(with_losers(i, conflicts) for i in intents)
    overwriting = [target.other for target, done in acts.items() if done.overwritten]
    counted = count_settled(link, case.shown, settled, intents, overwriting, closed)
    return LinkDecision(link, intents, holds, tuple(conflicts), counted)


def _acts(link: Link, settled: Mapping[str, Settled], case: Case, rules: Rules) -> dict[Side, Acts]:
    now = {s: case.shown[s].values if s in case.shown else now_values(link.side(s)) for s in SIDES}
    written = {s: {f: x.write[s] for f, x in settled.items() if s in x.write} for s in SIDES}
    return on_link(link, now, written, rules.effects, rules.direction, retry=rules.retry, lost=rules.lost)


def _aparts(link: Link, settled: Mapping[str, Settled], fields: Collection[str]) -> dict[str, Apart]:
    """Fields apart after this run's decisions; one whose write is only planned stays apart until it is settled."""
    out = {name: apart for name, apart in link.apart.items() if name in fields or not _edited_since(link, name, apart)}
    for name, s in settled.items():
        if s.apart is not None:
            out[name] = s.apart
        elif not s.write:
            out.pop(name, None)
    return out


def _edited_since(link: Link, name: str, apart: Apart) -> bool:
    """True for a column beside the fields, of which an action was undone, once somebody edits it."""
    now = ((now_values(link.side(s)).get(name), apart.left if s is Side.LEFT else apart.right) for s in SIDES)
    return apart.reason is ApartReason.UNDONE and any(text is not None and text != was for text, was in now)


def _rebased(side: LinkSide, base: Values) -> LinkSide:
    seen = {f: v for f, v in now_values(side).items() if base.get(f) != v}
    return replace(side, base=base, seen=seen)


def _deletion(link: Link, gone: Side, case: Case, rules: Rules) -> LinkDecision:
    """Deleted there, unchanged here: part the link, or delete the partner where policy and direction allow it."""
    policy = rules.deletions.get(gone, DeletionPolicy.IGNORE)
    told = rules.detects.get(gone, Deletes.NONE) is not Deletes.NONE
    open_ = rules.direction.open_from(gone) and link.scope.get(gone, True)
    mark = rules.marks.get(gone)
    if told and open_ and mark is not None:
        return _marking(link, gone, mark, case, rules)
    if policy is not DeletionPolicy.DELETE or not told or not open_:
        parted = replace(link, status=LinkStatus.PARTED)
        return LinkDecision(parted, counted=_count(case, Bucket.SKIPPED, LEFT_ALONE))
    intent = delete_intent(link, gone, rules.pairs, rules.sync_id, f"deleted in the {gone} app")
    counted = Counted(gone, intent.source_id, Bucket.DELETED, intent.key)
    return LinkDecision(link, (intent,), counted=_with_shown(counted, case))


def _marking(link: Link, gone: Side, mark: Effect, case: Case, rules: Rules) -> LinkDecision:
    """The partner gets the mark of the policy, and the link is parted with it."""
    if not is_known(link, gone, mark):
        half = replace(link.side(gone.other), standing=Standing.MISSING)
        waiting = replace(link, left=half) if gone is Side.RIGHT else replace(link, right=half)
        return LinkDecision(waiting, counted=_count(case, Bucket.SKIPPED, "its partner is read next"))
    intent = mark_intent(link, gone, mark, rules.sync_id)
    if intent is None:
        parted = replace(link, status=LinkStatus.PARTED)
        return LinkDecision(parted, counted=_count(case, Bucket.SKIPPED, "deleted there; the partner is marked"))
    counted = Counted(gone, intent.source_id, Bucket.UPDATED, intent.key)
    return LinkDecision(link, (intent,), counted=_with_shown(counted, case))


def _wished(link: Link, case: Case, rules: Rules) -> LinkDecision | None:
    left = next((s for s in SIDES if link.side(s).standing is Standing.PRESENT), Side.LEFT)
    intent = wished(link, case.shown.get(left), rules.pairs, rules.sync_id, rules.effects)
    if intent is None:
        return None
    bucket = Bucket.DELETED if intent.verb is Verb.DELETE else Bucket.CREATED
    counted = Counted(intent.side.other, intent.source_id, bucket, intent.key)
    return LinkDecision(link, (intent,), counted=_with_shown(counted, case))


def _with_shown(sender: Counted, case: Case) -> tuple[Counted, ...]:
    """The contact that sends, and its partner where this run read it too: that one sends nothing."""
    ids = {s: case.link.side(s).contact_id for s in case.shown if s is not sender.source}
    return (sender, *(Counted(s, i, Bucket.UNCHANGED, reason="its partner was deleted") for s, i in ids.items()))


def _survives(link: Link, gone: Side, case: Case, rules: Rules) -> LinkDecision:
    here = link.side(gone.other)
    if not in_scope(link, rules.direction):
        parted = replace(link, status=LinkStatus.PARTED)
        return LinkDecision(parted, counted=_count(case, Bucket.SKIPPED, OUT_OF_SCOPE))
    hold = Hold(
        gone.other,
        here.contact_id,
        HoldReason.DELETED_AND_EDITED,
        f"deleted in the {gone} app after it was edited in the {gone.other} app; the edited contact is kept",
        link.id,
    )
    changed = [p.field for p in rules.pairs if now_values(here).get(p.field) != here.base.get(p.field)]
    conflicts = tuple(
        Conflict(link.id, f, gone.other, *_values(link, f), rule="an edit beats a delete") for f in changed
    )
    parted = replace(link, status=LinkStatus.PARTED)
    return LinkDecision(parted, (), (hold,), conflicts, _count(case, Bucket.HELD, "deleted there, edited here"))


def _not_live(before: Link, observed: Link, case: Case, rules: Rules) -> LinkDecision:
    """Parted links are watched; a tombstoned id that reappears revives a parted link and is held on a closed one."""
    back = [s for s in SIDES if s in case.shown and before.side(s).standing is Standing.GONE]
    if before.status is LinkStatus.CLOSED and back and before.wish != Wish.SKIP:
        why = "was deleted on both sides"
        holds = tuple(Hold(s, case.shown[s].id, HoldReason.REAPPEARED, why, before.id) for s in back)
        return LinkDecision(before, (), holds, (), _count(case, Bucket.HELD, "reappeared"))
    if before.status is LinkStatus.PARTED and back:
        alive = replace(before, status=LinkStatus.LIVE)
        revived = decide_link(replace(case, link=alive), rules)
        return replace(revived, link=_raised(before, revived.link))
    if before.status is LinkStatus.PARTED and all(observed.side(s).standing is Standing.GONE for s in SIDES):
        observed = replace(observed, status=LinkStatus.CLOSED)
    decision = LinkDecision(observed, counted=_count(case, Bucket.SKIPPED, f"its link is {before.status}"))
    return _versioned(before, decision)


# ---- small parts


def _calmed(settled: Settled, state: FieldState, link: Link, rules: Rules) -> Settled:
    """A field that flips is held (core 14)."""
    if settled.write and (link.id, state.pair.field) in rules.flipping:
        return Settled(apart=held_apart(state), held=HoldReason.FLIPPING, rule="both apps rewrite it in turn")
    return settled


def _raised(before: Link, after: Link) -> Link:
    """The link with its version raised if anything that matters changed."""
    unobserved = replace(
        after,
        left=replace(after.left, observed_at=before.left.observed_at),
        right=replace(after.right, observed_at=before.right.observed_at),
        version=before.version,
    )
    return (
        replace(after, version=before.version) if unobserved == before else replace(after, version=before.version + 1)
    )


def _versioned(before: Link, decision: LinkDecision) -> LinkDecision:
    return replace(decision, link=_raised(before, decision.link))


def _values(link: Link, name: str) -> tuple[str | None, str | None, str | None, str | None]:
    left, right = link.left, link.right
    held = (now_values(left).get(name), now_values(right).get(name), left.base.get(name), right.base.get(name))
    left_now, right_now, left_base, right_base = (None if text is None else as_typed(text) for text in held)
    return left_now, right_now, left_base, right_base


def _conflict(before: Link, observed: Link, name: str, settled: Settled) -> Conflict:
    (left, right, _, _), (_, _, base_left, base_right) = _values(observed, name), _values(before, name)
    winner = None if settled.held or settled.loser is None else settled.loser.other
    return Conflict(observed.id, name, winner, left, right, base_left, base_right, settled.rule)


def _count(case: Case, bucket: Bucket, reason: str) -> tuple[Counted, ...]:
    return count_alike(case.link, {*case.shown, *case.gone, *case.missing}, bucket, reason)
