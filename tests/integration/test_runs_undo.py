"""Undo, over whole runs: what a run did is taken back, two more runs write nothing, and persons' edits stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ConfigError, LimitExceeded, LockBusy, PlanMismatch
from contactsync.mapping.rule_sections import RulesSection
from contactsync.model.approval import Approval, When
from contactsync.model.ledger import RunState
from contactsync.model.link import ApartReason, LinkStatus
from contactsync.model.spec import ConflictPolicy, DeletionPolicy, FieldsSpec, Limit, Limits, Side, Unsubscribes
from contactsync.model.stages import RunKind
from contactsync.model.undo import Stay, UndoOrder
from contactsync.pipeline import undo_sync
from contactsync.stages.deciding import Judge, keep_apart
from contactsync.stages.explaining import explain
from paired import fields as own_pairs
from undos import undo, why
from views import QUIET_TABLES, changed_tables, differences, links
from world import WIDE, World, mail, memory_spec

LEFT, RIGHT = Side.LEFT, Side.RIGHT


def new(tmp_path: Path, **changes: Any) -> World:
    return World(tmp_path, memory_spec(**changes))


def ada(**fields: Any) -> dict[str, Any]:
    return {"names.given": "Ada", "names.family": "Beispiel", "emails": mail("ada@example.org"), **fields}


def quiet(world: World) -> None:
    """Two more runs write nothing, a complete one neither, and then nothing is remembered anew."""
    writes = world.writes()
    assert world.run().ok
    assert world.run().ok
    assert world.writes() == writes
    assert differences(world) == {}
    assert world.run(full_read=True).ok
    before = world.known.dump()
    assert world.run().ok
    assert world.writes() == writes
    assert changed_tables(before, world.known.dump()) <= QUIET_TABLES


def only(world: World, side: Side) -> dict[str, Any]:
    (contact,) = world.book(side).contacts().values()
    return contact


def linked(world: World, **fields: Any) -> str:
    """Ada on both sides, linked and at rest; the id on the right."""
    world.left.put("l1", ada(**fields))
    assert world.run().ok
    assert world.run().ok
    return next(iter(world.right.contacts()))


# ---- fields


def test_an_update_is_taken_back_and_stays_so_until_somebody_edits(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk")
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    run = world.last().run_id
    done = undo(world, run)
    assert done.summary.ok
    assert "1 restored" in done.summary.line
    assert only(world, RIGHT)["job_title"] == "Clerk"
    assert only(world, LEFT)["job_title"] == "Editor", "the other side is left alone"
    quiet(world)
    assert links(world)[0].apart["job_title"].reason is ApartReason.UNDONE
    world.left.put("l1", {"job_title": "Head editor"})
    assert world.run().ok
    assert only(world, RIGHT)["job_title"] == "Head editor"
    quiet(world)
    assert links(world)[0].apart == {}


def test_both_sides_of_one_run_are_taken_back(tmp_path: Path) -> None:
    world = new(tmp_path)
    right = linked(world, job_title="Clerk", company="Muster")
    world.left.put("l1", {"job_title": "Editor"})
    world.right.put(right, {"company": "Muster AG"})
    assert world.run().ok
    undo(world, world.last().run_id)
    assert (only(world, RIGHT)["job_title"], only(world, LEFT)["company"]) == ("Clerk", "Muster")
    assert (only(world, LEFT)["job_title"], only(world, RIGHT)["company"]) == ("Editor", "Muster AG")
    quiet(world)


@pytest.mark.parametrize("carried", [True, False])
def test_what_a_person_typed_since_is_not_overwritten(tmp_path: Path, *, carried: bool) -> None:
    world = new(tmp_path)
    right = linked(world, job_title="Clerk", company="Muster")
    world.left.put("l1", {"job_title": "Editor", "company": "Muster AG"})
    assert world.run().ok
    run = world.last().run_id
    world.right.put(right, {"job_title": "Countess"})
    if carried:
        assert world.run().ok
    done = undo(world, run)
    assert why(done) == [(Stay.EDITED, "job_title")]
    assert (only(world, RIGHT)["job_title"], only(world, RIGHT)["company"]) == ("Countess", "Muster")
    assert world.run().ok
    assert only(world, LEFT)["job_title"] == "Countess"
    quiet(world)


def test_an_edit_on_the_other_side_that_no_run_has_seen_is_carried_after_the_undo(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk")
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    world.left.put("l1", {"job_title": "Head editor"})
    undo(world, world.last().run_id)
    assert only(world, RIGHT)["job_title"] == "Clerk"
    assert world.run().ok
    assert only(world, RIGHT)["job_title"] == "Head editor"
    quiet(world)


def test_later_runs_come_first(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk")
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    first = world.last().run_id
    world.left.put("l1", {"job_title": "Head editor"})
    assert world.run().ok
    second = world.last().run_id
    done = undo(world, first)
    assert [(s.why, s.detail) for s in done.plan.stays] == [(Stay.WRITTEN, second)]
    undo(world, second)
    assert only(world, RIGHT)["job_title"] == "Editor"
    quiet(world)
    undo(world, first)
    assert only(world, RIGHT)["job_title"] == "Clerk"
    quiet(world)


def test_all_since_a_time_is_taken_back_at_once(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk")
    since = world.clock()
    for title in ("Editor", "Head editor"):
        world.left.put("l1", {"job_title": title})
        assert world.run().ok
    world.left.put("l2", {"names.given": "Uma", "emails": mail("uma@example.org")})
    assert world.run().ok
    done = undo(world, since=since)
    assert only(world, RIGHT)["job_title"] == "Clerk"
    assert why(done) == []
    quiet(world)


def test_of_several_values_each_element_is_taken_back_by_itself(tmp_path: Path) -> None:
    world = new(tmp_path)
    right = linked(
        world, phones=[{"value": "+49301234501", "label": "work"}, {"value": "+49301234502", "label": "home"}]
    )
    world.left.put(
        "l1", {"phones": [{"value": "+49301234501", "label": "home"}, {"value": "+49301234503", "label": "work"}]}
    )
    assert world.run().ok
    run = world.last().run_id
    now = only(world, RIGHT)["phones"]
    world.right.put(right, {"phones": [*now, {"value": "+49301234504", "label": "mobile"}]})
    done = undo(world, run)
    assert why(done) == []
    labels = {p["value"]: p["label"] for p in only(world, RIGHT)["phones"]}
    assert labels == {"+49301234501": "work", "+49301234502": "home", "+49301234504": "mobile"}
    assert world.run().ok
    assert {p["value"] for p in only(world, LEFT)["phones"]} == {"+49301234501", "+49301234503", "+49301234504"}
    quiet(world)
    assert links(world)[0].apart["phones"].reason is ApartReason.UNDONE
    world.left.put("l1", {"phones": [*only(world, LEFT)["phones"], {"value": "+49301234505", "label": "other"}]})
    assert world.run().ok
    held = {p["value"] for p in only(world, RIGHT)["phones"]}
    assert held == {"+49301234501", "+49301234502", "+49301234504", "+49301234505"}, "what was undone stays so"
    quiet(world)


def test_an_element_that_was_taken_back_comes_again_once_it_is_edited(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world)
    world.left.put("l1", {"phones": [{"value": "+49301234501", "label": "work"}]})
    assert world.run().ok
    undo(world, world.last().run_id)
    assert only(world, RIGHT)["phones"] == []
    quiet(world)
    world.left.put("l1", {"phones": [{"value": "+49301234501", "label": "home"}]})
    assert world.run().ok
    assert [(p["value"], p["label"]) for p in only(world, RIGHT)["phones"]] == [("+49301234501", "home")]
    quiet(world)


def test_an_address_that_somebody_else_carries_by_now_is_not_given_back(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, emails=mail("ada@example.org", "a.beispiel@example.org"))
    world.left.put("l1", {"emails": mail("ada@example.org")})
    assert world.run().ok
    run = world.last().run_id
    world.right.put("r2", {"names.given": "Anna", "emails": mail("a.beispiel@example.org")})
    assert world.run().ok
    done = undo(world, run)
    assert why(done) == [(Stay.KEY_TAKEN, "emails")]
    quiet(world)


def test_of_two_numbers_with_one_label_just_the_one_that_was_written_is_taken_back(tmp_path: Path) -> None:
    first, second, third = ({"value": f"+4930123450{n}", "label": "work"} for n in (1, 2, 3))
    world = new(tmp_path)
    right = linked(world, phones=[first, second])
    world.left.put("l1", {"phones": [first, third]})
    assert world.run().ok
    assert {p["value"] for p in only(world, RIGHT)["phones"]} == {first["value"], third["value"]}
    assert why(undo(world, world.last().run_id)) == []
    assert sorted((p["value"], p["label"]) for p in only(world, RIGHT)["phones"]) == [
        (first["value"], "work"), (second["value"], "work"),
    ]  # fmt: skip
    assert {p["value"] for p in only(world, LEFT)["phones"]} == {first["value"], third["value"]}
    quiet(world)
    world.right.put(right, {"phones": [{**first, "label": "home"}, second]})
    assert world.run().ok
    assert {p["value"]: p["label"] for p in only(world, LEFT)["phones"]} == {
        first["value"]: "home", third["value"]: "work",
    }  # fmt: skip
    quiet(world)
    assert {p["value"]: p["label"] for p in only(world, RIGHT)["phones"]} == {
        first["value"]: "home", second["value"]: "work",
    }  # fmt: skip


def test_pairs_of_own_fields_are_taken_back_in_the_words_of_their_side(tmp_path: Path) -> None:
    tiers = {"left": "custom.cf_tier", "right": "custom.Tier", "options": {"Gold": "gold", "Silver": "silver"}}
    world = new(tmp_path, fields=own_pairs({"left": "custom.cf_note", "right": "custom.Note"}, tiers))
    right = linked(world, **{"custom.cf_tier": "Gold", "custom.cf_note": "met at the fair"})
    world.left.put("l1", {"custom.cf_tier": "Silver", "custom.cf_note": "met in Berlin"})
    assert world.run().ok
    run = world.last().run_id
    assert (only(world, RIGHT)["custom.Tier"], only(world, RIGHT)["custom.Note"]) == ("silver", "met in Berlin")
    assert why(undo(world, run)) == []
    found = (only(world, RIGHT)["custom.Tier"], only(world, RIGHT)["custom.Note"])
    assert found == ("gold", "met at the fair")
    left = (only(world, LEFT)["custom.cf_tier"], only(world, LEFT)["custom.cf_note"])
    assert left == ("Silver", "met in Berlin"), "the other side is left alone"
    quiet(world)
    world.left.put("l1", {"custom.cf_note": "met in Rome"})
    world.right.put(right, {"custom.Tier": "silver"})
    assert world.run().ok
    assert (only(world, RIGHT)["custom.Note"], only(world, LEFT)["custom.cf_tier"]) == ("met in Rome", "Silver")
    quiet(world)
    assert links(world)[0].apart == {}


def test_a_choice_that_the_other_side_does_not_have_is_given_back_as_it_was_typed(tmp_path: Path) -> None:
    tiers = {"left": "custom.cf_tier", "right": "custom.Tier", "options": {"Gold": "gold", "Silver": "silver"}}
    world = new(tmp_path, fields=own_pairs(tiers), conflicts=ConflictPolicy.RIGHT)
    world.left.put("l1", ada(**{"custom.cf_tier": "Bronze"}))
    world.right.put("r1", ada(**{"custom.Tier": "gold"}))
    assert world.run().ok
    assert only(world, LEFT)["custom.cf_tier"] == "Gold"
    undo(world, world.last().run_id)
    assert only(world, LEFT)["custom.cf_tier"] == "Bronze"
    quiet(world)


def test_what_a_rule_wrote_over_an_edit_again_and_again_is_taken_back_and_stays_so(tmp_path: Path) -> None:
    always = {"update_field": {"field": "department", "value": "Sales", "apply": "always"}}
    rule = {"name": "vip", "if": [{"field": {"name": "job_title", "equals": "VIP"}}], "then": {"actions": [always]}}
    rules = RulesSection.model_validate({"left_to_right": [rule, {"name": "all"}]}).spec()
    world = new(tmp_path, rules=rules, fields=FieldsSpec(exclude=("department",)))
    right = linked(world, job_title="VIP")
    world.right.put(right, {"department": "Press"})
    assert world.run().ok
    assert only(world, RIGHT)["department"] == "Sales"
    assert why(undo(world, world.last().run_id)) == []
    assert only(world, RIGHT)["department"] == "Press"
    quiet(world)
    world.left.put("l1", {"nickname": "Adi"})  # an edit of another field is no reason to begin again
    assert world.run().ok
    assert (only(world, RIGHT)["department"], only(world, RIGHT)["nickname"]) == ("Press", "Adi")
    quiet(world)


# ---- contacts


def test_a_contact_that_a_run_made_is_deleted_and_not_made_again_until_it_is_edited(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada())
    assert world.run().ok
    done = undo(world, world.last().run_id)
    assert "1 deleted" in done.summary.line
    assert world.right.contacts() == {}
    assert only(world, LEFT)["names.given"] == "Ada"
    quiet(world)
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    assert only(world, RIGHT)["job_title"] == "Editor"
    quiet(world)
    assert len(links(world)) == 1


def test_another_mapping_alone_does_not_make_it_again(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada(notes="private"))
    assert world.run().ok
    undo(world, world.last().run_id)
    world.with_spec(fields=replace(world.spec.fields, exclude=("notes",)))
    assert world.run().ok
    quiet(world)
    assert world.right.contacts() == {}


def test_who_was_made_by_hand_since_is_still_known_by_the_key(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada())
    assert world.run().ok
    undo(world, world.last().run_id)
    world.right.put("r9", ada(company="Muster"))
    world.left.put("l1", {"notes": "typed"})
    assert world.run().ok
    assert [(k.left.contact_id, k.right.contact_id) for k in links(world)] == [("l1", "r9")]
    assert only(world, LEFT)["company"] == "Muster"
    quiet(world)


@pytest.mark.parametrize("edit", [{"company": "Muster"}, {"score": "7"}])
def test_a_contact_that_somebody_touched_is_not_deleted(tmp_path: Path, edit: dict[str, str]) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada())
    assert world.run().ok
    run = world.last().run_id
    right = next(iter(world.right.contacts()))
    world.right.put(right, edit)
    assert world.run().ok
    done = undo(world, run)
    assert why(done) == [(Stay.EDITED, "")]
    assert right in world.right.contacts()
    quiet(world)


def test_our_own_later_writes_are_no_touch_but_a_persons_between_them_is(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada())
    assert world.run().ok
    run = world.last().run_id
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    assert len(undo(world, run, dry_run=True).plan.intents) == 1
    world.right.put(next(iter(world.right.contacts())), {"score": "7"})
    assert world.run().ok
    world.left.put("l1", {"job_title": "Head editor"})
    assert world.run().ok
    assert why(undo(world, run)) == [(Stay.EDITED, "")]
    quiet(world)


def deleted(tmp_path: Path) -> tuple[World, str]:
    """Ada was deleted on the left, and by us on the right."""
    world = new(tmp_path, deletions=dict.fromkeys(Side, DeletionPolicy.DELETE))
    linked(world, job_title="Editor", phones=[{"value": "+49301234501", "label": "work"}])
    world.left.remove("l1")
    assert world.run().ok
    assert world.right.contacts() == {}
    return world, world.last().run_id


def test_a_contact_that_a_run_deleted_is_made_anew_and_its_link_parted(tmp_path: Path) -> None:
    world, run = deleted(tmp_path)
    done = undo(world, run)
    assert "1 created anew" in done.summary.line
    found = only(world, RIGHT)
    assert (found["job_title"], found["phones"][0]["value"]) == ("Editor", "+49301234501")
    quiet(world)
    assert world.left.contacts() == {}, "the deletion itself is a person's"
    assert len(links(world, LinkStatus.PARTED)) == 1


def test_who_reappears_is_reconciled_with_whom_an_undo_made_anew(tmp_path: Path) -> None:
    world, run = deleted(tmp_path)
    undo(world, run)
    quiet(world)
    world.left.put("l1", ada(job_title="Editor", company="Muster", phones=[{"value": "+49301234501", "label": "work"}]))
    assert world.run().ok
    assert only(world, RIGHT)["company"] == "Muster"
    quiet(world)
    assert len(links(world)) == 1


def test_who_was_made_by_hand_since_is_not_made_twice(tmp_path: Path) -> None:
    world, run = deleted(tmp_path)
    world.right.put("r9", ada())
    assert world.run().ok
    done = undo(world, run)
    assert why(done) == [(Stay.KEY_TAKEN, "")]
    assert list(world.right.contacts()) == ["r9"]
    quiet(world)


# ---- links


def test_a_link_that_a_run_made_is_kept_apart_and_what_it_filled_is_taken_back(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada(job_title="Editor"))
    world.right.put("r1", ada(company="Muster"))
    assert world.run().ok
    run = world.last().run_id
    done = undo(world, run)
    assert "1 link kept apart" in done.summary.line
    assert only(world, LEFT).get("company", "") == ""
    assert only(world, RIGHT).get("job_title", "") == ""
    quiet(world)
    assert links(world) == []
    undo(world, world.known.runs(world.spec.id, 50)[4].run_id)
    assert world.run().ok
    assert len(links(world)) == 1
    assert (only(world, LEFT)["company"], only(world, RIGHT)["job_title"]) == ("Muster", "Editor")
    quiet(world)


# ---- what is asked for


def test_a_dry_run_shows_the_plan_and_writes_nothing(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk")
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    run = world.last().run_id
    before, writes = world.known.dump(), world.writes()
    shown = undo(world, run, dry_run=True)
    assert (world.known.dump(), world.writes()) == (before, writes)
    (intent,) = shown.plan.intents
    assert (intent.patch, intent.before) == ({"job_title": "Clerk"}, {"job_title": "Editor"})
    assert run in intent.reason
    assert undo(world, run, dry_run=True).plan.hash == shown.plan.hash, "the same plan has the same name"
    assert undo(world, run, apply_plan=shown.plan.hash).summary.ok
    assert only(world, RIGHT)["job_title"] == "Clerk"


def test_over_a_limit_nothing_is_written_until_that_very_plan_is_let_pass(tmp_path: Path) -> None:
    world = new(tmp_path)
    for n in range(4):
        world.left.put(f"l{n}", {"names.given": "Ada", "emails": mail(f"a{n}@example.org")})
    assert world.run().ok
    run = world.last().run_id
    world.with_spec(limits=Limits(deletes=Limit(3, None)))
    with pytest.raises(LimitExceeded) as stopped:
        undo(world, run)
    assert len(world.right.contacts()) == 4
    assert "--dry-run" in str(stopped.value)
    with pytest.raises(PlanMismatch):
        undo(world, run, apply_plan="another")
    assert undo(world, run, apply_plan=stopped.value.plan_hash).summary.ok
    assert world.right.contacts() == {}
    world.with_spec(limits=WIDE)
    quiet(world)


def test_where_every_plan_is_asked_about_an_undo_passes_by_its_hash_only(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk")
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    run = world.last().run_id
    world.with_spec(approval=Approval(When.ALWAYS))
    with pytest.raises(LimitExceeded, match=r"every plan of this sync is asked about .*--apply-plan") as stopped:
        undo(world, run)
    assert only(world, RIGHT)["job_title"] == "Editor"
    shown = undo(world, run, dry_run=True)
    assert (shown.summary.ok, shown.plan.hash) == (True, stopped.value.plan_hash)
    assert "NOT COMPLETE" not in shown.summary.line
    assert undo(world, run, apply_plan=stopped.value.plan_hash).summary.ok
    assert only(world, RIGHT)["job_title"] == "Clerk"


def test_one_contact_or_one_field_only(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk", company="Muster")
    world.left.put("l2", {"names.given": "Uma", "emails": mail("uma@example.org"), "job_title": "Clerk"})
    assert world.run().ok
    for contact in ("l1", "l2"):
        world.left.put(contact, {"job_title": "Editor", "company": "Muster AG"})
    assert world.run().ok
    run = world.last().run_id
    undo(world, run, contact="ada@example.org", fields=("company",))
    held = {c["names.given"]: (c["job_title"], c["company"]) for c in world.right.contacts().values()}
    assert held == {"Ada": ("Editor", "Muster"), "Uma": ("Editor", "Muster AG")}
    undo(world, run, contact="left:l2")
    held = {c["names.given"]: (c["job_title"], c.get("company", "")) for c in world.right.contacts().values()}
    assert held == {"Ada": ("Editor", "Muster"), "Uma": ("Clerk", "")}
    quiet(world)


def test_a_field_that_the_sync_does_not_have_is_an_error_with_those_that_it_has(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk")
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    run = world.last().run_id
    with pytest.raises(ConfigError, match=r"no field 'job_titel'.*Allowed: .*job_title.*names"):
        undo(world, run, fields=("names", "job_titel"))
    world.with_spec(fields=replace(world.spec.fields, exclude=("job_title",)))
    assert why(undo(world, run, fields=("job_title",))) == [(Stay.NOT_MAPPED, "job_title")]


def test_a_field_of_a_created_contact_is_no_reason_to_delete_it(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada(job_title="Editor"))
    assert world.run().ok
    done = undo(world, world.last().run_id, fields=("job_title",))
    assert done.plan.intents == []
    assert len(world.right.contacts()) == 1


def test_a_run_that_never_was_leaves_no_trace(tmp_path: Path) -> None:
    world = new(tmp_path)
    with pytest.raises(ConfigError, match="has not run"):
        undo(world, "pair-1")
    linked(world)
    before = world.known.dump()
    with pytest.raises(ConfigError, match="contactsync runs pair"):
        undo(world, "never")
    assert world.known.dump() == before


def test_a_decision_is_not_undone_but_named(tmp_path: Path) -> None:
    world = new(tmp_path)
    right = linked(world)
    keep_apart(Judge(world.place(), world.request(by="maria.sample")), "l1", right)
    done = undo(world, world.last().run_id)
    assert why(done) == [(Stay.DECIDED, "")]
    assert len(links(world, LinkStatus.PARTED)) == 1


def test_after_a_lost_ledger_nothing_is_undone(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world)
    run = world.last().run_id
    assert world.artefacts is not None
    world.artefacts.write_state("pair.json", {"seq": 99})
    world.run()
    with pytest.raises(ConfigError, match="was lost"):
        undo(world, run)


def test_who_asked_is_kept(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk")
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    run = world.last().run_id
    undo(world, run)
    row = world.last()
    assert (row.kind, row.state) == (RunKind.UNDO, RunState.DONE)
    assert "by maria.sample" in row.message
    ((_, run_id, entry),) = world.known.decisions("pair")
    assert (run_id, entry.by, entry.what, entry.answer) == (row.run_id, "maria.sample", f"undo of {run}", "undone")
    told = explain(world.place(), "l1")
    assert f"undo: written by {run}" in told.actions[-1].intent.reason


# ---- an undo taken back


def test_an_undo_is_taken_back_like_any_run(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world, job_title="Clerk")
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    undo(world, world.last().run_id)
    undo(world, world.last().run_id)
    assert only(world, RIGHT)["job_title"] == "Editor"
    quiet(world)
    assert links(world)[0].apart == {}


def test_a_contact_deleted_by_an_undo_comes_back_linked(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.left.put("l1", ada(job_title="Clerk"))
    assert world.run().ok
    undo(world, world.last().run_id)
    first = world.last().run_id
    world.left.put("l2", {"names.given": "Uma", "emails": mail("uma@example.org")})
    quiet_left = dict(world.left.contacts()["l1"])
    assert world.run().ok
    undo(world, first)
    assert world.left.contacts()["l1"] == quiet_left
    assert {c["names.given"] for c in world.right.contacts().values()} == {"Ada", "Uma"}
    quiet(world)
    assert len(links(world)) == 2
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    assert "Editor" in [c.get("job_title") for c in world.right.contacts().values()]
    quiet(world)


def test_a_contact_made_anew_by_an_undo_is_deleted_again(tmp_path: Path) -> None:
    world, run = deleted(tmp_path)
    undo(world, run)
    undo(world, world.last().run_id)
    assert world.right.contacts() == {}
    quiet(world)


# ---- rules and consent


def test_actions_of_rules_are_taken_back_and_do_not_fire_again(tmp_path: Path) -> None:
    always = {"update_field": {"field": "department", "value": "Sales", "apply": "always"}}
    named = {"update_field": {"field": "nickname", "value": "for {names.given}"}}
    acts = {"actions": [{"add_tag": "Customer"}, named, always]}
    vip = {"name": "vip", "if": [{"field": {"name": "job_title", "equals": "VIP"}}], "then": acts}
    rules = RulesSection.model_validate({"left_to_right": [vip, {"name": "all"}]}).spec()
    world = new(tmp_path, rules=rules, fields=FieldsSpec(exclude=("tags", "nickname", "department")))
    right = linked(world)
    world.right.put(right, {"tags": [{"value": "Mine"}], "department": "Print"})
    assert world.run().ok
    world.left.put("l1", {"job_title": "VIP"})
    assert world.run().ok
    run = world.last().run_id
    assert (only(world, RIGHT)["nickname"], only(world, RIGHT)["department"]) == ("for Ada", "Sales")
    done = undo(world, run)
    assert why(done) == []
    found = only(world, RIGHT)
    assert (found["nickname"], found["department"], [t["value"] for t in found["tags"]]) == ("", "Print", ["Mine"])
    assert found.get("job_title", "") == ""
    quiet(world)
    world.right.put(right, {"department": "Press"})
    assert world.run().ok
    assert only(world, RIGHT)["department"] == "Sales", "an edit ends what was undone: always is always again"
    quiet(world)
    assert only(world, RIGHT)["nickname"] == ""


def test_consent_is_never_loosened(tmp_path: Path) -> None:
    world = new(tmp_path, unsubscribes=Unsubscribes.CARRY)
    linked(world, consent="opted_in")
    world.right.put(next(iter(world.right.contacts())), {"consent": "opted_in"})
    assert world.run().ok
    world.left.put("l1", {"consent": "opted_out", "job_title": "Editor"})
    assert world.run().ok
    done = undo(world, world.last().run_id)
    assert why(done) == [(Stay.CONSENT, "consent")]
    assert (only(world, RIGHT)["consent"], only(world, RIGHT)["job_title"]) == ("opted_out", "")
    quiet(world)


def test_an_opt_in_by_an_action_is_taken_back(tmp_path: Path) -> None:
    allowed = {"subscribe": {"allow_unmark": True}}
    vip = {"name": "vip", "if": [{"field": {"name": "job_title", "equals": "VIP"}}], "then": {"actions": [allowed]}}
    rules = RulesSection.model_validate({"left_to_right": [vip, {"name": "all"}]}).spec()
    world = new(tmp_path, rules=rules)
    right = linked(world)
    world.right.put(right, {"consent": "opted_out"})
    assert world.run().ok
    world.left.put("l1", {"job_title": "VIP"})
    assert world.run().ok
    assert only(world, RIGHT)["consent"] == "opted_in"
    undo(world, world.last().run_id)
    assert only(world, RIGHT)["consent"] == "opted_out"
    quiet(world)


def test_who_is_made_anew_gets_the_stricter_consent_of_the_two(tmp_path: Path) -> None:
    world = new(tmp_path, deletions=dict.fromkeys(Side, DeletionPolicy.DELETE), unsubscribes=Unsubscribes.CARRY)
    right = linked(world)
    world.right.put(right, {"consent": "opted_in"})
    assert world.run().ok
    world.left.remove("l1")
    assert world.run().ok
    undo(world, world.last().run_id)
    assert only(world, RIGHT).get("consent", "") == "", "nobody opts in by being made anew"


# ---- meanwhile


def test_an_edit_between_the_plan_and_the_write_is_not_overwritten(tmp_path: Path) -> None:
    world = new(tmp_path)
    right = linked(world, job_title="Clerk")
    world.left.put("l1", {"job_title": "Editor"})
    assert world.run().ok
    run = world.last().run_id
    artefacts = EditsAfterPlanning(world, lambda: world.right.put(right, {"job_title": "Countess"}))
    world.artefacts = artefacts
    done = undo(world, run)
    world.artefacts = artefacts.kept
    assert why(done) == [(Stay.EDITED, "")]
    assert only(world, RIGHT)["job_title"] == "Countess"
    assert world.run().ok
    assert only(world, LEFT)["job_title"] == "Countess"
    quiet(world)


class EditsAfterPlanning:
    """The artefacts of a run; a person edits as soon as the plan is written."""

    def __init__(self, world: World, edit: Callable[[], None]) -> None:
        assert world.artefacts is not None
        self.kept, self.edit = world.artefacts, edit

    def write_pieces(self, name: str, *given: Any) -> Any:
        written = self.kept.write_pieces(name, *given)
        self.edit()
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kept, name)


def test_an_undo_waits_for_whoever_holds_the_sync(tmp_path: Path) -> None:
    world = new(tmp_path)
    linked(world)
    run = world.last().run_id
    world.known.take_lock("pair", "somebody else", ended=lambda _owner: False)
    with pytest.raises(LockBusy):
        undo_sync(world.place(ended=False), replace(world.request(), kind=RunKind.UNDO), UndoOrder(run))


def test_of_a_sync_that_never_ran_it_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is nothing to undo") as caught:
        undo(new(tmp_path), "any")
    assert "contactsync doctor" in caught.value.next_step
