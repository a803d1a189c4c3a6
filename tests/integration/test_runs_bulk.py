"""Many writes to Freshsales as one job: what it saves, and what becomes of each contact where it goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from contactsync.model.exchange import State, Verb
from contactsync.model.spec import Side
from contactsync.sandbox.counters import Counters
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.knobs import Fault, Trouble
from contactsync.sandbox.people_data import Person, people
from contactsync.sandbox.people_seed import seed_people
from contactsync.sandbox.server import Sandbox
from crash_run import KILLED, crash
from undos import undo
from views import at_rest, differences, links
from world import Hub, World, hub_of

DRAWN = people(11, 120)
SOME = 22  # enough for a job
JOB = "POST /contacts/bulk_upsert"
SINGLE = ("PUT /contacts/{id}", "POST /contacts")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with hub_of(tmp_path) as hub:
        yield hub


def cast(count: int) -> list[Person]:
    """People with one address each, and nothing that the two apps keep in different forms."""
    return [
        replace(p, emails=(f"nr{n}@example.org",), phones=(), tags=(), address=None, job_title="Baker")
        for n, p in enumerate(DRAWN[:count])
    ]


def linked(hub: Hub, count: int, **options: Any) -> World:
    """So many people in both apps, linked and equal."""
    seed_people(hub.google, cast(count))
    seed_freshsales(hub.freshsales, cast(count))
    world = syncing(hub, **options)
    at_rest(world)
    hub.reset_counters()
    return world


def syncing(hub: Hub, **options: Any) -> World:
    world = hub.world("freshsales-google")
    left = world.spec.left
    world.with_spec(left=replace(left, options={**left.options, **options}))
    return world


def retitle(hub: Hub, title: str = "Lighthouse keeper", only: range | None = None) -> None:
    """Somebody gives the people in Google another job."""
    for number, person in people_of(hub).items():
        if only is None or number in only:
            hub.google.edit_contact(person["resourceName"], {"organizations": [{"title": title}]})


def people_of(hub: Hub) -> dict[int, dict[str, Any]]:
    return {_number(p["emailAddresses"][0]["value"]): p for p in hub.google.contacts()}


def titles(hub: Hub) -> Counter[str]:
    return Counter(c["job_title"] for c in hub.freshsales.contacts())


def _number(address: str) -> int:
    return int(address.partition("@")[0].removeprefix("nr"))


def asked(hub: Hub) -> Counter[str]:
    """Requests to Freshsales since the last reset, by path."""
    return Counter(hub.freshsales.counters.paths)


def updates(world: World) -> set[State]:
    """How the updates in the journal stand."""
    return {r.outcome.state for r in world.known.journal(world.spec.id) if r.intent.verb is Verb.UPDATE}


def lose(hub: Hub, trouble: Trouble, **more: Any) -> None:
    hub.freshsales.knobs.faults = [Fault(trouble, method="POST", path="bulk_upsert", **more)]


def assert_rests(hub: Hub, world: World, count: int) -> None:
    """Everybody is there once and equal, and nothing is written any more."""
    at_rest(world)
    assert len(hub.freshsales.contacts()) == len(hub.google.contacts()) == len(links(world)) == count
    assert differences(world) == {}
    hub.reset_counters()
    assert world.run().ok
    assert hub.writes() == 0


# ---- what it saves


@pytest.mark.parametrize("jobs", [True, False])
def test_many_updates_are_one_job_and_few_requests(hub: Hub, jobs: bool) -> None:
    world = linked(hub, SOME, bulk_jobs=jobs)
    retitle(hub)
    assert world.run().counts["right_to_left"]["updated"] == SOME
    paths = asked(hub)
    assert paths[JOB] == int(jobs)
    assert sum(paths[path] for path in SINGLE) == (0 if jobs else SOME)
    assert sum(paths.values()) < 10 if jobs else sum(paths.values()) > SOME
    assert titles(hub) == {"Lighthouse keeper": SOME}
    assert_rests(hub, world, SOME)


def test_new_contacts_are_one_job_and_known_to_be_ours(hub: Hub) -> None:
    seed_people(hub.google, cast(SOME))
    world = syncing(hub)
    assert world.run().counts["right_to_left"]["created"] == SOME
    assert sum(asked(hub).values()) < 15
    assert all(r.outcome.created for r in world.known.journal(world.spec.id))
    assert_rests(hub, world, SOME)


def test_few_go_one_by_one(hub: Hub) -> None:
    world = linked(hub, SOME)
    retitle(hub, only=range(19))
    world.run()
    assert asked(hub)[JOB] == 0
    assert titles(hub)["Lighthouse keeper"] == 19


def test_contacts_without_an_address_are_no_part_of_a_job(hub: Hub) -> None:
    seed_people(hub.google, cast(SOME))
    hub.google.add_contact(
        {"names": [{"givenName": "Uma"}], "phoneNumbers": [{"value": "+49 170 1111111", "type": "mobile"}]}
    )
    world = syncing(hub)
    world.with_spec(match=replace(world.spec.match, create_without_key=True))
    world.run()
    paths = asked(hub)
    assert (paths[JOB], paths["POST /contacts"]) == (1, 1)
    assert_rests(hub, world, SOME + 1)


def test_jobs_and_their_polls_count_into_the_accounts_rate(hub: Hub) -> None:
    world = linked(hub, SOME, minute_limit=5)
    hub.clock.forward(minutes=5)
    hub.freshsales.knobs.per_minute = 5
    retitle(hub)
    assert world.run().ok
    hub.freshsales.knobs.per_minute = 0
    assert hub.freshsales.counters.throttled == 0
    assert titles(hub) == {"Lighthouse keeper": SOME}


# ---- what the vendor may do


@pytest.mark.parametrize("status", [400, 405])
def test_a_vendor_that_takes_no_job_gets_single_requests(hub: Hub, status: int) -> None:
    world = linked(hub, SOME)
    retitle(hub)
    lose(hub, Trouble.ERROR_BEFORE, status=status, times=0)
    assert world.run().ok
    assert asked(hub)[JOB] == 1
    assert titles(hub) == {"Lighthouse keeper": SOME}
    assert_rests(hub, world, SOME)


def test_one_contact_that_is_refused_costs_only_itself(hub: Hub) -> None:
    world = linked(hub, 100)
    retitle(hub)
    poisoned = people_of(hub)[7]
    hub.google.edit_contact(poisoned["resourceName"], {"names": [{"givenName": "Uma", "familyName": "Poisoned"}]})
    hub.freshsales.knobs.poison = "Poisoned"
    summary = world.run()
    assert (summary.counts["right_to_left"]["updated"], summary.counts["right_to_left"]["held"]) == (99, 1)
    assert sum(asked(hub).values()) < 10
    (hold,) = world.held()
    assert hold.detail.startswith("Freshsales: ")
    assert "Poisoned" not in hold.detail
    assert titles(hub) == {"Lighthouse keeper": 99, "Baker": 1}


def test_refused_contacts_cost_a_job_no_request_and_a_batch_one(hub: Hub) -> None:
    """A job goes on without them; Google refuses the whole batch, and names whom to leave out, or has to be asked."""
    world = linked(hub, 50)

    def to_freshsales(title: str) -> int:
        retitle(hub, title)
        return spent(hub.freshsales).total

    def to_google(name: str, poison: str = "") -> int:
        for contact in hub.freshsales.contacts():
            bad = contact["email"] == "nr7@example.org" and poison
            hub.freshsales.edit_contact(str(contact["id"]), {"last_name": poison if bad else name})
        return spent(hub.google).writes

    def spent(server: Sandbox) -> Counters:
        hub.clock.forward(hours=25)  # nobody rewrites it in turn
        hub.reset_counters()
        assert world.run().ok
        return server.counters

    clean = to_freshsales("Diver"), to_google("Beispiel")
    assert to_google("Muster", "Poison") == clean[1] + 1
    hub.google.knobs.name_failed = False
    assert to_google("Sample", "Poison again") <= clean[1] + 2 * 6  # fifty, halved six times

    hub.freshsales.knobs.poison = "Poison"
    hub.google.edit_contact(people_of(hub)[3]["resourceName"], {"names": [{"familyName": "Poison"}]})
    assert to_freshsales("Cook") <= clean[0] * 1.15
    assert titles(hub) == {"Cook": 48, "Diver": 2}


def test_a_job_that_counts_failures_without_naming_them_is_told_by_the_contacts(hub: Hub) -> None:
    world = linked(hub, SOME)
    retitle(hub)
    hub.freshsales.knobs.update({"poison": "Poisoned", "job_reports": False})
    hub.google.edit_contact(people_of(hub)[7]["resourceName"], {"names": [{"familyName": "Poisoned"}]})
    summary = world.run()
    assert (summary.counts["right_to_left"]["updated"], summary.counts["right_to_left"]["held"]) == (SOME - 1, 1)
    assert titles(hub) == {"Lighthouse keeper": SOME - 1, "Baker": 1}


def test_a_listing_that_lags_is_waited_for(hub: Hub) -> None:
    world = linked(hub, SOME)
    hub.freshsales.knobs.lag_seconds = 45
    retitle(hub)
    assert world.run().counts["right_to_left"]["updated"] == SOME
    assert asked(hub)["GET /contacts/{id}"] == 0
    assert sum(asked(hub).values()) < 20
    assert_rests(hub, world, SOME)


# ---- strangers


def stranger(hub: Hub, number: int) -> None:
    """Somebody adds a person by hand to Freshsales."""
    data = {"last_name": "Muster", "job_title": "Diver", "emails": [f"nr{number}@example.org"]}
    hub.freshsales.add_contact(data)


def test_a_stranger_found_just_before_is_not_written_onto(hub: Hub) -> None:
    seed_people(hub.google, cast(SOME))
    world = syncing(hub)
    action = Fault(
        Trouble.CALL, method="GET", path="selector/owners|settings/contacts/fields", action=lambda: stranger(hub, 3)
    )
    hub.freshsales.knobs.faults = [action]
    world.run()
    assert action.seen
    assert asked(hub)[JOB] == 1
    (found,) = [c for c in hub.freshsales.contacts() if c["email"] == "nr3@example.org"]
    assert (found["job_title"], found["last_name"]) == ("Diver", "Muster")
    at_rest(world)
    assert len(hub.freshsales.contacts()) == len(links(world)) == SOME


def test_a_stranger_that_no_search_could_show_is_linked_and_never_taken_for_ours(hub: Hub) -> None:
    """Somebody adds it in the very moment: the job writes onto it, as the vendor's upsert does."""
    seed_people(hub.google, cast(SOME))
    world = syncing(hub)
    lose(hub, Trouble.CALL, action=lambda: stranger(hub, 3))
    assert world.run().ok
    rows = world.known.journal(world.spec.id)
    assert Counter((r.outcome.state, r.outcome.created) for r in rows) == {
        (State.DONE, True): SOME - 1,
        (State.ADOPTED, False): 1,
    }
    assert_rests(hub, world, SOME)
    undo(world, rows[0].run_id)
    assert [c["email"] for c in hub.freshsales.contacts()] == ["nr3@example.org"]


