"""What is kept packed comes back as it was, in its order, and takes little memory."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

from contactsync.model.link import Known, Link, LinkSide
from contactsync.packed import Packed, PackedMap, json_form
from factories import LEFT, RIGHT
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def link(number: int) -> Link:
    values = {"names.given": f"Given {number}", "emails": f'[{{"value":"p{number}@example.org"}}]', "notes": ""}
    left, right = (LinkSide(f"{side}{number}", dict(values), {}, modified_at=NOW) for side in (LEFT, RIGHT))
    return Link(f"link-{number}", left, right, matching={LEFT: ("a rule",)})


@given(st.lists(st.text(st.characters(exclude_categories=()))))  # a raw card may hold lone surrogates
def test_any_text_comes_back_as_it_was(texts: list[str]) -> None:
    rows = [Known(text, 1, 2, ref={"card": text}) for text in texts]
    assert Packed(rows) == rows
    assert dict(PackedMap((row.contact_id, row) for row in rows)) == {row.contact_id: row for row in rows}


@settings(deadline=None)  # the first one makes the form
@given(st.permutations(range(5)))
def test_items_stand_in_the_order_asked_for(order: list[int]) -> None:
    links = [link(n) for n in range(5)]
    packed = Packed(links, json_form(Link)).in_order(order)
    assert packed == [links[n] for n in order]
    assert packed[1:3] == [links[n] for n in order[1:3]]


def test_some_of_a_map_are_a_map_of_their_own() -> None:
    every = PackedMap((n, link(n)) for n in range(4))
    some = every.only([2, 0])
    del every[2]
    some[3] = link(9)
    assert (dict(some), sorted(every)) == ({2: link(2), 0: link(0), 3: link(9)}, [0, 1, 3])


def test_a_thousand_links_take_less_than_a_fifth_of_what_they_take_as_objects() -> None:
    def memory(of: type) -> int:
        tracemalloc.start()
        held = of(link(n) for n in range(1000))
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(held) == 1000
        return used

    Packed([link(0)])  # what is imported or cached once counts for neither
    assert memory(Packed) * 5 < memory(list)
