"""Whole runs of the shipped syncs: two runs make both sides equal, the third is quiet, a dry run leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from contactsync.demo.vcards import card_of
from contactsync.model.plan import HoldReason
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people_data import both_sides, people
from contactsync.sandbox.people_seed import seed_people
from radicale_server import RadicaleServer
from views import QUIET_TABLES, changed_tables, differences, links
from world import Hub, World, hub_of

METADATA = {
    "GET /contacts/filters",
    "GET /selector/{id}",
    "GET /settings/contacts/fields",
    "GET /v1/contactGroups",
    "POST /token",
}

DESK = "+49 30 23125 999"


@dataclass
class Settled:
    """A sync of two thousand contacts, after two runs."""

    hub: Hub
    world: World


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settled]:
    there = both_sides(7, shared=880, left=120, right=120)
    with hub_of(tmp_path_factory.mktemp("settled")) as hub:
        seed_freshsales(hub.freshsales, there.left)
        seed_people(hub.google, there.right)
        # Freshsales wants a mobile number where there is no e-mail.
        hub.google.add_contact({"names": [{"givenName": "Jo"}], "phoneNumbers": [{"value": DESK, "type": "work"}]})
        world = hub.world("freshsales-google")
        summaries = [world.run() for _ in range(2)]
        assert all(s.ok for s in summaries), summaries
        yield Settled(hub, world)


def reads(hub: Hub) -> dict[str, int]:
    """Requests by path, without metadata and tokens."""
    counted = [server.counters.paths for server in hub.servers]
    return {path: n for paths in counted for path, n in paths.items() if path not in METADATA}


def versions(hub: Hub) -> set[tuple[str, str]]:
    crm = {(str(c["id"]), c["updated_at"]) for c in hub.freshsales.contacts()}
    return crm | {(p["resourceName"], p["etag"]) for p in hub.google.contacts()}


def test_two_runs_make_a_thousand_contacts_a_side_equal(settled: Settled) -> None:
    assert differences(settled.world) == {}
    held = len({(h.side, h.contact_id) for h in settled.world.held()})
    assert len(links(settled.world)) > 900
    everybody = len(settled.hub.freshsales.contacts()) + len(settled.hub.google.contacts())
    assert everybody == 2 * len(links(settled.world)) + held


def test_nobody_is_there_twice(settled: Settled) -> None:
    mails = [tuple(m["value"] for m in c["emails"]) for c in settled.hub.freshsales.contacts() if c["emails"]]
    assert len(mails) == len(set(mails))
    ids = [link.right.contact_id for link in links(settled.world)]
    assert len(ids) == len(set(ids))


def test_the_third_run_asks_once_a_side_and_writes_nothing(settled: Settled) -> None:
    hub, world = settled.hub, settled.world
    for _ in range(2):  # the first of them may still find what the vendor's lag kept back
        before = world.known.dump()
        hub.reset_counters()
        summary = world.run()
    assert summary.ok
    assert hub.writes() == 0
    assert reads(hub) == {"POST /filtered_search/contact": 1, "GET /v1/people/{id}/connections": 1}
    assert changed_tables(before, world.known.dump()) <= QUIET_TABLES
    assert summary.line.count("nothing to do") == 2


def test_a_complete_read_only_tries_again_what_was_refused(settled: Settled) -> None:
    refused = [hold for hold in settled.world.held() if hold.reason is HoldReason.REFUSED]
    settled.hub.reset_counters()
    summary = settled.world.run(full_read=True)
    assert summary.ok
    assert settled.hub.writes() == len(refused) == 1
    assert f"refused by the app {len(refused)}" in summary.line
    assert settled.hub.freshsales.counters.paths["GET /contacts/view/{id}"] == -(
        -len(settled.hub.freshsales.contacts()) // 100
    )
    assert differences(settled.world) == {}


def test_every_contact_read_is_in_one_bucket(settled: Settled) -> None:
    for row in settled.world.known.runs(settled.world.spec.id):
        for counts in row.counts.values():
            buckets = {k: n for k, n in counts.items() if k not in ("read", "matched")}
            assert sum(buckets.values()) == counts["read"]


def test_no_request_ever_goes_to_leads_or_accounts(settled: Settled) -> None:
    asked = {seen.template for seen in settled.hub.freshsales.counters.log}
    assert not [path for path in asked if "lead" in path or "sales_account" in path]
    assert "(no route)" not in asked


def test_a_dry_run_changes_nothing_anywhere(tmp_path: Path) -> None:
    there = both_sides(3, shared=20, left=10, right=10)
    with hub_of(tmp_path) as hub:
        seed_freshsales(hub.freshsales, there.left)
        seed_people(hub.google, there.right)
        world = hub.world("freshsales-google")
        for _ in range(2):  # before the first run, and after it
            before, files = world.known.dump(), {p.name for p in tmp_path.iterdir()}
            servers = versions(hub)
            hub.reset_counters()
            summary = world.run(dry_run=True)
            assert summary.dry_run
            assert summary.ok
            assert hub.writes() == 0
            assert versions(hub) == servers
            assert world.known.dump() == before
            # SQLite's own log beside the ledger's file is the rate budget's: dumps leave it out as well.
            new = {p.name for p in tmp_path.iterdir()} - files - {"ledger.db-wal", "ledger.db-shm"}
            assert all(name[:5].isdigit() for name in new), new
            world.run()
            seed_freshsales(hub.freshsales, people(9, 4, first=900))
    assert summary.counts["left_to_right"]["created"] == 4


def test_the_hub_carries_both_ways_and_comes_to_rest(tmp_path: Path, radicale: RadicaleServer) -> None:
    there = both_sides(11, shared=60, left=15, right=15)
    book = radicale.home().seeded([card_of(p, f"person-{p.number}") for p in people(11, 12, first=400)])
    with hub_of(tmp_path, book=book) as hub:
        seed_freshsales(hub.freshsales, there.left)
        seed_people(hub.google, there.right)
        worlds = [hub.world(name) for name in ("freshsales-google", "freshsales-carddav")]
        for _ in range(3):
            for world in worlds:
                assert world.run().ok
        assert [differences(w) for w in worlds] == [{}, {}]
        assert len(links(worlds[1])) > len(links(worlds[0])) > 70
        dumps = worlds[0].known.dump()
        hub.reset_counters()
        cards_before = {name: book.get(name) for name in sorted(book.names())}
        for world in worlds:
            assert world.run().ok
        assert hub.writes() == 0
        assert {name: book.get(name) for name in sorted(book.names())} == cards_before
        assert changed_tables(dumps, worlds[0].known.dump()) <= QUIET_TABLES


def test_an_edit_in_google_reaches_the_address_book_through_freshsales(
    tmp_path: Path, radicale: RadicaleServer
) -> None:
    book = radicale.home().book()
    with hub_of(tmp_path, book=book) as hub:
        seed_freshsales(hub.freshsales, people(5, 3))
        google, carddav = hub.world("freshsales-google"), hub.world("freshsales-carddav")
        for _ in range(2):
            google.run()
            carddav.run()
        person = hub.google.contacts()[0]
        hub.google.edit_contact(person["resourceName"], {"organizations": [{"title": "Lighthouse keeper"}]})
        google.run()
        carddav.run()
        texts = [book.get(name) for name in book.names()]
        assert sum("Lighthouse keeper" in text for text in texts) == 1
