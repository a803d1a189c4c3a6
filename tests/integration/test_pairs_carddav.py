"""Pairs of each form with an address book on a real CardDAV server: what it holds afterwards, and that it rests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.apps.memory import BOOKS
from contactsync.model.plan import HoldReason
from contactsync.model.spec import DagSpec, FieldsSpec, Side, SideSpec, SyncSpec
from paired import fields
from radicale_server import RadicaleBook, RadicaleServer, card
from watched import Sent, watched
from world import WIDE, Hub, World, hub_of, mail

ADA = ("FN:Ada Beispiel", "N:Beispiel;Ada;;;", "EMAIL:ada@example.org", "X-SHOE-SIZE:38")
FORMS: tuple[dict[str, Any], ...] = (
    {"left": "custom.cf_segment", "right": "NICKNAME", "options": {"Small": "klein", "Middle & Large": "mittel, groß"}},
    {"left": "custom.cf_unit_", "right": "ORG.unit", "conflicts": "right"},
    {"left": "custom.cf_birthday", "right": "BDAY"},
    {
        "left": "custom.cf_off-loading_point",
        "right": "NOTE",
        "direction": "left_to_right",
        "transforms": ["strip_html"],
        "blanks": "clear",
    },
    {"left": "mobile_number", "right": "TEL", "pick": {"label": "mobile", "else": "first"}, "blanks": "clear"},
    {
        "left": "custom.cf_has_authority",
        "right": "TITLE",
        "options": {"true": "Decides", "false": "Asks"},
        "conflicts": "hold",
    },
    {"left": ["first_name", "last_name"], "right": "FN"},
)
BOTH_WAYS = fields(*FORMS, exclude=["names", "company"])


@dataclass
class Team:
    """A sync with an address book; every request to the book is kept, and the lines of its only card are at hand."""

    world: World
    book: RadicaleBook
    hub: Hub
    sent: Sent = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.open_app = self._opened

    def _opened(self, side: Side) -> App:
        half = self.world.spec.side(side)
        kind = load_app(half.app)
        session = watched(self.sent) if half.app == "carddav" else requests.Session()
        credentials = self.hub.credentials().get(half.app, {})
        return kind(
            Access(half.connection, credentials, session, services=self.hub.services), kind.Options(**half.options)
        )

    def writes(self) -> int:
        """Mutating requests so far, to the book and to the other side."""
        here = sum(method in ("PUT", "DELETE") for method, _, _ in self.sent)
        memory = BOOKS.get(self.world.spec.left.connection)
        return here + (memory.writes if memory else self.hub.writes())

    def rest(self) -> None:
        """Two runs, and a third that writes nothing."""
        for _ in range(2):
            assert self.world.run().ok
        before = self.writes()
        assert self.world.run().ok
        assert self.writes() == before

    def lines(self) -> dict[str, str]:
        """The only card of the server: name with parameters -> value."""
        (name,) = self.book.names()
        text = self.book.get(name).replace("\r\n ", "")
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def retype(self, **lines: str) -> None:
        """Somebody at a phone types these lines, '' takes one out; all other lines stay."""
        (name,) = self.book.names()
        kept = [x for x in self.book.get(name).replace("\r\n ", "").splitlines() if _name(x) not in (*lines, "END")]
        typed = [f"{key}:{value}" for key, value in lines.items() if value]
        self.book.put(name, "\r\n".join([*kept, *typed, "END:VCARD", ""]))

    def held(self) -> list[tuple[HoldReason, str]]:
        return [(hold.reason, hold.field) for hold in self.world.held()]


def _name(line: str) -> str:
    return line.partition(":")[0].partition(";")[0]


@pytest.fixture
def hub(tmp_path: Path, radicale: RadicaleServer) -> Iterator[Hub]:
    with hub_of(tmp_path, book=radicale.home().book()) as hub:
        yield hub


def freshsales(hub: Hub, spec: FieldsSpec) -> Team:
    assert hub.book
    return Team(hub.world("freshsales-carddav", fields=spec), hub.book, hub)


def crm(hub: Hub, **own: Any) -> str:
    made = hub.freshsales.add_contact(
        {"first_name": "Ada", "last_name": "Beispiel", "emails": ["ada@example.org"], **own}
    )
    return str(made["id"])


def custom(hub: Hub, contact: str) -> dict[str, Any]:
    return dict(hub.freshsales.contact(contact)["custom_field"])


# ---- Freshsales


def test_every_form_makes_a_card_and_edits_of_the_card_come_back(hub: Hub) -> None:
    team = freshsales(hub, BOTH_WAYS)
    own = {
        "cf_segment": "Middle & Large",
        "cf_unit_": 12.5,
        "cf_birthday": "1990-02-28",
        "cf_off-loading_point": "<p>Gate <b>4</b></p>",
        "cf_has_authority": True,
    }
    ada = crm(hub, mobile_number="+49 170 1111111", work_number="+49 30 1111111", custom_field=own)
    team.rest()
    made = team.lines()
    assert made["NICKNAME"] == r"mittel\, groß"
    assert (made["ORG"], made["BDAY"], made["NOTE"]) == (";12.5", "1990-02-28", "Gate 4")
    assert (made["TITLE"], made["FN"]) == ("Decides", "Ada Beispiel")
    assert {v for k, v in made.items() if k.startswith("TEL")} == {"+49 170 1111111", "+49 30 1111111"}

    team.retype(NICKNAME="klein", ORG=";13.00", BDAY="19910301", NOTE="Gate 5", TITLE="Asks", FN="Ada Muster")
    team.rest()
    stored, found = hub.freshsales.contact(ada), custom(hub, ada)
    assert (found["cf_segment"], found["cf_unit_"], found["cf_has_authority"]) == ("Small", 13, False)
    assert found["cf_birthday"][:10] == "1991-03-01"
    assert found["cf_off-loading_point"] == "<p>Gate <b>4</b></p>", "one way"
    assert (stored["first_name"], stored["last_name"]) == ("Ada", "Muster")
    assert team.lines()["ORG"] == ";13.00", "the same number, as it was typed"
    assert not team.held()


def test_edits_in_freshsales_change_their_own_lines_and_a_clear_only_where_a_pair_says_so(hub: Hub) -> None:
    team = freshsales(hub, BOTH_WAYS)
    team.book.put("ada", card("ada", *ADA, "TEL;TYPE=CELL:+49 170 1111111", "TEL;TYPE=HOME:+49 30 5555555"))
    ada = crm(hub, custom_field={"cf_segment": "Small", "cf_off-loading_point": "<i>Gate 4</i>", "cf_unit_": 4})
    team.rest()
    assert hub.freshsales.contact(ada)["mobile_number"] == "+49 170 1111111"
    assert (team.lines()["NICKNAME"], team.lines()["NOTE"], team.lines()["X-SHOE-SIZE"]) == ("klein", "Gate 4", "38")

    blank = {"cf_segment": None, "cf_off-loading_point": None, "cf_unit_": None}
    hub.freshsales.edit_contact(ada, {"mobile_number": "+49 170 9999999", "custom_field": blank})
    team.rest()
    lines = team.lines()
    assert {v for k, v in lines.items() if k.startswith("TEL")} == {"+49 170 9999999", "+49 30 5555555"}
    assert (lines["NICKNAME"], lines["ORG"]) == ("klein", ";4"), "kept"
    assert not lines.get("NOTE"), "cleared"
    hub.freshsales.edit_contact(ada, {"mobile_number": None})
    team.rest()
    assert [v for k, v in team.lines().items() if k.startswith("TEL")] == ["+49 30 5555555"]


def test_what_freshsales_cannot_hold_is_held_and_neither_side_changes(hub: Hub) -> None:
    team = freshsales(hub, BOTH_WAYS)
    ada = crm(hub, custom_field={"cf_segment": "Small", "cf_unit_": 4})
    team.rest()
    team.retype(NICKNAME="riesig", ORG=";about four", BDAY="--0228")
    team.rest()
    found = custom(hub, ada)
    assert (found["cf_segment"], found["cf_unit_"], found["cf_birthday"]) == ("Small", 4, None)
    assert (team.lines()["NICKNAME"], team.lines()["ORG"]) == ("riesig", ";about four")
    assert sorted(reason for reason, _ in team.held()) == sorted(
        [HoldReason.UNKNOWN_OPTION, HoldReason.NOT_REPRESENTABLE, HoldReason.NOT_REPRESENTABLE]
    )
    team.retype(NICKNAME="klein", ORG=";4", BDAY="1990-02-28")
    team.rest()
    assert not team.held()
    assert custom(hub, ada)["cf_birthday"][:10] == "1990-02-28"


def test_each_pair_settles_conflicts_by_its_own_policy(hub: Hub) -> None:
    team = freshsales(hub, BOTH_WAYS)
    ada = crm(hub, custom_field={"cf_segment": "Small", "cf_unit_": 4, "cf_has_authority": False})
    team.rest()
    here = {"cf_segment": "Middle & Large", "cf_unit_": 5, "cf_has_authority": True}
    hub.freshsales.edit_contact(ada, {"last_name": "Here", "custom_field": here})
    team.retype(NICKNAME="", ORG=";6", TITLE="Perhaps", FN="Ada There")
    team.rest()
    lines, found = team.lines(), custom(hub, ada)
    assert (lines["NICKNAME"], lines["FN"]) == (r"mittel\, groß", "Ada Here"), "the sync's own policy: left"
    assert (found["cf_unit_"], lines["ORG"]) == (6, ";6"), "conflicts: right"
    assert (found["cf_has_authority"], lines["TITLE"]) == (True, "Perhaps"), "conflicts: hold"
    assert [name for _, name in team.held()] == ["custom.cf_has_authority <-> TITLE"]


# ---- lengths, moments and what does not come back: with a book in memory on the left


SHORT = {"lengths": {"custom.cut": 10, "custom.whole": 10}, "kinds": {"custom.born": "datetime"}}
LOSSY: tuple[dict[str, Any], ...] = (
    {"left": "custom.cut", "right": "NOTE", "too_long": "shorten", "lossy": True},
    {"left": "custom.whole", "right": "TITLE"},
    {"left": "custom.born", "right": "BDAY", "lossy": True},
    {"left": "custom.percent", "right": "NICKNAME", "transforms": ["by_100"]},
    {"left": "custom.host", "right": "ORG.name", "transforms": ["domain"], "direction": "right_to_left"},
)


def memory(hub: Hub, zone: str = "Pacific/Auckland") -> Team:
    assert hub.book
    sides = SideSpec("memory", f"pairs_{hub.root.name}", SHORT), SideSpec("carddav", "carddav_team")
    spec = SyncSpec("memory-carddav", *sides, DagSpec(None, timezone=zone), limits=WIDE, fields=fields(*LOSSY))
    world = World(hub.root, spec, hub.clock, hub.ledger, hub.services, step=hub.step)
    return Team(world, hub.book, hub)


def known(team: Team) -> dict[str, Any]:
    (found,) = team.world.left.contacts().values()
    return found


def test_what_is_shortened_stays_whole_on_the_server_until_somebody_edits_it(hub: Hub) -> None:
    team = memory(hub)
    team.book.put("ada", card("ada", *ADA, "NOTE:Met at the fair in Berlin"))
    team.rest()
    assert known(team)["custom.cut"] == "Met at the"
    assert team.lines()["NOTE"] == "Met at the fair in Berlin"
    team.retype(NOTE="Met at the port of Bremen")
    team.rest()
    assert (known(team)["custom.cut"], team.lines()["NOTE"]) == ("Met at the", "Met at the port of Bremen")
    team.world.left.put(next(iter(team.world.left.contacts())), {"custom.cut": "Met once"})
    team.rest()
    assert team.lines()["NOTE"] == "Met once"
    assert not team.held()


def test_what_is_too_long_is_held_until_it_fits(hub: Hub) -> None:
    team = memory(hub)
    team.book.put("ada", card("ada", *ADA, "TITLE:Keeper of the lighthouse"))
    team.rest()
    assert team.held() == [(HoldReason.TOO_LONG, "custom.whole <-> TITLE")]
    assert not known(team).get("custom.whole")
    team.retype(TITLE="Keeper")
    team.rest()
    assert (known(team)["custom.whole"], team.held()) == ("Keeper", [])


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Kiritimati"])
def test_transforms_and_days_reach_the_server_and_come_back(hub: Hub, zone: str) -> None:
    team = memory(hub, zone)
    own = {"custom.percent": "25", "custom.born": "2010-02-28T23:30:00+00:00"}
    team.world.left.put("l1", {"names.given": "Ada", "emails": mail("ada@example.org"), **own})
    team.rest()
    day = {"Pacific/Honolulu": "2010-02-28", "Pacific/Kiritimati": "2010-03-01"}[zone]
    assert (team.lines()["NICKNAME"], team.lines()["BDAY"]) == ("0.25", day)
    team.retype(NICKNAME="0.5", ORG="https://www.acme.example/about")
    team.rest()
    found = known(team)
    assert (found["custom.percent"], found["custom.host"]) == ("50", "acme.example")
    assert found["custom.born"] == own["custom.born"], "the same day: nothing to write"
    assert (team.lines()["NICKNAME"], team.lines()["ORG"]) == ("0.5", "https://www.acme.example/about")
    team.world.left.put("l1", {"custom.host": "example.org"})
    team.rest()
    assert team.lines()["ORG"] == "https://www.acme.example/about", "one way"
