"""Every condition and every action of the shipped apps, through whole runs: what was sent, and what is held afterwards.

Freshsales both as Classic, which has Authority and Do Not Disturb built in, and as Suite, where custom fields say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.errors import ConfigError
from contactsync.mapping.rule_sections import RulesSection
from contactsync.model.exchange import Record
from contactsync.model.plan import HoldReason
from contactsync.model.spec import FieldsSpec, Side
from radicale_server import RadicaleServer, card
from watched import Sent, watched
from world import Hub, World, hub_of

LEFT, RIGHT = Side.LEFT, Side.RIGHT
CLASSIC, SUITE = "classic", "suite"
FLAGS = {"authority_field": "custom.cf_has_authority", "do_not_disturb_field": "custom.cf_do_not_disturb"}
ACTED = FieldsSpec(exclude=("tags",))


@dataclass
class Ruled:
    """A shipped sync with rules, on local servers."""

    hub: Hub
    world: World
    sent: Sent = field(default_factory=list)

    def settle(self) -> None:
        """Two runs, and a third that writes nothing."""
        for _ in range(2):
            assert self.world.run().ok
        self.hub.reset_counters()
        assert self.world.run().ok
        assert self.hub.writes() == 0

    def run(self) -> list[Any]:
        """One run; the bodies that it sent to change contacts."""
        self.sent.clear()
        assert self.world.run().ok
        return [body for method, url, body in self.sent if body and method in ("POST", "PUT", "PATCH") and writes(url)]

    def records(self, side: Side) -> dict[str, Record]:
        """What a listing of its own shows, by the first e-mail address."""
        pages = self.world.place().app(side).pull(None)
        return {
            r.fields["emails" if side is LEFT else MAILS[self.right]][0]["value"]: r for p in pages for r in p.records
        }

    @property
    def right(self) -> str:
        return self.world.spec.right.app


MAILS = {"google_contacts": "emailAddresses", "carddav": "EMAIL"}


def writes(url: str) -> bool:
    return not any(part in url for part in ("filtered_search", "/token", ":batchGet"))


def ruled(hub: Hub, product: str, rules: Mapping[str, Any], name: str = "freshsales-google", **options: Any) -> Ruled:
    world = hub.world(name, rules=RulesSection.model_validate(rules).spec(), fields=ACTED)
    own = {"flavour": product, **(FLAGS if product == SUITE else {}), **options}
    left = replace(world.spec.left, options={**world.spec.left.options, **own})
    world.with_spec(left=left)
    found = Ruled(hub, world)
    place = f"{hub.freshsales.url}/crm/sales" if product != CLASSIC else f"{hub.freshsales.url}/api"

    def opened(side: Side) -> App:
        half = world.spec.side(side)
        kind, given = load_app(half.app), dict(hub.credentials()[half.app])
        given |= {"subdomain": place} if half.app == "freshsales" else {}
        access = Access(half.connection, given, session=watched(found.sent), services=hub.services)
        return kind(access, kind.Options(**half.options))

    world.open_app = opened
    return found


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with hub_of(tmp_path) as hub:
        yield hub


@pytest.fixture
def address_book(tmp_path: Path, radicale: RadicaleServer) -> Iterator[Hub]:
    with hub_of(tmp_path, book=radicale.home().book()) as hub:
        yield hub


def flags(name: str, value: bool) -> dict[str, Any]:
    """Authority or Do Not Disturb, whichever product asks."""
    return {name: value, "custom_field": {f"cf_{name}": value}}


def add(hub: Hub, name: str, **data: Any) -> str:
    made = hub.freshsales.add_contact({"last_name": name, "emails": [f"{name.lower()}@example.org"], **data})
    return str(made["id"])


def mail(name: str) -> str:
    return f"{name.lower()}@example.org"


def owner(hub: Hub, key: str) -> Any:
    """A user of the account other than the key's own."""
    return hub.freshsales.store.settings.users[1][key]


# ---- conditions of Freshsales

