"""A whole run's decisions: who is created, linked, held or left for later, and what the key index remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Known, Link, LinkStatus, Standing
from contactsync.model.plan import Bucket, Hold, HoldReason, Outcome, Plan
from contactsync.model.spec import SIDES, Direction, MatchSpec, Side
from contactsync.sync.creates import create_intent, link_id
from contactsync.sync.matching import Node
from contactsync.sync.readings import Shown, key_hashes
from contactsync.sync.reconcile import Given, reconcile
from contactsync.sync.unknowns import Settling
from factories import (
    FREE,
    LABELS,
    LEFT,
    RIGHT,
    SYNC,
    a_link,
    a_pair,
    a_reading,
    a_row,
    a_shown,
    a_side,
    an_intent,
    both,
    listed,
    some_rules,
)

PAIRS = (a_pair("names.full"), a_pair("company"), a_pair("emails"))
MATCH = MatchSpec(keys=(("email",),))


def person(contact_id: str, mail: str = "", **values: str) -> Shown:
    return a_shown(contact_id, {"names.full": "Ada Beispiel", "emails": listed(f"{mail}/") if mail else "[]", **values})


def hashes(mail: str) -> dict[str, tuple[int, ...]]:
    return key_hashes("salt", MATCH, {"emails": listed(mail)})


def planned(
    left: list[Shown] | None = None,
    right: list[Shown] | None = None,
    reading: Mapping[Side, Mapping[str, Any]] | None = None,
    **given: Any,
) -> Plan:
    shown, more = both(left or [], right or []), reading or {}
    readings = {s: a_reading(s, shown[s], **more.get(s, {})) for s in SIDES}
    known = {**both({}, {}), **given.pop("known", {})}
    fields = {"rules": some_rules(*PAIRS), "match": MATCH, "salt": "salt", "links": [], **given}
    return reconcile(Given(readings=readings, known=known, **fields))


def index(plan: Plan) -> dict[str, Known]:
    return {row.contact_id: row for _, row in plan.known}


def held(plan: Plan) -> dict[str, HoldReason]:
    return {h.contact_id: h.reason for h in plan.holds}


def buckets(plan: Plan) -> dict[str, Bucket]:
    return {c.contact_id: c.bucket for c in plan.counted}


# ---- first meetings


def test_who_is_alone_is_created_on_the_other_side() -> None:
    (intent,) = planned([person("l1", "ada@example.org", company="")]).intents
    assert (intent.verb, intent.side, intent.source_id) == (Verb.CREATE, RIGHT, "l1")
    assert intent.patch == {"names.full": "Ada Beispiel", "emails": listed("ada@example.org/")}
    assert intent.source["company"] == ""
    assert intent.keys == {"email": ("ada@example.org",)}


def test_who_matches_is_linked_and_filled_both_ways() -> None:
    plan = planned([person("l1", "a@example.org", company="Muster AG")], [person("r1", "a@example.org", company="")])
    assert plan.matched == 1
    (link,) = plan.links
    assert link.id == link_id(SYNC, "l1", "r1")
    assert [(i.side, i.patch) for i in plan.intents] == [(RIGHT, {"company": "Muster AG"})]
    assert index(plan)["l1"].link_id == index(plan)["r1"].link_id == link.id


def test_a_create_in_a_closed_direction_is_skipped() -> None:
    rules = some_rules(*PAIRS, direction=Direction.RIGHT_TO_LEFT)
    plan = planned([person("l1", "a@example.org")], rules=rules)
    assert plan.intents == ()
    assert buckets(plan) == {"l1": Bucket.SKIPPED}


def test_nothing_is_created_of_which_nothing_can_be_written() -> None:
    rules = some_rules(a_pair("company"))
    assert planned([person("l1", "a@example.org", company="")], rules=rules).intents == ()


@pytest.mark.parametrize("union", [True, False])
def test_after_a_lost_ledger_nobody_is_created_until_a_person_decides(*, union: bool) -> None:
    given = {"union": True} if union else {"kept_held": {(LEFT, "l1"): Hold(LEFT, "l1", HoldReason.UNION)}}
    plan = planned([person("l1", "a@example.org")], **given)
    assert plan.intents == ()
    assert held(plan) == {"l1": HoldReason.UNION}


def test_a_refused_create_gets_a_new_key_by_its_raised_generation() -> None:
    keys = []
    for generation in (0, 0, 1):
        known = {LEFT: {"l1": Known("l1", None, None, generation=generation)}}
        keys.append(planned([person("l1", "a@example.org")], known=known).intents[0].key)
    assert keys[0] == keys[1] != keys[2]


# ---- creates whose outcome is unknown


def unknown_create(side: Side = RIGHT) -> dict[str, Any]:
    source = "l9" if side is RIGHT else "r9"
    row = a_row(an_intent(side, Verb.CREATE, link_id=None, source_id=source))
    return {"settling": Settling(unknown=(row,)), "frozen": {source}}


def test_a_stranger_where_a_create_is_unknown_may_be_its_result() -> None:
    plan = planned([person("l1", "a@example.org")], [person("r1", "b@example.org")], **unknown_create())
    assert held(plan) == {"r1": HoldReason.MAY_BE_RESULT}
    assert [i.source_id for i in plan.intents] == ["l1"]


def test_who_may_have_been_deleted_there_is_not_created_until_a_person_decides() -> None:
    hold = Hold(LEFT, "l1", HoldReason.MAY_BE_DELETED, "its create got no answer")
    alone = planned([person("l1", "a@example.org")], kept_held={(LEFT, "l1"): hold})
    assert (alone.intents, alone.holds) == ((), (hold,))
    met = planned([person("l1", "a@example.org")], [person("r1", "a@example.org")], kept_held={(LEFT, "l1"): hold})
    assert (met.matched, met.holds) == (1, ())


def test_a_doubt_is_kept_in_the_journal() -> None:
    doubt = Outcome("k1", State.UNKNOWN, reason="somebody was deleted")
    assert planned(settling=Settling(doubted=(doubt,))).settled == (doubt,)


def test_who_was_reported_gone_without_ever_being_seen_is_told_of_once() -> None:
    rows = index(planned(reading={LEFT: {"ghosts": frozenset({"l7"}), "moved": {"l1": "l2"}}}, links=[linked()]))
    assert rows["l7"].tombstone
    assert rows["l1"].tombstone


def test_the_source_of_an_unknown_create_waits() -> None:
    plan = planned([person("l9", "a@example.org")], **unknown_create())
    assert plan.intents == ()
    assert buckets(plan) == {"l9": Bucket.FAILED}


def test_a_link_whose_action_is_not_settled_waits() -> None:
    link = a_link({"company": "old"}, {"company": "old"})
    plan = planned([a_shown("l1", {"company": "new"})], links=[link], frozen={"link-1"})
    assert plan.intents == ()
    assert buckets(plan) == {"l1": Bucket.FAILED}
    (kept,) = plan.links  # the edit is not shown again: it is remembered
    assert (kept.left.seen, kept.due_run) == ({"company": "new"}, 0)


# ---- ids that move


def linked(mail: str = "a@example.org", **changes: Any) -> Link:
    values = {"names.full": "Ada Beispiel", "emails": listed(f"{mail}/")}
    return a_link(**{"left": values, "right": values, **changes})


def test_a_moved_contact_keeps_its_link_under_its_new_id() -> None:
    plan = planned(
        [person("l2", "a@example.org", company="")],
        reading={LEFT: {"moved": {"l1": "l2"}}},
        links=[linked()],
        known={LEFT: {"l1": Known("l1", 1, 1, "link-1")}},
        others=[Node(LEFT, "l1", hashes("a@example.org"), linked=True, shown=False)],
    )
    assert plan.rekeyed == ((LEFT, "l1", "l2"),)
    assert plan.links[0].left.contact_id == "l2"
    assert index(plan)["l2"].link_id == "link-1"
    assert plan.intents == plan.holds == ()


def test_of_two_that_were_merged_in_turn_the_one_merged_last_keeps_its_partner() -> None:
    other = linked(id="link-2", left=a_side("l2", {}), right=a_side("r2", {}))
    plan = planned(reading={LEFT: {"moved": {"l1": "l2", "l2": "l0"}}}, links=[linked(), other])
    links = {k.id: (k.status, k.left.contact_id) for k in plan.links}
    assert links == {"link-2": (LinkStatus.LIVE, "l0"), "link-1": (LinkStatus.MERGED, "l1")}


def test_an_unlinked_contact_that_moved_is_not_its_own_rival() -> None:
    plan = planned(
        [person("l2", "a@example.org")],
        reading={LEFT: {"moved": {"l1": "l2"}}},
        known={LEFT: {"l1": Known("l1", 1, 1)}},
        others=[Node(LEFT, "l1", hashes("a@example.org"), shown=False)],
    )
    assert plan.holds == ()
    assert [i.source_id for i in plan.intents] == ["l2"]
    assert plan.rekeyed == ((LEFT, "l1", "l2"),)


@pytest.mark.parametrize("status", [LinkStatus.LIVE, LinkStatus.PARTED])
def test_merged_into_a_linked_contact_its_partner_is_held_and_not_touched(status: LinkStatus) -> None:
    other = linked(id="link-2", left=a_side("l2", {}), right=a_side("r2", {}), status=status)
    plan = planned(reading={LEFT: {"moved": {"l1": "l2"}}}, links=[linked(), other])
    merged = next(k for k in plan.links if k.id == "link-1")
    assert merged.status is LinkStatus.MERGED
    assert merged.version > linked().version
    assert plan.intents == ()
    (hold,) = plan.holds
    assert (hold.side, hold.contact_id, hold.reason) == (RIGHT, "r1", HoldReason.MERGED)
    assert "l1" in hold.detail
    assert "l2" in hold.detail


def test_merged_into_a_contact_deleted_on_both_sides_the_link_is_parted() -> None:
    halves = [a_side(i, standing=Standing.GONE) for i in ("l2", "r2")]
    closed = a_link(*halves, id="link-2", status=LinkStatus.CLOSED)
    plan = planned(reading={LEFT: {"moved": {"l1": "l2"}}}, links=[linked(), closed])
    assert next(k for k in plan.links if k.id == "link-1").status is LinkStatus.PARTED
    assert plan.intents == ()
    assert plan.rekeyed == ()


# ---- the key index


def test_the_index_remembers_what_was_shown() -> None:
    shown = person("l1", "a@example.org")
    row = index(planned([shown], known={LEFT: {"l1": Known("l1", 1, 1, due_run=3, attempts=2)}}))["l1"]
    assert (row.raw, row.fingerprint, row.due_run, row.keys) == (
        shown.raw,
        shown.fingerprint,
        None,
        hashes("a@example.org"),
    )


def test_gone_contacts_stay_as_tombstones_without_their_keys() -> None:
    known = {LEFT: {"l1": Known("l1", 1, 1, "link-1", keys=hashes("a@example.org"), generation=2)}}
    row = index(planned(reading={LEFT: {"gone": frozenset({"l1"})}}, known=known))["l1"]
    assert (row.tombstone, row.raw, row.keys, row.generation) == (True, None, {}, 3)
    twice = index(planned(reading={LEFT: {"gone": frozenset({"l1"})}}, known={LEFT: {"l1": row}}))["l1"]
    assert twice.generation == 3


def test_a_partner_known_only_from_the_index_is_read_next() -> None:
    known = {RIGHT: {"r1": Known("r1", 1, 1, keys=hashes("a@example.org"))}}
    others = [Node(RIGHT, "r1", hashes("a@example.org"), shown=False)]
    plan = planned([person("l1", "a@example.org")], known=known, others=others)
    assert plan.intents == plan.holds == ()
    assert {i: row.due_run for i, row in index(plan).items()} == {"l1": 0, "r1": 0}
    assert buckets(plan) == {"l1": Bucket.SKIPPED}


def test_who_is_left_behind_in_a_key_group_is_judged_again() -> None:
    """l1 and l2 shared an address and were held; l1 has another one now, so l2 is no longer ambiguous."""
    known = {LEFT: {i: Known(i, 1, 1, keys=hashes("a@example.org")) for i in ("l1", "l2")}}
    others = [Node(LEFT, "l2", hashes("a@example.org"), shown=False)]
    plan = planned([person("l1", "new@example.org")], known=known, others=others)
    assert index(plan)["l2"].due_run == 0
    assert [i.source_id for i in plan.intents] == ["l1"]


def test_unlisted_unlinked_contacts_leave_the_index() -> None:
    plan = planned(reading={LEFT: {"forgotten": frozenset({"l2", "l1"}), "complete": True}})
    assert plan.forgotten == ((LEFT, "l1"), (LEFT, "l2"))


@pytest.mark.parametrize(
    "reading", [{"unreadable": {"l1": "a field has an unexpected form"}}, {"forbidden": frozenset({"l1"})}]
)
def test_who_cannot_be_read_is_held_and_counted(reading: Mapping[str, Any]) -> None:
    plan = planned(reading={LEFT: reading})
    assert held(plan) == {"l1": HoldReason.UNREADABLE}
    assert buckets(plan) == {"l1": Bucket.HELD}


# ---- the plan as a whole


def test_the_hash_is_bound_to_the_actions() -> None:
    one, same = (planned([person("l1", "a@example.org")]) for _ in range(2))
    other = planned([person("l1", "a@example.org", company="Muster AG")])
    assert one.hash == same.hash != other.hash
    assert planned().hash == planned([person("l1")]).hash  # nothing is done in either


def test_every_shown_contact_is_counted_once() -> None:
    plan = planned(
        [person("l1", "a@example.org"), person("l2", "b@example.org"), person("l3"), person("l4", "c@example.org")],
        [person("r1", "a@example.org"), person("r4", "c@example.org"), person("r5", "c@example.org")],
    )
    assert sorted((c.source, c.contact_id) for c in plan.counted) == sorted(
        (s, i) for s, all_ids in both(("l1", "l2", "l3", "l4"), ("r1", "r4", "r5")).items() for i in all_ids
    )


# ---- what a create carries


def test_a_create_takes_what_the_target_can_hold() -> None:
    held_there = replace(LABELS, max_items=1)
    pairs = (a_pair("emails", LABELS, held_there), a_pair("company", FREE, replace(FREE, max_length=3)))
    intent = create_intent(
        SYNC, person("l1", company="Muster AG", emails=listed("a/", "b/")), RIGHT, pairs, ("email",), 0
    )
    assert intent is not None
    assert intent.patch == {"emails": listed("a/")}
    assert intent.dropped == {"emails": ("b",), "company": ()}
    assert intent.source["company"] == "Muster AG"
    assert intent.keys == {"email": ("a",)}
