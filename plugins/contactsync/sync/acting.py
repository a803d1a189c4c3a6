"""Actions of rules on a linked contact and with a create: what they act on, and what is remembered of it (core 17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from contactsync.contact import Values
from contactsync.model.link import Apart, Link, Standing
from contactsync.model.plan import Conflict
from contactsync.model.rules import RuleEffects
from contactsync.model.spec import SIDES, Direction, Side
from contactsync.sync.effects import WAITING, Acts, Scene, act
from contactsync.sync.readings import Shown
from contactsync.sync.scope import Effects


def on_link(
    link: Link,
    now: Mapping[Side, Values],
    written: Mapping[Side, Values],
    effects: Effects,
    direction: Direction,
    *,
    retry: bool,
    lost: bool,
) -> dict[Side, Acts]:
    """By target, what the rules of each open direction do. `written`: what fields write there in this run.

    lost: the ledger was, so nobody can tell who had entered before: who matches counts as entered, nothing is done.
    """
    out = {}
    for source in SIDES:
        rules, matching = effects.get(source, {}), link.matching.get(source)
        if not rules or matching is None or not direction.open_from(source):
            continue
        entered = link.entered.get(source, {})
        if lost:
            out[source.other] = Acts(entered={n: dict(entered.get(n, {})) for n in matching if n in rules})
            continue
        target = {**now[source.other], **written.get(source.other, {})}
        scene = Scene(source, rules, matching, entered, now[source], target, link.apart, retry)
        out[source.other] = act(scene)
    return out


def on_create(source: Side, shown: Shown, patch: Values, rules: Mapping[str, RuleEffects]) -> Acts:
    """What comes with a create: the actions of every rule that the contact matches without a partner."""
    matching = shown.matching.alone if shown.matching else ()
    return act(Scene(source, rules, matching, {}, shown.values, patch, created=True))


def remembered(link: Link, acts: Mapping[Side, Acts], effects: Effects, shown: Mapping[Side, Shown]) -> Link:
    """The link with what stands without a write. A target that has never shown a column is asked for by id."""
    entered = {**link.entered, **{target.other: done.entered for target, done in acts.items()}}
    halves = {s: link.side(s) for s in SIDES}
    for target, done in acts.items():
        if done.unread and target not in shown:
            halves[target] = replace(halves[target], standing=Standing.MISSING)
    return replace(
        link,
        left=halves[Side.LEFT],
        right=halves[Side.RIGHT],
        entered={side: made for side, made in entered.items() if made},
        apart=_without_ended(link.apart, acts, effects),
    )


def _without_ended(apart: Mapping[str, Apart], acts: Mapping[Side, Acts], effects: Effects) -> dict[str, Apart]:
    """A refused action that no rule wants any more is no reason to be apart."""
    out = dict(apart)
    for target, done in acts.items():
        wanted = {*done.waiting, *done.patch}
        columns = {e.column for r in effects[target.other].values() for e in (*r.enter, *r.leave)}
        for name in columns & out.keys() - wanted:
            if out[name].reason in WAITING:
                del out[name]
    return out


def overwritten(link: Link, target: Side, acts: Acts, now: Values) -> tuple[Conflict, ...]:
    """Later edits of a person that `apply: always` writes over."""
    out = []
    for column, rule in sorted(acts.overwritten.items()):
        values = {target: now.get(column), target.other: acts.patch.get(column)}
        bases = {target: link.side(target).base.get(column), target.other: None}
        left, right = (values[s] for s in SIDES)
        base_left, base_right = (bases[s] for s in SIDES)
        out.append(Conflict(link.id, column, target.other, left, right, base_left, base_right, rule))
    return tuple(out)
