"""A listing that is wrong, short or no listing at all: nothing is deleted, nothing is written, the run says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import BadListing, ContactsyncError, LimitExceeded, NotTheApi, PlanMismatch, StopError
from contactsync.model.ledger import RunState
from contactsync.model.spec import DeletionPolicy, Limits, Side
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.knobs import Fault, Trouble
from contactsync.sandbox.people_data import people
from contactsync.sandbox.people_seed import seed_people
from views import QUIET_TABLES, changed_tables, links
from world import Hub, World, hub_of, mail, memory_spec

LISTINGS = {"freshsales": "/contacts/view/|filtered_search", "google": "/connections"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with hub_of(tmp_path) as hub:
        yield hub


def linked(hub: Hub, n: int = 30) -> World:
    """Some contacts, linked on both sides, and an edit on either side that waits."""
    persons = [p for p in people(5, n * 2) if p.emails and not p.number % 2]
    seed_freshsales(hub.freshsales, persons)
    seed_people(hub.google, persons)
    world = hub.world("freshsales-google")
    for _ in range(3):
        world.run()
    return world


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble.EMPTY_LISTING,
        Trouble.TRUNCATED_LISTING,
        Trouble.LOOPING_LISTING,
        Trouble.REPEATED_PAGE,
        Trouble.HTML_PAGE,
        Trouble.TRUNCATED_BODY,
    ],
)
@pytest.mark.parametrize("side", ["freshsales", "google"])
@pytest.mark.parametrize("full", [False, True], ids=["delta", "complete"])
def test_a_wrong_listing_writes_and_deletes_nothing(hub: Hub, side: str, trouble: Trouble, full: bool) -> None:
    world = linked(hub)
    world.with_spec(deletions={Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE}, limits=Limits())
    server = getattr(hub, side)
    cursors = [world.known.cursor(world.spec.id, s) for s in Side]
    contacts = [len(s.contacts()) for s in hub.servers]
    hub.reset_counters()
    server.knobs.faults = [Fault(trouble, path=LISTINGS[side], times=0)]
    problem: ContactsyncError | None = None
    try:
        world.run(full_read=full)
    except ContactsyncError as error:
        problem = error
    server.knobs.faults = []
    assert hub.writes() == 0
    assert [len(s.contacts()) for s in hub.servers] == contacts
    assert len(links(world)) == contacts[1]
    # Neither a delta that names too few contacts nor a listing of one page can be told from a true one.
    plausible = not full or trouble is Trouble.REPEATED_PAGE
    if trouble in (Trouble.HTML_PAGE, Trouble.TRUNCATED_BODY) or not plausible:
        assert problem is not None
    if problem is not None:
        assert world.last().state is RunState.FAILED
        assert [world.known.cursor(world.spec.id, s) for s in Side] == cursors
    assert world.run().ok
    assert hub.writes() == 0


def test_a_login_page_is_named(hub: Hub) -> None:
    world = linked(hub, 3)
    hub.freshsales.knobs.faults = [Fault(Trouble.HTML_PAGE, times=0)]
    with pytest.raises(NotTheApi) as failed:
        world.run()
    assert "127.0.0.1" in str(failed.value)
    assert failed.value.next_step
    assert "extract_left failed" in world.last().message


# ---- guards, over two memory books


def two_books(tmp_path: Path, n: int = 40, **changes: Any) -> World:
    world = World(tmp_path, memory_spec(limits=Limits(), **changes))
    for k in range(n):
        world.left.put(f"l{k}", {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org")})
    assert world.run().ok
    assert len(world.right.contacts()) == n
    return world


def test_half_of_an_account_gone_stops_the_run_and_passes_once_by_its_hash(tmp_path: Path) -> None:
    world = two_books(tmp_path)
    for k in range(25):
        world.left.remove(f"l{k}")
    writes, dump = world.writes(), world.known.dump()
    with pytest.raises(LimitExceeded) as stopped:
        world.run(full_read=True)
    assert stopped.value.plan_hash in str(stopped.value)
    assert world.writes() == writes
    assert changed_tables(dump, world.known.dump()) <= QUIET_TABLES - {"side_cursor"}
    with pytest.raises(PlanMismatch):
        world.run(full_read=True, apply_plan="0123456789abcdef")
    assert world.run(full_read=True, apply_plan=stopped.value.plan_hash).ok
    world.left.put("l30", {"job_title": "Editor"})
    with pytest.raises(StopError):
        world.run(full_read=True, apply_plan=stopped.value.plan_hash)


def test_an_empty_account_never_empties_the_other(tmp_path: Path) -> None:
    world = two_books(tmp_path, deletions={Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE})
    for k in range(40):
        world.left.remove(f"l{k}")
    with pytest.raises(LimitExceeded, match="no contact at all"):
        world.run(full_read=True)
    assert len(world.right.contacts()) == 40


def test_letting_one_empty_account_pass_lets_no_other_pass(tmp_path: Path) -> None:
    world = two_books(tmp_path)
    emptied = dict(world.left.contacts())
    for k in emptied:
        world.left.remove(k)
    with pytest.raises(LimitExceeded) as left:
        world.run(full_read=True)
    for k, fields in emptied.items():
        world.left.put(k, fields)
    for k in list(world.right.contacts()):
        world.right.remove(k)
    with pytest.raises(PlanMismatch):
        world.run(full_read=True, apply_plan=left.value.plan_hash)
    with pytest.raises(LimitExceeded) as right:
        world.run(full_read=True)
    assert world.run(full_read=True, apply_plan=right.value.plan_hash).ok


def test_more_deletions_than_allowed_pass_only_by_their_hash(tmp_path: Path) -> None:
    world = two_books(tmp_path, deletions={Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE})
    for k in range(6):
        world.left.remove(f"l{k}")
    cursors = [world.known.cursor(world.spec.id, s) for s in Side]
    with pytest.raises(LimitExceeded, match="6 deletes on the right side; the limit is 5") as stopped:
        world.run()
    assert len(world.right.contacts()) == 40
    assert [world.known.cursor(world.spec.id, s) for s in Side] == cursors
    with pytest.raises(LimitExceeded) as again:
        world.run()
    assert again.value.plan_hash == stopped.value.plan_hash
    assert world.run(apply_plan=stopped.value.plan_hash).counts["left_to_right"]["deleted"] == 6
    assert len(world.right.contacts()) == 34
    world.left.remove("l10")
    assert world.run().ok
    assert len(world.right.contacts()) == 33
    assert isinstance(stopped.value, StopError)
    assert not issubclass(LimitExceeded, BadListing)
