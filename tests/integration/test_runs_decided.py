"""A person settles what was held, once: over whole runs, and the decision stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ConfigError
from contactsync.model.decisions import ANSWERS, Answer, hold_id
from contactsync.model.link import LinkStatus
from contactsync.model.plan import Hold, HoldReason
from contactsync.model.spec import SIDES, ConflictPolicy, DeletionPolicy, Direction, MatchSpec, Side
from contactsync.stages.deciding import Judge, decide, keep_apart, link
from views import differences, links
from world import World, mail, memory_spec

BY_MAIL = MatchSpec(keys=(("email",), ("full_name",)))


def new(tmp_path: Path, **changes: Any) -> World:
    return World(tmp_path, memory_spec(match=BY_MAIL, **changes))


def person(given: str, *addresses: str, **fields: Any) -> dict[str, Any]:
    return {"names.given": given, "names.family": "Beispiel", "emails": mail(*addresses), **fields}


def judge(world: World) -> Judge:
    return Judge(world.place(), world.request(by="maria.sample"))


def only_hold(world: World, reason: HoldReason) -> Hold:
    found = [h for h in world.held() if h.reason is reason]
    assert len(found) == 1, found
    return found[0]


def answer(world: World, reason: HoldReason, words: Answer, other: str = "") -> None:
    decide(judge(world), hold_id(only_hold(world, reason)), words, other)
    assert not [h for h in world.held() if h.reason is reason], "it is settled"


def quiet(world: World) -> None:
    """Two more runs, one of them complete: nothing is written, nothing is held."""
    world.run()
    before = world.writes()
    world.run(full_read=True)
    world.run()
    assert world.writes() == before


def ambiguous(tmp_path: Path) -> World:
    world = new(tmp_path)
    world.left.put("l1", person("Ada", "ada@example.org"))
    world.right.put("r1", person("Ada", "ada@example.org"))
    world.right.put("r2", person("Uma", "ada@example.org"))
    world.run()
    assert {h.reason for h in world.held()} == {HoldReason.AMBIGUOUS}
    assert len(world.held()) == 3
    return world


def test_who_is_linked_by_hand_stays_linked_and_the_others_are_judged_without_them(tmp_path: Path) -> None:
    world = ambiguous(tmp_path)
    link(judge(world), "l1", "r1")
    world.run()
    assert [(k.left.contact_id, k.right.contact_id) for k in links(world)] == [("l1", "r1")]
    keep_apart(judge(world), "l1", "r2")
    quiet(world)
    assert world.held() == []
    assert len(world.left.contacts()) == 1, "nobody is created for a contact that was kept apart"


def test_contacts_kept_apart_leave_the_true_pair_to_the_key(tmp_path: Path) -> None:
    world = ambiguous(tmp_path)
    keep_apart(judge(world), "l1", "r2")
    world.run()
    assert [(k.left.contact_id, k.right.contact_id) for k in links(world)] == [("l1", "r1")]
    quiet(world)
    assert (len(world.left.contacts()), len(world.right.contacts())) == (1, 2)


def test_contacts_without_a_common_key_are_linked_by_hand(tmp_path: Path) -> None:
    world = new(tmp_path, direction=Direction.LEFT_TO_RIGHT)
    world.left.put("l1", {"job_title": "Editor"})
    world.right.put("r1", {"company": "Beispiel KG"})
    world.run()
    link(judge(world), "l1", "r1")
    world.run()
    assert world.right.contacts()["r1"]["job_title"] == "Editor"
    quiet(world)


def test_linked_contacts_that_are_two_persons_are_parted_and_may_be_joined_again(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", person("Ada", "ada@example.org"))
    world.right.put("r1", person("Ada", "ada@example.org"))
    world.run()
    keep_apart(judge(world), "l1", "r1")
    world.left.put("l1", {"job_title": "Editor"})
    quiet(world)
    assert "job_title" not in world.right.contacts()["r1"]
    assert (len(world.left.contacts()), len(world.right.contacts())) == (1, 1)
    link(judge(world), "l1", "r1")
    world.run()
    assert world.right.contacts()["r1"]["job_title"] == "Editor", "edits made meanwhile are reconciled"
    quiet(world)


def test_a_contact_linked_with_somebody_else_is_not_linked_twice(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", person("Ada", "ada@example.org"))
    world.right.put("r1", person("Ada", "ada@example.org"))
    world.left.put("l2", person("Uma", "uma@example.org"))
    world.run()
    with pytest.raises(ConfigError, match="keep-apart pair"):
        link(judge(world), "l2", "r1")
    with pytest.raises(ConfigError, match="shown no contact 'nobody'"):
        link(judge(world), "nobody", "r1")


# ---- fields


def conflicting(tmp_path: Path) -> World:
    world = new(tmp_path, conflicts=ConflictPolicy.HOLD)
    world.left.put("l1", person("Ada", "ada@example.org", job_title="Editor"))
    world.right.put("r1", person("Ada", "ada@example.org", job_title="Editor"))
    world.run()
    world.left.put("l1", {"job_title": "Left"})
    world.right.put("r1", {"job_title": "Right"})
    world.run()
    return world


@pytest.mark.parametrize("side", SIDES)
def test_a_conflict_is_settled_for_one_side(tmp_path: Path, side: Side) -> None:
    world = conflicting(tmp_path)
    answer(world, HoldReason.CONFLICT, Answer(side.value))
    world.run()
    titles = {world.left.contacts()["l1"]["job_title"], world.right.contacts()["r1"]["job_title"]}
    assert titles == {side.value.title()}
    quiet(world)
    assert not differences(world)


def test_both_values_of_a_conflict_may_stay_until_one_is_edited(tmp_path: Path) -> None:
    world = conflicting(tmp_path)
    answer(world, HoldReason.CONFLICT, Answer.KEEP)
    quiet(world)
    assert (world.left.contacts()["l1"]["job_title"], world.right.contacts()["r1"]["job_title"]) == ("Left", "Right")
    assert world.held() == []
    world.right.put("r1", {"job_title": "Newer"})
    world.run()
    assert world.left.contacts()["l1"]["job_title"] == "Newer"


# ---- deleted and edited


def survived(tmp_path: Path, **changes: Any) -> World:
    world = new(tmp_path, **changes)
    world.left.put("l1", person("Ada", "ada@example.org"))
    world.right.put("r1", person("Ada", "ada@example.org"))
    world.run()
    world.right.remove("r1")
    world.left.put("l1", {"job_title": "Editor"})
    world.run()
    return world


def test_the_survivor_of_a_deletion_is_kept_alone(tmp_path: Path) -> None:
    world = survived(tmp_path)
    answer(world, HoldReason.DELETED_AND_EDITED, Answer.KEEP)
    world.left.put("l1", {"job_title": "Writer"})
    quiet(world)
    assert world.held() == []
    assert (len(world.left.contacts()), len(world.right.contacts())) == (1, 0)


def test_the_survivor_of_a_deletion_is_deleted_too(tmp_path: Path) -> None:
    world = survived(tmp_path, deletions={Side.RIGHT: DeletionPolicy.DELETE})
    answer(world, HoldReason.DELETED_AND_EDITED, Answer.DELETE)
    world.run()
    assert len(world.left.contacts()) == 0
    assert len(links(world, LinkStatus.CLOSED)) == 1
    quiet(world)


def test_the_deleted_contact_is_made_anew_once_and_flows_again(tmp_path: Path) -> None:
    world = survived(tmp_path)
    answer(world, HoldReason.DELETED_AND_EDITED, Answer.RECREATE)
    world.run()
    assert [c["job_title"] for c in world.right.contacts().values()] == ["Editor"]
    assert (len(links(world)), len(links(world, LinkStatus.CLOSED))) == (1, 1)
    world.left.put("l1", {"job_title": "Writer"})
    world.run()
    assert [c["job_title"] for c in world.right.contacts().values()] == ["Writer"]
    quiet(world)
    assert world.held() == []


# ---- contacts that are alone


def test_a_contact_without_a_key_is_created_because_a_person_says_so(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", {"job_title": "Editor"})
    world.run()
    answer(world, HoldReason.NO_KEY, Answer.RECREATE)
    world.run()
    assert [c["job_title"] for c in world.right.contacts().values()] == ["Editor"]
    quiet(world)
    assert len(world.right.contacts()) == 1


def test_a_contact_left_out_stays_out_and_frees_the_others_of_its_key(tmp_path: Path) -> None:
    world = ambiguous(tmp_path)
    hold = next(h for h in world.held() if h.contact_id == "r2")
    decide(judge(world), hold_id(hold), Answer.SKIP)
    world.run(full_read=True)
    assert [(k.left.contact_id, k.right.contact_id) for k in links(world)] == [("l1", "r1")]
    world.right.put("r2", {"job_title": "Editor"})
    quiet(world)
    assert world.held() == []
    assert len(world.left.contacts()) == 1


def test_a_contact_that_came_back_is_taken_for_new(tmp_path: Path) -> None:
    world = survived(tmp_path)
    world.left.remove("l1")
    world.run()
    world.left.put("l1", person("Ada", "ada@example.org"))
    world.run(full_read=True)
    answer(world, HoldReason.REAPPEARED, Answer.RECREATE)
    world.run()
    assert len(world.right.contacts()) == 1
    quiet(world)


# ---- what must not be said


def test_an_answer_that_does_not_fit_names_those_that_do(tmp_path: Path) -> None:
    world = conflicting(tmp_path)
    name = hold_id(only_hold(world, HoldReason.CONFLICT))
    with pytest.raises(ConfigError, match="left = write the left value to the right"):
        decide(judge(world), name, Answer.RECREATE)
    with pytest.raises(ConfigError, match="No hold is named 'ffffffff'"):
        decide(judge(world), "ffffffff", Answer.LEFT)
    assert len(world.held()) == 1


def test_every_kind_of_hold_has_an_answer() -> None:
    assert set(ANSWERS) == set(HoldReason)


def test_who_decided_what_is_kept(tmp_path: Path) -> None:
    world = conflicting(tmp_path)
    answer(world, HoldReason.CONFLICT, Answer.LEFT)
    ((_, _, decided),) = world.known.decisions(world.spec.id)
    assert (decided.what, decided.answer, decided.by) == ("conflict left:l1", "left", "maria.sample")


def test_while_a_former_partner_is_back_nothing_flows_over_the_link_that_took_its_place(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", person("Ada", "ada@example.org"))
    world.run()
    (right,) = world.right.contacts()
    before = world.left.contacts()["l1"]
    world.left.remove("l1")
    world.right.put(right, {"job_title": "Editor"})
    world.run()
    answer(world, HoldReason.DELETED_AND_EDITED, Answer.RECREATE)
    world.run()
    (link_now,) = links(world)
    anew = link_now.left.contact_id
    world.left.put("l1", before)  # out of the trash
    for n in range(3):
        world.right.put(right, {"nickname": f"Adi {n}"})
        assert world.run(full_read=n == 2).ok
        held = {(h.contact_id, h.reason) for h in world.held()}
        assert held == {("l1", HoldReason.REAPPEARED), (right, HoldReason.FORMER_PARTNER)}
        assert not world.left.contacts()[anew].get("nickname")
    world.left.remove("l1")
    for _ in range(2):
        assert world.run().ok
    assert not world.held()
    assert world.left.contacts()[anew]["nickname"] == "Adi 2"
    assert differences(world) == {}
