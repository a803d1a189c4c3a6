"""Two pretend apps, people who type on both sides, and runs in between: whatever happens, the promises hold."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product
from typing import Any

from contactsync.contact import Kind, decode, is_empty
from contactsync.model.link import ApartReason, Link, LinkStatus
from contactsync.model.spec import SIDES, ConflictPolicy, DeletionPolicy, Direction, FieldPair, Holding, Side
from contactsync.sync.readings import now_values
from contactsync.sync.reconcile import Given, reconcile
from contactsync.sync.scope import in_scope
from factories import FREE, FULL, LABELS, LEFT, RIGHT, SLOTS, a_pair
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pretend_people import Typist
from pretend_world import Troubles, World

FAST = settings(
    max_examples=300,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
)
SINGLE = ("names.given", "job_title", "company", "nickname")
SEVERAL = ("emails", "phones", "tags")
PEOPLE = 2
TITLE_KEPT = 6

# ---- what worlds look like

EMAILS = st.sampled_from((LABELS, FULL, FREE, Holding(max_items=2), Holding(max_items=3, label=True, primary=True)))
PHONES = st.sampled_from((LABELS, SLOTS, FULL, Holding(label=False)))
TAGS = st.sampled_from((FREE, Holding(max_items=1)))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    policy = draw(st.sampled_from((ConflictPolicy.LEFT, ConflictPolicy.LEFT, *ConflictPolicy)))
    direction = draw(st.sampled_from((Direction.BOTH, Direction.BOTH, *Direction)))
    kinds: dict[str, Any] = {"conflicts": policy, "direction": direction}
    pairs = (
        a_pair("names.given", **kinds),
        a_pair("job_title", **kinds),
        a_pair("company", right=Holding(max_length=8), **kinds),
        a_pair("nickname", left=Holding(writable=False), **kinds),
        a_pair("emails", draw(EMAILS), draw(EMAILS), **kinds),
        a_pair("phones", draw(PHONES), draw(PHONES), **kinds),
        a_pair("tags", draw(TAGS), draw(TAGS), **kinds),
    )
    deletions = {s: draw(st.sampled_from(DeletionPolicy)) for s in SIDES}
    return World(pairs, {LEFT: {}, RIGHT: {"job_title": TITLE_KEPT}}, direction, deletions)


TEXT = st.sampled_from(("", "a", "bb", "cccccc", "dddddddddddd"))
EDITS = st.one_of(
    st.tuples(st.just("set"), st.sampled_from(SINGLE), TEXT),
    st.tuples(st.just("add"), st.sampled_from(SEVERAL), st.integers(1, 3), st.sampled_from(("", "home", "work"))),
    st.tuples(st.just("drop"), st.sampled_from(SEVERAL), st.integers(0, 3)),
    st.tuples(
        st.just("relabel"), st.sampled_from(SEVERAL[:2]), st.integers(0, 3), st.sampled_from(("", "home", "mobile"))
    ),
    st.tuples(st.just("make_primary"), st.just("emails"), st.integers(0, 3)),
    st.tuples(st.just("delete")),
    st.tuples(st.just("meet"), st.dictionaries(st.sampled_from(SINGLE), TEXT, max_size=2)),
)
WHERE = st.tuples(st.sampled_from(SIDES), st.integers(0, PEOPLE - 1))
EPOCH = st.lists(st.tuples(WHERE, EDITS), min_size=1, max_size=7)
START = st.lists(
    st.tuples(
        WHERE,
        st.dictionaries(st.sampled_from(SINGLE), TEXT, max_size=4),
        st.lists(st.tuples(st.sampled_from(SEVERAL), st.integers(1, 3), st.sampled_from(("", "home"))), max_size=3),
    ),
    min_size=1,
    max_size=3,
)


class History:
    """A world, its typist, and whether a listing is complete, by a seeded dice."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.typist, self.seed, self.dice = world, Typist(world), seed, random.Random(seed)

    def __repr__(self) -> str:
        contacts = {i: c for s in SIDES for i, c in self.world.apps[s].contacts.items()}
        return f"History({self.world}, {self.seed}, {contacts})"

    def begin(self, start: Any) -> None:
        for (side, person), values, elements in start:
            self.typist.meet(side, person, values)
            for name, number, label in elements:
                self.typist.add(side, person, name, number, label)

    def type(self, epoch: Any) -> None:
        for (side, person), (what, *rest) in epoch:
            getattr(self.typist, what)(side, person, *rest)

    def complete(self) -> dict[Side, bool]:
        return {s: self.dice.random() < 0.3 for s in SIDES}

    def settle(self, runs: int) -> None:
        """So many runs, after which one more has nothing to do."""
        for _ in range(runs):
            self.world.run(self.complete())
        before = dict(self.world.links)
        plan = self.world.run(dict.fromkeys(SIDES, False))
        assert plan.intents == ()
        assert {i: k.version for i, k in before.items()} == {i: k.version for i, k in self.world.links.items()}


