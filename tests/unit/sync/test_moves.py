"""Ids that moved once or several times in a row."""

from __future__ import annotations

import pytest
from contactsync.model.decisions import Wish
from contactsync.model.link import Known
from contactsync.sync.moves import final_ids, with_wishes
from hypothesis import given
from hypothesis import strategies as st

IDS = st.sampled_from("abcdef")


def test_moves_in_a_row_lead_to_the_last_id_and_the_last_merged_comes_first() -> None:
    assert list(final_ids({"c": "b", "b": "a"}).items()) == [("b", "a"), ("c", "a")]
    assert list(final_ids({"a": "b", "b": "c"}).items()) == [("b", "c"), ("a", "c")]


def test_an_id_that_leads_to_itself_did_not_move() -> None:
    assert final_ids({"a": "a", "b": "c"}) == {"b": "c"}


@given(st.dictionaries(IDS, IDS))
def test_nobody_is_sent_on_from_where_he_ends_unless_ids_lead_in_a_circle(moved: dict[str, str]) -> None:
    ends = final_ids(moved)
    assert ends.keys() == {old for old, new in moved.items() if old != new}
    for old, new in ends.items():
        way = [old]
        while (at := moved.get(way[-1], way[-1])) not in way:
            way.append(at)
        assert new == way[-1]


@pytest.mark.parametrize(
    ("former", "stands", "goes_on"),
    [
        (Known("a", 1, 2, wish=Wish.SKIP, generation=3), None, Known("b", 1, 2, wish=Wish.SKIP, generation=3)),
        (
            Known("a", 1, 2, wish=Wish.SKIP),
            Known("b", 5, 6, generation=4),
            Known("b", 1, 2, wish=Wish.SKIP, generation=4),
        ),
        (Known("a", 1, 2, wish=Wish.SKIP), Known("b", 5, 6, link_id="link-1"), Known("b", 5, 6, link_id="link-1")),
        (Known("a", 1, 2, wish=Wish.SKIP), Known("b", 5, 6, wish=Wish.CREATE), Known("b", 5, 6, wish=Wish.CREATE)),
        (Known("a", 1, 2, wish=Wish.DELETE, link_id="link-1"), Known("b", 5, 6), Known("b", 5, 6)),
        (Known("a", 1, 2, wish=Wish.SKIP, tombstone=True), Known("b", 5, 6), Known("b", 5, 6)),
    ],
)
def test_what_was_decided_of_a_contact_goes_on_under_its_new_id(
    former: Known, stands: Known | None, goes_on: Known
) -> None:
    known = {} if stands is None else {"b": stands}
    assert with_wishes(known, {"a": former}, {"a": "b"}) == {"b": goes_on}
