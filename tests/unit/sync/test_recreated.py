"""After an undo: the link of a contact made anew, whoever is not created again, and fields that stay undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contactsync.model.decisions import Wish
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Apart, ApartReason, Known, Link, LinkStatus, Standing
from contactsync.model.plan import MADE_AND_GONE
from contactsync.sync.fold import When, fold_link, is_pending
from contactsync.sync.link_case import Case
from contactsync.sync.links import decide_link
from contactsync.sync.recreated import fold_recreated, not_again
from factories import (
    LEFT,
    RIGHT,
    a_link,
    a_pair,
    a_shown,
    a_side,
    an_intent,
    an_outcome,
    both,
    ids,
    listed,
    minutes,
    some_rules,
)

RUN = When(7, minutes(10))
PAIRS = (a_pair("job_title"), a_pair("company"), a_pair("emails"))
ADA = {"job_title": "Editor", "company": "Muster", "emails": listed("ada@example.org")}
CLOSED = a_link(
    a_side("l1", ADA, standing=Standing.GONE), a_side("r1", ADA, standing=Standing.GONE), status=LinkStatus.CLOSED
)
ANEW = an_intent(verb=Verb.CREATE, patch=ADA, undoes=("k0",), link_version=1)


def made(link: Link = CLOSED, state: State = State.DONE, **changes: Any) -> Link:
    outcome = an_outcome(state, **{"target_id": "r9", "values": ADA, "version": "v1", **changes})
    return fold_recreated(link, ANEW, outcome, PAIRS)


# ---- contacts


def test_whoever_is_made_anew_beside_nobody_is_left_alone() -> None:
    link = made()
    assert (link.status, link.right.contact_id, link.right.standing) == (LinkStatus.PARTED, "r9", Standing.PRESENT)
    assert (link.right.base, link.right.version, link.version) == (ADA, "v1", 2)


def test_whoever_is_made_anew_beside_the_other_contact_flows_once_that_one_was_read() -> None:
    link = made(replace(CLOSED, left=a_side("l1", ADA)))
    assert (link.status, link.left.standing, link.apart) == (LinkStatus.LIVE, Standing.MISSING, {})
    shown = {LEFT: a_shown("l1", {**ADA, "job_title": "typed meanwhile"})}
    (intent,) = decide_link(Case(link, shown), some_rules(*PAIRS)).intents
    assert intent.patch == {"job_title": "typed meanwhile"}


def test_what_could_not_be_written_anew_is_apart() -> None:
    link = made(replace(CLOSED, left=a_side("l1", ADA)), values={**ADA, "company": ""})
    assert link.apart == {"company": Apart(ApartReason.UNDONE, "Muster", "")}


@pytest.mark.parametrize(
    ("state", "reason"), [(State.REFUSED, ""), (State.NOT_SENT, ""), (State.ADOPTED, MADE_AND_GONE)]
)
def test_whoever_was_not_made_leaves_all_as_it_was_but_for_the_version(state: State, reason: str) -> None:
    assert made(state=state, reason=reason) == replace(CLOSED, version=2)


DELETED = an_intent(verb=Verb.DELETE, undoes=("k0",), source_fingerprint=42)
SOURCE = Known("l1", raw=1, fingerprint=2, link_id="link-1", due_run=3)


def test_whom_we_made_a_contact_from_is_not_taken_again_as_he_was_then() -> None:
    row = not_again(SOURCE, DELETED)
    assert (row.link_id, row.wish, row.fingerprint, row.generation, row.due_run) == (None, Wish.NOT_AGAIN, 42, 1, None)
    assert not_again(SOURCE, replace(DELETED, source_fingerprint=None)).fingerprint == 2


@pytest.mark.parametrize("row", [replace(SOURCE, tombstone=True), replace(SOURCE, link_id="another")])
def test_whoever_is_gone_or_linked_otherwise_gets_no_mark(row: Known) -> None:
    assert not_again(row, DELETED) == row


# ---- fields

LINKED = a_link(a_side("l1", {"job_title": "Editor"}), a_side("r1", {"job_title": "Editor"}), version=4)
BACK = an_intent(
    patch={"job_title": "Clerk"}, before={"job_title": "Editor"}, apart={"job_title": "undone"}, undoes=("k0",)
)


def folded(link: Link = LINKED, state: State = State.DONE, intent: Any = BACK, **changes: Any) -> Link:
    outcome = an_outcome(state, **{"values": {"job_title": "Clerk"}, "version": "v2", **changes})
    link, holds = fold_link(link, intent, outcome, RUN)
    assert holds == ()
    return link


def test_only_the_written_side_moves_and_the_field_is_undone() -> None:
    link = folded()
    assert (link.left.base, link.right.base) == ({"job_title": "Editor"}, {"job_title": "Clerk"})
    assert link.apart == {"job_title": Apart(ApartReason.UNDONE, "Editor", "Clerk")}
    assert not is_pending(link, PAIRS)
    assert decide_link(Case(link), some_rules(*PAIRS)).intents == ()


@pytest.mark.parametrize(("side", "text"), [(LEFT, "Head editor"), (RIGHT, "Countess")])
def test_an_edit_on_either_side_ends_it(side: Any, text: str) -> None:
    link = folded()
    contact = link.side(side).contact_id
    (intent,) = decide_link(Case(link, {side: a_shown(contact, {"job_title": text})}), some_rules(*PAIRS)).intents
    assert (intent.side, intent.patch) == (side.other, {"job_title": text})


def test_an_edit_that_waited_when_it_was_undone_ends_it_too() -> None:
    link = folded(replace(LINKED, left=replace(LINKED.left, seen={"job_title": "Head editor"})))
    assert is_pending(link, PAIRS)
    (intent,) = decide_link(Case(link), some_rules(*PAIRS)).intents
    assert intent.patch == {"job_title": "Head editor"}


def test_a_field_that_was_apart_for_another_reason_stays_so_until_somebody_edits_it() -> None:
    kept = Apart(ApartReason.BLANK_KEPT, "", "Editor")
    link = replace(LINKED, left=replace(LINKED.left, seen={"job_title": ""}), apart={"job_title": kept})
    assert folded(link).apart == {"job_title": Apart(ApartReason.UNDONE, "", "Clerk")}


def test_a_field_that_becomes_equal_again_is_no_longer_apart() -> None:
    link = replace(LINKED, apart={"job_title": Apart(ApartReason.UNDONE, "Clerk", "Editor")})
    assert folded(link, intent=replace(BACK, apart={})).apart == {}


def test_what_the_app_made_of_it_is_kept_as_unproven() -> None:
    assert folded(values={"job_title": "Cl"}).apart["job_title"] == Apart(ApartReason.UNPROVEN, "Editor", "Cl")


@pytest.mark.parametrize("state", [State.REFUSED, State.NOT_SENT])
def test_an_undo_that_was_not_done_is_not_tried_again_by_runs(state: State) -> None:
    assert folded(state=state, values=None) == replace(LINKED, version=5)


def test_a_field_that_was_answered_as_done_and_not_stored_is_as_it_was() -> None:
    link = folded(values={"job_title": "Editor"})
    assert (link.apart, link.right.base) == ({}, {"job_title": "Editor"})


def test_a_contact_edited_just_before_is_left_to_the_next_run() -> None:
    link = folded(state=State.OVERTAKEN, values={"job_title": "Countess"})
    assert link.right.seen == {"job_title": "Countess"}
    assert link.due_run == 8


def test_what_an_action_had_made_is_remembered_with_it() -> None:
    link = a_link(a_side("l1"), a_side("r1", {"own.medium": "Fair"}))
    intent = an_intent(
        patch={"own.medium": ""}, before={"own.medium": "Fair"}, apart={"own.medium": "undone"}, undoes=("k0",)
    )
    after = folded(link, intent=intent, values={"own.medium": ""})
    assert after.apart == {"own.medium": Apart(ApartReason.UNDONE, "Fair", "")}
    same = decide_link(Case(after, {RIGHT: a_shown("r1", {"own.medium": ""})}), some_rules(*PAIRS)).link
    assert same.apart == after.apart
    edited = decide_link(Case(after, {RIGHT: a_shown("r1", {"own.medium": "typed"})}), some_rules(*PAIRS)).link
    assert edited.apart == {}


# ---- several values


def emails(left: str, right: str, base: tuple[str, str]) -> Link:
    apart = {"emails": Apart(ApartReason.UNDONE, *base)}
    sides = [
        a_side(i, {"emails": b}, seen={"emails": now})
        for i, b, now in zip(("l1", "r1"), base, (left, right), strict=True)
    ]
    return a_link(*sides, apart=apart)


UNDONE = (listed("a", "b"), listed("a"))  # b was taken back on the right


def test_an_edit_of_another_element_is_carried_and_what_was_undone_stays_so() -> None:
    decision = decide_link(Case(emails(listed("a", "b", "c"), listed("a"), UNDONE)), some_rules(*PAIRS))
    (intent,) = decision.intents
    assert (ids(intent.patch["emails"]), intent.apart) == (["a", "c"], {"emails": "undone"})
    assert decision.link.apart["emails"] == Apart(ApartReason.UNDONE, listed("a", "b", "c"), listed("a", "c/"))


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_an_element_that_was_taken_back_comes_again_once_it_is_edited(side: Any) -> None:
    base = both(listed("a", "b/home"), listed("a")) if side is LEFT else both(listed("a"), listed("a", "b/home"))
    now = {**base, side: listed("a", "b/work")}
    link = emails(now[LEFT], now[RIGHT], (base[LEFT], base[RIGHT]))
    decision = decide_link(Case(link), some_rules(*PAIRS))
    (intent,) = decision.intents
    assert (intent.side, ids(intent.patch["emails"])) == (side.other, ["a", "b"])


def test_it_ends_when_both_lists_say_the_same() -> None:
    decision = decide_link(Case(emails(listed("a"), listed("a"), UNDONE)), some_rules(*PAIRS))
    assert (decision.intents, decision.link.apart) == ((), {})


def test_labels_that_differ_keep_it_undone() -> None:
    base = (listed("a/work"), listed("a/home"))
    decision = decide_link(Case(emails(listed("a/work", "c/"), base[1], base)), some_rules(*PAIRS))
    assert decision.link.apart["emails"].reason is ApartReason.UNDONE
