"""Pairs of own fields through whole runs, between two memory books."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from contactsync.errors import LimitExceeded
from contactsync.model.plan import HoldReason
from contactsync.model.spec import DagSpec, Limit, Limits, MatchSpec, Side
from paired import ada, edit, fields, of, paired, quiet
from world import World, mail, memory_spec

LEFT, RIGHT = Side.LEFT, Side.RIGHT
TEXTS = {"left": "custom.cf_note", "right": "custom.Note"}


def test_custom_texts_flow_both_ways_and_come_to_rest(tmp_path: Path) -> None:
    world = paired(tmp_path, TEXTS)
    world.left.put("l1", ada(**{"custom.cf_note": "met at the fair"}))
    quiet(world)
    assert of(world, RIGHT)["custom.Note"] == "met at the fair"
    edit(world, RIGHT, **{"custom.Note": "met in Berlin"})
    quiet(world)
    assert of(world, LEFT)["custom.cf_note"] == "met in Berlin"
    edit(world, LEFT, **{"custom.cf_note": ""})
    quiet(world)
    assert of(world, RIGHT)["custom.Note"] == "met in Berlin"


# ---- default fields, read-only fields, directions, conflicts


@pytest.mark.parametrize(
    ("left", "right"), [("nickname", "job_title"), ("nickname", "custom.Nick"), ("notes", "notes")]
)
def test_default_fields_flow_where_their_pair_says_and_no_longer_by_default(
    tmp_path: Path, left: str, right: str
) -> None:
    world = paired(tmp_path, {"left": left, "right": right})
    world.left.put("l1", ada(**{left: "Adi"}))
    quiet(world)
    assert {k for k, v in of(world, RIGHT).items() if v == "Adi"} == {right}
    edit(world, RIGHT, **{right: "Ady"})
    quiet(world)
    assert of(world, LEFT)[left] == "Ady"


def test_without_defaults_only_pairs_flow_and_contacts_are_matched_all_the_same(tmp_path: Path) -> None:
    world = paired(tmp_path)
    world.with_spec(fields=fields(TEXTS, {"left": "emails", "right": "emails"}, defaults=False))
    world.left.put("l1", ada(**{"custom.cf_note": "a", "nickname": "Adi"}))
    world.right.put("r1", {"emails": mail("ADA@example.org"), "custom.Note": ""})
    world.left.put("l2", {"emails": mail("ben@example.org"), "names.given": "Ben"})
    quiet(world)
    rights = {c["emails"][0]["value"].lower(): c for c in world.right.contacts().values()}
    assert rights["ada@example.org"]["custom.Note"] == "a"
    assert not rights["ada@example.org"].get("nickname")
    assert not rights["ben@example.org"].get("names.given")


def test_a_match_key_counts_though_its_field_is_excluded(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(fields=fields(TEXTS, exclude=["emails"])))
    world.left.put("l1", ada(**{"custom.cf_note": "a"}))
    world.right.put("r1", {"emails": mail("ada@example.org"), "nickname": "Adi"})
    quiet(world)
    assert of(world, RIGHT)["custom.Note"] == "a"
    assert of(world, LEFT)["nickname"] == "Adi"


def test_a_pair_flows_its_own_way_only(tmp_path: Path) -> None:
    world = paired(tmp_path, {**TEXTS, "direction": "left_to_right"})
    world.left.put("l1", ada(**{"custom.cf_note": "a"}))
    quiet(world)
    edit(world, RIGHT, **{"custom.Note": "mine"})
    quiet(world)
    assert of(world, LEFT)["custom.cf_note"] == "a"
    edit(world, LEFT, **{"custom.cf_note": "b"})
    quiet(world)
    assert of(world, RIGHT)["custom.Note"] == "b"


@pytest.mark.parametrize(
    ("policy", "winner"), [("left", "here"), ("right", "there"), ("newest", "there"), ("hold", "")]
)
def test_a_pair_settles_conflicts_by_its_own_policy(tmp_path: Path, policy: str, winner: str) -> None:
    world = paired(tmp_path, {**TEXTS, "conflicts": policy})
    world.left.put("l1", ada(**{"custom.cf_note": "was", "nickname": "was"}))
    quiet(world)
    edit(world, LEFT, **{"custom.cf_note": "here", "nickname": "here"})
    world.clock.forward(seconds=5)
    edit(world, RIGHT, **{"custom.Note": "there", "nickname": "there"})
    quiet(world)
    notes = of(world, LEFT)["custom.cf_note"], of(world, RIGHT)["custom.Note"]
    assert notes == ((winner, winner) if winner else ("here", "there"))
    assert of(world, RIGHT)["nickname"] == "here", "the sync's own policy"
    assert [h.field for h in world.held()] == ([] if winner else ["custom.cf_note <-> custom.Note"])


# ---- blanks


def test_a_clear_is_carried_only_where_the_pair_says_so_and_never_at_first_meeting(tmp_path: Path) -> None:
    world = paired(tmp_path, {**TEXTS, "blanks": "clear"})
    world.left.put("l1", ada(**{"custom.cf_note": ""}))
    world.right.put("r1", ada(**{"custom.Note": "kept"}))
    quiet(world)
    assert of(world, LEFT)["custom.cf_note"] == "kept"
    edit(world, RIGHT, **{"custom.Note": ""})
    quiet(world)
    assert of(world, LEFT)["custom.cf_note"] == ""


def test_clearing_counts_into_the_limit_of_blanked_fields(tmp_path: Path) -> None:
    world = paired(tmp_path, {**TEXTS, "blanks": "clear"})
    world.left.put("l1", ada(**{"custom.cf_note": "a"}))
    quiet(world)
    world.with_spec(limits=Limits(blanked=Limit(0)))
    edit(world, LEFT, **{"custom.cf_note": ""})
    with pytest.raises(LimitExceeded, match="1 blanked"):
        world.run()
    assert of(world, RIGHT)["custom.Note"] == "a"


# ---- options


TIERS = {"left": "custom.cf_tier", "right": "custom.Tier", "options": {"Gold": "gold", "Silver": "silver"}}


def test_choices_are_paired_both_ways(tmp_path: Path) -> None:
    world = paired(tmp_path, TIERS)
    world.left.put("l1", ada(**{"custom.cf_tier": "Gold"}))
    quiet(world)
    assert of(world, RIGHT)["custom.Tier"] == "gold"
    edit(world, RIGHT, **{"custom.Tier": "silver"})
    quiet(world)
    assert of(world, LEFT)["custom.cf_tier"] == "Silver"


@pytest.mark.parametrize("policy", ["hold", "skip"])
@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_an_unknown_choice_is_never_written(tmp_path: Path, policy: str, side: Side) -> None:
    own = {LEFT: "custom.cf_tier", RIGHT: "custom.Tier"}
    world = paired(tmp_path, {**TIERS, "unknown_option": policy})
    world.left.put("l1", ada(**{"custom.cf_tier": "Gold"}))
    quiet(world)
    edit(world, side, **{own[side]: "Platinum"})
    quiet(world)
    assert of(world, side)[own[side]] == "Platinum"
    assert of(world, side.other)[own[side.other]] in ("Gold", "gold")
    held = [(h.reason, h.field) for h in world.held()]
    assert held == ([(HoldReason.UNKNOWN_OPTION, "custom.cf_tier <-> custom.Tier")] if policy == "hold" else [])
    edit(world, side, **{own[side]: "Silver" if side is LEFT else "silver"})
    quiet(world)
    assert (of(world, LEFT)["custom.cf_tier"], of(world, RIGHT)["custom.Tier"]) == ("Silver", "silver")
    assert not world.held()


def test_the_preferred_side_wins_over_an_unknown_choice_and_such_a_choice_over_nobody(tmp_path: Path) -> None:
    world = paired(tmp_path, TIERS)
    world.left.put("l1", ada(**{"custom.cf_tier": "Gold"}))
    quiet(world)
    edit(world, LEFT, **{"custom.cf_tier": "Silver"})
    edit(world, RIGHT, **{"custom.Tier": "Platinum"})
    quiet(world)
    assert of(world, RIGHT)["custom.Tier"] == "silver"
    ((_, _, lost),) = world.known.conflicts(world.spec.id)
    assert (lost.left, lost.right, lost.winner) == ("silver", "Platinum", LEFT)
    edit(world, LEFT, **{"custom.cf_tier": "Platinum"})
    edit(world, RIGHT, **{"custom.Tier": "gold"})
    quiet(world)
    assert (of(world, LEFT)["custom.cf_tier"], of(world, RIGHT)["custom.Tier"]) == ("Platinum", "gold")
    assert [h.reason for h in world.held()] == [HoldReason.UNKNOWN_OPTION]


def test_an_unknown_choice_of_a_new_contact_is_held_and_the_rest_of_it_created(tmp_path: Path) -> None:
    world = paired(tmp_path, TIERS)
    world.left.put("l1", ada(**{"custom.cf_tier": "Platinum"}))
    quiet(world)
    assert of(world, RIGHT)["names.given"] == "Ada"
    assert not of(world, RIGHT).get("custom.Tier")
    assert [h.reason for h in world.held()] == [HoldReason.UNKNOWN_OPTION]
    world.with_spec(fields=fields({**TIERS, "options": {**TIERS["options"], "Platinum": "platinum"}}))
    quiet(world)
    assert of(world, RIGHT)["custom.Tier"] == "platinum"
    assert not world.held()


def test_leaving_unknown_choices_alone_from_now_on_ends_their_holds(tmp_path: Path) -> None:
    world = paired(tmp_path, TIERS)
    world.left.put("l1", ada(**{"custom.cf_tier": "Platinum"}))
    quiet(world)
    world.with_spec(fields=fields({**TIERS, "unknown_option": "skip"}))
    quiet(world)
    assert not world.held()
    assert of(world, LEFT)["custom.cf_tier"] == "Platinum"


# ---- kinds


KINDS = {"kinds": {"custom.size": "number", "custom.vip": "boolean", "custom.since": "date", "custom.seen": "datetime"}}


@pytest.mark.parametrize(
    ("left", "typed", "right", "stored", "edited", "back"),
    [
        ("custom.size", "12.50", "custom.text", "12.5", "13.00", "13"),
        ("custom.text", "12.50", "custom.size", "12.5", "13", "13"),
        ("custom.vip", "true", "custom.text", "true", "no", "false"),
        ("custom.since", "2024-02-29", "custom.text", "2024-02-29", "2024-03-01", "2024-03-01"),
        ("birthday", "2024-02-29", "custom.since", "2024-02-29", "2024-03-01", "2024-03-01"),
    ],
)
def test_kinds_are_compared_in_a_normal_form(
    tmp_path: Path, left: str, typed: str, right: str, stored: str, edited: str, back: str
) -> None:
    world = paired(tmp_path, {"left": left, "right": right}, options=KINDS)
    world.left.put("l1", ada(**{left: typed}))
    quiet(world)
    assert (of(world, LEFT)[left], of(world, RIGHT)[right]) == (typed, stored)
    edit(world, RIGHT, **{right: edited})
    quiet(world)
    assert (of(world, LEFT)[left], of(world, RIGHT)[right]) == (back, edited)
    assert not world.held()


def test_numbers_of_one_value_do_not_fight(tmp_path: Path) -> None:
    world = paired(tmp_path, {"left": "custom.size", "right": "custom.text"}, options=KINDS)
    world.left.put("l1", ada(**{"custom.size": "12.5"}))
    world.right.put("r1", ada(**{"custom.text": "12.50"}))
    assert world.run().ok
    assert world.writes() == 0
    edit(world, RIGHT, **{"custom.text": "+twelve"})
    quiet(world)
    assert of(world, LEFT)["custom.size"] == "12.5"
    assert [h.reason for h in world.held()] == [HoldReason.NOT_REPRESENTABLE]


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "UTC", "Europe/Berlin", "Pacific/Auckland", "Pacific/Kiritimati"])
def test_a_day_and_a_moment_do_not_drift_apart(tmp_path: Path, zone: str) -> None:
    world = paired(tmp_path, {"left": "custom.since", "right": "custom.seen"}, options=KINDS)
    world.with_spec(dag=DagSpec(None, timezone=zone))
    world.left.put("l1", ada(**{"custom.since": "2024-02-29"}))
    quiet(world)
    moment = of(world, RIGHT)["custom.seen"]
    assert datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).date().isoformat() == "2024-02-29"
    edit(world, LEFT, **{"custom.since": "2024-03-10"})
    for _ in range(2):
        quiet(world)
        day = datetime.fromisoformat(of(world, RIGHT)["custom.seen"]).astimezone(ZoneInfo(zone)).date().isoformat()
        assert (of(world, LEFT)["custom.since"], day) == ("2024-03-10", "2024-03-10")


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "UTC", "Europe/Berlin", "Pacific/Kiritimati"])
def test_an_edit_of_the_day_keeps_the_time_of_day_and_one_of_the_time_writes_no_day(tmp_path: Path, zone: str) -> None:
    world = paired(tmp_path, {"left": "custom.since", "right": "custom.seen"}, options=KINDS)
    world.with_spec(dag=DagSpec(None, timezone=zone))
    world.left.put("l1", ada(**{"custom.since": "2024-02-29"}))
    quiet(world)
    typed = datetime(2024, 2, 29, 18, 15, tzinfo=ZoneInfo(zone)).isoformat()
    edit(world, RIGHT, **{"custom.seen": typed})
    before = world.writes()
    quiet(world)
    assert world.writes() == before
    assert of(world, RIGHT)["custom.seen"] == typed
    edit(world, LEFT, **{"custom.since": "2024-07-01"})
    quiet(world)
    moved = datetime.fromisoformat(of(world, RIGHT)["custom.seen"]).astimezone(ZoneInfo(zone))
    assert moved == datetime(2024, 7, 1, 18, 15, tzinfo=ZoneInfo(zone))
    edit(world, RIGHT, **{"custom.seen": "2024-08-01T12:00:00Z"})
    quiet(world)
    assert of(world, LEFT)["custom.since"] == ("2024-08-02" if "Kiritimati" in zone else "2024-08-01")
    assert of(world, RIGHT)["custom.seen"] == "2024-08-01T12:00:00Z"


# ---- transforms and lengths


def test_transforms_go_from_the_sender_and_back(tmp_path: Path) -> None:
    html = {"left": "custom.cf_summary", "right": "custom.Summary", "transforms": ["strip_html"]}
    world = paired(
        tmp_path,
        {**html, "direction": "left_to_right"},
        {"left": "custom.share", "right": "custom.percent", "transforms": ["times_100"]},
    )
    world.left.put("l1", ada(**{"custom.cf_summary": "<p>Met at the <b>fair</b></p>", "custom.share": "0.25"}))
    quiet(world)
    assert of(world, RIGHT)["custom.Summary"] == "Met at the fair"
    assert of(world, RIGHT)["custom.percent"] == "25"
    edit(world, LEFT, **{"custom.cf_summary": "<p>Met at the <i>fair</i></p>"})
    edit(world, RIGHT, **{"custom.percent": "50"})
    quiet(world)
    assert of(world, LEFT)["custom.share"] == "0.5"
    assert of(world, RIGHT)["custom.Summary"] == "Met at the fair"


def test_a_national_number_is_one_of_the_default_region_and_another_region_is_no_edit(tmp_path: Path) -> None:
    dial = {"left": "custom.phone", "right": "custom.dial", "transforms": ["e164"], "direction": "left_to_right"}
    world = paired(tmp_path, dial, match=MatchSpec(default_region="DE"))
    world.left.put("l1", ada(**{"custom.phone": "030 1234567"}))
    quiet(world)
    assert of(world, RIGHT)["custom.dial"] == "+49301234567"
    world.with_spec(match=MatchSpec(default_region="FR"), fields=fields({**dial, "direction": "both", "lossy": True}))
    edit(world, RIGHT, **{"custom.dial": "+49301234568"})
    quiet(world)
    assert (of(world, LEFT)["custom.phone"], of(world, RIGHT)["custom.dial"]) == ("030 1234567", "+33301234567")