# ---- jobs that are lost, or do not end


def test_a_job_that_never_ends_freezes_its_contacts_alone(hub: Hub) -> None:
    world = linked(hub, 2 * SOME)
    retitle(hub, only=range(SOME))
    hub.freshsales.knobs.job_seconds = 10**9
    before = hub.clock.now
    assert world.run().counts["right_to_left"]["failed"] == SOME
    assert (hub.clock.now - before).total_seconds() < 1700
    retitle(hub, "Diver", only=range(SOME, 2 * SOME))
    world.run()  # those do not wait for it, but no second job is begun
    assert asked(hub)[JOB] == 1
    assert titles(hub) == {"Baker": SOME, "Diver": SOME}
    hub.clock.forward(hours=25)
    hub.freshsales.knobs.job_seconds = 1
    assert_rests(hub, world, 2 * SOME)
    assert titles(hub) == {"Lighthouse keeper": SOME, "Diver": SOME}


def test_a_job_that_ends_late_is_found_ended_by_the_next_run(hub: Hub) -> None:
    world = linked(hub, SOME)
    retitle(hub)
    hub.freshsales.knobs.job_seconds = 1000
    assert world.run().counts["right_to_left"]["failed"] == SOME
    assert world.run().ok
    assert asked(hub)[JOB] == 1
    assert titles(hub) == {"Lighthouse keeper": SOME}
    assert_rests(hub, world, SOME)


