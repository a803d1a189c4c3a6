"""First meetings: one and one is a match, one alone is created, anything else waits for a person."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from contactsync.model.decisions import Wish
from contactsync.model.plan import HoldReason
from contactsync.model.spec import MatchSpec, Side
from contactsync.sync.matching import Matched, Node, Verdicts, contradict, match, names_of
from contactsync.sync.readings import key_hashes
from factories import LEFT, RIGHT, listed

EMAIL = ("email",)


def node(name: str, email: Sequence[int] = (), phone: Sequence[int] = (), **changes: Any) -> Node:
    """l1, r1 ...: the side is the first letter."""
    hashes = {"email": tuple(email), "phone": tuple(phone)}
    return Node(LEFT if name[0] == "l" else RIGHT, name, hashes, **changes)


def meet(*nodes: Node, keys: Sequence[str] = EMAIL, without_key: bool = False) -> Matched:
    return match(nodes, keys, without_key=without_key)


def held(matched: Matched) -> dict[str, HoldReason]:
    return {h.contact_id: h.reason for h in matched.holds}


def test_one_and_one_with_the_same_key_match() -> None:
    assert meet(node("l1", [1]), node("r1", [1])) == Matched(pairs=(("l1", "r1", "email"),))


def test_one_alone_is_alone() -> None:
    assert meet(node("l1", [1]), node("r1", [2])).alone == ((LEFT, "l1"), (RIGHT, "r1"))


def test_the_next_key_gets_a_chance() -> None:
    matched = meet(node("l1", [1], [7]), node("r1", [2], [7]), keys=("email", "phone"))
    assert matched.pairs == (("l1", "r1", "phone"),)


def test_an_earlier_key_decides() -> None:
    nodes = node("l1", [1], [7]), node("r1", [1]), node("r2", [2], [7])
    matched = meet(*nodes, keys=("email", "phone"))
    assert matched.pairs == (("l1", "r1", "email"),)
    assert matched.alone == ((RIGHT, "r2"),)


def test_a_contact_without_the_first_key_goes_by_the_second() -> None:
    matched = meet(node("l1", phone=[7]), node("r1", [2], [7]), keys=("email", "phone"))
    assert matched.pairs == (("l1", "r1", "phone"),)


def test_two_here_and_one_there_are_held_with_their_candidates() -> None:
    matched = meet(node("l1", [1]), node("l2", [1]), node("r1", [1]))
    assert held(matched) == dict.fromkeys(("l1", "l2", "r1"), HoldReason.AMBIGUOUS)
    assert matched.pairs == matched.alone == ()
    assert {h.contact_id: h.candidates for h in matched.holds}["r1"] == ("left:l1", "left:l2")


def test_who_is_held_by_one_key_is_not_matched_by_the_next() -> None:
    nodes = node("l1", [1], [7]), node("l2", [1]), node("r1", [], [7])
    matched = meet(*nodes, keys=("email", "phone"))
    assert held(matched) == dict.fromkeys(("l1", "l2"), HoldReason.AMBIGUOUS)
    assert matched.alone == ((RIGHT, "r1"),)


def test_two_of_one_side_with_the_same_key_are_held() -> None:
    assert held(meet(node("l1", [1]), node("l2", [1]))) == dict.fromkeys(("l1", "l2"), HoldReason.AMBIGUOUS)


def test_equal_keys_join_through_others() -> None:
    """l1 and r2 share nothing, but l1 - r1 - l2 - r2 hang together."""
    matched = meet(node("l1", [1]), node("r1", [1, 2]), node("l2", [2, 3]), node("r2", [3]))
    assert set(held(matched)) == {"l1", "l2", "r1", "r2"}


@pytest.mark.parametrize("linked", ["l9", "r9"])
def test_a_key_that_a_linked_contact_has_is_held(linked: str) -> None:
    matched = meet(node("l1", [1]), node("r1", [1]), node(linked, [1], linked=True))
    assert held(matched) == dict.fromkeys(("l1", "r1"), HoldReason.AMBIGUOUS)


def test_a_new_contact_with_the_key_of_a_linked_one_is_neither_matched_nor_created() -> None:
    matched = meet(node("l1", [1]), node("r9", [1], linked=True))
    assert matched.alone == matched.pairs == ()
    assert held(matched) == {"l1": HoldReason.AMBIGUOUS}


def test_linked_contacts_among_themselves_are_nobodys_business() -> None:
    assert meet(node("l9", [1], linked=True), node("r9", [1], linked=True)) == Matched()


@pytest.mark.parametrize("without_key", [True, False])
def test_a_contact_without_any_key_is_held_unless_it_may_be_created(*, without_key: bool) -> None:
    matched = meet(node("l1"), keys=("email", "phone"), without_key=without_key)
    assert matched.alone == (((LEFT, "l1"),) if without_key else ())
    assert held(matched) == ({} if without_key else {"l1": HoldReason.NO_KEY})


# ---- phones


@pytest.mark.parametrize(
    ("one", "other", "contradicts"),
    [
        (("ada", "beispiel"), ("ada", "beispiel"), False),
        (("ada", "beispiel"), ("uma", "muster"), True),
        (("ada", "beispiel"), ("a", ""), False),
        (("ada", "beispiel"), ("", "beispiel"), False),
        (("ada", "beispiel"), ("", ""), False),
        (("ada", ""), ("uma", ""), True),
        (("ada", "beispiel"), ("ada", "muster"), False),
    ],
)
def test_names_contradict_where_nothing_agrees(
    one: tuple[str, str], other: tuple[str, str], *, contradicts: bool
) -> None:
    assert contradict(one, other) is contradict(other, one) is contradicts
    matched = meet(node("l1", phone=[7], names=one), node("r1", phone=[7], names=other), keys=("phone",))
    assert bool(matched.pairs) is not contradicts
    assert set(held(matched)) == ({"l1", "r1"} if contradicts else set())


def test_names_do_not_matter_for_an_e_mail() -> None:
    assert meet(node("l1", [1], names=("ada", "beispiel")), node("r1", [1], names=("uma", "muster"))).pairs


def test_names_are_compared_without_case_and_spaces() -> None:
    assert names_of({"names.given": " ADA ", "names.family": "Bei  Spiel"}) == ("ada", "bei spiel")


# ---- who is only known from the index


def test_a_partner_known_only_from_the_index_is_read_before_it_counts() -> None:
    matched = meet(node("l1", [1]), node("r1", [1], shown=False))
    assert matched == Matched(reread=((LEFT, "l1"), (RIGHT, "r1")))


def test_who_is_only_known_from_the_index_is_neither_created_nor_held_again() -> None:
    assert meet(node("r1", [1], shown=False)) == Matched()
    matched = meet(node("l1", [1]), node("r1", [1], shown=False), node("r2", [1], shown=False))
    assert held(matched) == {"l1": HoldReason.AMBIGUOUS}


# ---- order


def test_the_order_of_contacts_does_not_matter() -> None:
    dice = random.Random(7)
    nodes = [node(f"{s}{n}", [dice.randrange(40)], [dice.randrange(40)]) for s in "lr" for n in range(30)]
    first = meet(*nodes, keys=("email", "phone"))
    assert first.pairs
    assert first.holds
    for _ in range(5):
        again = meet(*dice.sample(nodes, len(nodes)), keys=("email", "phone"))
        assert (again.pairs, again.alone) == (first.pairs, first.alone)
        assert sorted(map(repr, again.holds)) == sorted(map(repr, first.holds))


# ---- keys


def test_a_composite_key_needs_a_value_for_each_part() -> None:
    keys = MatchSpec((("full_name", "company"),))
    assert key_hashes("salt", keys, {"names.full": "Ada Beispiel"}) == {}
    whole = key_hashes("salt", keys, {"names.full": "Ada Beispiel", "company": "Muster AG"})
    assert list(whole) == ["full_name+company"]
    assert whole == key_hashes(
        "salt", keys, {"names.given": "ADA", "names.family": "beispiel", "company": "muster  ag"}
    )


def test_composite_keys_match() -> None:
    keys = MatchSpec((("full_name", "company"),))
    values = {"names.full": "Ada Beispiel", "company": "Muster AG"}
    hashes = key_hashes("salt", keys, values)
    nodes = [Node(s, i, hashes) for s, i in ((LEFT, "l1"), (RIGHT, "r1"))]
    assert match(nodes, ["full_name+company"], without_key=False).pairs == (("l1", "r1", "full_name+company"),)


def test_plus_tags_count_by_choice_and_only_in_keys() -> None:
    tagged, plain = ({"emails": listed(mail)} for mail in ("ada+news@example.org", "ada@example.org"))
    keep, ignore = MatchSpec(), MatchSpec(plus_tags=False)
    assert key_hashes("salt", keep, tagged) != key_hashes("salt", keep, plain)
    assert key_hashes("salt", ignore, tagged) == key_hashes("salt", ignore, plain) == key_hashes("salt", keep, plain)
    both = {"emails": listed("ada+a@example.org", "ada+b@example.org", "uma@example.org")}
    assert len(key_hashes("salt", ignore, both)["email"]) == 2


def test_hashes_are_salted_and_tell_keys_apart() -> None:
    values = {"emails": listed("a@example.org", "b@example.org"), "company": "a@example.org"}
    keys = MatchSpec((("email",), ("company",)))
    one, other = key_hashes("salt", keys, values), key_hashes("pepper", keys, values)
    assert len(one["email"]) == 2
    assert not set(one["email"]) & set(other["email"])
    assert not set(one["email"]) & set(one["company"])


def test_no_side_is_special() -> None:
    nodes = [node("l1", [1]), node("l2", [2]), node("l3", [2]), node("r1", [1]), node("r2", [2]), node("r4", [4])]
    flipped = [Node(n.side.other, n.id, n.hashes) for n in nodes]
    here, there = meet(*nodes), meet(*flipped)
    assert {(left, right) for left, right, _ in here.pairs} == {(right, left) for left, right, _ in there.pairs}
    assert {(s.other, i) for s, i in here.alone} == set(there.alone)
    assert held(here) == held(there)
    assert {h.side for h in here.holds} == set(Side)


# ---- our own marks


def marked(*nodes: Node, pairs: Sequence[tuple[str, str]], **changes: Any) -> Matched:
    return match(nodes, EMAIL, without_key=False, marked=pairs, **changes)


def test_a_mark_links_contacts_without_keys_and_overrides_a_key() -> None:
    plain = marked(node("l1"), node("r1"), pairs=[("l1", "r1")])
    assert plain == Matched(pairs=(("l1", "r1", "mark"),))
    renamed = marked(node("l1", [1]), node("r1", [2]), node("l2", [2]), pairs=[("l1", "r1")])
    assert renamed.pairs == (("l1", "r1", "mark"),)
    assert held(renamed) == {"l2": HoldReason.AMBIGUOUS}  # its key belongs to somebody who is linked


def test_marks_take_a_shared_key_apart() -> None:
    shared = [node(name, [1]) for name in ("l1", "l2", "r1", "r2")]
    assert marked(*shared, pairs=[("l1", "r2"), ("l2", "r1")]).pairs == (("l1", "r2", "mark"), ("l2", "r1", "mark"))


def test_a_person_outranks_a_mark() -> None:
    two = node("l1", [1]), node("r1", [1])
    apart = marked(*two, pairs=[("l1", "r1")], verdicts=Verdicts(apart=frozenset({("l1", "r1")})))
    assert not apart.pairs
    assert not marked(node("l1", [1], wish=Wish.SKIP), node("r1", [1]), pairs=[("l1", "r1")]).pairs
    said = Verdicts(same=frozenset({("l1", "r2")}))
    assert marked(*two, node("r2"), pairs=[("l1", "r1")], verdicts=said).pairs == (("l1", "r2", "a person"),)


def test_a_mark_of_somebody_who_is_linked_or_not_shown_links_nobody() -> None:
    assert not marked(node("l1", linked=True), node("r1", [1]), pairs=[("l1", "r1")]).pairs
    assert not marked(node("l1", [1]), pairs=[("l1", "r1")]).pairs