@st.composite
def histories(draw: st.DrawFn) -> History:
    world = draw(worlds())
    history = History(world, draw(st.integers(0, 2**16)))
    history.begin(draw(START))
    return history


# ---- what must hold


def check(history: History) -> None:
    history.typist.know_created()
    for link in history.world.links.values():
        if (
            link.status is LinkStatus.LIVE
            and all(link.side(s).contact_id in history.world.apps[s].contacts for s in SIDES)
            and in_scope(link, history.world.direction)
        ):
            check_equal(history.world, link)
    check_typed(history.world, history.typist)
    check_nobody_twice(history)
    check_nothing_lost(history)


def check_equal(world: World, link: Link) -> None:
    for pair in world.pairs:
        left, right = (world.apps[s].contacts[link.side(s).contact_id][pair.field] for s in SIDES)
        assert now_values(link.left)[pair.field] == left, "what is remembered is what is there"
        assert now_values(link.right)[pair.field] == right, "what is remembered is what is there"
        assert pair.field in link.apart or as_comparable(pair, left) == as_comparable(pair, right), pair.field


def as_comparable(pair: FieldPair, text: str) -> object:
    """What both sides can hold of a text."""
    if not pair.kind.several:
        return text
    labels = all(pair.holding(s).label and not pair.holding(s).slots for s in SIDES)
    primary = all(pair.holding(s).primary for s in SIDES)
    return [(e.id, (e.label or "") if labels else "", bool(e.primary) if primary else False) for e in decode(text)]


def check_typed(world: World, typist: Typist) -> None:
    """Every value was typed for that person, or is what this side makes of one that was."""
    typist.know_created()
    for side in SIDES:
        app = world.apps[side]
        for contact_id, values in app.contacts.items():
            person = typist.person[side, contact_id]
            for name, text in ((n, t) for n, t in values.items() if n in app.pairs):
                typed = {v for p, n, v in typist.typed if (p, n) == (person, name)}
                if app.pairs[name].kind is Kind.TEXT:
                    assert text == "" or text in {
                        app.stored(name, v) for v in typed if len(v) <= longest(app.pairs[name], side)
                    }
                else:
                    assert {e.id for e in decode(text)} <= typed


def longest(pair: FieldPair, side: Side) -> int:
    return pair.holding(side).max_length or 1000


def check_nobody_twice(history: History) -> None:
    for side in SIDES:
        people = [history.typist.person[side, i] for i in history.world.apps[side].contacts]
        assert len(people) == len(set(people)), "a person stands twice on one side"


def check_nothing_lost(history: History) -> None:
    """An element that nobody removed is still where it was typed."""
    for side, contact_id, name, identity in history.typist.added:
        contact = history.world.apps[side].contacts.get(contact_id)
        person = history.typist.person[side, contact_id]
        if contact is not None and (person, name, identity) not in history.typist.removed:
            assert identity in {e.id for e in decode(contact[name])}


def check_one_sided(history: History, before: dict[str, Link]) -> None:
    """An edit on one side only wins: it stays there, and reaches the other side where it can."""
    for link in before.values():
        there = all(link.side(s).contact_id in history.world.apps[s].contacts for s in SIDES)
        now = history.world.links[link.id]
        if link.status is not LinkStatus.LIVE or now.status is not LinkStatus.LIVE or not there:
            continue
        person = history.typist.person[LEFT, link.left.contact_id]
        for name in SINGLE:
            edits = history.typist.edits.get((person, name), {})
            if len(edits) == 1 and name not in link.apart:
                side, value = next(iter(edits.items()))
                check_carried(history.world, link, name, side, value)


