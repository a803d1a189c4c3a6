"""Where this installation may write, and which accounts its connections must lead to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.apps.memory import Book
from contactsync.errors import ForeignAccount, WritesForbidden
from contactsync.model.spec import ProjectSpec, Side
from contactsync.model.undo import UndoOrder
from contactsync.orchestration.services import services_of
from contactsync.pipeline import undo_sync
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people_data import people
from world import World, hub_of, mail

DEV = ProjectSpec(environment="dev", writes=False)
PROD = ProjectSpec(environment="prod")
ADA = {"names.given": "Ada", "emails": mail("ada@example.org")}


def test_where_nothing_may_be_written_every_run_is_a_dry_run(tmp_path: Path) -> None:
    world = World(tmp_path, project=DEV)
    world.left.put("a", ADA)
    before = world.known.dump()
    for asked in ({}, {"full_read": True}, {"apply_plan": "0123456789abcdef"}):
        summary = world.run(**asked)
        assert summary.dry_run
        assert summary.line.startswith("Nothing written (environment dev): Memory (left) to Memory (right): 1 created")
    assert world.writes() == 0
    assert world.known.dump() == before


def test_where_nothing_may_be_written_an_undo_shows_what_it_would_do(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.left.put("a", ADA)
    world.run()
    written = world.writes()
    world.project = DEV
    before = world.known.dump()
    undone = undo_sync(world.place(), world.request(), UndoOrder(world.last().run_id))
    assert undone.summary.dry_run
    assert len(undone.plan.intents) == 1
    assert (world.writes(), world.known.dump()) == (written, before)


def test_no_write_reaches_a_server_even_of_code_that_does_not_ask(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        hub.services = replace(hub.services, writes=services_of(hub.ledger._engine, DEV).writes)
        seed_freshsales(hub.freshsales, people(5, 4))
        world = hub.world("freshsales-google")
        hub.reset_counters()
        with pytest.raises(WritesForbidden):
            world.run()  # which believes that it may write
        assert hub.writes() == 0


def test_an_account_is_meant_by_host_owner_or_id_in_any_case(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        world = hub.world("freshsales-google")
        place = world.place()
        for side in Side:
            account = place.account(side)
            for name in {account.id, account.host, account.owner.upper()} - {""}:
                world.project = replace(PROD, accounts={world.spec.side(side).connection: name})
                assert world.run().ok


def test_another_account_than_the_environments_stops_before_anything_is_read(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        seed_freshsales(hub.freshsales, people(5, 4))
        world = hub.world("freshsales-google")
        connection = world.spec.left.connection
        world.run(dry_run=True)  # what is cached of the accounts is not what is looked at
        world.project = replace(PROD, accounts={connection: "acme.freshsales.io"})
        hub.reset_counters()
        for dry in (False, True):
            with pytest.raises(ForeignAccount) as stopped:
                world.run(dry_run=dry)
            assert f"{connection!r} (left side) leads to 127.0.0.1" in stopped.value.message
            assert "in environment 'prod' it must lead to acme.freshsales.io" in stopped.value.message
        assert hub.freshsales.counters.total == 0
        assert hub.writes() == 0


def test_two_books_behind_one_connection_are_not_taken_for_each_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    for name in ("one", "other"):
        path = tmp_path / f"{name}.json"
        Book(path).put("a", ADA)
        left = replace(world.spec.left, options={"path": str(path)})
        world.with_spec(left=left)
        assert world.place().account(Side.LEFT).id.endswith(f"{name}.json")


def test_an_account_that_another_version_has_kept_otherwise_is_asked_for(tmp_path: Path) -> None:
    world = World(tmp_path)
    asked = world.place().account(Side.LEFT)
    (name,) = world.services.metadata.kept
    for kept in ("a text", {"id": 7}, {"id": "x", "host": "y"}):
        world.services.metadata.put(*name, kept)
        assert world.place().account(Side.LEFT) == asked


def test_a_connection_of_other_environments_only_stops_the_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.project = replace(PROD, accounts={world.spec.right.connection: ""})
    with pytest.raises(ForeignAccount, match="has no account in environment 'prod'"):
        world.run()
    world.project = replace(world.project, environment="")  # a file that names accounts, but no environments
    assert world.run().ok
    world.project = replace(PROD, accounts={"some_other": ""})
    assert world.run().ok
