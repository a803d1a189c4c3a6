"""Possible duplicates of whole syncs: who is read, what links and decisions say, and that nothing is written."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.model.spec import FieldsSpec, MatchSpec
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people_data import both_sides
from contactsync.sandbox.people_seed import seed_people
from contactsync.stages.comparing import find_duplicates
from contactsync.stages.deciding import Judge, keep_apart
from contactsync.sync.duplicates import Scope
from views import links
from world import World, hub_of, mail, memory_spec

ADA = {"names.given": "Ada", "names.family": "Beispiel"}


def pairs(world: World, scope: Scope = Scope.ALL) -> set[tuple[str, str]]:
    found = find_duplicates(world.place(), world.request(), scope=scope).duplicates.found
    return {(d.one[1], d.other[1]) for d in found}


def test_linked_contacts_are_read_too_and_their_links_have_decided(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    world.left.put("l1", {**ADA, "emails": mail("ada@example.org")})
    world.right.put("r1", {**ADA, "emails": mail("ada@example.org")})
    assert pairs(world) == {("l1", "r1")}  # before the first run nothing is linked
    world.run()
    assert len(links(world)) == 1
    assert pairs(world) == set()
    world.right.put("r2", {"names.given": "Beispiel", "names.family": "Ada", "company": "Muster AG"})
    assert pairs(world) == {("l1", "r2"), ("r1", "r2")}
    assert pairs(world, Scope.LEFT) == set()
    assert pairs(world, Scope.RIGHT) == {("r1", "r2")}
    assert pairs(world, Scope.ACROSS) == {("l1", "r2")}


def test_two_whom_a_person_keeps_apart_are_not_reported(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(match=MatchSpec(keys=(("email",),))))
    world.left.put("l1", {**ADA, "emails": mail("ada@example.org")})
    world.right.put("r1", {**ADA, "phones": [{"value": "+49 30 1234567"}]})
    world.run()
    across = pairs(world, Scope.ACROSS)
    assert ("l1", "r1") in across
    keep_apart(Judge(world.place(), world.request(by="uma")), "l1", "r1")
    assert pairs(world, Scope.ACROSS) == across - {("l1", "r1")}


def test_fields_that_do_not_flow_tell_people_apart_too(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(fields=FieldsSpec(only=("emails",))))
    world.left.put("l1", {**ADA, "birthday": "1980-02-03"})
    world.left.put("l2", {**ADA, "birthday": "1991-05-06"})
    assert pairs(world) == set()
    world.left.put("l2", {"birthday": "1980-02-03"})
    assert pairs(world) == {("l1", "l2")}


def test_nothing_is_written_anywhere_and_no_contact_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world = World(tmp_path, memory_spec())
    world.left.put("l1", {**ADA, "emails": mail("ada@example.org")})
    world.run()
    world.left.put("l2", {**ADA, "emails": mail("ada@example.org")})
    dump, writes = world.known.dump(), world.writes()
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    with caplog.at_level(logging.DEBUG):
        assert ("l1", "l2") in pairs(world)
    assert world.known.dump() == dump
    assert world.writes() == writes
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == files
    assert "possible duplicates" in caplog.text
    assert "Beispiel" not in caplog.text
    assert "ada@" not in caplog.text


def test_before_a_first_run_the_persons_of_both_apps_are_found(tmp_path: Path) -> None:
    population = both_sides(11, 40, 6, 6, home="DE")
    with hub_of(tmp_path) as hub:
        left = seed_freshsales(hub.freshsales, population.left)
        right = seed_people(hub.google, population.right)
        world = hub.world("freshsales-google")
        world.spec = replace(world.spec, match=replace(world.spec.match, default_region="DE"))
        hub.reset_counters()
        met = pairs(world, Scope.ACROSS)
        assert hub.writes() == 0
    same = {(left[n], right[n]) for n in population.shared}
    assert len(met & same) >= 0.95 * len(same)
    assert len(met - same) <= 2
