"""One link: deletions, reappearance, later edits, collisions, counting, versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contactsync.model.app import Deletes
from contactsync.model.exchange import Verb
from contactsync.model.link import Apart, ApartReason, Link, LinkStatus, Standing
from contactsync.model.plan import Bucket, HoldReason
from contactsync.model.spec import SIDES, ConflictPolicy, DeletionPolicy, Direction, Side
from contactsync.sync.link_case import Case, LinkDecision, Rules
from contactsync.sync.links import decide_link, observe
from factories import LEFT, RIGHT, a_link, a_pair, a_shown, a_side, listed, minutes, some_rules

BASE = {"company": "old", "notes": "n"}
RULES = some_rules(a_pair("company"), a_pair("notes"))
DELETING = replace(
    RULES,
    deletions=dict.fromkeys(SIDES, DeletionPolicy.DELETE),
    detects=dict.fromkeys(SIDES, Deletes.FEED),
)
LINK = a_link(BASE, BASE, version=4)


def shows(side: Side, **values: str) -> dict[Side, Any]:
    contact_id = "l1" if side is LEFT else "r1"
    return {side: a_shown(contact_id, {**BASE, **values}, version="v9", modified_at=minutes(3))}


def decided(link: Link = LINK, rules: Rules = RULES, **case: Any) -> LinkDecision:
    return decide_link(Case(link, **case), rules)


# ---- edits


def test_an_edit_becomes_one_update_of_the_other_side() -> None:
    decision = decided(shown=shows(LEFT, company="new", notes="m"))
    (intent,) = decision.intents
    assert (intent.side, intent.verb, intent.target_id, intent.source_id) == (RIGHT, Verb.UPDATE, "r1", "l1")
    assert intent.patch == intent.source == {"company": "new", "notes": "m"}
    assert intent.before == BASE
    assert intent.source_version == "v9"
    assert intent.link_version == decision.link.version == 5


def test_the_same_decision_has_the_same_key_and_another_version_another_one() -> None:
    first, again = (decided(shown=shows(LEFT, company="new")).intents[0].key for _ in range(2))
    later = decided(replace(LINK, version=9), shown=shows(LEFT, company="new")).intents[0].key
    other = decided(replace(LINK, id="link-2"), shown=shows(LEFT, company="new")).intents[0].key
    assert first == again
    assert len({first, later, other}) == 3


def test_what_a_link_shows_unchanged_raises_no_version() -> None:
    settled = decided(shown=shows(LEFT)).link
    assert (
        decided(settled, shown={LEFT: replace(shows(LEFT)[LEFT], observed_at=minutes(60))}).link.version
        == settled.version
    )


def test_an_unread_side_stands_as_it_was_last_seen() -> None:
    link = replace(LINK, right=a_side("r1", BASE, seen={"company": "theirs"}), due_run=3)
    decision = decided(link)
    assert [(i.side, i.patch) for i in decision.intents] == [(LEFT, {"company": "theirs"})]
    assert decision.link.due_run is None


def test_a_field_that_a_contact_was_shown_without_is_neither_written_nor_forgotten() -> None:
    right = a_shown("r1", {"notes": "n"})
    decision = decided(shown={**shows(LEFT, company="new"), RIGHT: right})
    assert decision.intents == ()
    assert decision.link.right.base == decision.link.left.base == BASE
    assert decision.link.left.seen == {"company": "new"}
    later = decided(decision.link, shown=shows(RIGHT))
    assert [i.patch for i in later.intents] == [{"company": "new"}]


def test_a_reading_replaces_what_was_seen_and_drops_what_equals_the_base() -> None:
    half = a_side("l1", BASE, seen={"company": "x", "notes": "y"})
    shown = a_shown("l1", {"company": "old"}, version="v2", modified_at=minutes(2), observed_at=minutes(3))
    seen = observe(half, shown, gone=False, missing=False)
    assert seen.seen == {"notes": "y"}
    assert seen.base == BASE
    assert (seen.version, seen.modified_at, seen.observed_at) == ("v2", minutes(2), minutes(3))


def test_a_base_that_no_longer_means_anything_is_a_first_match() -> None:
    rules = replace(RULES, baseless=frozenset({"company"}))
    decision = decided(rules=rules, shown={**shows(LEFT, company=""), **shows(RIGHT)})
    assert [(i.side, i.patch) for i in decision.intents] == [(LEFT, {"company": "old"})]


# ---- conflicts


def test_a_conflict_is_logged_with_both_values_both_bases_and_the_rule() -> None:
    decision = decided(shown={**shows(LEFT, company="L"), **shows(RIGHT, company="R")})
    (conflict,) = decision.conflicts
    assert (conflict.left, conflict.right, conflict.base_left, conflict.base_right) == ("L", "R", "old", "old")
    assert conflict.winner is LEFT
    assert "left" in conflict.rule


def test_a_held_conflict_names_no_winner_and_no_value() -> None:
    rules = some_rules(a_pair("company", conflicts=ConflictPolicy.HOLD))
    decision = decided(rules=rules, shown={**shows(LEFT, company="Lefty"), **shows(RIGHT, company="Righty")})
    assert decision.intents == ()
    assert decision.conflicts[0].winner is None
    (hold,) = decision.holds
    assert (hold.reason, hold.field, hold.link_id) == (HoldReason.CONFLICT, "company", "link-1")
    assert "ty" not in hold.detail.replace("company", "")


NEWEST = some_rules(a_pair("company", conflicts=ConflictPolicy.NEWEST), granularity=60.0)


@pytest.mark.parametrize(
    ("left", "right", "own", "winner"),
    [
        (minutes(5), minutes(10), None, RIGHT),
        (minutes(10), minutes(5), None, LEFT),
        (minutes(5), minutes(6), None, LEFT),  # no further apart than the clocks can tell
        (minutes(5), minutes(10), minutes(5), LEFT),  # left's time may be that of our own write
        (minutes(5), minutes(10), minutes(4), RIGHT),
        (minutes(5), None, None, LEFT),
    ],
)
def test_newest_wins_only_where_the_times_prove_it(left: Any, right: Any, own: Any, winner: Side) -> None:
    link = a_link(a_side("l1", BASE, own_at=own), a_side("r1", BASE))
    shown = {
        LEFT: a_shown("l1", {**BASE, "company": "L"}, modified_at=left),
        RIGHT: a_shown("r1", {**BASE, "company": "R"}, modified_at=right),
    }
    (intent,) = decided(link, NEWEST, shown=shown).intents
    assert intent.side is winner.other


# ---- deletions


def test_by_default_a_deletion_parts_the_link_and_leaves_the_partner_alone() -> None:
    decision = decided(gone=frozenset({LEFT}))
    assert decision.intents == ()
    assert decision.link.status is LinkStatus.PARTED
    assert decision.link.left.standing is Standing.GONE


@pytest.mark.parametrize("side", SIDES)
def test_a_deletion_is_carried_where_policy_and_direction_allow_it(side: Side) -> None:
    decision = decided(rules=DELETING, gone=frozenset({side}))
    (intent,) = decision.intents
    assert (intent.verb, intent.side) == (Verb.DELETE, side.other)
    assert intent.before == BASE
    assert intent.link_version == decision.link.version
    assert decision.link.status is LinkStatus.LIVE
    assert [c.bucket for c in decision.counted] == [Bucket.DELETED]


def test_a_partner_that_is_read_while_it_is_deleted_is_counted_once_on_its_own_side() -> None:
    decision = decided(LINK, DELETING, shown=shows(RIGHT), gone=frozenset({LEFT}))
    assert [(c.source, c.contact_id, c.bucket) for c in decision.counted] == [
        (LEFT, "l1", Bucket.DELETED),
        (RIGHT, "r1", Bucket.UNCHANGED),
    ]


@pytest.mark.parametrize(
    "rules",
    [
        replace(DELETING, direction=Direction.RIGHT_TO_LEFT),
        replace(DELETING, deletions={RIGHT: DeletionPolicy.DELETE}),
        replace(DELETING, detects={LEFT: Deletes.NONE, RIGHT: Deletes.FEED}),
        replace(DELETING, detects={}),
    ],
    ids=["closed direction", "other side's policy", "cannot tell", "unknown"],
)
def test_otherwise_it_only_parts_the_link(rules: Rules) -> None:
    decision = decided(rules=rules, gone=frozenset({LEFT}))
    assert decision.intents == ()
    assert decision.link.status is LinkStatus.PARTED


@pytest.mark.parametrize(
    "apart", [None, ApartReason.REFUSED, ApartReason.HELD, ApartReason.ONE_WAY, ApartReason.BLANK_KEPT]
)
def test_an_edited_contact_survives_whatever_became_of_its_edit(apart: ApartReason | None) -> None:
    link = replace(LINK, right=a_side("r1", BASE, seen={"company": "mine"}))
    if apart is not None:
        link = replace(link, apart={"company": Apart(apart, "old", "mine")})
    decision = decided(link, DELETING, gone=frozenset({LEFT}))
    assert decision.intents == ()
    assert decision.link.status is LinkStatus.PARTED
    assert [h.reason for h in decision.holds] == [HoldReason.DELETED_AND_EDITED]
    assert [(c.field, c.winner) for c in decision.conflicts] == [("company", RIGHT)]


@pytest.mark.parametrize("reason", [ApartReason.UNDONE, ApartReason.UNPROVEN, ApartReason.LEDGER_LOST])
def test_a_doubtful_value_counts_as_an_edit_against_a_deletion(reason: ApartReason) -> None:
    link = replace(LINK, apart={"company": Apart(reason, "old", "old")})
    assert decided(link, DELETING, gone=frozenset({LEFT})).intents == ()
    assert decided(
        replace(LINK, apart={"company": Apart(ApartReason.CONSENT)}), DELETING, gone=frozenset({LEFT})
    ).intents


@pytest.mark.parametrize("held", [True, False])
def test_a_value_that_was_never_carried_counts_as_an_edit_against_a_deletion(held: bool) -> None:
    """With its contact it would be gone everywhere: it was held, or its partner was deleted before it came."""
    apart = {"company": Apart(ApartReason.HELD, "theirs", "mine")} if held else {}
    link = a_link({"notes": "n"}, {"notes": "n"}, apart=apart)
    link = replace(
        link, left=replace(link.left, seen={"company": "theirs"}), right=replace(link.right, seen={"company": "mine"})
    )
    decision = decided(link, DELETING, gone=frozenset({LEFT}))
    assert decision.intents == ()
    assert [h.reason for h in decision.holds] == [HoldReason.DELETED_AND_EDITED]


def test_a_value_settled_by_an_earlier_file_is_no_edit_against_a_deletion() -> None:
    rules = replace(DELETING, baseless=frozenset({"company"}))
    assert [i.verb for i in decided(LINK, rules, gone=frozenset({LEFT})).intents] == [Verb.DELETE]


@pytest.mark.parametrize("text", ["edited", ""])
def test_another_text_than_an_earlier_file_settled_counts_as_an_edit_against_a_deletion(text: str) -> None:
    rules = replace(DELETING, baseless=frozenset({"company"}))
    decision = decided(LINK, rules, shown=shows(RIGHT, company=text), gone=frozenset({LEFT}))
    assert decision.intents == ()
    assert [h.reason for h in decision.holds] == [HoldReason.DELETED_AND_EDITED]


def test_a_missing_contact_waits_for_a_point_read_and_nothing_is_written_meanwhile() -> None:
    decision = decided(rules=DELETING, shown=shows(LEFT, company="new"), missing=frozenset({RIGHT}))
    assert decision.intents == ()
    assert decision.link.right.standing is Standing.MISSING
    assert decision.link.left.seen == {"company": "new"}
    back = decided(decision.link, shown=shows(RIGHT))
    assert [i.side for i in back.intents] == [RIGHT]


def test_gone_on_both_sides_closes_the_link() -> None:
    decision = decided(rules=DELETING, gone=frozenset(SIDES))
    assert decision.link.status is LinkStatus.CLOSED
    assert decision.intents == ()


# ---- links that are no longer live

PARTED = replace(LINK, status=LinkStatus.PARTED, left=a_side("l1", BASE, standing=Standing.GONE))


def test_nothing_flows_over_a_parted_link_but_it_is_watched() -> None:
    decision = decided(PARTED, DELETING, shown=shows(RIGHT, company="new"))
    assert decision.intents == ()
    assert decision.link.right.seen == {"company": "new"}
    assert decided(PARTED, gone=frozenset({RIGHT})).link.status is LinkStatus.CLOSED


def test_a_reappeared_contact_revives_its_link_with_the_old_bases() -> None:
    decision = decided(PARTED, shown=shows(LEFT, company="new"))
    assert decision.link.status is LinkStatus.LIVE
    assert [(i.side, i.patch) for i in decision.intents] == [(RIGHT, {"company": "new"})]
    assert decision.intents[0].link_version == decision.link.version > PARTED.version


@pytest.mark.parametrize("back", [(LEFT,), (RIGHT,), SIDES])
def test_whoever_reappears_after_both_were_deleted_is_held(back: tuple[Side, ...]) -> None:
    halves = [a_side(i, BASE, standing=Standing.GONE) for i in ("l1", "r1")]
    closed = a_link(*halves, status=LinkStatus.CLOSED)
    shown = {s: c for s in back for c in shows(s).values()}
    decision = decided(closed, shown=shown)
    assert decision.link == closed
    assert [(h.side, h.reason) for h in decision.holds] == [(s, HoldReason.REAPPEARED) for s in back]


# ---- collisions and flipping


def test_a_key_that_another_contact_there_has_is_held_and_names_it() -> None:
    rules = some_rules(a_pair("emails"), owner=lambda side, before, after: {"email": frozenset({"r1", "r7"})})
    link = a_link({"emails": listed("a/")}, {"emails": listed("a/")})
    decision = decided(link, rules, shown={LEFT: a_shown("l1", {"emails": listed("a/", "b/")})})
    assert decision.intents == ()
    (hold,) = decision.holds
    assert hold.reason is HoldReason.KEY_COLLISION
    assert "r7" in hold.detail
    assert "r1" not in hold.detail
    assert decision.link.apart["emails"].reason is ApartReason.HELD


def test_ones_own_key_is_no_collision() -> None:
    rules = replace(RULES, owner=lambda side, before, after: {"company": frozenset({"r1"})})
    assert decided(rules=rules, shown=shows(LEFT, company="new")).intents


def test_a_flipping_field_is_held_and_the_others_flow() -> None:
    rules = replace(RULES, flipping=frozenset({("link-1", "company")}))
    decision = decided(rules=rules, shown=shows(LEFT, company="new", notes="m"))
    assert [i.patch for i in decision.intents] == [{"notes": "m"}]
    assert [h.reason for h in decision.holds] == [HoldReason.FLIPPING]
    assert decided(rules=rules, shown=shows(LEFT)).holds == ()


# ---- counting


def buckets(decision: LinkDecision) -> dict[Side, Bucket]:
    assert len({c.source for c in decision.counted}) == len(decision.counted)
    return {c.source: c.bucket for c in decision.counted}


def test_a_contact_is_counted_on_the_side_that_was_read() -> None:
    assert buckets(decided(shown=shows(LEFT))) == {LEFT: Bucket.UNCHANGED}
    assert buckets(decided(shown=shows(LEFT, company="new"))) == {LEFT: Bucket.UPDATED}
    assert buckets(decided(shown={**shows(LEFT, company="new"), **shows(RIGHT)})) == {
        LEFT: Bucket.UPDATED,
        RIGHT: Bucket.UNCHANGED,
    }


def test_an_older_change_that_is_carried_now_is_counted_where_it_comes_from() -> None:
    link = replace(LINK, right=a_side("r1", BASE, seen={"notes": "theirs"}))
    assert buckets(decided(link, shown=shows(LEFT))) == {LEFT: Bucket.UNCHANGED, RIGHT: Bucket.UPDATED}


def test_the_gravest_bucket_counts() -> None:
    both_sides = {**shows(LEFT, company="L"), **shows(RIGHT, company="R")}
    assert buckets(decided(shown=both_sides)) == {LEFT: Bucket.CONFLICT, RIGHT: Bucket.UNCHANGED}
    rules = some_rules(a_pair("company", conflicts=ConflictPolicy.HOLD), a_pair("notes"))
    assert set(buckets(decided(rules=rules, shown=both_sides)).values()) == {Bucket.HELD}


def test_an_edit_in_a_closed_direction_is_skipped() -> None:
    rules = some_rules(a_pair("company", direction=Direction.LEFT_TO_RIGHT), a_pair("notes"))
    assert buckets(decided(rules=rules, shown=shows(RIGHT, company="mine"))) == {RIGHT: Bucket.SKIPPED}
