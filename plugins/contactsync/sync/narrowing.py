"""A plan cut down to some of its contacts; the others are as if this run had not looked at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import zip_longest

from contactsync.model.exchange import Verb
from contactsync.model.plan import Bucket, Counted, Intent, Plan
from contactsync.model.spec import Side

OVER_LIMIT = "over `limit`: planned again by the next run"
NOT_ASKED = "not among the contacts that this run was asked for"
NOT_IN_PLAN = "not in the plan that was let pass: planned again by the next run"

Subject = str
"""Whom an action is about: the id of a link, or `side:id` of a contact that is to be created on the other side."""


def subject_of(intent: Intent) -> Subject:
    """Actions on both sides of one link belong together."""
    return intent.link_id or f"{intent.side.other}:{intent.source_id}"


def narrowed(plan: Plan, left_out: Mapping[Subject, str]) -> Plan:
    """The plan without what is left out (subject -> why), under the hash of the whole.

    Nothing that was seen of these contacts is kept either, and the run moves no cursor (`put_off`): the next run reads
    and plans them anew, to the same actions with the same keys.
    """
    kept = [i for i in plan.intents if subject_of(i) not in left_out]
    if len(kept) == len(plan.intents):
        return plan
    gone = {i.key: left_out[subject_of(i)] for i in plan.intents if subject_of(i) in left_out}
    contacts = _contacts(i for i in plan.intents if i.key in gone)
    links = {i.link_id for i in plan.intents if i.key in gone and i.link_id}
    return replace(
        plan,
        intents=tuple(kept),
        links=tuple(k for k in plan.links if k.id not in links),
        known=tuple((s, k) for s, k in plan.known if (s, k.contact_id) not in contacts),
        holds=tuple(h for h in plan.holds if h.link_id not in links and (h.side, h.contact_id) not in contacts),
        conflicts=tuple(c for c in plan.conflicts if c.link_id not in links),
        counted=tuple(_counted(c, gone, contacts) for c in plan.counted),
        put_off=(*plan.put_off, *sorted(contacts)),
    )


def _contacts(intents: Iterable[Intent]) -> set[tuple[Side, str]]:
    ids = [((i.side.other, i.source_id), (i.side, i.target_id)) for i in intents]
    return {(side, contact_id) for both in ids for side, contact_id in both if contact_id}


def _counted(counted: Counted, gone: Mapping[str, str], contacts: Collection[tuple[Side, str]]) -> Counted:
    if counted.intent_key in gone:
        return replace(counted, bucket=Bucket.SKIPPED, intent_key="", reason=gone[counted.intent_key])
    if (counted.source, counted.contact_id) in contacts and counted.bucket in (Bucket.HELD, Bucket.CONFLICT):
        return replace(counted, bucket=Bucket.SKIPPED)
    return counted


def beyond(plan: Plan, limit: int) -> dict[Subject, str]:
    """Whom a run leaves out that may write `limit` contacts a side."""
    written: Counter[Side] = Counter()
    out: dict[Subject, str] = {}
    for subject, sides in _in_turn(plan):
        if any(written[side] >= limit for side in sides):
            out[subject] = OVER_LIMIT
        else:
            written.update(sides)
    return out


def _in_turn(plan: Plan) -> list[tuple[Subject, set[Side]]]:
    """A create, a delete, an update, and so on: a few contacts are to show something of each."""
    sides, verbs = _sides(plan), {subject_of(i): i.verb for i in plan.intents}
    of = [[s for s in sides if verbs[s] is verb] for verb in Verb]
    turns = (subject for turn in zip_longest(*of) for subject in turn if subject is not None)
    return [(subject, sides[subject]) for subject in turns]


def _sides(plan: Plan) -> dict[Subject, set[Side]]:
    found: dict[Subject, set[Side]] = {}
    for intent in plan.intents:
        found.setdefault(subject_of(intent), set()).add(intent.side)
    return found


def others_than(plan: Plan, asked: Collection[str]) -> dict[Subject, str]:
    """Whom a run leaves out that was asked for certain contacts (`id`, or `left:id`, `right:id`)."""
    wanted: set[Subject] = set()
    for intent in plan.intents:
        both = ((intent.side.other, intent.source_id), (intent.side, intent.target_id))
        if any(contact_id in asked or f"{side}:{contact_id}" in asked for side, contact_id in both if contact_id):
            wanted.add(subject_of(intent))
    return {s: NOT_ASKED for s in _sides(plan) if s not in wanted}


def not_in(plan: Plan, released: Plan) -> dict[Subject, str]:
    """Whom a run leaves out that may only do what a plan said which a person let pass."""
    said = {_action(i) for i in released.intents}
    return {subject_of(i): NOT_IN_PLAN for i in plan.intents if _action(i) not in said}


def _action(intent: Intent) -> tuple[object, ...]:
    """What is done, and what it is done upon: a target that was edited since is another action."""
    held = tuple(sorted(intent.before.items()))
    return (intent.key, intent.verb, intent.target_id, tuple(sorted(intent.patch.items())), held)
