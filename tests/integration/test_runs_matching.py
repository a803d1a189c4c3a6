"""First meetings over whole runs: who is linked, who is created, who waits, and when they are judged again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contactsync.model.plan import HoldReason
from contactsync.model.spec import ConflictPolicy, Direction, MatchSpec, Side
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people_data import people
from odd_books import books, linked
from views import differences, links
from world import World, hub_of, mail, memory_spec

BOTH = MatchSpec(keys=(("email",), ("phone",)), default_region="DE")


def phone(number: str) -> list[dict[str, Any]]:
    return [{"value": number, "label": "mobile", "primary": False}]


def ada(**fields: Any) -> dict[str, Any]:
    return {"names.given": "Ada", "names.family": "Beispiel", **fields}


def uma(**fields: Any) -> dict[str, Any]:
    return {"names.given": "Uma", "names.family": "Muster", **fields}


def new(tmp_path: Path, **changes: Any) -> World:
    return World(tmp_path, memory_spec(match=BOTH, **changes))


def reasons(world: World) -> dict[str, HoldReason]:
    return {h.contact_id: h.reason for h in world.held()}


def test_a_first_match_fills_blanks_both_ways_and_the_preferred_side_wins(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada(emails=mail("Ada@Example.org"), job_title="Editor", nickname="Adi"))
    world.right.put("r1", ada(emails=mail("ada@example.org"), job_title="Writer", company="Beispiel KG"))
    assert world.run().counts["left_to_right"]["matched"] == 1
    assert len(world.left.contacts()) == len(world.right.contacts()) == 1
    left, right = world.left.contacts()["l1"], world.right.contacts()["r1"]
    assert left["job_title"] == right["job_title"] == "Editor"
    assert left["company"] == right["company"] == "Beispiel KG"
    assert left["nickname"] == right["nickname"] == "Adi"
    lost = [c for _, _, c in world.known.conflicts(world.spec.id) if c.field == "job_title"]
    assert [(c.winner, c.right) for c in lost] == [(Side.LEFT, "Writer")]


def test_conflicts_right_prefers_the_right_side(tmp_path: Path) -> None:
    world = new(tmp_path, conflicts=ConflictPolicy.RIGHT)
    world.left.put("l1", ada(emails=mail("ada@example.org"), job_title="Editor"))
    world.right.put("r1", ada(emails=mail("ada@example.org"), job_title="Writer"))
    world.run()
    assert world.left.contacts()["l1"]["job_title"] == "Writer"


def test_a_phone_matches_only_where_the_names_do_not_contradict(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada(phones=phone("030 1234567")))
    world.right.put("r1", ada(phones=phone("+49 30 1234567")))
    world.left.put("l2", ada(phones=phone("030 7654321")))
    world.right.put("r2", uma(phones=phone("+49 30 7654321")))
    world.run()
    assert len(links(world)) == 1
    assert reasons(world) == {"l2": HoldReason.AMBIGUOUS, "r2": HoldReason.AMBIGUOUS}
    assert len(world.left.contacts()) == len(world.right.contacts()) == 2


def test_two_of_one_are_held_and_judged_again_when_one_of_them_changes(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada(emails=mail("office@example.org")))
    world.left.put("l2", uma(emails=mail("office@example.org")))
    world.right.put("r1", ada(emails=mail("office@example.org")))
    world.run()
    assert set(reasons(world)) == {"l1", "l2", "r1"}
    writes = world.writes()
    for _ in range(2):
        world.run()
    assert world.writes() == writes
    world.left.put("l2", uma(emails=mail("uma@example.org")))
    for _ in range(2):  # who was left behind is read by id in the second
        assert world.run().ok
    assert reasons(world) == {}
    assert len(links(world)) == 2
    assert differences(world) == {}


def test_a_deleted_rival_frees_the_others(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada(emails=mail("office@example.org")))
    world.left.put("l2", uma(emails=mail("office@example.org")))
    world.right.put("r1", ada(emails=mail("office@example.org")))
    world.run()
    world.left.remove("l2")
    for _ in range(3):
        assert world.run().ok
    assert reasons(world) == {}
    assert len(links(world)) == 1


def test_a_contact_without_a_key_waits_until_it_has_one(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada())
    summary = world.run()
    assert reasons(world) == {"l1": HoldReason.NO_KEY}
    assert "no match key 1" in summary.line
    assert not world.right.contacts()
    world.left.put("l1", ada(emails=mail("ada@example.org")))
    world.run()
    assert len(world.right.contacts()) == 1
    assert reasons(world) == {}


def test_without_key_create_makes_it(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(match=MatchSpec(create_without_key=True)))
    world.left.put("l1", ada())
    for _ in range(2):
        world.run()
    assert len(world.right.contacts()) == 1


def test_a_link_overrides_the_key(tmp_path: Path) -> None:
    """Two linked contacts swap their addresses: nobody is matched anew."""
    world = new(tmp_path)
    for k in (1, 2):
        world.left.put(f"l{k}", {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org")})
    world.run()
    before = {k.id for k in links(world)}
    world.left.put("l1", {"emails": mail("new@example.org")})
    for _ in range(2):
        world.run()
    assert {k.id for k in links(world)} == before
    assert differences(world) == {}
    assert len(world.right.contacts()) == 2


def test_a_key_that_another_contact_there_has_is_held_not_written(tmp_path: Path) -> None:
    world = new(tmp_path)
    for k in (1, 2):
        world.left.put(f"l{k}", {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org")})
    world.run()
    world.left.put("l1", {"emails": mail("ada2@example.org")})
    world.run()
    assert HoldReason.KEY_COLLISION in reasons(world).values()
    mails = sorted(c["emails"][0]["value"] for c in world.right.contacts().values())
    assert mails == ["ada1@example.org", "ada2@example.org"]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_key_held_for_another_contact_is_written_once_that_one_has_lost_it(tmp_path: Path, at_once: bool) -> None:
    world = new(tmp_path)
    linked(world, 2)
    world.left.put("l0", {"emails": mail("ada1@example.org")})
    if not at_once:
        world.run()
        assert list(reasons(world).values()) == [HoldReason.KEY_COLLISION]
    world.left.put("l1", {"emails": mail("new@example.org")})
    for _ in range(2):  # who is in the way is written in the first
        assert world.run().ok
    assert reasons(world) == {}
    assert differences(world) == {}
    writes = world.writes()
    world.run()
    assert world.writes() == writes


def test_a_key_that_somebody_new_there_has_is_held_too(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world)
    world.left.put("l0", {"emails": mail("new@example.org")})
    world.right.put("r9", uma(emails=mail("new@example.org")))
    assert world.run().ok
    assert reasons(world) == {"l0": HoldReason.KEY_COLLISION, "r9": HoldReason.AMBIGUOUS}
    world.right.remove("r9")
    assert world.run().ok
    assert reasons(world) == {}
    assert differences(world) == {}


@pytest.mark.parametrize("keys", [(("full_name",),), (("full_name", "company"),)], ids=["name", "name and company"])
def test_a_name_that_another_contact_there_has_is_held_where_names_are_keys(tmp_path: Path, keys: Any) -> None:
    world = World(tmp_path, memory_spec(match=MatchSpec(keys=keys)))
    for k in (1, 2):
        world.left.put(f"l{k}", {"names.given": f"Ada {k}", "company": "Muster"})
    world.run()
    world.left.put("l1", {"names.given": "Ada 2", "job_title": "Editor"})
    world.run()
    assert reasons(world) == {"l1": HoldReason.KEY_COLLISION}
    assert sorted(c["names.given"] for c in world.right.contacts().values()) == ["Ada 1", "Ada 2"]
    assert [c for c in world.right.contacts().values() if c.get("job_title") == "Editor"]
    world.left.put("l1", {"names.given": "Ada 3"})
    world.run()
    assert reasons(world) == {}


def test_a_key_that_both_have_long_since_is_no_reason_to_hold_what_else_is_edited(tmp_path: Path) -> None:
    """A person gave two contacts of the right app one address, and nobody held anything then."""
    world = new(tmp_path)
    linked(world, 2)
    world.right.put("r1", {"emails": mail("ada0@example.org", "ada1@example.org")})
    world.run()
    world.right.put("r1", {"emails": mail("ada0@example.org")})
    world.left.put("l0", {"emails": mail("ada0@example.org", "new@example.org")})
    world.run()
    assert len(world.right.contacts()["r0"]["emails"]) == 2


def test_a_contact_under_a_new_id_is_not_its_own_rival(tmp_path: Path) -> None:
    world = new(tmp_path)
    right = books(world)
    linked(world)
    fields = world.right.contacts()["r0"]
    world.right.remove("r0")
    world.right.put("r9", fields)
    right.moved = {"r0": "r9"}
    world.left.put("l0", {"emails": mail("ada0@example.org", "new@example.org")})
    assert world.run().ok
    assert reasons(world) == {}
    assert len(world.right.contacts()["r9"]["emails"]) == 2


def test_one_direction_only_creates_and_writes_that_way(tmp_path: Path) -> None:
    world = new(tmp_path, direction=Direction.LEFT_TO_RIGHT)
    world.left.put("l1", ada(emails=mail("ada@example.org")))
    world.right.put("r1", uma(emails=mail("uma@example.org")))
    for _ in range(2):
        assert world.run().ok
    assert (len(world.left.contacts()), len(world.right.contacts())) == (1, 2)
    created = next(k for k in world.right.contacts() if k != "r1")
    world.right.put(created, {"job_title": "Typed on the right"})
    world.run()
    assert not world.left.contacts()["l1"].get("job_title")
    world.left.put("l1", {"job_title": "From the left"})
    world.run()
    assert world.right.contacts()[created]["job_title"] == "From the left"


def test_the_first_meeting_of_two_real_apps(tmp_path: Path) -> None:
    person = next(p for p in people(5, 10) if p.emails)
    with hub_of(tmp_path) as hub:
        seed_freshsales(hub.freshsales, [person])
        hub.google.add_contact(
            {
                "names": [{"givenName": person.given, "familyName": person.family}],
                "emailAddresses": [{"value": person.emails[0].upper(), "type": "home"}],
                "nicknames": [{"value": "Kap"}],
            }
        )
        world = hub.world("freshsales-google")
        assert world.run().counts["left_to_right"]["matched"] == 1
        world.run()
        assert differences(world) == {}
        assert (len(hub.freshsales.contacts()), len(hub.google.contacts())) == (1, 1)
        after = hub.google.contacts()[0]
        assert after["emailAddresses"][0]["type"] == "home"
        assert after["nicknames"][0]["value"] == "Kap"
