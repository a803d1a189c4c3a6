"""`fields.pairs` as people write them: what is right, and what is wrong with its line and its remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from contactsync.apps import load_app
from contactsync.errors import ConfigError
from contactsync.mapping.as_data import spec_as_json, spec_from_json
from contactsync.mapping.loader import load_sync
from contactsync.mapping.suggest import suggest
from contactsync.mapping.suggested_file import as_file
from contactsync.model.app import FieldInfo
from contactsync.model.spec import Direction, Pick, Side, SideSpec, SyncSpec
from contactsync.orchestration.shipped_apps import ShippedApps

HEAD = """\
version: 1
left:  {app: freshsales, connection: freshsales_acme}
right: {app: google_contacts, connection: google_alex}
dag: {schedule: null}
"""
Load = Callable[..., SyncSpec]


@pytest.fixture
def load(write: Callable[..., Path], tmp_path: Path) -> Load:
    def read(pairs: str, more: str = "") -> SyncSpec:
        return load_sync(write(f"{HEAD}{more}fields:\n  pairs:\n{pairs}", "crm.yaml"), tmp_path, ShippedApps())

    return read


def test_each_key_of_a_pair_is_read(load: Load) -> None:
    spec = load(
        "    - {left: custom.cf_tier, right: custom.Tier, options: {Gold: gold, true: 1}, unknown_option: skip}\n"
        "    - {left: mobile_number, right: phoneNumbers, pick: {label: mobile, else: first}, conflicts: right}\n"
        "    - {left: company.website, right: custom.Website, direction: left_to_right}\n"
        "    - {left: custom.cf_note, right: custom.Note, direction: left_to_right, transforms: [strip_html],"
        " too_long: shorten, blanks: clear, lossy: true}\n"
        "    - {left: [first_name, last_name], right: nicknames}\n"
        "    - {left: work_number, right: phoneNumbers, pick: {label: work}}\n"
    )
    tier, mobile, website, note, name, work = spec.fields.pairs
    assert (dict(tier.options), tier.skip_unknown_option) == ({"Gold": "gold", "true": "1"}, True)
    assert (mobile.pick, mobile.conflicts) == (Pick("mobile", first=True), "right")
    assert website.direction is Direction.LEFT_TO_RIGHT
    assert (note.transforms, note.shorten, note.clear_blanks, note.lossy) == (("strip_html",), True, True, True)
    assert name.left == ("first_name", "last_name")
    assert work.pick == Pick("work", first=False)
    assert spec_from_json(spec_as_json(spec)) == spec  # Airflow's tasks get it so


WRONG = {
    "unknown field": ("{left: mobil_number, right: custom.M}", "pairs[0].left: ", "Did you mean 'mobile_number'?"),
    "no such company field": (
        "{left: company.industry, right: custom.M, direction: left_to_right}",
        'pairs[0].left: Freshsales has no field "company.industry": a contact comes with its account\'s name and '
        "website,",
        "Allowed: company.name, company.website. Next: Use one of these, or a custom field",
    ),
    "unknown key": ("{left: medium, right: custom.M, option: {}}", "pairs[0].option: ", "Did you mean 'options'?"),
    "no right": ("{left: medium}", "pairs[0].right: ", "required and missing"),
    "list and one": ("{left: mobile_number, right: phoneNumbers}", "pairs[0]: ", "pick: {label: mobile, else: first}"),
    "pick of none": ("{left: medium, right: nicknames, pick: first}", "pairs[0].pick: ", "neither field holds several"),
    "no labels": ("{left: emails, right: nicknames, pick: {label: work}}", "pick.label: ", "has no labels"),
    "address": ("{left: medium, right: addresses, pick: {label: home}}", "pairs[0].pick: ", "several parts"),
    "read only": (
        "{left: company.website, right: custom.W, direction: right_to_left}",
        "pairs[0].direction: ",
        "can only be read. Next: Write direction: left_to_right",
    ),
    "no way back": (
        "{left: medium, right: custom.M, transforms: [upper]}",
        "pairs[0].transforms[0]: ",
        "or lossy: true",
    ),
    "shortened": ("{left: medium, right: custom.M, too_long: shorten}", "pairs[0].too_long: ", "flows both ways"),
    "transform": ("{left: medium, right: custom.M, transforms: [uper]}", "transforms[0]: ", "Did you mean 'upper'?"),
    "choice twice": (
        "{left: medium, right: custom.M, options: {a: x, b: x}}",
        "pairs[0].options.b: ",
        "no way back",
    ),
    "kinds": ("{left: lead_score, right: birthdays, direction: left_to_right}", "pairs[0]: ", "cannot be compared"),
    "part of a name": ("{left: [first_name, emails], right: nicknames}", "pairs[0].left[1]: ", "no part of a name"),
    "both": ("{left: medium, right: custom.M, options: {a: b}, transforms: [trim]}", "transforms: ", "beside options"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_in_a_pair_is_named_with_its_place_and_remedy(load: Load, case: str) -> None:
    pair, place, words = WRONG[case]
    with pytest.raises(ConfigError) as caught:
        load(f"    - {pair}\n")
    assert place in str(caught.value)
    assert words in str(caught.value)
    assert "crm.yaml:7" in str(caught.value)


def test_one_field_in_two_pairs_names_both_lines(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load("    - {left: medium, right: custom.M}\n    - {left: medium, right: custom.N}\n")
    assert "crm.yaml:7: fields.pairs[0].left: medium is also in the pair of line 8." in str(caught.value)
    assert "crm.yaml:8: fields.pairs[1].left: medium is also in the pair of line 7." in str(caught.value)


def test_a_pair_against_the_direction_of_the_sync_is_refused(load: Load) -> None:
    with pytest.raises(ConfigError, match="nothing flows this way, as direction is left_to_right"):
        load("    - {left: medium, right: custom.M, direction: right_to_left}\n", "direction: left_to_right\n")


def test_a_field_of_a_pair_is_no_field_for_an_action(load: Load) -> None:
    rules = "rules: {right_to_left: [{name: r, then: {actions: [update_medium: Google]}}]}\n"
    with pytest.raises(ConfigError, match=r"fields\.pairs maps medium already"):
        load("    - {left: medium, right: custom.M}\n", rules)


def test_what_changes_without_an_edit_is_read_completely_every_day(load: Load) -> None:
    spec = load("    - {left: lead_score, right: custom.Score, direction: left_to_right}\n")
    assert spec.full_every.days == 1


def test_what_suggest_writes_is_valid_as_it_stands(write: Callable[..., Path], tmp_path: Path) -> None:
    sides = {Side.LEFT: SideSpec("freshsales", "one"), Side.RIGHT: SideSpec("google_contacts", "two")}
    apps = {side: load_app(spec.app).info for side, spec in sides.items()}
    tiers = ("Gold", "Silver")
    mine = FieldInfo("custom.cf_tier", title="Tier", custom=True, choices=tiers)
    theirs = FieldInfo("custom.Tier", title="Tier", custom=True, choices=tuple(map(str.lower, tiers)))
    fields = {Side.LEFT: (*apps[Side.LEFT].fields, mine), Side.RIGHT: (*apps[Side.RIGHT].fields, theirs)}
    text = as_file(suggest(apps, fields, sides), *sides.values())
    found = {pair.left: pair for pair in load_sync(write(text, "found.yaml"), tmp_path, ShippedApps()).fields.pairs}
    assert dict(found[("custom.cf_tier",)].options) == {"Gold": "gold", "Silver": "silver"}
