"""The decision table: complete over what can happen, silent about what cannot, the same from either side."""

from __future__ import annotations

import itertools

import pytest
from contactsync.model.spec import Side
from contactsync.sync.table import LINKED, TABLE, UNLINKED, Decision, SideState

REACHABLE = {*itertools.product(LINKED, LINKED), *itertools.product(UNLINKED, UNLINKED)} - {
    (SideState.NONE, SideState.NONE)
}
MIRRORED = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, None: None}


def test_every_reachable_pair_of_states_has_a_decision() -> None:
    assert set(TABLE) == REACHABLE


@pytest.mark.parametrize("pair", sorted(set(itertools.product(SideState, SideState)) - REACHABLE))
def test_what_cannot_happen_is_not_decided(pair: tuple[SideState, SideState]) -> None:
    assert pair not in TABLE


@pytest.mark.parametrize("pair", sorted(REACHABLE))
def test_swapping_sides_mirrors_the_decision(pair: tuple[SideState, SideState]) -> None:
    here, there = TABLE[pair], TABLE[pair[::-1]]
    assert here.decision is there.decision
    assert here.words == there.words
    if pair[0] is not pair[1]:
        assert here.cause is MIRRORED[there.cause]


@pytest.mark.parametrize("state", SideState)
def test_nobody_caused_what_happened_on_both_sides(state: SideState) -> None:
    cell = TABLE.get((state, state))
    assert cell is None or cell.cause is None or state is SideState.MISSING


def test_a_contact_that_is_only_missing_is_waited_for() -> None:
    pairs = [p for p in REACHABLE if SideState.MISSING in p]
    assert {TABLE[p].decision for p in pairs} == {Decision.WAIT}


def test_an_edit_beats_a_deletion() -> None:
    assert TABLE[SideState.GONE, SideState.CHANGED].decision is Decision.SURVIVES
    assert TABLE[SideState.GONE, SideState.SAME].decision is Decision.DELETION
    assert TABLE[SideState.GONE, SideState.SAME].cause is Side.LEFT
