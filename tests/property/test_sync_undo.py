"""Runs taken back at random, between people who type on: what was ours goes, what was theirs stays, all is quiet."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contactsync.contact import decode, kind_of
from contactsync.model.exchange import Verb
from contactsync.model.plan import JournalRow, Plan
from contactsync.model.spec import SIDES, Side
from contactsync.sync.past import TOOK_PLACE
from factories import minutes
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from pretend_world import Troubles, World
from test_sync_converges import EPOCH, History, check, histories

FAST = settings(
    max_examples=300,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
)
RUNS = 5  # who is deleted and met again between two complete listings is asked for by id, and then judged again
Contents = Mapping[tuple[Side, str], Mapping[str, str]]


def contents(world: World) -> Contents:
    return {(s, i): dict(c) for s in SIDES for i, c in world.apps[s].contacts.items()}


def lived(history: History, epochs: Any, runs: int) -> None:
    """People type, and each time a few runs follow."""
    for epoch in epochs:
        history.type(epoch)
        for _ in range(runs):
            history.world.run(history.complete())


def check_typed_stands(history: History, before: Contents) -> None:
    """What somebody typed since the last run is where it was typed, right after the undo."""
    for (person, name), sides in history.typist.edits.items():
        for side in sides:
            at = (side, history.typist.contact_of(side, person) or "")
            if at in before and not kind_of(name).several:
                assert history.world.apps[side].contacts[at[1]][name] == before[at][name]


def place(row: JournalRow) -> tuple[Side, str]:
    return row.intent.side, row.outcome.target_id or row.intent.target_id


def told(plan: Plan, at: tuple[Side, str], name: str = "") -> bool:
    return any((s.side, s.contact_id) == at and s.field in ("", name) for s in plan.stays)


def check_only_ours(world: World, chosen: list[JournalRow], before: Contents, after: Contents) -> None:
    """What an undo changed was what a chosen run had left there, and is what that run had found."""
    left = {(place(r), f): [] for r in chosen for f in r.intent.patch}
    for row in chosen:
        for name in row.intent.patch:
            shown = (row.outcome.values or {}).get(name, row.intent.patch[name])
            left[place(row), name].append((row.intent.before.get(name, ""), shown))
    for at in before.keys() & after.keys():
        for name, text in before[at].items():
            if after[at][name] == text:
                continue
            assert (at, name) in left, f"{name} of {at} was not ours"
            if not kind_of(name).several:
                assert text in [shown for _, shown in left[at, name]]
                assert after[at][name] in [found for found, _ in left[at, name]]
            else:
                check_elements(text, after[at][name], left[at, name])


def check_elements(before: str, after: str, left: list[tuple[str, str]]) -> None:
    """Elements that went had been brought by a chosen run; those that came back had been taken by one."""
    gone = {e.id for e in decode(before)} - {e.id for e in decode(after)}
    back = {e.id for e in decode(after)} - {e.id for e in decode(before)}
    brought = {e.id for found, shown in left for e in decode(shown) if e.id not in {x.id for x in decode(found)}}
    taken = {e.id for found, shown in left for e in decode(found) if e.id not in {x.id for x in decode(shown)}}
    assert gone <= brought
    assert back <= taken


def check_all_ours(world: World, plan: Plan, chosen: list[JournalRow], after: Contents) -> None:
    """What is still as a chosen run left it, though nobody touched it, is told with a reason."""
    last: dict[tuple[tuple[Side, str], str], JournalRow] = {}
    for row in world.journal:
        if row.outcome.state in TOOK_PLACE and row.intent.verb is Verb.UPDATE:
            last.update({(place(row), f): row for f in row.intent.patch})
    for row in chosen:
        if row.intent.verb is Verb.CREATE and place(row) in after:
            assert told(plan, place(row)), "a contact that we made is still there, and nobody says why"
        for name in row.intent.patch if row.intent.verb is Verb.UPDATE else ():
            mine = last[place(row), name] is row and place(row) in after
            if mine and not kind_of(name).several and after[place(row)][name] == row.intent.patch[name]:
                found = {r.intent.before.get(name) for r in chosen if place(r) == place(row) and name in r.intent.patch}
                assert told(plan, place(row), name) or row.intent.patch[name] in found


def busy(world: World, back: int) -> int:
    """The number of a run that wrote something, so many before the last such run."""
    numbers = sorted({int(r.run_id.split()[1]) for r in world.journal} | {*world.met_in.values()})
    return numbers[-1 - back % len(numbers)] if numbers else 1


def check_not_again(world: World, plan: Plan, after: Contents, when: datetime) -> None:
    """A complete read brings nothing back either. Who had been held beside a contact that is gone may come now."""
    now = contents(world)
    assert {at: now.get(at) for at in after} == after
    sources = {(i.side.other, i.source_id) for i in plan.intents if i.verb is Verb.DELETE}
    later = [r.intent for r in world.journal if r.intent.verb is Verb.CREATE and r.sent_at and r.sent_at > when]
    assert not sources & {(i.side.other, i.source_id) for i in later}


def undone(history: History, since: int, until: int, troubles: Troubles | None = None) -> tuple[Plan, Contents]:
    """Undo these runs, and check what that changed."""
    history.typist.know_created()
    world = history.world
    rows = [r for r in world.journal if r.outcome.state in TOOK_PLACE]
    chosen = [r for r in rows if since <= int(r.run_id.split()[1]) <= until]
    before = contents(world)
    plan = world.undo(since, until, troubles)
    for what in sorted(
        {f"{i.verb}" for i in plan.intents} | {f"stays {s.why}" for s in plan.stays} | {k.status for k in plan.links}
    ):
        event(what)
    check_only_ours(world, chosen, before, contents(world))
    if troubles is None:
        check_all_ours(world, plan, chosen, contents(world))
    return plan, before


@FAST
@given(histories(), st.lists(EPOCH, min_size=1, max_size=3), st.integers(0, 5), st.booleans())
def test_after_an_undo_nothing_is_written_and_all_promises_hold(
    history: History, epochs: Any, back: int, everything: bool
) -> None:
    history.settle(2)
    lived(history, epochs, 2)
    history.settle(RUNS)
    since = busy(history.world, back)
    plan, _ = undone(history, since, history.world.seq if everything else since)
    after, when = contents(history.world), minutes(history.world.seq)
    for _ in range(2):
        assert history.world.run(dict.fromkeys(SIDES, False)).intents == ()
    assert contents(history.world) == after
    history.settle(2)
    check_not_again(history.world, plan, after, when)
    check(history)


@FAST
@given(histories(), st.lists(EPOCH, min_size=1, max_size=2), EPOCH, EPOCH, st.integers(0, 4))
def test_what_people_typed_before_and_after_an_undo_stands(
    history: History, epochs: Any, between: Any, later: Any, back: int
) -> None:
    history.settle(2)
    lived(history, epochs, 1)
    since = busy(history.world, back)
    history.typist.edits = {}
    history.type(between)
    _, before = undone(history, since, history.world.seq)
    check_typed_stands(history, before)
    history.settle(RUNS)
    check(history)
    history.type(later)
    history.settle(RUNS)
    check(history)


@settings(FAST, max_examples=200)
@given(histories(), st.lists(EPOCH, min_size=1, max_size=2), st.integers(0, 4))
def test_an_undo_of_an_undo_brings_everything_back(history: History, epochs: Any, back: int) -> None:
    history.settle(2)
    lived(history, epochs, 2)
    history.settle(RUNS)
    since = busy(history.world, back)
    _, before = undone(history, since, history.world.seq)
    again, _ = undone(history, history.world.seq, history.world.seq)
    assert again.stays == (), again.stays
    by_person = {s: as_persons(history, s, dict(before)) for s in SIDES}
    assert {s: as_persons(history, s, dict(contents(history.world))) for s in SIDES} == by_person
    history.settle(RUNS)
    check(history)


def as_persons(history: History, side: Side, all_contents: dict[Any, Any]) -> dict[int, dict[str, str]]:
    """What may be written of each person's contact: one that is made anew has another id."""
    history.typist.know_created()
    pairs = history.world.apps[side].pairs
    return {
        history.typist.person[s, i]: {f: t for f, t in c.items() if pairs[f].holding(side).writable}
        for (s, i), c in all_contents.items()
        if s is side
    }


@settings(FAST, max_examples=150)
@given(histories(), st.lists(EPOCH, min_size=1, max_size=2), st.integers(0, 4), st.integers(0, 2**16))
def test_an_undo_that_meets_trouble_is_done_by_another(history: History, epochs: Any, back: int, seed: int) -> None:
    troubles = Troubles(random.Random(seed), refused=0.15, not_sent=0.25, overtaken=0.2)
    history.settle(2)
    lived(history, epochs, 2)
    history.settle(RUNS)
    since, until = busy(history.world, back), history.world.seq
    undone(history, since, until, troubles)
    undone(history, since, until)
    history.settle(RUNS)
    check(history)
