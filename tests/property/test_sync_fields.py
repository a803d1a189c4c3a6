"""Whatever two sides hold: one write settles it, nothing is invented, nothing is lost, and neither side is special."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contactsync.contact import Element, decode, encode, is_empty
from contactsync.model.app import Deletes
from contactsync.model.exchange import State
from contactsync.model.link import Apart, ApartReason, Link, LinkSide, LinkStatus, Standing
from contactsync.model.plan import Conflict, Counted, Hold, Intent, Outcome
from contactsync.model.spec import SIDES, ConflictPolicy, DeletionPolicy, Direction, FieldPair, Holding, Side
from contactsync.sync.fold import When, fold_link
from contactsync.sync.link_case import Case, LinkDecision, Rules
from contactsync.sync.links import decide_link
from contactsync.sync.readings import Shown, now_values
from factories import FREE, FULL, LABELS, LEFT, RIGHT, SLOTS, SYNC, a_pair, a_shown, both, minutes
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

FAST = settings(max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.filter_too_much])
HOLDINGS = st.sampled_from((FREE, LABELS, FULL, SLOTS, Holding(max_items=2), Holding(label=True, max_items=1)))
SIDED = st.sampled_from((ConflictPolicy.LEFT, ConflictPolicy.RIGHT))


@st.composite
def lists(draw: st.DrawFn, held: Holding) -> str:
    """A list as one side can hold it."""
    most = min(held.max_items or 3, 3)
    chosen = draw(st.lists(st.sampled_from("abcd"), max_size=most, unique=True))
    places = draw(st.permutations(held.slots)) if held.slots else []
    names = places or draw(st.lists(st.sampled_from(("", "home", "mobile")), min_size=3, max_size=3))
    first = draw(st.integers(0, 4))
    return encode(
        Element(
            i,
            draw(st.sampled_from((i, i.upper()))),
            names[n] if held.label else None,
            n == first if held.primary else None,
        )
        for n, i in enumerate(chosen)
    )


@st.composite
def single_pairs(draw: st.DrawFn, policies: Any = SIDED) -> FieldPair:
    held = [
        Holding(max_length=draw(st.sampled_from((None, None, 2))), writable=draw(st.sampled_from((True, True, False))))
        for _ in SIDES
    ]
    direction = draw(st.sampled_from((Direction.BOTH, *Direction)))
    wishes = {"clear_blanks": draw(st.booleans()), "shorten": draw(st.booleans())}
    return a_pair("company", *held, conflicts=draw(policies), direction=direction, **wishes)


@st.composite
def list_pairs(draw: st.DrawFn) -> FieldPair:
    direction = draw(st.sampled_from((Direction.BOTH, Direction.BOTH, *Direction)))
    held, clears = (draw(HOLDINGS), draw(HOLDINGS)), draw(st.booleans())
    return a_pair("emails", *held, conflicts=draw(SIDED), direction=direction, clear_blanks=clears)


TEXTS = st.sampled_from(("", "a", "b", "long"))


@st.composite
def halves(draw: st.DrawFn, pairs: tuple[FieldPair, ...], side: Side) -> tuple[LinkSide, Shown]:
    """What is remembered of a side and what it shows."""
    base, now = {}, {}
    for pair in pairs:
        values = lists(pair.holding(side)) if pair.kind.several else TEXTS
        if draw(st.integers(0, 5)):
            base[pair.field] = draw(values)
        if draw(st.integers(0, 7)):
            now[pair.field] = draw(values) if draw(st.booleans()) or pair.field not in base else base[pair.field]
    own = draw(st.sampled_from((None, minutes(-30))))
    at = minutes(draw(st.sampled_from((-60, -10, 10, 20))))
    shown = a_shown(f"{side.value[0]}1", now, modified_at=at)
    standing = draw(
        st.sampled_from((Standing.PRESENT, Standing.PRESENT, Standing.PRESENT, Standing.MISSING, Standing.GONE))
    )
    return LinkSide(shown.id, base, standing=standing, own_at=own, modified_at=at), shown


@st.composite
def cases(draw: st.DrawFn, pairs: Any) -> tuple[Case, Rules]:
    fields = tuple(draw(p) for p in pairs)
    (left, left_shown), (right, right_shown) = (draw(halves(fields, s)) for s in SIDES)
    apart = {}
    for pair in fields:
        if draw(st.integers(0, 3)) == 0:
            apart[pair.field] = draw(aparts(left_shown, right_shown, pair))
    status = draw(st.sampled_from((*[LinkStatus.LIVE] * 5, LinkStatus.PARTED, LinkStatus.CLOSED)))
    link = Link("link-1", left, right, status, version=3, apart=apart)
    news = {s: draw(st.sampled_from(("shown", "shown", "shown", "gone", "missing", "unread"))) for s in SIDES}
    case = Case(
        link,
        {s: x for s, x in zip(SIDES, (left_shown, right_shown), strict=True) if news[s] == "shown"},
        frozenset(s for s in SIDES if news[s] == "gone"),
        frozenset(s for s in SIDES if news[s] == "missing"),
    )
    rules = Rules(
        SYNC,
        fields,
        draw(st.sampled_from((Direction.BOTH, *Direction))),
        {s: draw(st.sampled_from(DeletionPolicy)) for s in SIDES},
        {s: draw(st.sampled_from(Deletes)) for s in SIDES},
        granularity=1.0,
        retry=draw(st.booleans()),
        hold_first=draw(st.booleans()),
        lost=draw(st.booleans()),
        baseless=frozenset(draw(st.sampled_from(((), (), ("company",))))),
    )
    return case, rules


@st.composite
def aparts(draw: st.DrawFn, left: Shown, right: Shown, pair: FieldPair) -> Apart:
    texts = (lists(FULL) if pair.kind.several else TEXTS, TEXTS)
    held = [s.values.get(pair.field) if draw(st.booleans()) else draw(texts[0]) for s in (left, right)]
    waiting = {s: tuple(draw(st.sampled_from(((), ("a",), ("b", "c"))))) for s in SIDES} if pair.kind.several else {}
    return Apart(draw(st.sampled_from(ApartReason)), *held, {s: w for s, w in waiting.items() if w})


# ---- neither side is special


def mirrored_pair(pair: FieldPair) -> FieldPair:
    policies = {ConflictPolicy.LEFT: ConflictPolicy.RIGHT, ConflictPolicy.RIGHT: ConflictPolicy.LEFT}
    return replace(
        pair,
        left=pair.right,
        right=pair.left,
        direction=mirrored_direction(pair.direction),
        conflicts=policies.get(pair.conflicts, pair.conflicts),
    )


def mirrored_direction(direction: Direction) -> Direction:
    ways = {Direction.LEFT_TO_RIGHT: Direction.RIGHT_TO_LEFT, Direction.RIGHT_TO_LEFT: Direction.LEFT_TO_RIGHT}
    return ways.get(direction, direction)


def swapped(by_side: Any) -> Any:
    return {s.other: value for s, value in by_side.items()}


def mirrored_link(link: Link) -> Link:
    apart = {f: replace(a, left=a.right, right=a.left, dropped=swapped(a.dropped)) for f, a in link.apart.items()}
    return replace(link, left=link.right, right=link.left, apart=apart, scope=swapped(link.scope))


def mirrored(case: Case, rules: Rules) -> tuple[Case, Rules]:
    others = [frozenset(s.other for s in sides) for sides in (case.gone, case.missing)]
    return Case(mirrored_link(case.link), swapped(case.shown), *others), replace(
        rules,
        pairs=tuple(mirrored_pair(p) for p in rules.pairs),
        direction=mirrored_direction(rules.direction),
        deletions=swapped(rules.deletions),
        detects=swapped(rules.detects),
    )


def plain(decision: LinkDecision, *, mirror: bool) -> Any:
    """A decision without words and operation keys, which name sides; with `mirror`, as seen from the other side."""

    def side(of: Side) -> Side:
        return of.other if mirror else of

    def intent(i: Intent) -> Any:
        return replace(i, key="", side=side(i.side), reason="", overwrites=dict.fromkeys(i.overwrites, ""))

    def hold(h: Hold) -> Any:
        about_link = bool(h.field)  # a field's hold is the link's, and named by its left contact
        return (h.reason, h.field) if about_link else (h.reason, side(h.side), h.contact_id)

    def conflict(c: Conflict) -> Any:
        if not mirror:
            return replace(c, rule="")
        bases = {"base_left": c.base_right, "base_right": c.base_left}
        return replace(c, left=c.right, right=c.left, winner=c.winner.other if c.winner else None, rule="", **bases)

    def counted(c: Counted) -> Any:
        return side(c.source), c.contact_id, c.bucket, bool(c.intent_key)

    return (
        mirrored_link(decision.link) if mirror else decision.link,
        sorted(map(repr, map(intent, decision.intents))),
        sorted(map(repr, map(hold, decision.holds))),
        sorted(map(repr, map(conflict, decision.conflicts))),
        sorted(map(repr, map(counted, decision.counted))),
    )


ALL_PAIRS = (single_pairs(st.sampled_from((*ConflictPolicy, ConflictPolicy.LEFT))), list_pairs())


@FAST
@given(cases(ALL_PAIRS))
def test_swapping_the_sides_mirrors_every_decision(drawn: tuple[Case, Rules]) -> None:
    case, rules = drawn
    left, right = case.link.left.modified_at, case.link.right.modified_at
    if left == right or any(case.link.side(s).own_at for s in SIDES):
        # Where no time proves who was later, `newest` prefers the left side by rule.
        rules = replace(rules, pairs=tuple(p for p in rules.pairs if p.conflicts is not ConflictPolicy.NEWEST))
    assert plain(decide_link(*mirrored(case, rules)), mirror=True) == plain(decide_link(case, rules), mirror=False)


# ---- one write settles it


def written(link: Link, rules: Rules, decision: LinkDecision, held: dict[Side, dict[str, str]]) -> Link:
    """The link after its actions were done to the letter; `held` is what the sides hold, and changes."""
    for n, intent in enumerate(decision.intents):
        held[intent.side].update(intent.patch)
        outcome = Outcome(intent.key, State.DONE, intent.target_id, values=dict(held[intent.side]), at=minutes(60 + n))
        link, holds = fold_link(link, intent, outcome, When(1, minutes(60)))
        assert holds == ()
    return link


@FAST
@given(st.data())
def test_after_one_write_there_is_nothing_left_to_write(data: st.DataObject) -> None:
    pairs = (data.draw(single_pairs()), data.draw(list_pairs()))
    (left, left_shown), (right, right_shown) = (data.draw(halves(pairs, s)) for s in SIDES)
    assume(not any(differed_before(p, left, right) for p in pairs))
    present = [replace(h, standing=Standing.PRESENT) for h in (left, right)]
    link, rules = Link("link-1", *present, version=3), Rules(SYNC, pairs)
    held = {LEFT: dict(left_shown.values), RIGHT: dict(right_shown.values)}
    before = {s: dict(values) for s, values in held.items()}
    decision = decide_link(Case(link, both(left_shown, right_shown)), rules)
    settled = written(decision.link, rules, decision, held)

    again = decide_link(Case(settled, {s: a_shown(f"{s.value[0]}1", held[s]) for s in SIDES}), rules)
    assert again.intents == ()
    assert why(again.link) == why(settled)
    for pair in pairs:
        now = [held[s].get(pair.field) for s in SIDES]
        if None in now or pair.field in settled.apart:
            continue
        assert identities(pair, now[0]) == identities(pair, now[1]), pair.field
        assert [now_values(settled.side(s))[pair.field] for s in SIDES] == now
    check_nothing_invented(pairs, before, held)
    check_nothing_lost(pairs, link, before, held)


def why(link: Link) -> Any:
    return {f: (a.reason, a.dropped) for f, a in link.apart.items()}


def differed_before(pair: FieldPair, left: LinkSide, right: LinkSide) -> bool:
    """Bases that differ without an apart to say why: no history leads there."""
    bases = [half.base.get(pair.field) for half in (left, right)]
    if pair.shorten and None not in bases:
        bases = [text[:2] for text in bases if text is not None]
    return None not in bases and identities(pair, bases[0]) != identities(pair, bases[1])


def identities(pair: FieldPair, text: str | None) -> Any:
    return [e.id for e in decode(text or "")] if pair.kind.several else text


def check_nothing_invented(pairs: Any, before: Any, after: Any) -> None:
    """Every value and every element on a side was on one of the sides."""
    for pair in pairs:
        if pair.kind.several:
            there = {e.id for s in SIDES for e in decode(before[s].get(pair.field, ""))}
            assert {e.id for s in SIDES for e in decode(after[s].get(pair.field, ""))} <= there
        else:
            there = {before[s].get(pair.field) for s in SIDES}
            there |= {text[:2] for text in there if text and pair.shorten}
            assert {after[s].get(pair.field) for s in SIDES} <= there


def check_nothing_lost(pairs: Any, link: Link, before: Any, after: Any) -> None:
    """A blank is only ever one that the other side became, and an element leaves a side only where the other side had
    it and removed it."""
    for pair in pairs:
        for side in SIDES:
            was, now = before[side].get(pair.field), after[side].get(pair.field)
            became_blank = pair.clear_blanks and is_empty(before[side.other].get(pair.field) or "")
            assert is_empty(was or "") or not is_empty(now or "") or became_blank
            if pair.kind.several and was is not None:
                there, other_base = identities(pair, before[side.other].get(pair.field)), link.side(side.other).base
                removed = set(identities(pair, other_base.get(pair.field))) - set(there)
                assert set(identities(pair, was)) - set(identities(pair, now)) <= removed


@FAST
@given(st.data())
def test_deciding_twice_is_deciding_once(data: st.DataObject) -> None:
    case, rules = data.draw(cases((single_pairs(), list_pairs())))
    assert decide_link(case, rules) == decide_link(case, rules)


@FAST
@given(st.data())
def test_what_was_not_read_writes_nothing_into_the_unknown(data: st.DataObject) -> None:
    """Only fields that both sides have said are ever written, and with nothing only where the pair says so."""
    case, rules = data.draw(cases((single_pairs(), list_pairs())))
    decision = decide_link(case, rules)
    for intent in decision.intents:
        for name, text in intent.patch.items():
            pair = next(p for p in rules.pairs if p.field == name)
            assert not is_empty(text) or pair.clear_blanks
            assert name in intent.before
            assert name in intent.source
            assert pair.open_from(intent.side.other)
