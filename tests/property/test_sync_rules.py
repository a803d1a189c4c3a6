"""Rules that contacts enter and leave at random: what flows, what is done once, and what people changed since."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contactsync.contact import Element, decode, encode
from contactsync.model.link import Link, LinkStatus
from contactsync.model.plan import Intent, Plan
from contactsync.model.rules import Apply, Contacts, Effect, How, Matching, RuleEffects
from contactsync.model.spec import SIDES, ConflictPolicy, DeletionPolicy, Direction, Side
from contactsync.sync.scope import in_scope
from factories import FREE, LABELS, LEFT, RIGHT, a_pair
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pretend_world import Troubles, World
from test_sync_converges import EPOCH, PEOPLE, START, History, check, check_equal, live

FAST = settings(
    max_examples=250,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
)
VIP, MEDIUM, LABELLED = "own.vip", "own.medium", "tags:own.labels"
EXTRA = (VIP, MEDIUM, LABELLED)
CONDITIONS = ("vip", "given", "all", "exists", "new")


@dataclass(frozen=True)
class Pretend:
    """One rule of a pretend file: a condition by name, and what follows."""

    effects: RuleEffects
    condition: str

    def holds(self, values: Mapping[str, str], *, partner: bool) -> bool:
        match self.condition:
            case "vip":
                return values[VIP] == "y"
            case "given":
                return "bb" in values["names.given"]
            case "exists":
                return partner
            case "new":
                return not partner
            case "all":
                return True
            case label:
                return label in {e.id for e in decode(values[LABELLED])}


def judge_of(rules: Mapping[Side, tuple[Pretend, ...]]) -> Any:
    def judge(side: Side, values: Mapping[str, str]) -> Matching | None:
        names = {p: tuple(r.effects.name for r in rules[side] if r.holds(values, partner=p)) for p in (True, False)}
        return Matching(names[True], names[False]) if rules.get(side) else None

    return judge


@dataclass(repr=False)
class RuledWorld(World):
    """A world that counts who entered which rule, and how often the rule's actions were sent for it."""

    rules_of: Mapping[Side, tuple[Pretend, ...]] = field(default_factory=dict)
    entries: Counter[tuple[str, Side, str]] = field(default_factory=Counter)
    fired: Counter[tuple[str, Side, str]] = field(default_factory=Counter)

    def __repr__(self) -> str:
        rules = {s.value: [(p.condition, p.effects) for p in rules] for s, rules in self.rules_of.items()}
        return f"{super().__repr__()} {rules}"

    def run(self, complete: Mapping[Side, bool] | None = None, troubles: Troubles | None = None) -> Plan:
        before = {i: k.matching for i, k in self.links.items()}
        plan = super().run(complete, troubles)
        for link in plan.links:
            self.count(link, before.get(link.id, {}))
        for link in [k for i, k in self.links.items() if i not in before and i not in {p.id for p in plan.links}]:
            self.count(link, {})  # made by a create
        return plan

    def count(self, link: Link, before: Mapping[Side, tuple[str, ...]]) -> None:
        for side, names in link.matching.items():
            self.entries.update((link.id, side, n) for n in set(names) - set(before.get(side, ())))
        for side, entered in link.entered.items():  # those that match only while there is no partner
            fresh = set(entered) - set(link.matching.get(side, ()))
            self.entries.update((link.id, side, n) for n in fresh if not before)

    def _fold(self, intent: Intent, outcome: Any) -> None:
        before = self.links.get(intent.link_id or "")
        entered = before.entered.get(intent.side.other, {}) if before else {}
        links = set(self.links)
        super()._fold(intent, outcome)
        if outcome.state.value != "done":
            return
        link_id = intent.link_id or next(iter(set(self.links) - links))
        for name, made in intent.entering.items():
            if name not in entered and any(v is not None for v in made.values()):
                self.fired[link_id, intent.side.other, name] += 1


# ---- what rules look like


def own_label(side: Side, number: int) -> str:
    return f"{side}{number}"


@st.composite
def some_rules(draw: st.DrawFn, side: Side, conditions: tuple[str, ...]) -> tuple[Pretend, ...]:
    rules = []
    for n in range(draw(st.integers(0, 3))):
        applies = st.sampled_from((Apply.ON_ENTER, Apply.ON_ENTER, Apply.ON_CREATE, Apply.ALWAYS))
        enter = [Effect(LABELLED, How.ADD, own_label(side, n), draw(st.sampled_from((Apply.ON_ENTER, Apply.ALWAYS))))]
        leave = [Effect(LABELLED, How.REMOVE, own_label(side, n))]
        if draw(st.booleans()):
            value = draw(st.sampled_from((f"by {side}{n}", "for {names.given}")))
            enter.append(Effect(MEDIUM, How.SET, value, draw(applies)))
            leave.append(Effect(MEDIUM, How.SET, "left"))
        if draw(st.booleans()):
            enter.append(Effect(LABELLED, How.ADD, "shared", draw(applies)))
            leave.append(Effect(LABELLED, How.REMOVE, "shared"))
        enter = enter if draw(st.booleans()) else enter[::-1]
        contacts = draw(st.sampled_from((Contacts.CREATE_AND_UPDATE, Contacts.CREATE_AND_UPDATE, *Contacts)))
        named = [replace(e, action=f"{e.how} {e.column}") for e in enter]
        effects = RuleEffects(f"{side} {n}", contacts, tuple(named), tuple(leave) if draw(st.booleans()) else ())
        rules.append(Pretend(effects, draw(st.sampled_from(conditions))))
    return tuple(rules)


