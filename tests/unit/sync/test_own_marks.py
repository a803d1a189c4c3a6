"""Whom our marks name: bound to sync, side and source, and worth nothing where two say different things."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from contactsync.model.exchange import Verb
from contactsync.model.spec import SIDES, Side
from contactsync.sync.own_marks import made_from
from contactsync.sync.readings import Shown, operation_key
from factories import LEFT, RIGHT, SYNC, a_reading, a_shown


def nothing(_key: str) -> str:
    return ""


def uid(key: str) -> str:
    return f"uid-{key}"


def mark(source: str, side: Side = RIGHT, sync: str = SYNC, generation: int = 0) -> str:
    return operation_key(sync, side, Verb.CREATE, source, generation)


def found(
    left: Collection[Shown],
    right: Collection[Shown],
    *,
    sure: Collection[Side] = SIDES,
    own: Any = nothing,
    **moved: Any,
) -> set[tuple[str, str]]:
    readings = {LEFT: a_reading(LEFT, left, moved=moved), RIGHT: a_reading(RIGHT, right)}
    return set(made_from(SYNC, readings, {LEFT: nothing, RIGHT: own}, sure))


@pytest.mark.parametrize("generation", [0, 1, 7])
def test_a_mark_names_the_contact_it_was_made_from(generation: int) -> None:
    made = a_shown("r9", marker=(mark("l1", generation=generation),))
    assert found([a_shown("l1"), a_shown("l2")], [made, a_shown("r1")]) == {("l1", "r9")}


def test_a_contact_made_on_the_left_names_its_source_on_the_right() -> None:
    assert found([a_shown("l9", marker=(mark("r1", LEFT),))], [a_shown("r1")]) == {("l9", "r1")}


def test_an_id_of_our_choice_is_a_mark() -> None:
    assert found([a_shown("l1"), a_shown("l2")], [a_shown(uid(mark("l2")))], own=uid) == {("l2", uid(mark("l2")))}


@pytest.mark.parametrize(
    "foreign",
    [mark("l1", sync="another"), mark("l1", LEFT), mark("l7"), "l1", ""],
    ids=["another sync", "another direction", "another contact", "an id in plain", "empty"],
)
def test_a_foreign_mark_names_nobody(foreign: str) -> None:
    assert found([a_shown("l1")], [a_shown("r9", marker=(foreign,))]) == set()


def test_a_copied_mark_proves_nothing() -> None:
    assert found([a_shown("l1")], [a_shown("r1", marker=(mark("l1"),)), a_shown("r2", marker=(mark("l1"),))]) == set()


def test_the_marks_of_two_in_one_merged_contact_prove_nothing() -> None:
    both = a_shown("r1", marker=(mark("l1"), mark("l2")))
    assert found([a_shown("l1"), a_shown("l2")], [both]) == set()


def test_ids_of_an_account_that_was_replaced_prove_nothing() -> None:
    left, right = (
        [a_shown("l1"), a_shown("l9", marker=(mark("r2", LEFT),))],
        [a_shown("r9", marker=(mark("l1"),)), a_shown("r2")],
    )
    assert found(left, right) == {("l1", "r9"), ("l9", "r2")}
    assert found(left, right, sure=[RIGHT]) == {("l9", "r2")}
    assert found(left, right, sure=[]) == set()


def test_a_source_under_its_new_id_is_still_named() -> None:
    assert found([a_shown("l2")], [a_shown("r9", marker=(mark("l1"),))], l1="l2") == {("l2", "r9")}
