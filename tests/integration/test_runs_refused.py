"""One bad record costs only itself, and is tried again when there is reason to."""

from __future__ import annotations

from pathlib import Path

from contactsync.model.plan import HoldReason
from contactsync.sandbox.freshsales_knobs import FreshsalesKnobs
from contactsync.sandbox.people_data import people
from contactsync.sandbox.people_seed import seed_people
from views import differences, links
from world import Hub, World, hub_of


def poisoned(hub: Hub, n: int = 100) -> tuple[World, str]:
    """So many contacts in Google, one of whom Freshsales refuses; the refused one's resource name."""
    seed_people(hub.google, (p for p in people(5, n * 2) if p.emails and p.number % 2))
    known = hub.google.contacts()
    bad = known[len(known) // 2]
    hub.google.edit_contact(bad["resourceName"], {"names": [{"givenName": "Ada", "familyName": "Poison"}]})
    return hub.world("freshsales-google"), bad["resourceName"]


def attempts(hub: Hub) -> int:
    """Mutating requests to Freshsales since the last reset."""
    return hub.freshsales.counters.writes


def test_one_refused_create_in_a_hundred_is_held_with_the_vendors_words(tmp_path: Path) -> None:
    with hub_of(tmp_path, freshsales=FreshsalesKnobs(poison="Poison")) as hub:
        world, bad = poisoned(hub)
        everybody = len(hub.google.contacts())
        summary = world.run()
        assert summary.ok
        refused = [h for h in world.held() if h.reason is HoldReason.REFUSED]
        assert [h.contact_id for h in refused] == [bad]
        assert refused[0].detail.startswith("Freshsales: ")
        assert "Poison" not in refused[0].detail
        assert "refused by the app 1" in summary.line
        held = len({h.contact_id for h in world.held()})
        assert len(hub.freshsales.contacts()) == everybody - held

        hub.reset_counters()
        for _ in range(3):  # quiet runs stay quiet
            assert world.run().ok
        assert attempts(hub) == 0
        assert [h.contact_id for h in world.held() if h.reason is HoldReason.REFUSED] == [bad]

        world.run(full_read=True)  # a complete read tries again
        assert attempts(hub) == 1

        hub.reset_counters()
        world.run()
        assert attempts(hub) == 0
        hub.google.edit_contact(bad, {"names": [{"givenName": "Ada", "familyName": "Beispiel"}]})
        assert world.run().counts["right_to_left"]["created"] == 1
        assert not [h for h in world.held() if h.reason is HoldReason.REFUSED]
        assert differences(world) == {}
        assert len(links(world)) == everybody - held + 1


def test_a_refused_update_leaves_its_fields_apart_until_a_side_changes_them(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        world, _ = poisoned(hub, 6)
        world.run()
        link = links(world)[0]
        hub.freshsales.knobs.poison = "Poison"
        google = link.right.contact_id
        hub.google.edit_contact(google, {"names": [{"givenName": "Ada", "familyName": "Poisoned"}]})
        summary = world.run()
        assert summary.ok
        assert summary.counts["right_to_left"]["held"] == 1
        assert "refused by the app 1" in summary.line
        hub.reset_counters()
        world.run()
        world.run()
        assert hub.writes() == 0
        assert [h.reason for h in world.held() if h.contact_id == google] == [HoldReason.REFUSED]
        hub.freshsales.knobs.poison = ""
        world.run(full_read=True)
        assert hub.freshsales.contact(link.left.contact_id)["last_name"] == "Poisoned"
        assert not [h for h in world.held() if h.contact_id == google]
        assert differences(world) == {}