@st.composite
def worlds(draw: st.DrawFn, conditions: tuple[str, ...] = CONDITIONS) -> RuledWorld:
    policy = draw(st.sampled_from((ConflictPolicy.LEFT, ConflictPolicy.RIGHT)))
    direction = draw(st.sampled_from((Direction.BOTH, Direction.BOTH, *Direction)))
    kinds: dict[str, Any] = {"conflicts": policy, "direction": direction}
    pairs = (
        a_pair("names.given", **kinds),
        a_pair("job_title", **kinds),
        a_pair("company", **kinds),
        a_pair("nickname", **kinds),
        a_pair("emails", LABELS, LABELS, **kinds),
        a_pair("phones", LABELS, LABELS, **kinds),
        a_pair("tags", FREE, FREE, **kinds),
    )
    rules = {
        LEFT: draw(some_rules(LEFT, conditions)),
        RIGHT: draw(some_rules(RIGHT, (*conditions, own_label(LEFT, 0)))),
    }
    cut = {LEFT: {MEDIUM: draw(st.sampled_from((4, 40)))}, RIGHT: {}}
    deletions = {s: draw(st.sampled_from(DeletionPolicy)) for s in SIDES}
    effects = {s: {p.effects.name: p.effects for p in rules[s]} for s in SIDES}
    return RuledWorld(pairs, cut, direction, deletions, effects, judge_of(rules), EXTRA, rules_of=rules)


class Ruled(History):
    """A history whose people also type what rules look at, and what their actions wrote."""

    world: RuledWorld

    def settle(self, runs: int) -> None:
        """One run more where something was written last: what we wrote is judged when it is shown."""
        for _ in range(runs):
            self.world.run(self.complete())
        super().settle(0 if not self.world.run(dict.fromkeys(SIDES, False)).intents else runs)

    def own(self, edits: Any) -> None:
        for (side, person), (what, value) in edits:
            contact_id = self.typist.contact_of(side, person)
            if contact_id is None:
                continue
            now = self.world.apps[side].contacts[contact_id]
            if what == "label":
                elements = {e.id: e for e in decode(now[LABELLED])}
                elements.pop(value, None) or elements.setdefault(value, Element(value, value))
                text = encode(elements.values())
            else:
                text = value
            column = {"label": LABELLED, "vip": VIP, "medium": MEDIUM}[what]
            if now[column] != text:
                self.world.apps[side].put(contact_id, {column: text})


@st.composite
def histories(draw: st.DrawFn, conditions: tuple[str, ...] = CONDITIONS) -> Ruled:
    world = draw(worlds(conditions))
    history = Ruled(world, draw(st.integers(0, 2**16)))
    history.begin(draw(START))
    history.own(draw(OWN))
    return history


OF_WHOM = st.tuples(st.sampled_from(SIDES), st.integers(0, PEOPLE - 1))
VIPS = st.tuples(st.just("vip"), st.sampled_from(("", "y")))
TYPED = st.one_of(
    st.tuples(st.just("medium"), st.sampled_from(("", "mine"))),
    st.tuples(st.just("label"), st.sampled_from(("mine", "shared", "left0", "right0"))),
)
OWN = st.lists(st.tuples(OF_WHOM, st.one_of(VIPS, TYPED)), max_size=4)
ONLY_VIPS = st.lists(st.tuples(OF_WHOM, VIPS), max_size=4)
RUNS = 5  # a rule's action may let the other direction's rule match, and that one's the next field flow


def check_rules(history: Ruled) -> None:
    world = history.world
    for key, times in world.fired.items():
        assert times <= world.entries[key], f"{key}: fired {times} times for {world.entries[key]} entries"
    for link in live(world):
        if not all(link.side(s).contact_id in world.apps[s].contacts for s in SIDES):
            continue
        for side in SIDES:
            check_direction(world, link, side)


