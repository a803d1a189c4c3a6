"""A proposal from two accounts' fields: what is alike is paired once, and the file is valid as it stands."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from contactsync.apps import app_names, load_app
from contactsync.apps._freshsales_facts import CLASSIC_ONLY, fields_of
from contactsync.contact import Kind
from contactsync.mapping.loader import load_sync
from contactsync.mapping.suggest import Proposal, suggest
from contactsync.mapping.suggested_file import as_file
from contactsync.model.app import FieldInfo
from contactsync.model.spec import Direction, Side, SideSpec
from contactsync.orchestration.shipped_apps import ShippedApps

SIDES = {Side.LEFT: SideSpec("freshsales", "freshsales_acme"), Side.RIGHT: SideSpec("google_contacts", "google_alex")}
APPS = {side: load_app(spec.app).info for side, spec in SIDES.items()}


def custom(name: str, title: str = "", kind: Kind = Kind.TEXT, **changes: object) -> FieldInfo:
    return FieldInfo(f"custom.{name}", kind, title or name, custom=True, **changes)  # type: ignore[arg-type]


SUITE = tuple(f for f in APPS[Side.LEFT].fields if f.name not in CLASSIC_ONLY)


def proposed(left: tuple[FieldInfo, ...] = (), right: tuple[FieldInfo, ...] = ()) -> Proposal:
    """For a Suite account."""
    fields = {Side.LEFT: (*SUITE, *left), Side.RIGHT: (*APPS[Side.RIGHT].fields, *right)}
    return suggest(APPS, fields, SIDES)


NEW, ELSEWHERE = "a custom field of its own", "phoneNumbers is the numbers' already"
NOWHERE, NAMES = "", ("google_contacts", "carddav", "memory")
EXPECTED: dict[str, tuple[str, str, str]] = {
    # own field of Freshsales: what can hold it in Google Contacts, in CardDAV, in the memory app
    "first_name": ("names.givenName", "N.given", "names.given"),
    "last_name": ("names.familyName", "N.family", "names.family"),
    "job_title": ("organizations.title", "TITLE", "job_title"),
    "emails": ("emailAddresses", "EMAIL", "emails"),
    "work_number": ("phoneNumbers", "TEL", "phones"),
    "mobile_number": ("phoneNumbers", "TEL", "phones"),
    "phone_numbers": (ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "address": ("addresses", "ADR", "addresses"),
    "company.name": ("organizations.name", "ORG.name", "company"),
    "company.website": (NEW, NOWHERE, NEW),
    "department": ("organizations.department", "ORG.unit", "department"),
    "tags": ("memberships", "CATEGORIES", "tags"),
    "medium": (NEW, NOWHERE, NEW),
    "owner": (NEW, NOWHERE, NEW),
    "owner.name": (NEW, NOWHERE, NEW),
    "owner.id": (NEW, NOWHERE, NEW),
    "lead_score": (NEW, NOWHERE, NEW),
    "open_deals_amount": (NEW, NOWHERE, NEW),
    "won_deals_amount": (NEW, NOWHERE, NEW),
    "open_deals_count": (NEW, NOWHERE, NEW),
    "last_contacted": (NEW, NOWHERE, NEW),
    "has_authority": (NEW, NOWHERE, NEW),
    "do_not_disturb": (NEW, NOWHERE, NEW),
}


def text_of(proposal: Proposal) -> str:
    return as_file(proposal, SIDES[Side.LEFT], SIDES[Side.RIGHT])


def between(crm: Sequence[FieldInfo], other: str, place: Side) -> Proposal:
    """For Freshsales on that side."""
    there = load_app(other).info
    apps = {place: APPS[Side.LEFT], place.other: there}
    return suggest(apps, {place: crm, place.other: there.fields}, {s: SideSpec(apps[s].name, s.value) for s in Side})


def partners(found: Proposal, place: Side) -> dict[str, str]:
    """Own field of Freshsales -> what is proposed as its partner by default."""
    halves = [(left, right) if place is Side.LEFT else (right, left) for left, _, right in found.defaults]
    return {name: theirs for ours, theirs in halves for name in ours.split(", ")}


@pytest.mark.parametrize("place", Side)
@pytest.mark.parametrize("flavour", ["classic", "suite"])
@pytest.mark.parametrize("other", NAMES)
def test_every_default_field_that_the_other_app_can_hold_is_proposed(other: str, flavour: str, place: Side) -> None:
    """And each of the others stands there with the reason. A new field of Freshsales has to be decided above."""
    crm = [f for f in fields_of(flavour) if flavour == "classic" or f.name not in CLASSIC_ONLY]
    assert {f.name for f in fields_of("classic")} == set(EXPECTED)
    found = between(crm, other, place)
    expected = {f.name: EXPECTED[f.name][NAMES.index(other)] for f in crm}
    assert partners(found, place) == {n: p for n, p in expected.items() if p not in (NEW, ELSEWHERE, NOWHERE)}
    offered = {(p.left if place is Side.LEFT else p.right).name for p in found.offers}
    assert offered == {n for n, p in expected.items() if p == NEW}
    reasons = {f.name: why for s, f, why in found.left_over if s is place}
    assert {n for n, why in reasons.items() if "taken" in why} == {n for n, p in expected.items() if p == ELSEWHERE}
    assert {n for n, why in reasons.items() if "nothing alike" in why} == {n for n, p in expected.items() if p == ""}
    text = text_of(found)
    assert all(re.search(rf"\b{re.escape(f.name)}\b", text) for f in crm)


def test_every_shipped_app_beside_freshsales_is_among_these() -> None:
    assert set(app_names()) == {"freshsales", *NAMES}


@pytest.mark.parametrize("apps", list(itertools.permutations(app_names(), 2)), ids="-".join)
def test_between_any_two_apps_what_both_have_flows_and_the_rest_is_listed(apps: tuple[str, str]) -> None:
    infos = {side: load_app(app).info for side, app in zip(Side, apps, strict=True)}
    found = suggest(infos, {s: infos[s].fields for s in Side}, {s: SideSpec(infos[s].name, s.value) for s in Side})
    both = {f.contact for f in infos[Side.LEFT].fields} & {f.contact for f in infos[Side.RIGHT].fields} - {
        "",
        "consent",
    }
    assert {name for _, name, _ in found.defaults} == both
    for side in Side:
        said = [n for default in found.defaults for n in default[0 if side is Side.LEFT else 2].split(", ")]
        pairs = (*found.pairs, *found.offers)
        said += [(p.left if side is Side.LEFT else p.right).name for p in pairs]
        said += [f.name for s, f, why in found.left_over if s is side and why]
        assert {f.name for f in infos[side].fields} <= set(said)


def test_a_field_that_another_app_would_make_is_offered_under_a_name_that_is_free() -> None:
    found = proposed((custom("cf_a", "Size"), custom("cf_b", "Size"), custom("cf_c", "Medium")), (custom("cf_c"),))
    offers = [(p.left.name, p.right.name) for p in found.offers if p.left.custom or p.left.name == "medium"]
    assert offers == [
        ("medium", "custom.Medium"),
        ("custom.cf_a", "custom.Size"),
        ("custom.cf_b", "custom.cf_b"),
    ]


def test_fields_of_one_name_and_kind_are_paired_as_they_stand() -> None:
    (pair,) = proposed((custom("cf_vat_id", "VAT id"),), (custom("VAT ID"),)).pairs
    assert (pair.left.name, pair.right.name, pair.sure) == ("custom.cf_vat_id", "custom.VAT ID", True)
    assert pair.confidence > 0.95


def test_each_field_is_proposed_once_with_its_best_partner() -> None:
    found = proposed((custom("cf_tier"), custom("cf_tier_since")), (custom("Tier"), custom("Tier since")))
    assert {(p.left.name, p.right.name) for p in found.pairs} == {
        ("custom.cf_tier", "custom.Tier"),
        ("custom.cf_tier_since", "custom.Tier since"),
    }


def test_a_namesake_of_another_kind_comes_before_what_is_merely_alike_and_numbers_tell_fields_apart() -> None:
    left = (custom("cf_start", "Start", Kind.DATE), custom("cf_starts", "Starts"), custom("cf_line_1", "Line 1"))
    found = proposed(left, (custom("Start"), custom("Line 2")))
    assert [(p.left.name, p.right.name, p.sure) for p in found.pairs] == [("custom.cf_start", "custom.Start", False)]


def test_another_kind_or_choices_that_do_not_meet_are_for_a_person_to_look_at() -> None:
    kinds = proposed((custom("cf_since", kind=Kind.DATE),), (custom("Since"),)).pairs[0]
    left = custom("cf_tier", choices=("Gold", "Silver", "Bronze"))
    choices = proposed((left,), (custom("Tier", choices=("gold", "silver")),)).pairs[0]
    assert not kinds.sure
    assert not choices.sure
    assert choices.options == {"Gold": "gold", "Silver": "silver"}


def test_a_date_and_a_date_time_are_offered_both_ways_as_the_time_of_day_stays() -> None:
    left, right = custom("cf_since", kind=Kind.DATE), custom("Since", kind=Kind.DATETIME)
    text = text_of(proposed((left,), (right,)))
    assert "right: custom.Since" in text
    assert "lossy" not in text


def test_a_field_that_nobody_may_write_is_paired_one_way_and_two_such_never() -> None:
    (pair,) = proposed((custom("cf_score", writable=False),), (custom("Score"),)).pairs
    assert pair.direction is Direction.LEFT_TO_RIGHT
    assert not proposed((custom("cf_score", writable=False),), (custom("Score", writable=False),)).pairs


def test_unlike_names_are_not_paired_but_listed() -> None:
    found = proposed((custom("cf_shoe_size"),), (custom("Favourite dish"),))
    assert not found.pairs
    assert "custom.cf_shoe_size" in text_of(found)


def test_whatever_an_account_calls_its_fields_the_file_is_readable_yaml() -> None:
    nasty = ("a: b", "# x", "line\nbreak", "quote\"s'", "{{ 7*7 }}", "- dash", "true", "\u202eevil", "ünï", "&a *b")
    fields = tuple(custom(name, name) for name in nasty)
    data = yaml.safe_load(text_of(proposed(fields, fields)))
    assert {pair["left"] for pair in data["fields"]["pairs"]} <= {f.name for f in fields}
    assert data["left"] == {"app": "freshsales", "connection": "freshsales_acme"}


def test_sixty_custom_fields_a_side_each_find_their_own() -> None:
    fields = tuple(custom(f"cf_field_number_{n}", f"Field number {n}") for n in range(60))
    found = proposed(fields, tuple(custom(f"Field number {n}") for n in range(60)))
    assert len(found.pairs) == 60
    assert all(p.left.title == p.right.title for p in found.pairs)


NASTY = ("a: b", "# x", "quote\"s'", "{{ 7*7 }}", "- dash", "true", "null", "1e3", "ünï", "&a *b", "Vat (EU)", "a,b]")


@pytest.mark.parametrize("apps", list(itertools.permutations(app_names(), 2)), ids="-".join)
def test_a_proposal_is_a_valid_file_as_it_stands_and_with_every_offer_taken(
    apps: tuple[str, str], tmp_path: Path
) -> None:
    infos = {side: load_app(app).info for side, app in zip(Side, apps, strict=True)}
    halves = {s: SideSpec(infos[s].name, f"of_{s}") for s in Side}
    known = {s: SUITE if infos[s].name == "freshsales" else infos[s].fields for s in Side}
    mine = tuple(custom(name, f"{name}!", choices=("Gold", "off")) for name in NASTY)
    theirs = tuple(custom(name, f"{name}!", choices=("gold", "OFF")) for name in NASTY)
    fields = {Side.LEFT: (*known[Side.LEFT], *mine), Side.RIGHT: (*known[Side.RIGHT], *theirs[:-2])}
    found = suggest(infos, fields, halves)
    file = tmp_path / "suggested.yaml"
    text = as_file(found, *halves.values())
    file.write_text(text)
    spec = load_sync(file, tmp_path, ShippedApps())
    assert (spec.left, spec.right, spec.fields.defaults, spec.dag.schedule) == (*halves.values(), True, None)
    sure = {((p.left.name,), (p.right.name,)) for p in found.pairs if p.sure}
    assert {(p.left, p.right) for p in spec.fields.pairs} == sure
    assert sure
    assert all(dict(p.options) in ({}, {"Gold": "gold", "off": "OFF"}) for p in spec.fields.pairs)
    file.write_text(re.sub(r"(?m)^    #([- ] )", r"    \1", text))
    taken = {(p.left, p.right) for p in load_sync(file, tmp_path, ShippedApps()).fields.pairs}
    assert taken == {((p.left.name,), (p.right.name,)) for p in (*found.pairs, *found.offers)}
