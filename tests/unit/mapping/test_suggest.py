"""A proposal from two accounts' fields: what is alike is paired once, and the file is valid as it stands."""

from __future__ import annotations

from pathlib import Path

import yaml
from contactsync.apps import load_app
from contactsync.contact import Kind
from contactsync.mapping.suggest import Proposal, suggest
from contactsync.mapping.suggested_file import as_file
from contactsync.model.app import FieldInfo
from contactsync.model.spec import Direction, Side, SideSpec

SIDES = {Side.LEFT: SideSpec("freshsales", "freshsales_acme"), Side.RIGHT: SideSpec("google_contacts", "google_alex")}
APPS = {side: load_app(spec.app).info for side, spec in SIDES.items()}


def custom(name: str, title: str = "", kind: Kind = Kind.TEXT, **changes: object) -> FieldInfo:
    return FieldInfo(f"custom.{name}", kind, title or name, custom=True, **changes)  # type: ignore[arg-type]


CLASSIC_ONLY = ("department", "has_authority", "do_not_disturb")
SUITE = tuple(f for f in APPS[Side.LEFT].fields if f.name not in CLASSIC_ONLY)


def proposed(left: tuple[FieldInfo, ...] = (), right: tuple[FieldInfo, ...] = ()) -> Proposal:
    """For a Suite account."""
    fields = {Side.LEFT: (*SUITE, *left), Side.RIGHT: (*APPS[Side.RIGHT].fields, *right)}
    return suggest(APPS, fields, SIDES)


def text_of(proposal: Proposal) -> str:
    return as_file(proposal, SIDES[Side.LEFT], SIDES[Side.RIGHT])


def test_every_default_field_that_the_other_app_can_hold_is_proposed() -> None:
    holds = {f.contact for f in APPS[Side.RIGHT].fields if f.contact}
    wanted = {f.contact for f in SUITE if f.contact in holds}
    found = proposed()
    assert {name for _, name, _ in found.defaults} == wanted
    said = {f.name for s, f, why in found.left_over if s is Side.LEFT and why}
    rest = {f.name for f in SUITE if f.contact not in wanted}
    assert said == rest, "each of the others stands there with the reason"


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


def test_another_kind_or_choices_that_do_not_meet_are_for_a_person_to_look_at() -> None:
    kinds = proposed((custom("cf_since", kind=Kind.DATE),), (custom("Since"),)).pairs[0]
    left = custom("cf_tier", choices=("Gold", "Silver", "Bronze"))
    choices = proposed((left,), (custom("Tier", choices=("gold", "silver")),)).pairs[0]
    assert not kinds.sure
    assert not choices.sure
    assert choices.options == {"Gold": "gold", "Silver": "silver"}


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


def test_a_proposal_without_pairs_is_still_a_whole_file(tmp_path: Path) -> None:
    data = yaml.safe_load(text_of(proposed()))
    assert data["fields"] == {"defaults": True}
    assert data["dag"] == {"schedule": None}
