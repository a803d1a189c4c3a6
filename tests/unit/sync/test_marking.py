"""Deletions that mark the partner: once, beside what others wrote, and the link is parted with it."""

from __future__ import annotations

from dataclasses import replace

from contactsync.model.app import Deletes
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Link, LinkSide, LinkStatus, Standing
from contactsync.model.plan import Outcome
from contactsync.model.rules import Effect, How
from contactsync.model.spec import DeletionPolicy, Direction, Side
from contactsync.sync.fold import When, fold_link
from contactsync.sync.link_case import Case, Rules
from contactsync.sync.links import decide_link
from factories import SYNC, WHEN, a_pair, ids, listed

TAGS = "tags:own.labels"
TAG = Effect(TAGS, How.ADD, "Deleted in Left", action="deletions: tag")
ARCHIVE = Effect("own.archived", How.SET, "true", action="deletions: archive")


def rules(mark: Effect = TAG, **changes) -> Rules:
    given = {
        "deletions": {Side.LEFT: DeletionPolicy.TAG},
        "detects": {Side.LEFT: Deletes.FEED, Side.RIGHT: Deletes.FEED},
        "marks": {Side.LEFT: mark},
    }
    return Rules(SYNC, (a_pair(),), **{**given, **changes})


def a_link(right: dict[str, str], **changes) -> Link:
    base = {"company": "Beispiel KG"}
    return Link("link", LinkSide("l1", base), LinkSide("r1", base, right), **changes)


def decided(link: Link, given: Rules):
    return decide_link(Case(link, gone=frozenset({Side.LEFT})), given)


def done(link: Link, intent, values: dict[str, str]) -> Link:
    outcome = Outcome(intent.key, State.DONE, "r1", values=values, at=WHEN)
    return fold_link(link, intent, outcome, When(1, WHEN))[0]


def test_the_partner_gets_the_tag_beside_its_own_and_the_link_is_parted() -> None:
    found = decided(a_link({TAGS: listed("family")}), rules())
    (intent,) = found.intents
    assert (intent.verb, intent.side) == (Verb.UPDATE, Side.RIGHT)
    assert (intent.source_id, intent.target_id, intent.link_version) == ("l1", "r1", 2)
    assert (intent.before, intent.touched) == ({TAGS: listed("family")}, {TAGS: ("deleted in left",)})
    assert (intent.acts, intent.reason) == ({TAGS: "deletions: tag"}, "deleted in the left app; deletions: tag")
    assert ids(intent.patch[TAGS]) == ["deleted in left", "family"]
    assert found.link.status is LinkStatus.LIVE, "not before it is done"
    assert done(found.link, intent, dict(intent.patch)).status is LinkStatus.PARTED


def test_one_that_carries_the_mark_already_is_parted_without_a_write() -> None:
    found = decided(a_link({TAGS: listed("deleted in left")}), rules())
    assert (found.intents, found.link.status) == ((), LinkStatus.PARTED)


def test_labels_that_were_never_read_are_read_first() -> None:
    found = decided(a_link({}), rules())
    assert (found.intents, found.link.right.standing) == ((), Standing.MISSING)


def test_an_archive_is_a_field_that_is_set() -> None:
    (intent,) = decided(a_link({"own.archived": "false"}), rules(ARCHIVE)).intents
    assert intent.patch == {"own.archived": "true"}


def test_where_deletions_are_not_told_or_the_direction_is_closed_the_partner_is_left_alone() -> None:
    link = a_link({TAGS: listed()})
    closed = rules(direction=Direction.RIGHT_TO_LEFT)
    silent = rules(detects={Side.LEFT: Deletes.NONE})
    out = replace(link, scope={Side.LEFT: False, Side.RIGHT: True})
    found = [decided(link, closed), decided(link, silent), decided(out, rules())]
    assert [(d.intents, d.link.status) for d in found] == [((), LinkStatus.PARTED)] * 3


def test_an_edited_partner_is_not_marked_but_held() -> None:
    link = a_link({TAGS: listed(), "company": "Muster AG"})
    found = decided(link, rules())
    assert (found.intents, len(found.holds)) == ((), 1)


def test_the_partner_is_written_only_as_it_was_last_seen() -> None:
    link = a_link({TAGS: listed()})
    seen = replace(link.right, version="v7", ref={"etag": "R"}, observed_at=WHEN)
    (intent,) = decided(replace(link, right=seen), rules()).intents
    assert (intent.version, intent.ref, intent.observed_at) == ("v7", {"etag": "R"}, WHEN)


def test_a_mark_may_be_a_tag_that_goes() -> None:
    active = Effect(TAGS, How.REMOVE, "Active", action="deletions: untag")
    (intent,) = decided(a_link({TAGS: listed("active", "family")}), rules(active)).intents
    assert (ids(intent.patch[TAGS]), intent.touched) == (["family"], {TAGS: ("active",)})
    assert decided(a_link({TAGS: listed("family")}), rules(active)).link.status is LinkStatus.PARTED
