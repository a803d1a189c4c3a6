"""What a person decided of a link whose contact is gone becomes one action, told apart from the sync's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contactsync.contact import CONSENT, OPTED_OUT, Element
from contactsync.model.decisions import Wish
from contactsync.model.exchange import Verb
from contactsync.model.link import Link, Standing
from contactsync.model.plan import Intent
from contactsync.model.rules import Effect, How, Matching, RuleEffects
from contactsync.model.spec import Holding, Side
from contactsync.sync.readings import Shown, operation_key
from contactsync.sync.scope import Effects
from contactsync.sync.wishes import wished
from factories import LEFT, RIGHT, SYNC, a_link, a_pair, a_shown, a_side, listed, minutes

CUSTOMER = listed(Element("customer", "Customer"))
PAIRS = (a_pair("company"), a_pair("emails"), a_pair(CONSENT))
MAIL = listed("ada@example.org/")
ADA = {"company": "Muster", "emails": MAIL, "birthday": "1990-01-01"}


def gone(side: Side = LEFT, wish: Wish = Wish.DELETE, other=ADA, **changes) -> Link:
    """A link of which the contact of `side` is gone and the other one holds `other`."""
    halves = {
        side: a_side("gone", {"company": "Muster"}, standing=Standing.GONE, ref={"etag": "G"}),
        side.other: a_side(
            "here", other, version="v7", ref={"etag": "H"}, observed_at=minutes(3), modified_at=minutes(2)
        ),
    }
    return a_link(halves[LEFT], halves[RIGHT], wish=wish, version=4, **changes)


def asked(link: Link, shown: Shown | None = None, effects: Effects | None = None, pairs=PAIRS) -> Intent | None:
    return wished(link, shown, pairs, SYNC, effects or {})


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_the_contact_that_is_left_is_deleted_too(side: Side) -> None:
    assert asked(gone(side)) == Intent(
        key=operation_key(SYNC, side.other, Verb.DELETE, "link-1", 5),
        side=side.other,
        verb=Verb.DELETE,
        link_id="link-1",
        source_id="gone",
        target_id="here",
        link_version=5,
        before={"company": "Muster", "emails": MAIL},
        version="v7",
        ref={"etag": "H"},
        source_ref={"etag": "G"},
        observed_at=minutes(3),
        reason="a person decided so",
    )


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_the_one_that_is_gone_is_created_anew_from_what_is_known_of_the_other(side: Side) -> None:
    made = asked(gone(side, Wish.CREATE))
    assert made == Intent(
        key=operation_key(SYNC, side, Verb.CREATE, "link-1", 4),
        side=side,
        verb=Verb.CREATE,
        link_id="link-1",
        source_id="here",
        link_version=4,
        patch={"company": "Muster", "emails": MAIL},
        source=ADA,
        keys={"email": ("ada@example.org",)},
        source_version="v7",
        source_modified_at=minutes(2),
        source_ref={"etag": "H"},
        source_observed_at=minutes(3),
        reason="a person decided so",
    )


def test_what_this_run_read_goes_before_what_is_remembered() -> None:
    made = asked(gone(RIGHT, Wish.CREATE), a_shown("here", {"company": "Beispiel KG"}))
    assert made is not None
    assert made.patch == {"company": "Beispiel KG"}


def test_nothing_is_done_where_the_contacts_no_longer_stand_as_the_person_saw_them() -> None:
    link = gone()
    back = replace(link, left=replace(link.left, standing=Standing.PRESENT))
    both = replace(link, right=replace(link.right, standing=Standing.GONE))
    unsure = replace(link, right=replace(link.right, standing=Standing.MISSING))
    assert [asked(one) for one in (back, both, unsure)] == [None] * 3


def test_nothing_is_created_of_which_nothing_can_be_written() -> None:
    assert asked(gone(LEFT, Wish.CREATE, {"birthday": "1990-01-01"})) is None


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_who_opted_out_on_either_side_is_created_as_such(side: Side) -> None:
    here = asked(gone(side, Wish.CREATE, {**ADA, CONSENT: OPTED_OUT}))
    link = gone(side, Wish.CREATE)
    lost = a_side("gone", {CONSENT: OPTED_OUT}, standing=Standing.GONE)
    there = asked(replace(link, left=lost) if side is LEFT else replace(link, right=lost))
    for made in (here, there):
        assert made is not None
        assert made.patch == {"company": "Muster", "emails": MAIL, CONSENT: OPTED_OUT}


def test_consent_is_not_sent_where_it_cannot_be_written_or_is_not_mapped() -> None:
    link = gone(LEFT, Wish.CREATE, {**ADA, CONSENT: OPTED_OUT})
    fixed = (*PAIRS[:2], a_pair(CONSENT, left=Holding(writable=False)))
    for pairs in (fixed, PAIRS[:2]):
        made = asked(link, pairs=pairs)
        assert made is not None
        assert CONSENT not in made.patch


def test_actions_of_rules_that_it_is_known_to_match_come_with_it() -> None:
    tag = Effect("tags:own.labels", How.ADD, "Customer", action="add_tag")
    rules = {LEFT: {"customers": RuleEffects("customers", enter=(tag,))}, RIGHT: {}}
    matching = {LEFT: ("customers",), RIGHT: ()}
    made = asked(gone(RIGHT, Wish.CREATE, matching=matching), effects=rules)
    assert made is not None
    assert (made.patch.get("tags:own.labels"), made.matching) == (CUSTOMER, ("customers",))
    other = asked(gone(LEFT, Wish.CREATE, matching=matching), effects=rules)
    assert other is not None
    assert (set(other.patch), other.matching) == ({"company", "emails"}, ())
    first = Matching(("customers",), ("customers",))
    read = asked(gone(RIGHT, Wish.CREATE), a_shown("here", ADA, matching=first), rules)
    assert read is not None
    assert read.patch["tags:own.labels"] == CUSTOMER