SAM = "sam"  # stands for the id of a user
WORDS: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
    ({"medium": "Blog"}, {"medium": "blog "}, {"medium": "Advert"}),
    ({"open_deals_revenue": {"greater_than": 1000}}, {"open_deals_amount": 2500}, {"open_deals_amount": 900}),
    ({"won_deals_revenue": {"between": [1, 10]}}, {"won_deals_amount": 5}, {}),
    ({"owned_by": "Sam Seller"}, {"owner_id": SAM}, {}),
    ({"owned_by": "sam.seller@example.org"}, {"owner_id": SAM}, {}),
    ({"owned_by": SAM}, {"owner_id": SAM}, {}),
    ("has_authority", flags("has_authority", True), flags("has_authority", False)),
    ("has_no_authority", flags("has_authority", False), flags("has_authority", True)),
    ("contacted", {"last_contacted": "2026-01-04T10:00:00+00:00"}, {}),
    ("not_contacted", {}, {"last_contacted": "2026-01-04T10:00:00+00:00"}),
    ("has_open_deals", {"open_deals_count": 2}, {"open_deals_count": 0}),
    ("do_not_disturb", flags("do_not_disturb", True), flags("do_not_disturb", False)),
    ({"not": "do_not_disturb"}, flags("do_not_disturb", False), flags("do_not_disturb", True)),
    ({"lead_score": {"between": [60, 100]}}, {"lead_score": 75}, {"lead_score": 20}),
    ({"field": {"name": "custom.cf_segment", "in": ["Small"]}}, {"custom_field": {"cf_segment": "Small"}}, {}),
    ({"field": {"name": "job_title", "starts_with": "Head"}}, {"job_title": "head of sales"}, {"job_title": "Clerk"}),
]


@pytest.mark.parametrize("flavour", [CLASSIC, SUITE])
@pytest.mark.parametrize(("words", "inside", "outside"), WORDS, ids=[str(w[0])[:40] for w in WORDS])
def test_a_condition_lets_exactly_those_through_who_meet_it(
    hub: Hub, flavour: str, words: Any, inside: dict[str, Any], outside: dict[str, Any]
) -> None:
    sam = owner(hub, "id")
    words = {"owned_by": sam} if words == {"owned_by": SAM} else words
    for name, data in (("Inside", inside), ("Outside", outside)):
        add(hub, name, **{k: sam if v == SAM else v for k, v in data.items()})
    sync = ruled(hub, flavour, {"left_to_right": [{"name": "some", "if": [words]}]})
    sync.settle()
    assert set(sync.records(RIGHT)) == {mail("Inside")}


@pytest.mark.parametrize("flavour", [CLASSIC, SUITE])
def test_who_already_exists_is_updated_and_nobody_is_created(hub: Hub, flavour: str) -> None:
    add(hub, "Known", job_title="Editor")
    add(hub, "Fresh")
    hub.google.add_contact({"emailAddresses": [{"value": mail("Known")}]})
    sync = ruled(hub, flavour, {"left_to_right": [{"name": "known", "if": ["already_exists"]}]})
    sync.settle()
    (known,) = sync.records(RIGHT).values()
    assert known.fields["organizations.title"] == "Editor"


# ---- actions of Freshsales

