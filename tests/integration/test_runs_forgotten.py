"""A person is forgotten: nothing of it stays anywhere, nothing in the apps is touched, and it does not come back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from canaries import found, stored
from contactsync.errors import ConfigError, LockBusy
from contactsync.model.link import LinkStatus
from contactsync.model.plan import HoldReason
from contactsync.model.spec import ConflictPolicy, Side
from contactsync.stages.forgetting import forget, lift, look
from contactsync.stages.persons import find, key_of
from forgetful import DELETE, ZOE, ada, archives, forgotten, leaks, lived, new_world, partner, step, zoe
from sqlalchemy import Engine
from views import QUIET_TABLES, changed_tables, differences, links
from world import World, mail, memory_spec


def test_nothing_of_a_forgotten_person_is_left_anywhere(tmp_path: Path, ledger_engine: Engine) -> None:
    world = new_world(tmp_path, ledger_engine)
    lived(world)
    right, before = partner(world), (world.left.contacts(), world.right.contacts())
    done = forgotten(ZOE, world)
    assert done.compacted
    assert done.artefacts > 5
    assert leaks(world) == []
    ids = found([right, "zoe-left"], stored(world.known._engine, tmp_path / "artefacts"))
    assert ids == [], "its ids are gone too"
    assert (world.left.contacts(), world.right.contacts()) == before, "the apps are not touched"
    assert len(links(world)) == 5
    assert [(d.answer, d.by) for _, _, d in world.known.decisions(world.spec.id)] == [("forget", "maria.sample")]


def test_it_does_not_come_back_and_its_edits_do_not_flow(tmp_path: Path, ledger_engine: Engine) -> None:
    world = new_world(tmp_path, ledger_engine, deletions=DELETE)
    lived(world)
    right = partner(world)
    forgotten("left:zoe-left", world)
    writes, quiet = world.writes(), world.known.dump()
    summary = step(world)
    assert (world.writes(), summary.ok) == (writes, True)
    assert changed_tables(quiet, world.known.dump()) <= QUIET_TABLES
    assert summary.counts["left_to_right"]["forgotten"] == 0, "it was not listed"
    world.left.put("zoe-left", {"nickname": "Canary of left", "emails": mail("new.quixwort@example.org")})
    world.right.put(right, {"nickname": "Canary of right"})
    world.left.put("l2", {"job_title": "Writer"})
    for full in (False, True, False, True):
        summary = step(world, full_read=full)
        assert summary.ok
        assert not [h for h in world.held() if "quixwort" in h.contact_id or h.contact_id == right]
    assert summary.counts["left_to_right"]["forgotten"] == summary.counts["right_to_left"]["forgotten"] == 1
    assert summary.counts["left_to_right"]["read"] == 6
    assert "1 forgotten" in summary.line
    assert world.left.contacts()["zoe-left"]["nickname"] == "Canary of left"
    assert world.right.contacts()[right]["nickname"] == "Canary of right"
    assert (len(world.left.contacts()), len(world.right.contacts())) == (6, 6)
    assert world.right.contacts()[partner(world, "l2")]["job_title"] == "Writer", "the others go on"
    world.right.remove(right)
    step(world)
    assert "zoe-left" in world.left.contacts(), "its deletion is not carried over either"
    assert leaks(world) == []
    assert differences(world) == {}


def test_a_new_contact_with_a_forgotten_address_is_left_alone_even_when_it_loses_it(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    lived(world)
    forgotten(ZOE, world)
    world.right.put("again", zoe(emails=mail("Zoe.Quixwort+news@Example.org")))
    world.left.put("l9", ada(9))
    assert step(world).counts["right_to_left"]["forgotten"] == 1
    world.right.put("again", {"emails": mail("unknown.quixwort@example.org")})
    for full in (False, True):
        step(world, full_read=full)
    assert len(world.left.contacts()) == 7, "nobody was created for it"
    assert leaks(world) == []
    assert found(["unknown.quixwort@example.org"], stored(world.known._engine, tmp_path / "artefacts")) == []


def test_whoever_shares_an_address_and_has_a_partner_goes_on(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    world.left.put("l1", ada(1, emails=mail("ada1@example.org", "family@example.org")))
    step(world)
    world.left.put("l2", ada(2, emails=mail("ada2@example.org")))
    step(world)
    world.left.put("l2", {"emails": mail("ada2@example.org", "family@example.org")})
    step(world)
    forgotten("left:l1", world)
    world.left.put("l2", {"job_title": "Editor"})
    step(world)
    assert world.right.contacts()[partner(world, "l2")]["job_title"] == "Editor"
    world.left.put("l3", ada(3, emails=mail("family@example.org")))
    assert step(world).counts["left_to_right"]["forgotten"] == 1


def test_lifting_makes_it_sync_again_without_duplicates(tmp_path: Path, ledger_engine: Engine) -> None:
    world = new_world(tmp_path, ledger_engine)
    lived(world)
    right = partner(world)
    forgotten(ZOE, world)
    step(world)
    world.spec = replace(world.spec, conflicts=ConflictPolicy.LEFT)
    world.left.put("zoe-left", {"nickname": "Zo"})
    step(world)
    assert lift(archives(world).values(), key_of(f"right:{right}"), world.request(by="maria.sample")) == ("pair",)
    with pytest.raises(ConfigError, match="Nobody like that"):
        lift(archives(world).values(), key_of(ZOE), world.request(by="maria.sample"))
    for _ in range(2):
        assert step(world).ok
    assert partner(world) == right
    assert world.right.contacts()[right]["nickname"] == "Zo"
    assert world.right.contacts()[right]["job_title"] == "Chief of Canaries"
    assert (len(world.left.contacts()), len(world.right.contacts())) == (6, 6)
    assert differences(world) == {}
    before = world.known.dump()
    step(world)
    assert changed_tables(before, world.known.dump()) <= QUIET_TABLES


def test_where_one_of_several_syncs_is_busy_nothing_is_lifted_and_the_same_lifts_all_later(tmp_path: Path) -> None:
    first = new_world(tmp_path)
    first.left.put("zoe-left", zoe())
    spec = replace(memory_spec(id="second"), left=first.spec.left)
    second = World(tmp_path, spec, first.clock, first.ledger, first.services)
    first.right.put("zoe-right", zoe())  # only the first sync knows it
    second.right.put("zoe-far-right", zoe())
    for world in (first, second):
        step(world)
        step(world)
    forgotten("right:zoe-right", first, second)
    lease = first.known.take_lock("second", "another run", ended=lambda _: False)
    key, request = key_of("right:zoe-right"), first.request(by="maria.sample")
    syncs = {name: replace(one, ended=lambda _: False) for name, one in archives(first, second).items()}
    with pytest.raises(LockBusy):
        lift(syncs.values(), key, request)
    assert all(first.known.forgotten(name) for name in syncs)
    first.known.release_lock("second", "another run", lease.fence)
    assert lift(syncs.values(), key, request) == ("pair", "second")
    assert not any(first.known.forgotten(name) for name in syncs)


def test_a_deleted_person_is_forgotten_by_address(tmp_path: Path) -> None:
    world = new_world(tmp_path, deletions=DELETE)
    lived(world)
    world.right.remove(partner(world))
    world.left.remove("zoe-left")
    step(world)
    step(world)
    assert [k.left.contact_id for k in links(world, LinkStatus.CLOSED)] == ["zoe-left"]
    assert leaks(world)
    forgotten("old.quixwort@example.org", world)
    assert leaks(world) == []
    assert not links(world, LinkStatus.CLOSED)


def test_a_person_who_was_never_linked_is_forgotten(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    world.left.put("zoe-left", zoe())
    world.right.put("zoe-1", zoe())
    world.right.put("zoe-2", zoe())
    step(world)
    assert {h.reason for h in world.held()} == {HoldReason.AMBIGUOUS}
    (portion,) = look(find(archives(world), key_of("left:zoe-left")), key_of("left:zoe-left"))
    assert portion.contacts == {(Side.LEFT, "zoe-left")}
    assert portion.beside == {(Side.RIGHT, "zoe-1"), (Side.RIGHT, "zoe-2")}
    forgotten("left:zoe-left", world)
    assert world.held() == []
    assert leaks(world) == []
    summary = step(world, full_read=True)
    assert summary.counts["right_to_left"]["forgotten"] == 2
    assert world.writes() == 0


def test_an_address_of_two_persons_asks_who_is_meant(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    for n in (1, 2):
        world.left.put(f"l{n}", ada(n))
    step(world)
    for n in (1, 2):
        world.left.put(f"l{n}", {"emails": mail(f"ada{n}@example.org", f"home{n}@example.org")})
    step(world)
    for n in (1, 2):
        world.right.put(partner(world, f"l{n}"), {"phones": [{"value": "+49 30 1234567", "label": "home"}]})
    step(world)
    key = key_of("+49 30 1234567")
    with pytest.raises(ConfigError, match=r"Several persons of sync 'pair' have it: left:l1 .*left:l2"):
        find(archives(world), key)
    assert len(find(archives(world), key, everybody=True)[0].contacts) == 4
    with pytest.raises(ConfigError, match="No sync of this ledger"):
        find(archives(world), key_of("left:nobody"))


def test_while_a_run_is_on_nothing_is_erased(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    lived(world)
    world.known.take_lock(world.spec.id, "another run", ended=lambda _: False)
    named, kept = key_of(ZOE), archives(world)
    kept = {name: replace(one, ended=lambda _: False) for name, one in kept.items()}
    before = world.known.dump()
    with pytest.raises(LockBusy):
        forget(find(kept, named), named, world.request(by="maria.sample"))
    assert world.known.dump() == before
