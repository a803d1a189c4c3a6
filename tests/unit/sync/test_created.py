"""The link that a new contact and its source become."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contactsync.contact import CONSENT
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Apart, ApartReason, Link, LinkStatus, Standing
from contactsync.model.plan import FOUND_AGAIN, FOUND_THERE, MADE_AND_GONE, HoldReason, Intent, Outcome
from contactsync.model.spec import Holding
from contactsync.sync.created import fold_create
from contactsync.sync.creates import first_link, left_out
from contactsync.sync.link_case import Case
from contactsync.sync.links import decide_link
from factories import FREE, LEFT, RIGHT, WHEN, a_pair, a_shown, an_intent, an_outcome, both, listed, minutes, some_rules

PAIRS = (a_pair("company"), a_pair("notes"), a_pair("tags", FREE, FREE))
CREATE = an_intent(
    verb=Verb.CREATE,
    link_id=None,
    patch={"company": "Muster AG", "tags": listed("a")},
    source={"company": "Muster AG", "notes": "", "tags": listed("a")},
    source_version="s1",
    source_observed_at=WHEN,
)


def created(intent: Intent = CREATE, **values: str) -> Link:
    got = {"company": "Muster AG", "notes": "", "tags": listed("a"), **values}
    return fold_create(
        "people", intent, an_outcome(created=True, values=got, version="v1", modified_at=minutes(2)), PAIRS
    )


def test_a_create_makes_a_link_with_both_bases() -> None:
    link = created()
    assert link.left.base == link.right.base == {"company": "Muster AG", "notes": "", "tags": listed("a")}
    assert (link.left.contact_id, link.right.contact_id) == ("l1", "r1")
    assert (link.left.version, link.right.own_version, link.right.own_at) == ("s1", "v1", minutes(2))
    assert link.apart == {}
    assert link.status is LinkStatus.LIVE


def test_a_create_towards_the_left_is_the_same_the_other_way_round() -> None:
    intent = replace(CREATE, side=LEFT, source_id="r1")
    values = {"company": "Muster AG", "notes": "", "tags": listed("a")}
    link = fold_create("people", intent, an_outcome(target_id="l1", values=values), PAIRS)
    assert (link.left.contact_id, link.right.contact_id, link.id) == ("l1", "r1", created().id)


def test_what_came_back_otherwise_is_apart_with_each_sides_own_base() -> None:
    link = created(company="Muster")
    assert link.left.base["company"] == "Muster AG"
    assert link.right.base["company"] == "Muster"
    assert link.apart == {"company": Apart(ApartReason.UNPROVEN, "Muster AG", "Muster")}


def test_what_the_app_filled_in_by_itself_is_apart_and_flows_nowhere() -> None:
    link = created(notes="imported")
    assert link.apart["notes"].right == "imported"
    assert decide_link(Case(link), some_rules(*PAIRS)).intents == ()


def test_elements_left_out_of_a_create_are_remembered() -> None:
    intent = replace(CREATE, source={**CREATE.source, "tags": listed("a", "b")}, dropped={"tags": ("b",)})
    apart = created(intent).apart["tags"]
    assert (apart.reason, apart.dropped) == (ApartReason.NOT_REPRESENTABLE, {RIGHT: ("b",)})


def test_a_list_of_which_nothing_found_a_place_is_remembered_too() -> None:
    patch, source = {"company": "Muster AG"}, {**CREATE.source, "tags": listed("b")}
    link = created(replace(CREATE, patch=patch, source=source, dropped={"tags": ("b",)}), tags=listed())
    assert link.apart["tags"].dropped == {RIGHT: ("b",)}


def test_a_single_value_left_out_of_a_create_as_too_long_is_held_with_both_lengths() -> None:
    pairs = (a_pair("company", right=Holding(max_length=4)), a_pair("notes"), a_pair("tags"))
    intent = replace(CREATE, patch={"tags": listed("a")}, dropped={"company": (), "tags": ("b",)})
    values = {"company": "", "notes": "", "tags": listed("a")}
    link = fold_create("people", intent, an_outcome(values=values), pairs)
    assert link.apart["company"].reason is ApartReason.NOT_REPRESENTABLE
    (hold,) = left_out(link, intent, pairs)
    assert (hold.contact_id, hold.reason, hold.link_id, hold.field) == ("l1", HoldReason.TOO_LONG, link.id, "company")
    assert hold.detail == "9 characters; the other app holds 4"
    assert left_out(created(), CREATE, PAIRS) == ()


def test_what_was_made_and_deleted_before_it_was_seen_is_linked_and_parted() -> None:
    outcome = Outcome("k1", State.ADOPTED, "r1", reason=MADE_AND_GONE, at=minutes(2))
    link = fold_create("people", CREATE, outcome, PAIRS)
    assert (link.status, link.right.standing, link.left.standing) == (
        LinkStatus.PARTED,
        Standing.GONE,
        Standing.PRESENT,
    )
    assert link.right.base["company"] == "Muster AG"


def test_a_field_the_answer_did_not_show_has_no_base_there() -> None:
    values = {"company": "Muster AG"}
    link = fold_create("people", CREATE, an_outcome(values=values), PAIRS)
    assert link.right.base == values


def test_a_first_link_knows_the_versions_and_refs_that_it_was_made_from() -> None:
    left, right = a_shown("l1", version="v1", ref={"etag": "1"}), a_shown("r1", version="v2", ref={"etag": "2"})
    link = first_link("people", left, right)
    assert [(s.contact_id, s.version, s.ref) for s in (link.left, link.right)] == [
        ("l1", "v1", {"etag": "1"}),
        ("r1", "v2", {"etag": "2"}),
    ]
    assert link.version == 0


def test_after_a_create_a_run_that_sees_the_same_writes_nothing() -> None:
    link = created()
    shown = both(a_shown("l1", link.left.base), a_shown("r1", link.right.base))
    assert decide_link(Case(link, shown), some_rules(*PAIRS)).intents == ()


FOUND = an_outcome(state=State.ADOPTED, reason=FOUND_AGAIN, created=True)


@pytest.mark.parametrize(
    ("sent", "found", "reason", "carried"),
    [
        ("", "opted_out", FOUND_AGAIN, True),
        ("opted_in", "opted_out", FOUND_AGAIN, True),
        ("opted_out", "opted_out", FOUND_AGAIN, False),
        ("opted_out", "", FOUND_AGAIN, False),
        ("", "opted_out", FOUND_THERE, True),
        ("opted_out", "", FOUND_THERE, True),
    ],
)
def test_an_opt_out_that_nobody_sent_is_carried_from_what_was_found(
    sent: str, found: str, reason: str, carried: bool
) -> None:
    intent = replace(CREATE, patch={**CREATE.patch, CONSENT: sent}, source={**CREATE.source, CONSENT: sent})
    outcome = replace(FOUND, reason=reason, values={**intent.patch, CONSENT: found})
    link = fold_create("people", intent, outcome, (*PAIRS, a_pair(CONSENT)))
    written = decide_link(Case(link), some_rules(*PAIRS, a_pair(CONSENT))).intents
    assert [w.patch for w in written] == ([{CONSENT: "opted_out"}] if carried else [])
