"""A plan cut down to some of its contacts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contactsync.model.exchange import Verb
from contactsync.model.link import Known
from contactsync.model.plan import Bucket, Conflict, Counted, Hold, HoldReason, Intent, Plan
from contactsync.model.spec import Side
from contactsync.sync.narrowing import (
    NOT_ASKED,
    NOT_IN_PLAN,
    OVER_LIMIT,
    beyond,
    narrowed,
    not_in,
    others_than,
    subject_of,
)
from factories import LEFT, RIGHT, a_link, a_side, an_intent


def update(n: int, side: Side = RIGHT, **changes: object) -> Intent:
    ids = {"source_id": f"{'l' if side is RIGHT else 'r'}{n}", "target_id": f"{'r' if side is RIGHT else 'l'}{n}"}
    return an_intent(side, key=f"{side} {n}", link_id=f"link-{n}", **{**ids, **changes})


def create(n: int) -> Intent:
    return an_intent(RIGHT, Verb.CREATE, key=f"new {n}", link_id=None, source_id=f"new{n}")


def test_both_sides_of_a_link_are_one_subject_and_a_create_is_its_source() -> None:
    assert subject_of(update(1)) == subject_of(update(1, LEFT)) == "link-1"
    assert subject_of(create(1)) == "left:new1"


def test_nothing_that_was_seen_of_who_is_left_out_is_kept_and_the_others_stay_whole() -> None:
    links = [a_link(a_side(f"l{n}"), a_side(f"r{n}"), id=f"link-{n}") for n in (1, 2)]
    holds = [Hold(LEFT, f"l{n}", HoldReason.CONFLICT, link_id=f"link-{n}") for n in (1, 2)]
    holds += [Hold(LEFT, "new1", HoldReason.TOO_LONG), Hold(RIGHT, "new1", HoldReason.TOO_LONG)]
    conflicts = [Conflict(f"link-{n}", "company", LEFT, "a", "b", None, None, "left wins") for n in (1, 2)]
    known = [(side, Known(i, 1, 1)) for side, i in ((LEFT, "l1"), (RIGHT, "r1"), (LEFT, "l2"), (LEFT, "new1"))]
    counted = [
        Counted(LEFT, "l1", Bucket.UPDATED, "right 1"),
        Counted(LEFT, "l2", Bucket.UPDATED, "right 2"),
        Counted(RIGHT, "r1", Bucket.CONFLICT),
        Counted(RIGHT, "r2", Bucket.CONFLICT),
        Counted(LEFT, "new1", Bucket.UPDATED, "new 1"),
        Counted(LEFT, "l9", Bucket.HELD),
    ]
    plan = Plan(
        intents=[update(1), update(2), create(1)],
        links=links,
        holds=holds,
        conflicts=conflicts,
        known=known,
        counted=counted,
        put_off=[(LEFT, "before")],
        hash="whole",
    )
    less = narrowed(plan, {"link-1": "why", "left:new1": "because"})
    assert less.intents == (update(2),)
    assert less.links == (links[1],)
    assert less.holds == (holds[1], holds[3])
    assert less.conflicts == (conflicts[1],)
    assert less.known == (known[2],)
    assert less.counted == (
        Counted(LEFT, "l1", Bucket.SKIPPED, "", "why"),
        counted[1],
        Counted(RIGHT, "r1", Bucket.SKIPPED),
        counted[3],
        Counted(LEFT, "new1", Bucket.SKIPPED, "", "because"),
        counted[5],
    )
    assert less.put_off == ((LEFT, "before"), (LEFT, "l1"), (LEFT, "new1"), (RIGHT, "r1"))
    assert less.hash == "whole"
    assert narrowed(plan, {"link-7": "why"}) is plan


def test_a_limit_counts_contacts_a_side_and_shows_something_of_each_verb() -> None:
    deletes = [an_intent(RIGHT, Verb.DELETE, key=f"d{n}", link_id=f"gone-{n}") for n in (1, 2)]
    plan = Plan(intents=[update(1), update(2), create(1), create(2), *deletes])
    assert beyond(plan, 6) == {}
    assert beyond(plan, 3) == dict.fromkeys(("link-2", "left:new2", "gone-2"), OVER_LIMIT)
    assert beyond(plan, 1) == dict.fromkeys(("link-1", "link-2", "left:new2", "gone-1", "gone-2"), OVER_LIMIT)


def test_a_contact_written_on_both_sides_counts_on_both() -> None:
    plan = Plan(intents=[update(1), update(1, LEFT), update(2, LEFT), update(3)])
    assert beyond(plan, 1) == {"link-2": OVER_LIMIT, "link-3": OVER_LIMIT}
    assert beyond(plan, 2) == {}


@pytest.mark.parametrize(
    ("asked", "left_out"),
    [
        (["l1"], {"link-2", "left:new1"}),
        (["r1"], {"link-2", "left:new1"}),
        (["right:r2", "left:new1"], {"link-1"}),
        (["right:l1", "left:r2", ""], {"link-1", "link-2", "left:new1"}),
    ],
)
def test_who_was_not_asked_for_is_left_out(asked: list[str], left_out: set[str]) -> None:
    plan = Plan(intents=[update(1), update(2), create(1)])
    assert others_than(plan, asked) == dict.fromkeys(left_out, NOT_ASKED)


@pytest.mark.parametrize(
    "changed",
    [{"patch": {"company": "Other"}}, {"before": {"company": "Now"}}, {"verb": Verb.DELETE}, {"target_id": "r7"}],
)
def test_only_what_was_let_pass_to_the_letter_is_done(changed: dict[str, object]) -> None:
    said = replace(update(1), patch={"company": "New", "notes": "x"}, before={"company": "Old", "notes": ""})
    released = Plan(intents=[said, update(2)])
    assert not_in(Plan(intents=[said]), released) == {}
    assert not_in(Plan(intents=[replace(said, reason="in other words", version="7")]), released) == {}
    assert not_in(Plan(intents=[replace(said, **changed), update(2)]), released) == {"link-1": NOT_IN_PLAN}
