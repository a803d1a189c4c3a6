"""One link: what was observed, which cell of the table applies, and what follows (core 1, 5, 12, 13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from contactsync.contact import Values
from contactsync.model.app import Deletes
from contactsync.model.decisions import Wish
from contactsync.model.exchange import Verb
from contactsync.model.link import Apart, ApartReason, Link, LinkSide, LinkStatus, Standing
from contactsync.model.plan import Bucket, Conflict, Counted, Hold, HoldReason, Intent
from contactsync.model.spec import SIDES, DeletionPolicy, Direction, FieldPair, Side
from contactsync.sync.conflicts import FieldState, Settled, is_changed, settle
from contactsync.sync.readings import Shown, now_values, operation_key
from contactsync.sync.table import TABLE, Decision, SideState
from contactsync.sync.wishes import delete_intent, wished

Owner = Callable[[Side, str, str], frozenset[str]]
"""(side, contact field, text to hold) -> ids of contacts there that carry one of its keys."""


def nobody(side: Side, name: str, text: str) -> frozenset[str]:
    """An Owner that knows of no one."""
    del side, name, text
    return frozenset()


@dataclass(frozen=True)
class Rules:
    """What a sync's file says, and what its apps can do, as far as a link needs it.

    retry       held and refused fields are tried again in this run (a complete read)
    hold_first  without a base, differences are held (first_match: hold)
    lost        the same, for the ledger was lost (union mode): they wait for a person or an edit of the field
    owner       who carries a key on a side, for collisions
    baseless    fields whose bases mean nothing any more (mapping changed; union): as at a first match
    flipping    (link id, field) that both sides rewrote in turn too often: held (core 14)
    """

    sync_id: str
    pairs: tuple[FieldPair, ...]
    direction: Direction = Direction.BOTH
    deletions: Mapping[Side, DeletionPolicy] = field(default_factory=dict)
    detects: Mapping[Side, Deletes] = field(default_factory=dict)
    granularity: float = 0.0  # seconds, the coarser of the two apps
    retry: bool = False
    hold_first: bool = False
    lost: bool = False
    owner: Owner = nobody
    baseless: frozenset[str] = frozenset()
    flipping: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Case:
    """A link and what this run knows of it. due: worked on though not read."""

    link: Link
    shown: Mapping[Side, Shown] = field(default_factory=dict)
    gone: frozenset[Side] = frozenset()
    missing: frozenset[Side] = frozenset()


@dataclass(frozen=True)
class LinkDecision:
    """The link after this run's observations, before any write succeeds, and what is to be done."""

    link: Link
    intents: tuple[Intent, ...] = ()
    holds: tuple[Hold, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    counted: tuple[Counted, ...] = ()


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
    link = case.link
    sides = {s: observe(link.side(s), case.shown.get(s), gone=s in case.gone, missing=s in case.missing) for s in SIDES}
    observed = replace(link, left=sides[Side.LEFT], right=sides[Side.RIGHT], due_run=None, due_at=None)
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
            return _settle_fields(link, observed, fields, case, rules)


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
            link.apart.get(pair.field),
            newer,
            rules.retry,
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
        # that only we know to be unproven, or that differed before the ledger was lost (core 13).
        changed = any(is_changed(f, side) or (f.apart and f.apart.reason in _DOUBTFUL) for f in fields)
    else:
        changed = any(is_changed(f, side) and _counts_as_edit(f, side) for f in fields)
    return SideState.CHANGED if changed else SideState.SAME


_DOUBTFUL = (ApartReason.UNDONE, ApartReason.UNPROVEN, ApartReason.LEDGER_LOST)


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


def _settle_fields(before: Link, observed: Link, fields: list[FieldState], case: Case, rules: Rules) -> LinkDecision:
    settled = {f.pair.field: _guarded(settle(f), f, observed, rules) for f in fields}
    apart = _aparts(observed, settled)
    bases = {s: dict(observed.side(s).base) for s in SIDES}
    for name, s in settled.items():
        for side, text in s.base.items():
            bases[side][name] = text
    sides = {s: _rebased(observed.side(s), bases[s]) for s in SIDES}
    link = _raised(before, replace(observed, left=sides[Side.LEFT], right=sides[Side.RIGHT], apart=apart))
    intents = tuple(i for s in SIDES if (i := _update(link, s, settled, rules)) is not None)
    holds = tuple(
        Hold(Side.LEFT, link.left.contact_id, s.held, s.rule, link.id, name) for name, s in settled.items() if s.held
    )
    lost = {name: s for name, s in settled.items() if s.loser or s.held is HoldReason.CONFLICT}
    conflicts = tuple(_conflict(before, observed, name, s) for name, s in lost.items())
    return LinkDecision(link, intents, holds, conflicts, _counted(case, link, settled, intents))


def _aparts(link: Link, settled: Mapping[str, Settled]) -> dict[str, Apart]:
    """Fields apart after this run's decisions; one whose write is only planned stays apart until it is settled."""
    out = dict(link.apart)
    for name, s in settled.items():
        if s.apart is not None:
            out[name] = s.apart
        elif not s.write:
            out.pop(name, None)
    return out


def _rebased(side: LinkSide, base: Values) -> LinkSide:
    seen = {f: v for f, v in now_values(side).items() if base.get(f) != v}
    return replace(side, base=base, seen=seen)


def _update(link: Link, target: Side, settled: Mapping[str, Settled], rules: Rules) -> Intent | None:
    patch = {name: s.write[target] for name, s in settled.items() if target in s.write}
    if not patch:
        return None
    here, there = link.side(target), link.side(target.other)
    now, source = now_values(here), now_values(there)
    return Intent(
        key=operation_key(rules.sync_id, target, Verb.UPDATE, link.id, link.version),
        side=target,
        verb=Verb.UPDATE,
        link_id=link.id,
        source_id=there.contact_id,
        target_id=here.contact_id,
        link_version=link.version,
        patch=patch,
        before={f: now[f] for f in patch if f in now},
        source={f: source[f] for f in patch if f in source},
        touched={f: settled[f].touched[target] for f in patch if target in settled[f].touched},
        dropped={f: settled[f].dropped[target] for f in patch if target in settled[f].dropped},
        apart={f: a.reason.value for f in patch if (a := settled[f].apart) is not None},
        version=here.version,
        ref=here.ref,
        source_version=there.version,
        source_modified_at=there.modified_at,
        source_observed_at=there.observed_at,
        observed_at=here.observed_at,
        reason=", ".join(sorted({s.rule for s in settled.values() if s.rule and target in s.write})),
    )


def _deletion(link: Link, gone: Side, case: Case, rules: Rules) -> LinkDecision:
    """Deleted there, unchanged here: part the link, or delete the partner where policy and direction allow it."""
    policy = rules.deletions.get(gone, DeletionPolicy.IGNORE)
    told = rules.detects.get(gone, Deletes.NONE) is not Deletes.NONE
    if policy is not DeletionPolicy.DELETE or not told or not rules.direction.open_from(gone):
        parted = replace(link, status=LinkStatus.PARTED)
        return LinkDecision(parted, counted=_count(case, Bucket.SKIPPED, "deleted there; the partner is left alone"))
    intent = delete_intent(link, gone, rules.pairs, rules.sync_id, f"deleted in the {gone} app")
    counted = Counted(gone, intent.source_id, Bucket.DELETED, intent.key)
    return LinkDecision(link, (intent,), counted=(counted,))


def _wished(link: Link, case: Case, rules: Rules) -> LinkDecision | None:
    left = next((s for s in SIDES if link.side(s).standing is Standing.PRESENT), Side.LEFT)
    intent = wished(link, case.shown.get(left), rules.pairs, rules.sync_id)
    if intent is None:
        return None
    bucket = Bucket.DELETED if intent.verb is Verb.DELETE else Bucket.CREATED
    return LinkDecision(link, (intent,), counted=(Counted(intent.side.other, intent.source_id, bucket, intent.key),))


def _survives(link: Link, gone: Side, case: Case, rules: Rules) -> LinkDecision:
    here = link.side(gone.other)
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


def _guarded(settled: Settled, state: FieldState, link: Link, rules: Rules) -> Settled:
    """A field that flips, or a key that another contact of the target already carries, is held (core 10, 14)."""
    waiting = state.apart.dropped if state.apart else {}
    apart = Apart(ApartReason.HELD, state.now[Side.LEFT], state.now[Side.RIGHT], waiting)
    if settled.write and (link.id, state.pair.field) in rules.flipping:
        return Settled(apart=apart, held=HoldReason.FLIPPING, rule="both apps rewrite it in turn")
    for target, text in settled.write.items():
        others = rules.owner(target, state.pair.field, text) - {link.side(target).contact_id}
        if others:
            rule = f"another contact there ({', '.join(sorted(others))}) already has it"
            return Settled(apart=apart, held=HoldReason.KEY_COLLISION, rule=rule)
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
    return now_values(left).get(name), now_values(right).get(name), left.base.get(name), right.base.get(name)


def _conflict(before: Link, observed: Link, name: str, settled: Settled) -> Conflict:
    left, right, _, _ = _values(observed, name)
    winner = None if settled.held or settled.loser is None else settled.loser.other
    return Conflict(
        observed.id, name, winner, left, right, before.left.base.get(name), before.right.base.get(name), settled.rule
    )


def _count(case: Case, bucket: Bucket, reason: str) -> tuple[Counted, ...]:
    sides = [s for s in SIDES if s in case.shown or s in case.gone or s in case.missing] or list(SIDES)
    return tuple(Counted(s, case.link.side(s).contact_id, bucket, reason=reason) for s in sides)


def _counted(
    case: Case, link: Link, settled: Mapping[str, Settled], intents: tuple[Intent, ...]
) -> tuple[Counted, ...]:
    """Each side that was worked on, in the gravest bucket that applies to what it sends."""
    out = []
    for source in SIDES:
        intent = next((i for i in intents if i.side is source.other), None)
        if source not in case.shown and intent is None and (intents or case.shown):
            continue  # nothing of that side was worked on
        bucket = Bucket.UNCHANGED
        if any(s.held for s in settled.values()):
            bucket = Bucket.HELD
        elif any(s.loser and source.other in s.write for s in settled.values()):
            bucket = Bucket.CONFLICT
        elif intent:
            bucket = Bucket.UPDATED
        elif any(s.skipped for s in settled.values()):
            bucket = Bucket.SKIPPED
        out.append(Counted(source, link.side(source).contact_id, bucket, intent.key if intent else ""))
    return tuple(out)
