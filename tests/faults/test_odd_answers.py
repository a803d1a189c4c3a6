"""Answers that are whole and wrong: batches out of order or too short, cursors that end, stale copies, fields away."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ConfigError
from contactsync.model.link import ApartReason
from contactsync.model.plan import HoldReason
from faulty_wire import Answer
from paired import fields
from radicale_server import RadicaleServer
from views import links
from wired import CREATE, READ, UPDATE, Wired, wired

NAMES = ["Ada", "Uma", "Eva", "Ida"]


@pytest.fixture
def app() -> str:
    return "google"


@pytest.fixture
def sync(app: str, tmp_path: Path, radicale: RadicaleServer) -> Iterator[Wired]:
    with wired(tmp_path, app, radicale) as sync:
        for name in NAMES:
            sync.add(name)
        yield sync


def edited(change: Callable[[Any], Any]) -> Answer:
    """The JSON of an answer, changed."""

    def answer(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        return head, json.dumps(change(json.loads(body))).encode()

    return answer


# ---- batches


def shortened(rows: list[Any]) -> list[Any]:
    return rows[1:]


def permuted_with_a_stranger(rows: list[Any]) -> list[Any]:
    stranger = {"resourceName": "people/c999", "etag": "x", "names": [{"givenName": "Nobody"}]}
    return [{"httpStatusCode": 200, "person": stranger, "requestedResourceName": "people/c999"}, *rows[2:], *rows[:2]]


CHANGES = [shortened, permuted_with_a_stranger]


@pytest.mark.parametrize("change", CHANGES)
def test_f19_a_batch_of_creates_is_settled_by_its_keys(sync: Wired, change: Any) -> None:
    sync.wire.breaks(CREATE["google"], edited(lambda a: {**a, "createdPeople": change(a["createdPeople"])}))
    sync.run()
    assert sync.wire.broken
    sync.rest()
    sync.assert_once(NAMES)


def results(change: Any) -> Answer:
    """The answer to a batch of updates, which names each contact."""

    def changed(answer: Any) -> Any:
        rows = change([{**row, "as": name} for name, row in answer["updateResult"].items()])
        return {**answer, "updateResult": {row.get("as", "people/c999"): row for row in rows}}

    return edited(changed)


def found(change: Any) -> Answer:
    """The answer to a reading by id."""
    return edited(lambda answer: {**answer, "responses": change(answer["responses"])})


@pytest.mark.parametrize("change", CHANGES)
def test_f19_a_batch_of_updates_and_the_reading_before_it_are_settled_by_their_keys(sync: Wired, change: Any) -> None:
    sync.rest()
    for n, (where, answer) in enumerate([(UPDATE["google"], results(change)), ("batchGet", found(change))]):
        for name in NAMES:
            sync.hub.freshsales.edit_contact(sync.source(name), {"job_title": f"{name} {n}"})
        sync.wire.breaks(where, answer)
        sync.run()
    assert len(sync.wire.broken) == 2
    sync.rest()
    sync.assert_once(NAMES)
    assert sync.titles() == sorted(f"{name} 1" for name in NAMES)


# ---- cursors


def test_f09_a_cursor_that_ends_at_a_later_page_means_a_complete_read(sync: Wired) -> None:
    sync.rest()
    google = sync.hub.google
    for n, person in enumerate(google.contacts()):
        google.edit_contact(person["resourceName"], {"organizations": [{"title": f"Captain {n}"}]})
    google.google.page_most, google.google.expire_at_page = 2, 2
    assert sync.run() is None
    sync.rest()
    sync.assert_once(NAMES)
    assert {c["job_title"] for c in sync.hub.freshsales.contacts()} == {f"Captain {n}" for n in range(4)}


@pytest.mark.parametrize("app", ["carddav"])
def test_f09_a_book_that_refuses_its_token_is_read_completely(sync: Wired) -> None:
    sync.rest()
    assert sync.hub.book is not None
    book = sync.hub.book
    name = min(book.names())
    book.put(name, book.get(name).replace("END:VCARD", "TITLE:Captain\r\nEND:VCARD"))
    refusal = b'<?xml version="1.0"?><error xmlns="DAV:"><valid-sync-token/></error>'
    head = b"HTTP/1.1 403 Any\r\nContent-Type: application/xml\r\nContent-Length: 0\r\n\r\n"
    sync.wire.breaks("REPORT", lambda *_: (head, refusal))
    assert sync.run() is None
    assert sync.wire.broken
    sync.rest()
    sync.assert_once(NAMES)
    assert [c["job_title"] for c in sync.hub.freshsales.contacts() if c["job_title"]] == ["Captain"]


# ---- stale copies


@pytest.mark.parametrize("app", ["google", "freshsales"])
def test_f14_a_stale_copy_that_answers_every_other_time_neither_doubles_nor_reverts(sync: Wired) -> None:
    sync.rest()
    sync.world.step = 60.0
    kept: list[tuple[bytes, bytes]] = []
    turns = itertools.cycle([False, True])

    def alternating(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        kept[1:] = kept[1:] or [(head, body)]
        return kept[0] if next(turns) and kept else (head, body)

    def keeping(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        kept.append((head, body))
        return head, body

    sync.wire.breaks(READ[sync.app], keeping)
    assert sync.run(full_read=True) is None
    sync.wire.breaks(READ[sync.app], alternating, times=100)
    sync.add("Eda")
    sync.entitle("Ada")
    for _ in range(6):
        assert sync.run(full_read=True) is None
    assert len(sync.wire.broken) > 6
    sync.hub.clock.forward(hours=1)
    sync.rest()
    sync.assert_once([*NAMES, "Eda"])
    assert sync.titles() == ["Ada"]


# ---- fields that go away


def of_cards(**more: Any) -> dict[str, Any]:
    pair = {"left": "custom.cf_tier", "right": "custom.Tier", "blanks": "clear"}
    return {
        "fields": fields(pair, {"left": "job_title", "right": "nicknames", "blanks": "clear"}, exclude=["job_title"])
    }


def with_tiers(sync: Wired) -> dict[str, tuple[str, str]]:
    """Everybody has a tier and a title in Freshsales, and the same in Google; who has which."""
    crm = sync.hub.freshsales
    crm.add_field("cf_tier", "Tier", "text")
    sync.world.with_spec(**of_cards())
    for n, contact in enumerate(crm.contacts()):
        crm.edit_contact(str(contact["id"]), {"job_title": f"Title {n}", "custom_field": {"cf_tier": f"Tier {n}"}})
    sync.rest()
    return in_google(sync)


def in_google(sync: Wired) -> dict[str, tuple[str, str]]:
    return {
        c["names"][0]["givenName"]: (c["nicknames"][0]["value"], c["userDefined"][0]["value"])
        for c in sync.hub.google.contacts()
    }


def test_f18_what_a_user_may_no_longer_see_is_not_cleared_in_the_other_app(sync: Wired) -> None:
    before = with_tiers(sync)
    assert len(set(before.values())) == len(NAMES)
    sync.hub.freshsales.knobs.hidden = ["job_title", "custom_field"]
    for contact in sync.hub.freshsales.contacts():
        sync.hub.freshsales.edit_contact(str(contact["id"]), {"last_name": "Beispiel"})
    for full in (False, True, False):
        assert sync.run(full_read=full) is None
    assert in_google(sync) == before
    assert {c["names"][0]["familyName"] for c in sync.hub.google.contacts()} == {"Beispiel"}
    sync.hub.freshsales.knobs.hidden = []
    sync.rest()
    assert in_google(sync) == before


@pytest.mark.parametrize("app", ["freshsales"])
def test_f22_defaults_of_the_target_stay_there_until_somebody_edits_and_never_replace_what_was_typed(
    sync: Wired,
) -> None:
    crm, google = sync.hub.freshsales, sync.hub.google
    crm.knobs.defaults = {"job_title": "Lead", "last_name": "Unknown"}
    google.edit_contact(sync.source("Ada"), {"names": [{"givenName": "Ada", "familyName": "Beispiel"}]})
    sync.rest()
    held = {c["first_name"]: (c["job_title"], c["last_name"]) for c in crm.contacts()}
    assert held == {name: ("Lead", "Beispiel" if name == "Ada" else "Unknown") for name in NAMES}
    assert not any(c.get("organizations") for c in google.contacts())
    why = [{field: apart.reason for field, apart in link.apart.items()} for link in links(sync.world)]
    assert all(found["job_title"] is ApartReason.UNPROVEN for found in why)

    sync.entitle("Uma")
    (eva,) = (str(c["id"]) for c in crm.contacts() if c["first_name"] == "Eva")
    crm.edit_contact(eva, {"job_title": "Captain"})
    sync.rest()
    assert sync.titles() == ["Captain", "Lead", "Lead", "Uma"]
    typed = {
        c["names"][0]["givenName"]: c["organizations"][0]["title"] for c in google.contacts() if c.get("organizations")
    }
    assert typed == {"Uma": "Uma", "Eva": "Captain"}


def test_f26_a_custom_field_that_is_removed_clears_nothing_and_is_named(sync: Wired) -> None:
    before = with_tiers(sync)
    sync.hub.freshsales.drop_field("cf_tier")
    for full in (False, True):
        assert sync.run(full_read=full) is None
    assert in_google(sync) == before
    sync.hub.clock.forward(hours=25)
    problem = sync.run()
    assert isinstance(problem, ConfigError)
    assert "custom.cf_tier" in str(problem)
    assert in_google(sync) == before


@pytest.mark.parametrize("hours", [0, 25], ids=["at once", "after a day"])
@pytest.mark.parametrize("full", [False, True], ids=["delta", "complete"])
def test_f26_a_custom_field_that_is_deleted_and_made_anew_is_a_new_one_and_nobody_cleared_it(
    sync: Wired, hours: int, full: bool
) -> None:
    before = with_tiers(sync)
    crm = sync.hub.freshsales
    crm.drop_field("cf_tier")
    crm.add_field("cf_tier", "Tier", "text")
    for contact in crm.contacts():
        crm.edit_contact(str(contact["id"]), {"last_name": "Beispiel"})
    sync.hub.clock.forward(hours=hours)
    assert sync.run(full_read=full) is None
    assert in_google(sync) == before
    sync.rest()
    assert in_google(sync) == before
    tiers = {c["first_name"]: c["custom_field"]["cf_tier"] for c in crm.contacts()}
    assert tiers == {name: tier for name, (_, tier) in before.items()}  # the new field is filled, as every new one

    crm.edit_contact(str(crm.contacts()[0]["id"]), {"custom_field": {"cf_tier": None}})  # what people clear still goes
    sync.rest()
    assert sum(bool(c.get("userDefined")) for c in sync.hub.google.contacts()) == len(NAMES) - 1


def test_f26_a_custom_field_that_becomes_a_number_takes_no_text_and_clears_nothing(sync: Wired) -> None:
    with_tiers(sync)
    sync.world.with_spec(fields=fields({"left": "custom.cf_tier", "right": "custom.Tier"}))
    sync.rest()
    sync.hub.freshsales.drop_field("cf_tier")
    sync.hub.freshsales.add_field("cf_tier", "Tier", "number")
    sync.hub.clock.forward(hours=25)
    sync.rest()
    ada = next(c for c in sync.hub.google.contacts() if c["names"][0]["givenName"] == "Ada")
    sync.hub.google.edit_contact(ada["resourceName"], {"userDefined": [{"key": "Tier", "value": "Gold"}]})
    assert sync.run() is None
    assert {hold.reason for hold in sync.world.held()} == {HoldReason.NOT_REPRESENTABLE}
    tiers = {c["userDefined"][0]["value"] for c in sync.hub.google.contacts()}
    assert len(tiers) == len(NAMES)
    assert "Gold" in tiers


# ---- automations of the target


def automatic(sync: Wired) -> None:
    """Whenever Ada is changed over the wire, her title is overwritten at once."""
    numbers = itertools.count(1)

    def edits(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        ada = next(c for c in sync.hub.freshsales.contacts() if c["first_name"] == "Ada")
        sync.hub.freshsales.edit_contact(str(ada["id"]), {"job_title": f"Office {next(numbers)}"})
        return head, body

    sync.wire.breaks(UPDATE["freshsales"], edits, times=100)


@pytest.mark.parametrize("app", ["freshsales"])
def test_f37_an_automation_that_edits_after_our_write_is_carried_back_once(sync: Wired) -> None:
    sync.rest()
    automatic(sync)
    sync.entitle("Ada")
    for _ in range(4):
        assert sync.run() is None
    assert len(sync.wire.broken) == 1
    sync.rest()
    sync.assert_once(NAMES)
    assert sync.titles() == ["Office 1"]


@pytest.mark.parametrize("app", ["freshsales"])
def test_f37_two_automations_that_answer_each_other_are_stopped(sync: Wired) -> None:
    sync.rest()
    automatic(sync)
    sync.entitle("Ada")
    ada, numbers = sync.source("Ada"), itertools.count(1)
    for _ in range(14):
        assert sync.run() is None
        if sync.hub.google.contact(ada)["organizations"][0]["title"].startswith("Office"):
            sync.hub.google.edit_contact(ada, {"organizations": [{"title": f"Phone {next(numbers)}"}]})
    assert [hold.reason for hold in sync.world.held()] == [HoldReason.FLIPPING]
    sync.hub.reset_counters()
    assert sync.run() is None
    assert sync.hub.writes() == 0
    assert len(sync.wire.broken) < 5
