"""An undo decided: what becomes of each kind of action, and every reason for which something stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Known, Link, LinkStatus, Standing
from contactsync.model.plan import Bucket, Intent, JournalRow, Plan
from contactsync.model.spec import Holding, MatchSpec, Side
from contactsync.model.undo import Stay
from contactsync.sync.collisions import Carriers, Held, carry
from contactsync.sync.creates import link_id
from contactsync.sync.past import Deed, Means, Past
from contactsync.sync.readings import Shown, key_hashes
from contactsync.sync.undoing import undo
from factories import (
    FREE,
    LABELS,
    LEFT,
    RIGHT,
    SYNC,
    a_link,
    a_pair,
    a_row,
    a_shown,
    a_side,
    an_intent,
    an_outcome,
    ids,
    listed,
    minutes,
)

PAIRS = (a_pair("job_title"), a_pair("company", left=Holding(writable=False)), a_pair("emails"), a_pair("consent"))
HELD = {(s, p.field): p.holding(s) for s in Side for p in PAIRS}
ADA = {"job_title": "Editor", "company": "Muster", "emails": listed("ada@example.org"), "consent": ""}
LINK = a_link(a_side("l1", ADA, ref={"etag": "L"}), a_side("r1", ADA), id=link_id(SYNC, "l1", "r1"), version=4)


def means(**changes: Any) -> Means:
    return Means(**{"sync_id": SYNC, "what": "run-1", "pairs": PAIRS, "holding": HELD, **changes})


def a_deed(verb: Verb = Verb.UPDATE, link: Link | None = LINK, *, chosen: bool = True, **changes: Any) -> Deed:
    """By default: the left title was carried over the right one, Clerk."""
    outcome = changes.pop("outcome", None) or an_outcome(created=verb is Verb.CREATE, values=ADA, version="v1")
    given: dict[str, Any] = {"patch": {"job_title": "Editor"}, "before": {"job_title": "Clerk"}}
    if verb is Verb.CREATE:
        given = {"patch": ADA, "link_id": None}
    elif verb is Verb.DELETE:
        given = {"before": ADA}
    row_of = {name: changes.pop(name) for name in ("run_id", "sent_at") if name in changes}
    foreign = changes.pop("foreign", False)
    intent = an_intent(verb=verb, **{"link_id": LINK.id, **given, **changes})
    row: JournalRow = a_row(intent, outcome=replace(outcome, key=intent.key), **row_of)
    return Deed(row, link, chosen, foreign)


def a_past(*deeds: Deed, right: Shown | None = None, left: Shown | None = None, **changes: Any) -> Past:
    shown = {(RIGHT, "r1"): right or a_shown("r1", ADA, version="v1"), (LEFT, "l1"): left or a_shown("l1", ADA)}
    return Past(**{"deeds": deeds, "now": shown, **changes})


def undone(*deeds: Deed, of: Means | None = None, **changes: Any) -> Plan:
    return undo(a_past(*deeds, **changes), of or means())


def only(plan: Plan) -> Intent:
    assert plan.stays == (), plan.stays
    (intent,) = plan.intents
    return intent


def why(plan: Plan) -> list[tuple[Stay, str]]:
    assert plan.intents == ()
    return [(s.why, s.field) for s in plan.stays]


# ---- updates


def test_an_update_writes_what_was_there_before_and_keeps_the_field_apart() -> None:
    intent = only(undone(a_deed(run_id="run-7")))
    assert (intent.side, intent.verb, intent.target_id, intent.source_id) == (RIGHT, Verb.UPDATE, "r1", "l1")
    assert (intent.patch, intent.before) == ({"job_title": "Clerk"}, {"job_title": "Editor"})
    assert (intent.apart, intent.undoes, intent.source) == ({"job_title": "undone"}, ("k1",), {})
    assert (intent.version, intent.link_version) == ("v1", 4)
    assert "run-7" in intent.reason


def test_a_field_that_becomes_equal_again_is_not_apart() -> None:
    link = replace(LINK, left=a_side("l1", {**ADA, "job_title": "Clerk"}))
    assert only(undone(a_deed(link=link))).apart == {}


def test_one_contact_is_written_once_whatever_the_number_of_runs() -> None:
    first = a_deed(key="k1", patch={"job_title": "x"}, before={"job_title": "w"}, sent_at=minutes(1))
    first = replace(first, row=replace(first.row, outcome=replace(first.row.outcome, values=None)))
    second = a_deed(
        key="k2", patch={"job_title": "Editor", "emails": ADA["emails"]}, before={"job_title": "x", "emails": listed()}
    )
    intent = only(undone(first, second))
    assert intent.patch == {"job_title": "w", "emails": listed()}
    assert intent.touched == {"emails": ("ada@example.org",)}
    assert set(intent.undoes) == {"k1", "k2"}


def test_only_the_fields_asked_for_and_then_no_contact_and_no_link() -> None:
    of = means(fields=("emails",))
    two = a_deed(patch={"job_title": "Editor", "emails": ADA["emails"]}, before={"job_title": "", "emails": listed()})
    assert only(undone(two, of=of)).patch == {"emails": listed()}
    assert undone(a_deed(Verb.CREATE), of=of, met=[LINK]) == replace(undone(of=of))


@pytest.mark.parametrize(
    ("deed", "changes", "stay"),
    [
        pytest.param(a_deed(), {"right": a_shown("r1", {**ADA, "job_title": "Countess"})}, Stay.EDITED, id="edited"),
        pytest.param(a_deed(before={}), {}, Stay.UNKNOWN_BEFORE, id="unknown before"),
        pytest.param(a_deed(patch={"notes": "n"}, before={"notes": ""}), {}, Stay.NOT_MAPPED, id="not mapped"),
        pytest.param(a_deed(), {"right": a_shown("r1", {"company": ""})}, Stay.UNREADABLE, id="not shown"),
    ],
)
def test_a_field_that_stays_is_named(deed: Deed, changes: dict[str, Any], stay: Stay) -> None:
    assert why(undone(deed, **changes)) == [(stay, next(iter(deed.intent.patch)))]


def test_a_field_that_may_no_longer_be_written_stays() -> None:
    deed = a_deed(side=LEFT, source_id="r1", target_id="l1", patch={"company": "Muster"}, before={"company": ""},
                  outcome=an_outcome(target_id="l1"))  # fmt: skip
    assert why(undone(deed)) == [(Stay.READ_ONLY, "company")]


@pytest.mark.parametrize(
    ("deed", "changes", "stay"),
    [
        pytest.param(a_deed(), {"now": {}, "away": {(RIGHT, "r1"): Stay.GONE}}, Stay.GONE, id="gone"),
        pytest.param(a_deed(), {"now": {}, "away": {(RIGHT, "r1"): Stay.MOVED}}, Stay.MOVED, id="moved"),
        pytest.param(a_deed(), {"now": {}, "away": {(RIGHT, "r1"): Stay.UNREADABLE}}, Stay.UNREADABLE, id="forbidden"),
        pytest.param(a_deed(link=None), {}, Stay.FORGOTTEN, id="no link"),
        pytest.param(a_deed(link=replace(LINK, status=LinkStatus.MERGED)), {}, Stay.MERGED, id="merged"),
        pytest.param(a_deed(link=replace(LINK, right=a_side("r2"))), {}, Stay.GONE, id="another is linked now"),
        pytest.param(a_deed(), {"frozen": {LINK.id}}, Stay.UNSETTLED, id="an action without an answer"),
        pytest.param(a_deed(foreign=True), {}, Stay.OTHER_ACCOUNT, id="another account"),
        pytest.param(
            a_deed(), {"known": {(RIGHT, "r1"): Known("r1", 1, 1, "other")}}, Stay.DECIDED, id="in another link"
        ),
        pytest.param(a_deed(outcome=an_outcome(State.UNKNOWN)), {}, Stay.UNSETTLED, id="no answer"),
    ],
)
def test_a_contact_that_stays_is_named(deed: Deed, changes: dict[str, Any], stay: Stay) -> None:
    plan = undone(deed, **changes)
    assert why(plan) == [(stay, "")]
    assert [(c.source, c.contact_id, c.bucket) for c in plan.counted] == [(LEFT, "l1", Bucket.SKIPPED)]


@pytest.mark.parametrize("status", [LinkStatus.LIVE, LinkStatus.PARTED])
def test_a_parted_link_is_no_reason(status: LinkStatus) -> None:
    assert only(undone(a_deed(link=replace(LINK, status=status)))).patch == {"job_title": "Clerk"}


def test_an_address_that_another_contact_carries_by_now_is_not_given_back() -> None:
    keys = key_hashes("salt", MatchSpec(), {"emails": listed("old@example.org")})
    held: Held = {}
    carry(held, RIGHT, keys, "r2")
    of = means(owner=Carriers(MatchSpec(), "salt", held))
    deed = a_deed(patch={"emails": ADA["emails"]}, before={"emails": listed("old@example.org")})
    plan = undone(deed, of=of)
    assert why(plan) == [(Stay.KEY_TAKEN, "emails")]
    assert plan.stays[0].detail == "r2"


# ---- consent


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        ("opted_in", "opted_out", True),
        ("", "opted_out", True),
        ("opted_in", "", True),
        ("opted_out", "opted_in", False),
        ("", "opted_in", False),
    ],
)
def test_consent_is_only_tightened(before: str, now: str, *, kept: bool) -> None:
    deed = a_deed(patch={"consent": now}, before={"consent": before}, outcome=an_outcome())
    plan = undone(deed, right=a_shown("r1", {**ADA, "consent": now}))
    assert why(plan) == [(Stay.CONSENT, "consent")] if kept else only(plan).patch == {"consent": before}


@pytest.mark.parametrize(
    ("before", "now", "kept"), [("false", "true", True), ("", "true", True), ("true", "false", False)]
)
def test_a_mark_that_an_action_may_only_take_off_with_consent_is_not_taken_off(
    before: str, now: str, *, kept: bool
) -> None:
    quiet = "own.do_not_disturb"
    of = means(holding={**HELD, (RIGHT, quiet): FREE}, tight={(RIGHT, quiet): frozenset({"true"})})
    deed = a_deed(patch={quiet: now}, before={quiet: before}, outcome=an_outcome())
    plan = undone(deed, of=of, right=a_shown("r1", {quiet: now}))
    assert why(plan) == [(Stay.CONSENT, quiet)] if kept else only(plan).patch == {quiet: before}


# ---- creates


def test_what_we_made_is_deleted_with_the_version_that_was_read() -> None:
    intent = only(undone(a_deed(Verb.CREATE)))
    assert (intent.verb, intent.target_id, intent.version) == (Verb.DELETE, "r1", "v1")
    assert (intent.before, intent.patch, intent.undoes) == (ADA, {}, ("k1",))
    assert intent.source_fingerprint == a_shown("l1", ADA).fingerprint


def test_fields_of_a_contact_that_goes_are_not_restored_first() -> None:
    update = a_deed(key="k2", version="v1", before={"job_title": "Editor"}, patch={"job_title": "Editor"})
    assert only(undone(a_deed(Verb.CREATE), update)).verb is Verb.DELETE


@pytest.mark.parametrize("created", [True, False])
@pytest.mark.parametrize("state", [State.DONE, State.ADOPTED])
def test_only_what_is_proven_to_be_made_by_us_is_deleted(state: State, *, created: bool) -> None:
    plan = undone(a_deed(Verb.CREATE, outcome=an_outcome(state, created=created, values=ADA)))
    if created and state is State.DONE:
        assert only(plan).verb is Verb.DELETE
    else:
        assert why(plan) == [(Stay.FOUND, "")]


OTHER = replace(LINK, id="another link")


@pytest.mark.parametrize(
    ("deed", "changes", "stay"),
    [
        pytest.param(a_deed(Verb.CREATE), {"away": {(RIGHT, "r1"): Stay.GONE}}, Stay.GONE, id="gone"),
        pytest.param(a_deed(Verb.CREATE, link=None), {}, Stay.FORGOTTEN, id="no link"),
        pytest.param(a_deed(Verb.CREATE, link=replace(LINK, status=LinkStatus.MERGED)), {}, Stay.MERGED, id="merged"),
        pytest.param(a_deed(Verb.CREATE, link=OTHER), {}, Stay.DECIDED, id="linked otherwise since"),
        pytest.param(a_deed(Verb.CREATE), {"frozen": {LINK.id}}, Stay.UNSETTLED, id="no answer"),
        pytest.param(a_deed(Verb.CREATE, foreign=True), {}, Stay.OTHER_ACCOUNT, id="another account"),
        pytest.param(a_deed(Verb.CREATE), {"joined": {(RIGHT, "r1")}}, Stay.EDITED, id="another was merged into it"),
    ],
)
def test_what_we_made_stays_for_a_reason(deed: Deed, changes: dict[str, Any], stay: Stay) -> None:
    assert why(undone(deed, **changes)) == [(stay, "")]


TOUCHED = {
    "another version": a_shown("r1", ADA, version="v2"),
    "without versions, another value": a_shown("r1", {**ADA, "job_title": "Countess"}),
    "without versions, changed later": a_shown("r1", ADA, modified_at=minutes(9)),
}


@pytest.mark.parametrize("name", list(TOUCHED))
def test_what_somebody_touched_stays(name: str) -> None:
    versioned = TOUCHED[name].version is not None
    outcome = an_outcome(created=True, values=ADA, version="v1" if versioned else None, modified_at=minutes(1))
    plan = undone(a_deed(Verb.CREATE, outcome=outcome), right=TOUCHED[name], of=means(lag={RIGHT: 120}))
    assert why(plan) == [(Stay.EDITED, "")]


def test_a_modified_time_within_the_apps_own_lag_is_no_touch() -> None:
    outcome = an_outcome(created=True, values=ADA, version=None, modified_at=minutes(1))
    plan = undone(
        a_deed(Verb.CREATE, outcome=outcome),
        right=a_shown("r1", ADA, modified_at=minutes(2)),
        of=means(lag={RIGHT: 120}),
    )
    assert only(plan).verb is Verb.DELETE


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        pytest.param({}, False, id="found what we had left"),
        pytest.param({"version": "v9"}, True, id="found another version"),
        pytest.param({"before": {"job_title": "typed"}}, True, id="found another value"),
        pytest.param({"shown": {**ADA, "company": "typed"}}, True, id="another field differs in the answer"),
    ],
)
def test_our_own_later_write_is_no_touch_unless_somebody_was_there_before_it(
    changes: dict[str, Any], *, kept: bool
) -> None:
    made = a_deed(Verb.CREATE, outcome=an_outcome(created=True, values={**ADA, "job_title": "Clerk"}, version="v1"))
    row = dict(changes)  # a test may run again in the same process
    answer = an_outcome(values=row.pop("shown", ADA), version="v2")
    later = a_deed(key="k2", chosen=False, outcome=answer, **{"version": "v1", **row})
    plan = undone(made, later, right=a_shown("r1", ADA, version="v2"))
    assert why(plan) == [(Stay.EDITED, "")] if kept else only(plan).verb is Verb.DELETE


# ---- deletes

CLOSED = replace(
    LINK,
    left=a_side("l1", ADA, standing=Standing.GONE),
    right=a_side("r1", {**ADA, "own.nickname": "for Ada"}, standing=Standing.GONE),
    status=LinkStatus.CLOSED,
)
AWAY = {"now": {}, "away": {(RIGHT, "r1"): Stay.GONE}}


def a_deletion(link: Link | None = CLOSED, **changes: Any) -> Deed:
    return a_deed(Verb.DELETE, link=link, **changes)


def test_what_we_deleted_is_made_anew_with_all_that_was_known_of_it() -> None:
    of = means(holding={**HELD, (RIGHT, "own.nickname"): FREE})
    intent = only(undone(a_deletion(), of=of, **AWAY))
    assert (intent.verb, intent.target_id, intent.source_id, intent.link_id) == (Verb.CREATE, "", "l1", LINK.id)
    assert intent.patch == {**{f: t for f, t in ADA.items() if t}, "own.nickname": "for Ada"}
    assert intent.keys == {"email": ("ada@example.org",)}
    assert intent.undoes == ("k1",)


@pytest.mark.parametrize(
    ("theirs", "ours", "told"), [("opted_in", "opted_in", None), ("opted_in", "opted_out", "opted_out"), ("", "", None)]
)
def test_whoever_is_made_anew_has_the_stricter_consent(theirs: str, ours: str, told: str | None) -> None:
    link = replace(CLOSED, left=replace(CLOSED.left, base={**ADA, "consent": theirs}))
    intent = only(undone(a_deletion(link, before={**ADA, "consent": ours}), **AWAY))
    assert intent.patch.get("consent") == told


@pytest.mark.parametrize(
    ("deed", "changes", "stay"),
    [
        pytest.param(a_deletion(), {}, Stay.THERE, id="there again"),
        pytest.param(a_deletion(replace(CLOSED, right=a_side("r2"))), AWAY, Stay.THERE, id="made anew already"),
        pytest.param(a_deletion(None), AWAY, Stay.FORGOTTEN, id="no link"),
        pytest.param(
            a_deletion(), {"now": {}, "away": {(RIGHT, "r1"): Stay.UNREADABLE}}, Stay.UNREADABLE, id="not to be seen"
        ),
        pytest.param(a_deletion(), {**AWAY, "frozen": {LINK.id}}, Stay.UNSETTLED, id="no answer"),
        pytest.param(a_deletion(foreign=True), AWAY, Stay.OTHER_ACCOUNT, id="another account"),
        pytest.param(
            a_deletion(), {**AWAY, "known": {(LEFT, "l1"): Known("l1", 1, 1, "other")}}, Stay.DECIDED, id="linked since"
        ),
    ],
)
def test_what_we_deleted_stays_deleted_for_a_reason(deed: Deed, changes: dict[str, Any], stay: Stay) -> None:
    assert why(undone(deed, **changes)) == [(stay, "")]


def test_where_nothing_may_be_written_nobody_is_made_anew() -> None:
    of = means(holding={at: replace(h, writable=False) for at, h in HELD.items()})
    assert why(undone(a_deletion(), of=of, **AWAY)) == [(Stay.READ_ONLY, "")]


# ---- undos


def test_what_an_undo_took_back_already_is_not_taken_back_again() -> None:
    undo_of_it = a_deed(Verb.DELETE, CLOSED, key="k2", chosen=False, undoes=("k1",))
    assert undone(a_deed(Verb.CREATE, CLOSED), undo_of_it, **AWAY).intents == ()


def test_an_undo_and_what_it_undid_are_even() -> None:
    undo_of_it = a_deed(Verb.DELETE, CLOSED, key="k2", undoes=("k1",))
    plan = undone(a_deed(Verb.CREATE, CLOSED), undo_of_it, **AWAY)
    assert (plan.intents, plan.stays) == ((), ())


def test_an_undo_alone_is_taken_back() -> None:
    undo_of_it = a_deed(Verb.DELETE, CLOSED, key="k2", undoes=("k1",))
    intent = only(undone(a_deed(Verb.CREATE, CLOSED, chosen=False), undo_of_it, **AWAY))
    assert (intent.verb, intent.undoes) == (Verb.CREATE, ("k2",))


# ---- links


def test_a_link_made_by_matching_is_kept_apart() -> None:
    plan = undone(met=[LINK])
    assert [(k.id, k.status, k.version) for k in plan.links] == [(LINK.id, LinkStatus.PARTED, 5)]
    assert plan.hash != undone().hash, "the hash is bound to what becomes of links, too"


def test_a_link_that_a_person_confirmed_stays() -> None:
    plan = undone(met=[LINK], same={("l1", "r1")})
    assert (plan.links, why(plan)) == ((), [(Stay.DECIDED, "")])


@pytest.mark.parametrize("status", [s for s in LinkStatus if s is not LinkStatus.LIVE])
def test_a_link_over_which_nothing_flows_any_more_is_left_alone(status: LinkStatus) -> None:
    assert undone(met=[replace(LINK, status=status)]).links == ()
    assert [k.id for k in undone(met=[replace(LINK, status=status), replace(LINK, id="another")]).links] == ["another"]


def test_a_link_that_an_undo_parted_is_joined_again() -> None:
    parted = replace(LINK, status=LinkStatus.PARTED)
    plan = undone(parted=[parted, LINK])
    assert [(k.status, k.due_run) for k in plan.links] == [(LinkStatus.LIVE, 0)]


def test_the_plan_counts_everything_once_and_has_one_name_however_often_it_is_made() -> None:
    deeds = a_deed(), a_deed(Verb.CREATE, key="k2", link=None, target_id="r9", outcome=an_outcome(target_id="r9"))
    plan = undone(*deeds)
    assert [(c.bucket, bool(c.intent_key)) for c in plan.counted] == [(Bucket.UPDATED, True), (Bucket.SKIPPED, False)]
    assert plan == undone(*deeds)
    assert plan.undo == "run-1"


def test_labels_that_the_other_side_cannot_hold_do_not_make_it_apart() -> None:
    pairs = (a_pair("emails", LABELS, FREE),)
    link = replace(LINK, left=a_side("l1", {"emails": listed("a/home")}))
    deed = a_deed(link=link, patch={"emails": listed("a", "b")}, before={"emails": listed("a")}, outcome=an_outcome())
    intent = only(undone(deed, of=means(pairs=pairs), right=a_shown("r1", {"emails": listed("a", "b")})))
    assert (ids(intent.patch["emails"]), intent.apart) == (["a"], {})