ACTIONS: list[tuple[Any, dict[str, Any], str, str, dict[str, Any]]] = [
    ("grant_authority", flags("has_authority", False), "has_authority", "true", {"has_authority": True}),
    ("revoke_authority", flags("has_authority", True), "has_authority", "false", {"has_authority": False}),
    ("mark_do_not_disturb", flags("do_not_disturb", False), "do_not_disturb", "true", {"do_not_disturb": True}),
    (
        {"unmark_do_not_disturb": {"allow_unmark": True}},
        flags("do_not_disturb", True),
        "do_not_disturb",
        "false",
        {"do_not_disturb": False},
    ),
    ({"update_medium": "Google Contacts"}, {}, "medium", "Google Contacts", {"medium": "Google Contacts"}),
    (
        {"update_field": {"field": "custom.cf_customer_number", "value": "N-{names.family}"}},
        {},
        "custom.cf_customer_number",
        "N-Muster",
        {"custom_field": {"cf_customer_number": "N-Muster"}},
    ),
    (
        {"update_field": {"field": "custom.cf_segment", "value": "Größte"}},
        {"custom_field": {"cf_segment": "Small"}},
        "custom.cf_segment",
        "Größte",
        {"custom_field": {"cf_segment": "Größte"}},
    ),
    (
        {"update_field": {"field": "custom.cf_unit_", "value": 7}},
        {},
        "custom.cf_unit_",
        "7",
        {"custom_field": {"cf_unit_": 7}},
    ),
    (
        {"update_field": {"field": "custom.cf_birthday", "value": "2001-02-03"}},
        {},
        "custom.cf_birthday",
        "2001-02-03",
        {"custom_field": {"cf_birthday": "2001-02-03"}},
    ),
]
NAMES = [next(iter(a[0])) + a[2] if isinstance(a[0], dict) else a[0] for a in ACTIONS]


def in_suite(body: dict[str, Any]) -> dict[str, Any]:
    """The same where custom fields say so."""
    return {"custom_field": {f"cf_{name}": value for name, value in body.items()}}