def check_carried(world: World, link: Link, name: str, side: Side, value: str) -> None:
    pair, target = world.apps[side].pairs[name], world.apps[side.other]
    assert world.apps[side].contacts[link.side(side).contact_id][name] == value
    was = now_values(link.side(side.other))[name]
    carried = pair.open_from(side) and not is_empty(value) and len(value) <= longest(pair, side.other)
    expected = target.stored(name, value) if carried else was
    assert target.contacts[link.side(side.other).contact_id][name] == expected


@FAST
@given(histories(), st.lists(EPOCH, min_size=1, max_size=3))
def test_when_edits_stop_both_sides_become_equal_and_stay_quiet(history: History, epochs: Any) -> None:
    history.settle(2)
    check(history)
    for epoch in epochs:
        before, history.typist.edits = dict(history.world.links), {}
        history.type(epoch)
        history.settle(3)  # a contact missing from a complete listing is asked for by id one run later
        check(history)
        check_one_sided(history, before)


def test_who_was_deleted_on_both_sides_and_is_typed_anew_is_one_person_by_the_third_run() -> None:
    """Whichever listings are complete: a former contact, known to be gone, keeps nobody waiting by its address."""
    for flags in product(product((False, True), repeat=2), repeat=3):
        world = World((a_pair("names.given"), a_pair("emails", LABELS, LABELS)), {LEFT: {}, RIGHT: {}})
        typist, quiet = Typist(world), dict.fromkeys(SIDES, False)
        typist.meet(LEFT, 1, {})
        world.run(quiet)
        typist.delete(RIGHT, 1)
        world.run(quiet)
        typist.delete(LEFT, 1)
        for side in SIDES:
            typist.meet(side, 1, {})
        for left, right in flags:
            world.run({LEFT: left, RIGHT: right})
        (link,) = live(world)
        assert (link.left.contact_id, link.right.contact_id) == ("left-2", "right-2"), flags
        assert world.run(quiet).links == ()


@settings(FAST, max_examples=150)
@given(histories(), st.lists(EPOCH, min_size=1, max_size=2), st.integers(0, 2**16))
def test_trouble_delays_but_loses_and_doubles_nothing(history: History, epochs: Any, seed: int) -> None:
    troubles = Troubles(random.Random(seed), refused=0.15, not_sent=0.25, overtaken=0.2)
    for epoch in epochs:
        history.world.run(history.complete(), troubles)
        history.type(epoch)
        history.world.run(history.complete(), troubles)
        check_typed(history.world, history.typist)
        check_nothing_lost(history)
    for _ in range(16):  # by then every back-off has ended, and a complete read tries again what was refused
        history.world.run(dict.fromkeys(SIDES, True))
    history.settle(2)
    check(history)
    refused = {f for k in live(history.world) for f, a in k.apart.items() if a.reason is ApartReason.REFUSED}
    assert refused <= {"job_title"}  # cut to what was there before: as good as not stored


@settings(FAST, max_examples=60)
@given(histories(), st.lists(EPOCH, max_size=2), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_read_does_not_matter(history: History, epochs: Any, dice: random.Random) -> None:
    for epoch in ([], *epochs):
        history.type(epoch)
        taken = history.world.given(history.complete())
        plan, again = reconcile(taken), reconcile(shuffled(taken, dice))
        assert plan.intents == again.intents
        assert plan.hash == again.hash
        for part in ("links", "holds", "conflicts", "counted", "known"):
            assert sorted(map(repr, getattr(plan, part))) == sorted(map(repr, getattr(again, part)))
        history.world.run()


def shuffled(taken: Given, dice: random.Random) -> Given:
    def mixed(items: Any) -> list[Any]:
        return dice.sample(list(items), len(items))

    readings = {s: replace(r, shown=dict(mixed(r.shown.items()))) for s, r in mixed(taken.readings.items())}
    known = {s: dict(mixed(rows.items())) for s, rows in mixed(taken.known.items())}
    return replace(taken, readings=readings, known=known, links=mixed(taken.links), others=mixed(taken.others))


def live(world: World) -> list[Link]:
    return [k for k in world.links.values() if k.status is LinkStatus.LIVE]
