"""A listing that loops or never ends is an error, not an endless run."""

from __future__ import annotations

import pytest
from contactsync.errors import BadListing
from contactsync.rest.pagination import PageTrail


def test_different_pages_are_followed():
    trail = PageTrail("crm contacts")
    assert [trail.step(token) for token in ("a", "b", 3)] == ["a", "b", 3]
    assert trail.pages == 3


def test_a_loop_over_several_pages_is_seen():
    trail = PageTrail("crm contacts")
    trail.step("a")
    trail.step("b")
    with pytest.raises(BadListing, match="crm contacts: page 3"):
        trail.step("a")


def test_ever_new_tokens_end_at_the_limit():
    trail = PageTrail("crm contacts", limit=3)
    for number in range(3):
        trail.step(number)
    with pytest.raises(BadListing, match="no end after 3 pages"):
        trail.step(3)
