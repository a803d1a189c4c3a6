"""Ids that moved once or several times in a row."""

from __future__ import annotations

from contactsync.sync.moves import final_ids
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
