"""Rules and deletions as a file says them, over whole runs between two memory books."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.mapping.loader import load_sync
from contactsync.orchestration.shipped_apps import ShippedApps
from views import links
from world import WIDE, World, mail, memory_spec

HEAD = """\
version: 1
left: {app: memory, connection: LEFT}
right: {app: memory, connection: RIGHT}
dag: {schedule: null}
first_run: apply
fields: {exclude: [tags]}
"""


def world_of(tmp_path: Path, text: str) -> World:
    """A world whose sync is read from a file."""
    ends = memory_spec()
    file = tmp_path / "pair.yaml"
    file.write_text(HEAD.replace("LEFT", ends.left.connection).replace("RIGHT", ends.right.connection) + text)
    return World(tmp_path, replace(load_sync(file, tmp_path, ShippedApps()), limits=WIDE))


def gold(**fields: Any) -> dict[str, Any]:
    return {"emails": mail("ada@example.org"), "company": "Gold", "job_title": "Editor", **fields}


def tags(contact: dict[str, Any]) -> set[str]:
    return {t["value"] for t in contact.get("tags", [])}


RULES = """\
rules:
  left_to_right:
    - name: gold
      if: [{works_at: gold}]
      then:
        actions:
          - add_tag: From left
          - update_field: {field: score, value: 7, apply: on_create}
      on_leave: [{remove_tag: From left}]
  right_to_left:
    - name: shared
      if: [{has_tag: From left}]
      then: {contacts: update_only}
"""


def quiet(world: World) -> None:
    world.run()
    before = world.writes()
    world.run(full_read=True)
    world.run()
    assert world.writes() == before


def test_only_who_matches_is_created_with_what_the_rule_adds(tmp_path: Path) -> None:
    world = world_of(tmp_path, RULES)
    world.left.put("l1", gold())
    world.left.put("l2", {"emails": mail("uma@example.org"), "company": "Tin"})
    world.right.put("r1", {"emails": mail("private@example.org")})
    world.run()
    (made,) = [c for i, c in world.right.contacts().items() if i != "r1"]
    assert (made["job_title"], tags(made), made["score"]) == ("Editor", {"From left"}, "7")
    assert set(world.left.contacts()) == {"l1", "l2"}, "a private contact is not created"
    quiet(world)


def test_who_leaves_and_comes_back_loses_nothing(tmp_path: Path) -> None:
    world = world_of(tmp_path, RULES)
    world.left.put("l1", gold())
    world.run()
    (made,) = world.right.contacts()
    world.left.put("l1", {"company": "Tin"})
    world.run()
    assert tags(world.right.contacts()[made]) == set(), "on_leave takes back what the rule made"
    world.left.put("l1", {"job_title": "Writer"})
    quiet(world)
    assert world.right.contacts()[made]["job_title"] == "Editor", "out of scope nothing flows"
    world.left.put("l1", {"company": "Gold"})
    world.run()
    contact = world.right.contacts()[made]
    assert (contact["job_title"], contact["company"], tags(contact)) == ("Writer", "Gold", {"From left"})
    assert len(world.right.contacts()) == len(links(world)) == 1
    quiet(world)


def test_who_leaves_a_one_way_sync_is_no_longer_written(tmp_path: Path) -> None:
    rules = "direction: left_to_right\n" + RULES.partition("  right_to_left:")[0]
    world = world_of(tmp_path, rules)
    world.left.put("l1", gold())
    world.run()
    world.left.put("l1", {"company": "Tin", "job_title": "Writer"})
    world.run()
    assert [c["job_title"] for c in world.right.contacts().values()] == ["Editor"]
    world.left.put("l1", {"company": "Gold"})
    world.run()
    assert [c["job_title"] for c in world.right.contacts().values()] == ["Writer"], "back again, with what it missed"
    quiet(world)


def test_a_persons_later_edit_of_what_an_action_set_stands(tmp_path: Path) -> None:
    world = world_of(tmp_path, RULES)
    world.left.put("l1", gold())
    world.run()
    (made,) = world.right.contacts()
    world.right.put(made, {"tags": [{"value": "Mine"}], "score": "8"})
    quiet(world)
    world.left.put("l1", {"job_title": "Writer"})
    quiet(world)
    contact = world.right.contacts()[made]
    assert (tags(contact), contact["score"]) == ({"Mine"}, "8")


def test_a_score_that_changes_without_a_trace_moves_the_contact_at_the_next_complete_read(tmp_path: Path) -> None:
    text = "rules: {left_to_right: [{name: hot, if: [{score: {greater_than: 60}}]}], right_to_left: [{name: all}]}\n"
    world = world_of(tmp_path, text)
    assert world.spec.full_every.days == 1
    world.left.put("l1", gold(score="50"))
    world.run()
    assert not world.right.contacts()
    with world.left.opened() as state:  # the vendor changes it without moving its modified time
        state["contacts"]["l1"]["fields"]["score"] = "70"
    world.run()
    assert not world.right.contacts()
    world.clock.forward(hours=25)
    world.run()
    assert len(world.right.contacts()) == 1
    quiet(world)


@pytest.mark.parametrize(
    ("policy", "expected"), [("tag, tag: Gone", {"tags": {"Gone"}}), ("archive", {"archived": "true"})]
)
def test_a_deletion_marks_the_partner(tmp_path: Path, policy: str, expected: dict[str, Any]) -> None:
    world = world_of(tmp_path, f"deletions: {{left_to_right: {policy}}}\n")
    world.left.put("l1", gold())
    world.run()
    (made,) = world.right.contacts()
    world.left.remove("l1")
    world.run()
    contact = world.right.contacts()[made]
    got = {"tags": tags(contact), "archived": contact.get("archived", "")}
    assert {name: got[name] for name in expected} == expected
    quiet(world)
    assert set(world.right.contacts()) == {made}
    assert not world.left.contacts(), "nobody is created for a marked contact"
