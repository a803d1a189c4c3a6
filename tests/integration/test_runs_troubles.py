"""What vendors answer on bad days: limits, errors before and after the effect, expired tokens, stale versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.errors import AuthError, ContactsyncError, RateLimited, ServerTrouble
from contactsync.model.exchange import State
from contactsync.model.ledger import RunState
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.knobs import Fault, Trouble
from contactsync.sandbox.people_data import people
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.people_seed import seed_people
from views import differences, links
from world import Hub, World, hub_of

PERSONS = [replace(p, tags=()) for p in people(5, 24) if p.emails and p.number % 2]
WRITES = {"freshsales": ("POST|PUT", "/contacts"), "google": ("POST", "batch(Create|Update)Contacts")}

UNKNOWN = [Trouble.ERROR_BEFORE, Trouble.ERROR_AFTER, Trouble.DROP_BEFORE, Trouble.DROP_AFTER]
SENT = {"freshsales": "right_to_left", "google": "left_to_right"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with hub_of(tmp_path) as hub:
        yield hub


def there(hub: Hub) -> World:
    """Half of the persons on each side: the first run creates both ways."""
    half = len(PERSONS) // 2
    seed_freshsales(hub.freshsales, PERSONS[:half])
    seed_people(hub.google, PERSONS[half:])
    return hub.world("freshsales-google")


def run(world: World) -> ContactsyncError | None:
    try:
        world.run()
    except ContactsyncError as error:
        return error
    return None


def assert_everybody_once(hub: Hub, world: World, runs: int = 8) -> None:
    for _ in range(runs):
        assert run(world) is None
    assert len(hub.freshsales.contacts()) == len(hub.google.contacts()) == len(PERSONS) == len(links(world))
    assert differences(world) == {}
    assert not world.known.unfolded(world.spec.id)
    assert not world.held()
    hub.reset_counters()
    assert run(world) is None
    assert hub.writes() == 0


def throttle(after: str) -> dict[str, str]:
    return {"Retry-After": after} if after else {}


@pytest.mark.parametrize("after", ["", "7", "Mon, 05 Jan 2026 08:17:00 GMT"])
@pytest.mark.parametrize("server", ["freshsales", "google"])
def test_too_many_requests_are_waited_for(hub: Hub, server: str, after: str) -> None:
    world = there(hub)
    began = hub.clock.now
    faults = [Fault(Trouble.ERROR_BEFORE, status=429, times=2, headers=throttle(after))]
    faults += [Fault(Trouble.ERROR_BEFORE, *WRITES[server], nth=2, times=2, status=429, headers=throttle(after))]
    getattr(hub, server).knobs.faults = faults
    assert run(world) is None
    assert hub.clock.now > began
    assert_everybody_once(hub, world)


def test_a_vendor_that_never_stops_refusing_is_left_alone(hub: Hub) -> None:
    world = there(hub)
    assert run(world) is None
    hub.google.knobs.faults = [Fault(Trouble.ERROR_BEFORE, times=0, status=429)]
    assert isinstance(run(world), RateLimited)
    assert world.last().state is RunState.FAILED
    hub.google.knobs.faults = []
    assert_everybody_once(hub, world)


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("server", ["freshsales", "google"])
def test_reads_are_tried_again_on_server_errors(hub: Hub, server: str, status: int) -> None:
    world = there(hub)
    getattr(hub, server).knobs.faults = [Fault(Trouble.ERROR_BEFORE, method="GET", times=2, status=status)]
    assert run(world) is None
    assert_everybody_once(hub, world)


def test_a_server_that_stays_down_fails_the_run_and_loses_nothing(hub: Hub) -> None:
    world = there(hub)
    hub.freshsales.knobs.faults = [Fault(Trouble.ERROR_BEFORE, times=0, status=502)]
    assert isinstance(run(world), ServerTrouble)
    hub.freshsales.knobs.faults = []
    assert_everybody_once(hub, world)


@pytest.mark.parametrize(
    "trouble", [Trouble.ERROR_BEFORE, Trouble.ERROR_AFTER, Trouble.DROP_BEFORE, Trouble.DROP_AFTER]
)
@pytest.mark.parametrize("server", ["freshsales", "google"])
def test_a_create_whose_outcome_is_unknown_is_neither_repeated_nor_lost(
    hub: Hub, server: str, trouble: Trouble
) -> None:
    world = there(hub)
    getattr(hub, server).knobs.faults = [Fault(trouble, *WRITES[server])]
    world.run()
    assert State.UNKNOWN in {r.outcome.state for r in world.known.unfolded(world.spec.id)}
    assert world.last().counts[
        f"{'right' if server == 'freshsales' else 'left'}_to_{'left' if server == 'freshsales' else 'right'}"
    ]["failed"]
    assert_everybody_once(hub, world)


@pytest.mark.parametrize(
    "trouble", [Trouble.ERROR_BEFORE, Trouble.ERROR_AFTER, Trouble.DROP_BEFORE, Trouble.DROP_AFTER]
)
@pytest.mark.parametrize("server", ["freshsales", "google"])
def test_an_update_whose_outcome_is_unknown_comes_through(hub: Hub, server: str, trouble: Trouble) -> None:
    world = there(hub)
    assert_everybody_once(hub, world, runs=3)
    for n, link in enumerate(links(world)):
        if server == "freshsales":
            hub.google.edit_contact(link.right.contact_id, {"organizations": [{"title": f"Captain {n}"}]})
        else:
            hub.freshsales.edit_contact(link.left.contact_id, {"job_title": f"Captain {n}"})
    getattr(hub, server).knobs.faults = [Fault(trouble, *WRITES[server])]
    world.run()
    assert_everybody_once(hub, world)
    titles = {c["organizations"][0]["title"] for c in hub.google.contacts()}
    assert (
        titles == {c["job_title"] for c in hub.freshsales.contacts()} == {f"Captain {n}" for n in range(len(PERSONS))}
    )


@pytest.mark.parametrize(
    ("code", "status"), [(400, "INVALID_ARGUMENT"), (400, "FAILED_PRECONDITION"), (410, "EXPIRED")]
)
def test_an_expired_sync_token_means_a_complete_read(hub: Hub, code: int, status: str) -> None:
    world = there(hub)
    assert_everybody_once(hub, world, runs=3)
    hub.google.knobs.update({"expired_code": code, "expired_status": status})
    link = links(world)[0]
    hub.google.edit_contact(link.right.contact_id, {"organizations": [{"title": "Captain"}]})
    hub.google.expire_sync_tokens()
    summary = world.run()
    assert summary.ok
    assert summary.counts["right_to_left"]["updated"] == 1
    assert_everybody_once(hub, world, runs=2)


def test_stale_etags_of_google_are_overtaken_and_planned_again(hub: Hub) -> None:
    world = there(hub)
    assert_everybody_once(hub, world, runs=3)
    hub.google.knobs.etag_settling = 400.0
    link = links(world)[0]
    hub.google.edit_contact(link.right.contact_id, {"nicknames": [{"value": "Kap"}]})
    hub.freshsales.edit_contact(link.left.contact_id, {"job_title": "Captain"})
    assert world.run().ok
    hub.clock.forward(seconds=500)
    assert_everybody_once(hub, world)
    assert hub.google.contact(link.right.contact_id)["organizations"][0]["title"] == "Captain"
    assert hub.google.contact(link.right.contact_id)["nicknames"][0]["value"] == "Kap"


def test_google_as_it_is_documented(tmp_path: Path) -> None:
    """Quotas, late listings, and etags of listings that are refused."""
    with hub_of(tmp_path, google=PeopleKnobs.documented()) as hub:
        world = there(hub)
        for _ in range(3):
            assert run(world) is None
        for link in links(world):
            hub.freshsales.edit_contact(link.left.contact_id, {"job_title": "Captain"})
        assert_everybody_once(hub, world)
        assert hub.google.parallel_mutations == 0
        assert {c["organizations"][0]["title"] for c in hub.google.contacts()} == {"Captain"}


def test_revoked_credentials_end_the_run_with_what_to_do(hub: Hub) -> None:
    world = there(hub)
    hub.google.knobs.invalid_grant = True
    problem = run(world)
    assert isinstance(problem, AuthError)
    assert problem.next_step
    assert hub.writes() == 0
    hub.google.knobs.invalid_grant = False
    assert_everybody_once(hub, world)


def test_rotated_refresh_tokens_are_kept(hub: Hub) -> None:
    hub.google.knobs.update({"rotate_refresh_tokens": True, "access_token_seconds": 600.0})
    world = there(hub)
    assert_everybody_once(hub, world)
    assert hub.google.desk.reused == 0


def test_a_write_that_stored_nothing_is_held(hub: Hub) -> None:
    world = there(hub)
    assert_everybody_once(hub, world, runs=3)
    link = links(world)[0]
    hub.freshsales.knobs.rewrite = {"job_title": "lower"}
    hub.google.edit_contact(link.right.contact_id, {"organizations": [{"title": "CAPTAIN"}]})
    assert world.run().ok
    assert hub.freshsales.contact(link.left.contact_id)["job_title"] == "captain"
    for _ in range(2):
        assert world.run().ok
    hub.reset_counters()
    assert world.run().ok
    assert hub.writes() == 0
    assert "job_title" in next(k for k in links(world) if k.id == link.id).apart
    assert hub.google.contact(link.right.contact_id)["organizations"][0]["title"] == "CAPTAIN"
