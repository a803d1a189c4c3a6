"""Contact data of every odd kind, from each app to each other one, through whole runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import pytest
from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.model.link import ApartReason, Link
from contactsync.model.plan import Hold
from contactsync.model.spec import SIDES, DagSpec, MatchSpec, Side, SideSpec, SyncSpec
from odd_contacts import BOOK, CRM, GOOGLE, MEMORY, Odd, Typed
from odd_typing import BookHands, CrmHands, GoogleHands, Hands, Held, MemoryHands, type_all
from radicale_server import RadicaleServer
from views import differences, links
from watched import Sent, watched
from world import WIDE, Hub, World, hub_of

APPS = (CRM, GOOGLE, BOOK, MEMORY)
ROOMY = {CRM: {"minute_limit": 100_000, "hourly_limit": 100_000}, GOOGLE: {"rate_per_minute": 100_000}}


@dataclass
class Meeting:
    """A sync of two apps, odd contacts typed into both."""

    hub: Hub
    world: World
    sent: Sent
    hands: dict[Side, Hands] = field(default_factory=dict)
    typed: dict[Side, dict[str, tuple[Odd, int]]] = field(default_factory=dict)
    before: dict[Side, dict[str, Held]] = field(default_factory=dict)

    def writes(self) -> int:
        """Mutating requests so far."""
        on_cards = sum(method in ("PUT", "DELETE") and ".vcf" in url for method, url, _ in self.sent)
        books = [h.book.writes for h in self.hands.values() if isinstance(h, MemoryHands)]
        return on_cards + sum(books) + self.hub.writes()

    def app(self, side: Side) -> str:
        return self.world.spec.side(side).app

    def everybody(self) -> Iterator[tuple[Side, tuple[str, Odd, Typed]]]:
        """Everyone who was typed, with the side."""
        for side, typed in self.typed.items():
            for contact_id, (kind, n) in typed.items():
                yield side, (contact_id, kind, kind.persons[n])

    def settle(self) -> None:
        """Two runs, and a third that writes nothing."""
        for _ in range(2):
            assert self.world.run().ok
        before = self.writes()
        assert self.world.run().ok
        assert self.writes() == before

    def links(self) -> dict[tuple[Side, str], Link]:
        return {(s, link.side(s).contact_id): link for link in links(self.world) for s in SIDES}

    def holds(self) -> dict[tuple[Side, str], list[Hold]]:
        found: dict[tuple[Side, str], list[Hold]] = {}
        for hold in self.world.held():
            found.setdefault((hold.side, hold.contact_id), []).append(hold)
        return found


def meeting(hub: Hub, left: str, right: str) -> Meeting:
    sides = [SideSpec(app, f"{app}_{hub.root.name}", ROOMY.get(app, {})) for app in (left, right)]
    match = MatchSpec(default_region="DE")
    spec = SyncSpec(f"{left}-{right}", *sides, DagSpec(None), match=match, limits=WIDE)
    world = World(hub.root, spec, hub.clock, hub.ledger, hub.services, step=hub.step)
    sent: Sent = []

    def opened(side: Side) -> App:
        half = world.spec.side(side)
        kind = load_app(half.app)
        given = hub.credentials().get(half.app, {})
        access = Access(half.connection, given, session=watched(sent), services=hub.services)
        return kind(access, kind.Options(**half.options))

    world.open_app = opened
    found = Meeting(hub, world, sent)
    found.hands = {side: hands_of(found, side) for side in SIDES}
    return found


def hands_of(met: Meeting, side: Side) -> Hands:
    match met.world.spec.side(side).app:
        case "freshsales":
            return CrmHands(met.hub.freshsales)
        case "google_contacts":
            return GoogleHands(met.hub.google)
        case "carddav":
            assert met.hub.book is not None
            return BookHands(met.hub.book)
        case _:
            return MemoryHands(met.world.book(side))


@pytest.fixture(scope="module", params=list(combinations(APPS, 2)), ids="-".join)
def met(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, radicale: RadicaleServer
) -> Iterator[Meeting]:
    """All kinds typed into both apps, and synced until nothing is written any more."""
    left, right = request.param
    with hub_of(tmp_path_factory.mktemp(f"{left}_{right}"), book=radicale.home().book()) as hub:
        found = meeting(hub, left, right)
        for side in SIDES:
            found.typed[side] = type_all(found.hands[side], str(side))
        hub.freshsales.knobs.update({"lengths": {"job_title": 255}})
        found.before = {side: found.hands[side].contacts() for side in SIDES}
        hub.reset_counters()
        found.settle()
        yield found


def test_each_is_synced_or_held_with_its_reason(met: Meeting) -> None:
    linked, held = met.links(), met.holds()
    for side, (contact_id, kind, person) in met.everybody():
        reason = person.held.get(met.app(side.other)) or person.held.get("")
        found = [hold.reason for hold in held.get((side, contact_id), [])]
        assert found == ([reason] if reason else []), (side, kind.number, kind.name, found)
        assert ((side, contact_id) in linked) == (reason is None), (side, kind.number, kind.name)


def test_both_sides_hold_the_same_but_for_what_a_side_cannot_say(met: Meeting) -> None:
    linked = met.links()
    assert differences(met.world) == {}
    for side, (contact_id, kind, person) in met.everybody():
        link = linked.get((side, contact_id))
        apart = {f for f, a in link.apart.items() if a.reason is ApartReason.UNPROVEN} if link else set()
        mapped = {pair.field for pair in met.world.place().pairs if pair.open_from(side)}
        assert apart == mapped & set(person.apart.get(met.app(side.other), ())), (side, kind.number, kind.name)


def test_what_was_typed_stands_as_it_was_and_nobody_is_there_twice(met: Meeting) -> None:
    linked = met.links()
    for side in SIDES:
        now = met.hands[side].contacts()
        changed = [met.typed[side][i][0].name for i, held in met.before[side].items() if now.get(i) != held]
        assert changed == []
        came = sum((side.other, i) in linked for i in met.typed[side.other])
        assert len(now) == len(met.before[side]) + came


def test_edits_on_the_other_side_come_back_and_touch_nothing_else(met: Meeting) -> None:
    wanted: dict[Side, dict[str, str]] = {side: {} for side in SIDES}
    edits: dict[Side, dict[str, str]] = {side: {} for side in SIDES}
    linked = met.links()
    for n, (side, (contact_id, kind, person)) in enumerate(met.everybody()):
        link = linked.get((side, contact_id))
        if link and (person is kind.persons[0] or person.only):  # not all: cards are slow
            wanted[side][contact_id] = edits[side.other][link.side(side.other).contact_id] = f"Edited {n}"
    for side in SIDES:
        met.hands[side].retitle(edits[side])
    met.settle()
    for side in SIDES:
        now = met.hands[side].contacts()
        for contact_id, (kind, n) in met.typed[side].items():
            held, lines = met.before[side][contact_id], kind.persons[n].filled
            title = wanted[side].get(contact_id, held["title"])
            assert but_for(now[contact_id], lines) == but_for({**held, "title": title}, lines), (kind.name, held)


def but_for(held: Held, line: str) -> Held:
    """Without the lines of that beginning."""
    return {**held, "rest": [each for each in held["rest"] if not each.startswith(line)]} if line else held