def expected(flavour: str, name: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    own = flavour == SUITE and name in ("has_authority", "do_not_disturb")
    return (f"custom.cf_{name}", in_suite(body)) if own else (name, body)


def labelled(actions: list[Any], leave: list[Any] = (), **then: Any) -> dict[str, Any]:  # type: ignore[assignment]
    rule: dict[str, Any] = {"name": "vip", "if": [{"has_label": "VIP"}], "then": {"actions": actions, **then}}
    return {"right_to_left": [{**rule, **({"on_leave": leave} if leave else {})}, {"name": "all"}]}


def person(name: str = "Muster", **data: Any) -> dict[str, Any]:
    return {"names": [{"familyName": name}], "emailAddresses": [{"value": mail(name)}], **data}


@pytest.mark.parametrize("flavour", [CLASSIC, SUITE])
@pytest.mark.parametrize(("action", "before", "name", "text", "body"), ACTIONS, ids=NAMES)
def test_an_action_is_sent_once_and_held_and_a_later_edit_stands(
    hub: Hub, flavour: str, action: Any, before: dict[str, Any], name: str, text: str, body: dict[str, Any]
) -> None:
    name, body = expected(flavour, name, body)
    contact = add(hub, "Muster", **before)
    google = hub.google.add_contact(person())["resourceName"]
    sync = ruled(hub, flavour, labelled([action]))
    sync.settle()
    hub.google.edit_contact(google, {"labels": ["VIP"]})
    assert [json.loads(sent)["contact"] for sent in sync.run()] == [body]
    assert sync.records(LEFT)[mail("Muster")].fields[name] == text
    sync.settle()
    hub.freshsales.edit_contact(contact, {"medium": "edited", **(before or {})})
    sync.settle()
    held = sync.records(LEFT)[mail("Muster")].fields
    assert held["medium"] == "edited"
    assert not before or held[name] != text


@pytest.mark.parametrize("flavour", [CLASSIC, SUITE])
@pytest.mark.parametrize(("action", "before", "name", "text", "body"), ACTIONS, ids=NAMES)
def test_an_action_comes_with_the_create(
    hub: Hub, flavour: str, action: Any, before: dict[str, Any], name: str, text: str, body: dict[str, Any]
) -> None:
    del before
    name, body = expected(flavour, name, body)
    words = {action: {}} if isinstance(action, str) else action
    ((word, given),) = words.items()
    given = given if isinstance(given, dict) else {"value": given}
    hub.google.add_contact(person(labels=["VIP"]))
    sync = ruled(hub, flavour, labelled([{word: {**given, "apply": "on_create"}}]))
    (sent,) = [json.loads(one)["contact"] for one in sync.run()]
    assert sent.items() >= body.items()
    assert sync.records(LEFT)[mail("Muster")].fields[name] == text
    sync.settle()


@pytest.mark.parametrize("flavour", [CLASSIC, SUITE])
@pytest.mark.parametrize(
    ("enter", "leave", "name"),
    [
        ("grant_authority", "revoke_authority", "has_authority"),
        ("mark_do_not_disturb", None, "do_not_disturb"),
        ({"update_medium": "VIP list"}, {"update_medium": "former"}, "medium"),
    ],
)
def test_leaving_takes_back_what_may_be_taken_back(hub: Hub, flavour: str, enter: Any, leave: Any, name: str) -> None:
    name, _ = expected(flavour, name, {})
    add(hub, "Muster")
    google = hub.google.add_contact(person(labels=["VIP"]))["resourceName"]
    sync = ruled(hub, flavour, labelled([enter], [leave] if leave else []))
    sync.settle()
    entered = sync.records(LEFT)[mail("Muster")].fields[name]
    hub.google.edit_contact(google, {"labels": []})
    sync.settle()
    left = sync.records(LEFT)[mail("Muster")].fields[name]
    assert (entered, left) in {("true", "false" if leave else "true"), ("VIP list", "former")}


def test_a_choice_that_freshsales_answers_with_200_and_does_not_keep_is_held(hub: Hub) -> None:
    hub.freshsales.knobs.update({"bad_choice": "ignore"})
    contact = add(hub, "Muster", custom_field={"cf_segment": "Small"})
    hub.google.add_contact(person(labels=["VIP"]))
    sync = ruled(hub, SUITE, labelled([{"update_field": {"field": "custom.cf_segment", "value": "Tiny"}}]))
    sync.run()
    (hold,) = sync.world.held()
    assert (hold.reason, "cf_segment" in hold.detail, "Tiny" in hold.detail) == (HoldReason.NOT_STORED, True, False)
    sync.settle()
    assert len(sync.world.held()) == 1
    hub.freshsales.add_field("cf_segment", "Segment", "dropdown", ("Small", "Tiny"))
    hub.clock.forward(days=1)
    assert sync.world.run(full_read=True).ok
    assert sync.world.held() == []
    assert hub.freshsales.contact(contact)["custom_field"]["cf_segment"] == "Tiny"


@pytest.mark.parametrize("dry_run", [False, True], ids=["run", "dry run"])
@pytest.mark.parametrize("word", ["grant_authority", "do_not_disturb"])
def test_a_word_that_only_classic_has_stops_a_suite_account_before_reading(hub: Hub, word: str, dry_run: bool) -> None:
    """As a condition it would match nobody, silently; as an action it would be held for everybody."""
    add(hub, "Muster")
    hub.google.add_contact(person(labels=["VIP"]))
    inside = {"left_to_right": [{"name": "quiet", "if": [{"not": word}]}]}
    rules = labelled([word]) if word == "grant_authority" else inside
    options = {"authority_field": "", "do_not_disturb_field": "", "flavour": "auto"}
    sync = ruled(hub, SUITE, rules, **options)
    with pytest.raises(ConfigError, match=rf"rules\..*{word}.*Freshsales Suite has no such field.*options: ") as told:
        sync.world.run(dry_run=dry_run)
    assert "freshsales-google.yaml" in str(told.value)
    assert hub.writes() == 0
    assert len(hub.google.contacts()) == len(hub.freshsales.contacts()) == 1


def test_a_custom_field_that_the_account_lacks_stops_the_run_before_reading(hub: Hub) -> None:
    add(hub, "Muster")
    inside = {"name": "tier", "if": [{"field": {"name": "custom.cf_teir", "equals": "Gold"}}]}
    sync = ruled(hub, SUITE, {"left_to_right": [inside]})
    with pytest.raises(ConfigError, match=r"rules: .* shows no field 'custom\.cf_teir'.*contactsync fields"):
        sync.world.run()
    assert hub.google.contacts() == []
    hub.freshsales.add_field("cf_teir", "Teir", "text")  # it is asked anew, not remembered for a day
    assert sync.world.run().ok


def test_a_classic_account_uses_its_own_fields_though_the_options_name_others(hub: Hub) -> None:
    add(hub, "Muster")
    hub.google.add_contact(person(labels=["VIP"]))
    sync = ruled(hub, CLASSIC, labelled(["grant_authority"]), flavour="auto", **FLAGS)
    sync.settle()
    (held,) = hub.freshsales.contacts()
    assert (held["has_authority"], held["custom_field"]["cf_has_authority"]) == (True, None)


# ---- labels and categories


def tags(record: Record, name: str) -> set[str]:
    return {t["value"] for t in record.fields[name]}


@pytest.mark.parametrize("flavour", [CLASSIC, SUITE])
def test_labels_are_added_and_removed_beside_others_and_taken_back(hub: Hub, flavour: str) -> None:
    hot = {
        "name": "hot",
        "if": [{"medium": "Blog"}],
        "on_leave": [{"remove_label": "Freshsales"}, {"add_label": "Lead"}],
    }
    hot["then"] = {"actions": [{"add_label": {"value": "Freshsales"}}, {"remove_label": "Lead"}]}
    contact = add(hub, "Muster", medium="Blog")
    add(hub, "Beispiel", medium="Blog")
    hub.google.add_contact(person(labels=["Club", "Lead"]))
    sync = ruled(hub, flavour, {"left_to_right": [hot, {"name": "all"}]})
    sync.settle()
    known, fresh = (sync.records(RIGHT)[mail(n)] for n in ("Muster", "Beispiel"))
    assert tags(known, "memberships") == {"Club", "Freshsales"}
    assert tags(fresh, "memberships") == {"Freshsales"}
    hub.freshsales.edit_contact(contact, {"medium": "Advert"})
    sync.settle()
    assert tags(sync.records(RIGHT)[mail("Muster")], "memberships") == {"Club", "Lead"}
    assert tags(sync.records(RIGHT)[mail("Beispiel")], "memberships") == {"Freshsales"}


def test_a_label_lets_a_contact_in_and_its_absence_keeps_it_private(hub: Hub) -> None:
    hub.google.add_contact(person(labels=["VIP"]))
    hub.google.add_contact(person("Private", labels=["Club"]))
    sync = ruled(hub, SUITE, {"right_to_left": [{"name": "shared", "if": [{"has_label": "vip"}]}]})
    sync.settle()
    assert set(sync.records(LEFT)) == {mail("Muster")}


@pytest.mark.parametrize("flavour", [CLASSIC, SUITE])
def test_categories_are_conditions_and_actions_of_an_address_book(address_book: Hub, flavour: str) -> None:
    hub, book = address_book, address_book.book
    assert book is not None
    lines = ("FN:Uma Muster", "N:Muster;Uma;;;")
    book.put("uma", card("uma", *lines, f"EMAIL:{mail('Muster')}", "CATEGORIES:Family,VIP"))
    book.put("jo", card("jo", *lines, f"EMAIL:{mail('Private')}", "CATEGORIES:Family"))
    contact = add(hub, "Beispiel", medium="Blog")
    hot = {"name": "hot", "if": [{"medium": "Blog"}], "on_leave": [{"remove_category": "Blog"}]}
    hot["then"] = {"actions": [{"add_category": "Blog"}, {"remove_category": "Cold"}]}
    shared = {"name": "shared", "if": [{"has_category": "VIP"}], "then": {"actions": [{"update_medium": "Blog"}]}}
    sync = ruled(hub, flavour, {"left_to_right": [hot], "right_to_left": [shared]}, "freshsales-carddav")
    sync.settle()
    assert set(sync.records(LEFT)) == {mail("Beispiel"), mail("Muster")}
    assert tags(sync.records(RIGHT)[mail("Muster")], "CATEGORIES") == {"Family", "VIP", "Blog"}
    assert tags(sync.records(RIGHT)[mail("Beispiel")], "CATEGORIES") == {"Blog"}
    hub.freshsales.edit_contact(contact, {"medium": "Advert"})
    sync.settle()
    assert tags(sync.records(RIGHT)[mail("Beispiel")], "CATEGORIES") == set()
    assert "CATEGORIES:Family" in book.get("jo")