@pytest.mark.parametrize("trouble", [Trouble.DROP_BEFORE, Trouble.DROP_AFTER, Trouble.HTML_PAGE])
def test_a_job_whose_address_is_lost_is_told_by_the_contacts(hub: Hub, trouble: Trouble) -> None:
    world = linked(hub, SOME)
    retitle(hub)
    lose(hub, trouble)
    world.run()
    hub.freshsales.knobs.faults = []
    assert updates(world) == {State.UNKNOWN}
    at_rest(world)
    assert asked(hub)[JOB] == (1 if trouble is Trouble.DROP_AFTER else 2)
    assert_rests(hub, world, SOME)
    assert titles(hub) == {"Lighthouse keeper": SOME}


def test_creates_of_a_lost_job_are_found_by_their_addresses(hub: Hub) -> None:
    seed_people(hub.google, cast(SOME))
    world = syncing(hub)
    lose(hub, Trouble.DROP_AFTER)
    world.run()
    assert_rests(hub, world, SOME)
    assert {r.outcome.state for r in world.known.journal(world.spec.id)} == {State.ADOPTED}


@pytest.mark.parametrize("place", ["no_response", "after"])
def test_a_run_killed_at_a_job_neither_loses_nor_doubles(hub: Hub, place: str) -> None:
    seed_people(hub.google, cast(SOME))
    world = syncing(hub)
    assert crash(world, f"request:{place}:1", hub) == KILLED
    assert_rests(hub, world, SOME)
    assert {r.intent.side for r in world.known.journal(world.spec.id)} == {Side.LEFT}


def test_a_run_killed_while_it_polls_leaves_a_job_that_the_next_one_asks_for(hub: Hub) -> None:
    world = linked(hub, SOME)
    retitle(hub)
    kill = Fault(Trouble.CALL, path="job_statuses", action=lambda: [child.kill() for child in active_children()])
    hub.freshsales.knobs.faults = [kill]
    assert crash(world, "", hub) == KILLED
    assert updates(world) == {State.ACCEPTED}
    hub.clock.forward(minutes=5)
    assert_rests(hub, world, SOME)
    assert titles(hub) == {"Lighthouse keeper": SOME}
    assert updates(world) == {State.DONE}