def check_direction(world: RuledWorld, link: Link, side: Side) -> None:
    contents = world.apps[side].contacts[link.side(side).contact_id]
    target = world.apps[side.other].contacts[link.side(side.other).contact_id]
    judged = world.judge(side, contents)
    rules = world.effects[side]
    if judged is None:
        assert link.scope[side]
        return
    assert set(link.matching[side]) == set(judged.rules), "who matches is known, whoever edited it last"
    assert link.scope[side] == any(rules[n].contacts is not Contacts.NONE for n in judged.rules)
    if world.direction.open_from(side):
        assert set(link.entered.get(side, {})) == set(judged.rules), "nothing is left to be entered or left"
        check_always(world, side, judged.rules, target)


def check_always(world: RuledWorld, side: Side, names: tuple[str, ...], target: Mapping[str, str]) -> None:
    """What is always so is so, also after a person changed it; the first rule in the file has the say."""
    held, claimed = {e.id for e in decode(target[LABELLED])}, set()
    for effect in (e for name in names for e in world.effects[side][name].enter if e.how is How.ADD):
        first = effect.value not in claimed and effect.apply is not Apply.ON_CREATE
        assert not first or effect.apply is not Apply.ALWAYS or effect.value in held
        claimed.add(effect.value)


@FAST
@given(histories(), st.lists(st.tuples(EPOCH, OWN), min_size=1, max_size=3))
def test_with_rules_too_all_becomes_equal_and_quiet_and_every_action_is_done_once(history: Ruled, epochs: Any) -> None:
    history.settle(RUNS)
    check(history)
    check_rules(history)
    for epoch, own in epochs:
        history.type(epoch)
        history.own(own)
        history.settle(RUNS)
        check(history)
        check_rules(history)


@settings(FAST, max_examples=150)
@given(histories(), st.lists(st.tuples(EPOCH, OWN), min_size=1, max_size=2), st.integers(0, 2**16))
def test_trouble_delays_actions_but_doubles_none(history: Ruled, epochs: Any, seed: int) -> None:
    troubles = Troubles(random.Random(seed), refused=0.15, not_sent=0.25, overtaken=0.2)
    for epoch, own in epochs:
        history.world.run(history.complete(), troubles)
        history.type(epoch)
        history.own(own)
        history.world.run(history.complete(), troubles)
    for _ in range(16):
        history.world.run(dict.fromkeys(SIDES, True))
    history.settle(2)
    check(history)
    check_rules(history)


@settings(FAST, max_examples=150)
@given(histories(("vip", "all", "given")), OWN, st.lists(st.booleans(), min_size=1, max_size=3))
def test_what_a_person_types_over_an_action_stands(history: Ruled, own: Any, complete: list[bool]) -> None:
    history.settle(RUNS)
    own = [edit for edit in own if edit[1][0] != "vip"]
    before = {k.id: k.matching for k in live(history.world)}
    history.own(own)
    typed = {(s, i): dict(c) for s in SIDES for i, c in history.world.apps[s].contacts.items()}
    for whole in complete:
        history.world.run(dict.fromkeys(SIDES, whole))
    for link in live(history.world):
        if before.get(link.id) == link.matching:
            check_stands(history.world, link, typed)


def check_stands(world: RuledWorld, link: Link, typed: Mapping[tuple[Side, str], Mapping[str, str]]) -> None:
    for target in SIDES:
        contact_id = link.side(target).contact_id
        now, was = world.apps[target].contacts.get(contact_id), typed[target, contact_id]
        rules = [world.effects[target.other][n] for n in link.matching.get(target.other, ())]
        always = {e.column for r in rules for e in r.enter if e.apply is Apply.ALWAYS}
        for column in {MEDIUM, LABELLED} - always:
            assert now is None or now[column] == was[column]


@settings(FAST, max_examples=150)
@given(histories(("vip",)), EPOCH)
def test_leaving_takes_nothing_away_and_coming_back_reconciles(history: Ruled, epoch: Any) -> None:
    everybody = [(s, p) for s in SIDES for p in range(PEOPLE)]
    history.own([(who, ("vip", "y")) for who in everybody])
    history.settle(RUNS)
    before = contents(history.world)
    history.own([(who, ("vip", "")) for who in everybody])
    history.settle(RUNS)
    assert contents(history.world) == before, "leaving deletes, blanks and doubles nothing"
    history.type(epoch)
    history.settle(RUNS)
    history.own([(who, ("vip", "y")) for who in everybody])
    history.settle(RUNS)
    check(history)
    for link in live(history.world):
        if all(link.side(s).contact_id in history.world.apps[s].contacts for s in SIDES) and in_scope(
            link, history.world.direction
        ):
            check_equal(history.world, link)
    assert not [k for k in history.world.links.values() if k.status is LinkStatus.MERGED]


def contents(world: World) -> dict[str, dict[str, str]]:
    """The mapped fields of every contact."""
    apps = [world.apps[s] for s in SIDES]
    return {i: {f: t for f, t in c.items() if f in app.pairs} for app in apps for i, c in app.contacts.items()}
