"""Whole runs with rules: who is created, what is done once, what leaving keeps, and what stops a rule's first run."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.apps.memory import Book
from contactsync.errors import LimitExceeded
from contactsync.mapping.rule_sections import RulesSection
from contactsync.model.app import Deletes
from contactsync.model.link import LinkStatus
from contactsync.model.plan import Conflict
from contactsync.model.spec import DeletionPolicy, Direction, FieldsSpec, Limit, Limits, Side, SideSpec
from crash_run import KILLED, crash
from views import QUIET_TABLES, changed_tables, links
from world import WIDE, World, mail, memory_spec

ACTED = FieldsSpec(exclude=("tags", "nickname", "notes", "birthday"))
LEFT, RIGHT = Side.LEFT, Side.RIGHT


def rules(left: Any = (), right: Any = ()) -> Any:
    """As a sync file says them."""
    return RulesSection.model_validate({"left_to_right": list(left), "right_to_left": list(right)}).spec()


def a_rule(*conditions: Any, then: Any = None, leave: Any = (), name: str = "customers") -> dict[str, Any]:
    rule = {"name": name, "if": list(conditions), "then": then or {}, "on_leave": list(leave)}
    return {key: value for key, value in rule.items() if value}


def world(tmp_path: Path, left: Any = (), right: Any = (), **changes: Any) -> World:
    return World(tmp_path, memory_spec(rules=rules(left, right), fields=ACTED, **changes))


VIP = {"field": {"name": "job_title", "equals": "VIP"}}
NAMED = {"update_field": {"field": "nickname", "value": "for {names.given}"}}
LABELS = {"contacts": "create_and_update", "actions": [{"add_tag": "Customer"}, NAMED]}
TAKES_BACK = [{"remove_tag": "Customer"}, {"update_field": {"field": "nickname", "value": "former"}}]
CUSTOMERS = a_rule(VIP, then=LABELS, leave=TAKES_BACK)


def ada(**fields: Any) -> dict[str, Any]:
    return {"names.given": "Ada", "names.family": "Beispiel", "emails": mail("ada@example.org"), **fields}


def uma(**fields: Any) -> dict[str, Any]:
    return {"names.given": "Uma", "emails": mail("uma@example.org"), **fields}


def tags(contact: dict[str, Any]) -> set[str]:
    return {t["value"] for t in contact.get("tags", ())}


def only(world: World, side: Side = RIGHT) -> dict[str, Any]:
    (contact,) = world.book(side).contacts().values()
    return contact


def settle(world: World, runs: int = 3, **asked: Any) -> None:
    """Runs until all is done; the last of them has nothing to do."""
    for _ in range(runs):
        assert world.run(**asked).ok
    before, writes = world.known.dump(), world.writes()
    assert world.run().ok
    assert world.writes() == writes
    assert changed_tables(before, world.known.dump()) <= QUIET_TABLES


# ---- who


def test_only_whom_a_rule_lets_through_is_created_and_the_others_are_counted_with_the_reason(tmp_path: Path) -> None:
    here = world(tmp_path, [CUSTOMERS, a_rule({"works_at": "Muster"}, then={"contacts": "update_only"}, name="known")])
    here.left.put("l1", ada(job_title="VIP"))
    here.left.put("l2", uma(job_title="Clerk"))
    here.left.put("l3", {"emails": mail("jo@example.org"), "company": "Muster"})
    plan = here.run(dry_run=True)
    assert plan.counts["left_to_right"]["created"] == 1
    settle(here)
    assert only(here)["names.given"] == "Ada"
    assert here.held() == []


def test_who_is_out_of_scope_on_both_sides_is_linked_and_nothing_flows(tmp_path: Path) -> None:
    here = world(tmp_path, [CUSTOMERS], [CUSTOMERS])
    here.left.put("l1", ada(company="Muster"))
    here.right.put("r1", ada())
    settle(here)
    assert len(links(here)) == 1
    assert here.writes() == 0
    here.right.put("r1", {"job_title": "VIP"})
    settle(here)
    assert only(here, LEFT)["job_title"] == "VIP"
    assert only(here)["company"] == "Muster"


def test_update_only_creates_nobody_and_keeps_those_equal_who_are_there(tmp_path: Path) -> None:
    here = world(tmp_path, [a_rule(then={"contacts": "update_only"})], direction=Direction.LEFT_TO_RIGHT)
    here.left.put("l1", ada(company="Muster"))
    here.left.put("l2", uma())
    here.right.put("r1", ada())
    settle(here)
    assert only(here)["company"] == "Muster"


# ---- entering


def test_actions_come_with_the_create_and_are_quiet_afterwards(tmp_path: Path) -> None:
    here = world(tmp_path, [CUSTOMERS])
    here.left.put("l1", ada(job_title="VIP"))
    assert here.run().ok
    assert here.right.writes == 1
    assert (tags(only(here)), only(here)["nickname"]) == ({"Customer"}, "for Ada")
    settle(here)


def test_an_edit_that_lets_a_contact_enter_is_one_update_with_its_actions(tmp_path: Path) -> None:
    here = world(tmp_path, [CUSTOMERS, a_rule(name="all")])
    here.left.put("l1", ada())
    settle(here)
    here.right.put(next(iter(here.right.contacts())), {"tags": [{"value": "Mine"}]})
    settle(here)
    writes = here.writes()
    here.left.put("l1", {"job_title": "VIP"})
    assert here.run().ok
    assert here.writes() == writes + 1
    assert (only(here)["job_title"], tags(only(here))) == ("VIP", {"Customer", "Mine"})
    settle(here)


def test_what_a_person_makes_of_an_action_stands_through_complete_reads(tmp_path: Path) -> None:
    here = world(tmp_path, [CUSTOMERS])
    here.left.put("l1", ada(job_title="VIP"))
    settle(here)
    (found,) = here.right.contacts()
    here.right.put(found, {"tags": [], "nickname": "Countess"})
    settle(here)
    here.left.put("l1", {"company": "Muster"})
    settle(here, full_read=True)
    assert (tags(only(here)), only(here)["nickname"], only(here)["company"]) == (set(), "Countess", "Muster")


def test_always_writes_over_an_edit_and_keeps_what_it_overwrote(tmp_path: Path) -> None:
    always = {"update_field": {"field": "nickname", "value": "{names.family}", "apply": "always"}}
    here = world(tmp_path, [a_rule(then={"actions": [always]})])
    here.left.put("l1", ada())
    settle(here)
    (found,) = here.right.contacts()
    here.right.put(found, {"nickname": "Countess"})
    settle(here)
    assert only(here)["nickname"] == "Beispiel"
    (lost,) = conflicts(here)
    assert (lost.field, lost.winner, lost.left, lost.right) == ("own.nickname", LEFT, "Beispiel", "Countess")
    here.left.put("l1", {"names.family": "Muster"})
    settle(here)
    assert only(here)["nickname"] == "Muster"
    assert len(conflicts(here)) == 1


def conflicts(world: World) -> list[Conflict]:
    return [conflict for *_, conflict in world.known.conflicts(world.spec.id)]


def test_rules_without_contacts_act_on_those_who_are_linked_anyway(tmp_path: Path) -> None:
    acts = a_rule(VIP, then={"contacts": "none", "actions": [{"add_tag": "Customer"}]})
    here = world(tmp_path, [acts], [a_rule(name="all")])
    here.left.put("l1", ada(job_title="VIP"))
    here.left.put("l2", uma(job_title="VIP"))
    here.right.put("r1", ada())
    settle(here)
    assert tags(only(here)) == {"Customer"}


def test_both_directions_act_on_each_other_and_come_to_rest(tmp_path: Path) -> None:
    back = a_rule(
        {"has_tag": "Customer"}, then={"actions": [{"update_field": {"field": "score", "value": 5}}]}, name="back"
    )
    here = world(tmp_path, [CUSTOMERS], [back])
    here.left.put("l1", ada(job_title="VIP"))
    here.right.put("r1", uma())
    settle(here, 4)
    assert here.left.contacts()["l1"]["score"] == "5"
    assert len(here.left.contacts()) == 1
    assert len(here.right.contacts()) == 2


# ---- leaving


def test_leaving_takes_back_our_marks_and_nothing_else_and_coming_back_reconciles(tmp_path: Path) -> None:
    scored = a_rule({"score": {"greater_than": 50}}, then=LABELS, leave=TAKES_BACK)
    here = world(tmp_path, [scored], [scored])
    here.left.put("l1", ada(score="70", company="Muster"))
    settle(here)
    (found,) = here.right.contacts()
    before = only(here)
    here.left.put("l1", {"score": "10"})
    settle(here)
    assert (tags(only(here)), only(here)["nickname"]) == (set(), "former")
    assert {**only(here), "tags": before["tags"], "nickname": before["nickname"]} == before
    here.left.put("l1", {"company": "Muster AG"})
    here.right.put(found, {"notes": "private", "names.family": "Muster"})
    settle(here, full_read=True)
    assert (only(here)["company"], only(here, LEFT)["names.family"]) == ("Muster", "Beispiel"), "nothing is open"
    here.left.put("l1", {"score": "90"})
    settle(here)
    assert (only(here)["company"], only(here, LEFT)["names.family"]) == ("Muster AG", "Muster")
    assert (tags(only(here)), only(here)["nickname"]) == ({"Customer"}, "for Ada")


def test_leaving_leaves_alone_what_a_person_changed_or_had_before(tmp_path: Path) -> None:
    here = world(tmp_path, [CUSTOMERS])
    here.left.put("l1", ada(job_title="VIP"))
    here.left.put("l2", uma(job_title="VIP"))
    here.right.put("r2", uma(tags=[{"value": "customer"}]))
    settle(here)
    (found,) = set(here.right.contacts()) - {"r2"}
    here.right.put(found, {"nickname": "Countess"})
    settle(here)
    for contact in ("l1", "l2"):
        here.left.put(contact, {"job_title": "Clerk"})
    settle(here)
    assert tags(here.right.contacts()["r2"]) == {"customer"}
    assert here.right.contacts()[found]["nickname"] == "Countess"
    assert tags(here.right.contacts()[found]) == set()


@pytest.mark.parametrize("bit", [True, False])
def test_a_deletion_is_carried_only_while_its_own_direction_is_open(tmp_path: Path, *, bit: bool) -> None:
    policies = dict.fromkeys(Side, DeletionPolicy.DELETE)
    here = world(tmp_path, [CUSTOMERS], deletions=policies)
    assert here.place().app(LEFT).info.caps.deletes is not Deletes.NONE
    here.left.put("l1", ada(job_title="VIP"))
    settle(here)
    if not bit:
        here.left.put("l1", {"job_title": "Clerk"})
        settle(here)
    here.left.remove("l1")
    settle(here)
    assert bool(here.right.contacts()) is not bit
    assert len(links(here, LinkStatus.CLOSED if bit else LinkStatus.PARTED)) == 1


# ---- the first run of a rule, and time


def test_a_new_rule_reads_everything_and_never_updates_all_in_silence(tmp_path: Path) -> None:
    here = World(tmp_path, memory_spec(fields=ACTED, limits=WIDE))
    for n in range(10):
        here.left.put(f"l{n}", {"emails": mail(f"p{n}@example.org"), "job_title": "VIP"})
    settle(here)
    here.with_spec(rules=rules([CUSTOMERS]), limits=Limits(updates=Limit(None, 50)))
    writes = here.writes()
    with pytest.raises(LimitExceeded) as stopped:
        here.run()
    assert here.writes() == writes
    here.clock.forward(minutes=20)
    assert here.run(apply_plan=stopped.value.plan_hash).ok
    assert all(tags(c) == {"Customer"} for c in here.right.contacts().values())
    here.with_spec(limits=WIDE)
    settle(here)


def test_a_condition_that_goes_by_the_calendar_is_judged_anew_on_complete_reads(tmp_path: Path) -> None:
    soon = {"field": {"name": "birthday", "within_days": 3}}
    acts = {"contacts": "none", "actions": [{"add_tag": "Soon"}]}
    here = world(tmp_path, [a_rule(soon, then=acts, leave=[{"remove_tag": "Soon"}])], [a_rule(name="all")])
    here.left.put("l1", ada(birthday=(here.clock.now.date()).replace(day=20).isoformat()))
    here.right.put("r1", ada())
    settle(here)
    assert tags(only(here)) == set()
    here.clock.forward(days=14)
    settle(here, full_read=True)
    assert tags(only(here)) == {"Soon"}
    here.clock.forward(days=14)
    settle(here, full_read=True)
    assert tags(only(here)) == set()


def test_a_score_that_moves_no_modified_time_counts_at_the_next_complete_read(tmp_path: Path) -> None:
    hot = {"actions": [{"add_tag": "Hot"}]}
    here = world(tmp_path, [a_rule({"score": {"between": [60, 100]}}, then=hot, leave=[{"remove_tag": "Hot"}])])
    here.left.put("l1", ada(score="70"))
    settle(here)
    assert tags(only(here)) == {"Hot"}
    with here.left.opened() as state:
        state["contacts"]["l1"]["fields"]["score"] = "10"  # no version, no time, no place in a delta
    settle(here)
    assert tags(only(here)) == {"Hot"}
    settle(here, full_read=True)
    assert tags(only(here)) == set()


def test_only_an_explicit_action_loosens_consent_and_leaving_never_does(tmp_path: Path) -> None:
    allowed = {"subscribe": {"allow_unmark": True}}
    fields = replace(ACTED, exclude=(*ACTED.exclude, "consent"))
    here = world(tmp_path, [a_rule(VIP, then={"actions": [allowed]}), a_rule(name="all")])
    here.with_spec(fields=fields)
    here.left.put("l1", ada())
    settle(here)
    (found,) = here.right.contacts()
    here.right.put(found, {"consent": "opted_out"})
    settle(here)
    assert only(here)["consent"] == "opted_out"
    here.left.put("l1", {"job_title": "VIP"})
    settle(here)
    assert only(here)["consent"] == "opted_in"


# ---- killed


def test_actions_are_done_once_and_edits_of_them_stand_wherever_a_run_dies(tmp_path: Path) -> None:
    """Each turn brings a contact that enters with its create and one that enters later, and dies a commit later."""
    sides = [SideSpec("memory", f"book_{s}", {"path": str(tmp_path / f"{s}.book")}) for s in Side]
    changes = {"left": sides[0], "right": sides[1], "fields": ACTED, "rules": rules([CUSTOMERS, a_rule(name="all")])}
    here = World(tmp_path, memory_spec(**changes), step=300.0)
    left, right = (Book(tmp_path / f"{s}.book") for s in Side)
    typed: dict[str, str] = {}
    for n, when in zip(range(1, 40), itertools.cycle(["before", "after"]), strict=False):
        left.put(f"a{n}", {"names.given": "Ada", "emails": mail(f"a{n}@example.org"), "job_title": "VIP"})
        left.put(f"b{n}", {"names.given": "Uma", "emails": mail(f"b{n}@example.org")})
        if n > 1:
            left.put(f"b{n - 1}", {"job_title": "VIP"})
        code = crash(here, f"commit:{when}:{n}")
        for _ in range(4):
            assert here.run().ok
        marked = [i for i, c in right.contacts().items() if c.get("job_title") == "VIP"]
        assert len(right.contacts()) == 2 * n
        assert all(tags(right.contacts()[i]) == {"Customer"} for i in marked)
        assert {i: right.contacts()[i]["nickname"] for i in typed} == typed
        typed.update({i: f"typed {n}" for i in marked if i not in typed})
        for contact in [i for i, text in typed.items() if text == f"typed {n}"]:
            right.put(contact, {"nickname": f"typed {n}"})
        if code != KILLED:
            break
    assert n > 10
