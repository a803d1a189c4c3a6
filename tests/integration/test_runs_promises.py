"""Promises that only whole runs show: how often an edit is written, whom a changed file deletes, which cursor moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.apps.memory import Memory
from contactsync.errors import BadListing
from contactsync.mapping.rule_sections import RulesSection
from contactsync.model.app import Batch
from contactsync.model.exchange import Cursor, Page, State, Window
from contactsync.model.spec import ConflictPolicy, DeletionPolicy, Direction, FieldsSpec, Side, SideSpec
from odd_books import books
from paired import fields
from views import differences
from world import World, hub_of, mail, memory_spec

DELETE = {Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE}


def person(n: int, **more: Any) -> dict[str, Any]:
    return {"names.given": f"Ada {n}", "emails": mail(f"ada{n}@example.org"), **more}


def linked(tmp_path: Path, n: int = 8, **changes: Any) -> World:
    """So many contacts, on both sides."""
    world = World(tmp_path, memory_spec(**changes))
    for k in range(n):
        for side in Side:
            world.book(side).put(f"{side.value[0]}{k}", person(k, company="Muster"))
    for _ in range(2):
        assert world.run().ok
    return world


# ---- writes end


def test_whatever_people_do_is_written_once_however_many_runs_follow(tmp_path: Path) -> None:
    world = linked(tmp_path, deletions=DELETE)
    before = len(world.known.journal(world.spec.id))
    world.left.put("l0", {"job_title": "Editor"})
    world.right.put("r1", {"job_title": "Writer"})
    for side in Side:
        world.book(side).put(f"{side.value[0]}2", {"job_title": f"Of the {side}"})
        world.book(side).put(f"{side.value[0]}5", {"job_title": "Typed on both sides alike"})
    world.right.put("r3", {"emails": mail("ada3@example.org", "ada@example.com")})
    world.left.remove("l4")
    world.left.put("l9", person(9))
    for full in (False, True, False, True, False):
        assert world.run(full_read=full).ok
    rows = world.known.journal(world.spec.id)[before:]
    assert [row.outcome.state for row in rows] == [State.DONE] * 6, "one for each but what both sides did alike"
    assert differences(world) == {}


# ---- one request a contact


def test_whatever_was_edited_of_a_contact_goes_in_one_request(tmp_path: Path) -> None:
    with hub_of(tmp_path) as hub:
        world = hub.world("freshsales-google")
        ids = [
            str(hub.freshsales.add_contact({"last_name": f"Muster{n}", "emails": [f"uma{n}@example.org"]})["id"])
            for n in range(4)
        ]
        for _ in range(2):
            assert world.run().ok
        names = [person["resourceName"] for person in hub.google.contacts()]
        by_mail = {hub.google.contact(name)["emailAddresses"][0]["value"]: name for name in names}
        hub.reset_counters()
        for n in (0, 1):
            hub.freshsales.edit_contact(
                ids[n], {"first_name": "Uma", "job_title": "Ärztin", "city": "Köln", "mobile_number": "+49 170 1111111"}
            )
        for n in (2, 3):
            person = {
                "names": [{"givenName": "Uma", "familyName": f"Beispiel{n}"}],
                "phoneNumbers": [{"value": "+49 30 1111111", "type": "work"}],
                "addresses": [{"city": "Köln", "type": "work"}],
                "emailAddresses": [{"value": f"uma.beispiel{n}@example.org"}],
            }
            hub.google.edit_contact(by_mail[f"uma{n}@example.org"], person)
        assert world.run().ok
        assert hub.writes() == 3
        assert hub.freshsales.counters.paths["PUT /contacts/{id}"] == 2
        assert hub.google.counters.paths["POST /v1/people:batchUpdateContacts"] == 1
        assert [row.outcome.state for row in world.known.journal(world.spec.id)[4:]] == [State.DONE] * 4


# ---- the same however it is read and sent


def met(tmp_path: Path, order: int, page_size: int) -> World:
    """People who are on one side or both and differ, share an address or have none; listed in the order they came."""
    pages = {"page_size": page_size}
    sides = {side.value: SideSpec("memory", f"{tmp_path.name}_{side}", pages) for side in Side}
    world = World(tmp_path, memory_spec(conflicts=ConflictPolicy.NEWEST, **sides))
    for k in range(23)[::order]:
        for side in (s for s, left_out in ((Side.LEFT, 5), (Side.RIGHT, 7)) if k % left_out):
            told = person(k % 20, company=f"Of the {side}" if k % 2 else "")
            world.book(side).put(f"{side.value[0]}{k}", told if k % 9 else {"names.given": "No address"})
    return world


def outcome(world: World) -> Any:
    """Who is there and what is said of whom, without the ids that the books gave and the run's own."""
    for _ in range(2):
        assert world.run().ok
    books = [sorted(repr(sorted(c.items())) for c in world.book(side).contacts().values()) for side in Side]
    held = sorted((h.side, h.contact_id, h.reason, h.field or "") for h in world.held())
    lost = sorted((c.field, c.left, c.right, c.winner) for _, _, c in world.known.conflicts(world.spec.id))
    return books, held, lost


@pytest.mark.parametrize(
    ("order", "page_size", "batch"),
    [
        pytest.param(-1, 500, 100, id="listed the other way round"),
        pytest.param(1, 3, 100, id="in small pages"),
        pytest.param(1, 500, 2, id="in small batches"),
    ],
)
def test_order_pages_and_batches_decide_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: int, page_size: int, batch: int
) -> None:
    (tmp_path / "usual").mkdir()
    (tmp_path / "other").mkdir()
    usual = outcome(met(tmp_path / "usual", 1, 500))
    assert all(usual[1:])
    few = Batch(create=batch, update=batch, delete=batch, fetch=batch, find=batch)
    monkeypatch.setattr(Memory, "info", replace(Memory.info, caps=replace(Memory.info.caps, batch=few)))
    assert outcome(met(tmp_path / "other", order, page_size)) == usual


# ---- what is in scope


def noted(*transforms: str, exclude: Sequence[str] = ()) -> FieldsSpec:
    """The left app's notes are carried to the right, and so is that somebody emptied them."""
    pair = {"left": "custom.Note", "right": "custom.Note", "direction": "left_to_right", "blanks": "clear"}
    return fields({**pair, "transforms": list(transforms)}, exclude=list(exclude))


def test_a_changed_filter_or_mapping_deletes_and_clears_nothing_though_deletions_are_carried(tmp_path: Path) -> None:
    world = linked(tmp_path, deletions=DELETE, fields=noted())
    for k in range(4):
        world.left.put(f"l{k}", {"custom.Note": "met at the fair"})
    for _ in range(2):
        assert world.run().ok
    before = [world.book(side).contacts() for side in Side]
    assert [k for k, contact in before[1].items() if contact.get("custom.Note")] == ["r0", "r1", "r2", "r3"]
    nobody = [{"name": "nobody", "if": [{"works_at": "Others"}]}]
    of_left, of_both = ({"left_to_right": nobody, "right_to_left": right} for right in ([], nobody))
    for changes in (
        *({"rules": RulesSection.model_validate(section).spec()} for section in (of_left, of_both)),
        {"rules": {}, "fields": noted(exclude=["company"])},
        {"fields": noted()},
        {"fields": noted("digits_only")},  # nobody's note has any: it is as if all were emptied
        {"fields": noted()},
        {"fields": FieldsSpec()},
        {"fields": noted("digits_only")},
        {"fields": noted()},
    ):
        world.with_spec(**changes)
        for full in (False, True, False):
            assert world.run(full_read=full).ok
        assert [world.book(side).contacts() for side in Side] == before, changes


@pytest.mark.parametrize("direction", [Direction.LEFT_TO_RIGHT, Direction.RIGHT_TO_LEFT])
def test_a_side_that_only_sends_is_never_written(tmp_path: Path, direction: Direction) -> None:
    sender = Side.LEFT if direction is Direction.LEFT_TO_RIGHT else Side.RIGHT
    receiver = sender.other
    world = linked(tmp_path, direction=direction, deletions=DELETE)
    one, other = sender.value[0], receiver.value[0]
    book, there = world.book(sender), world.book(receiver)
    book.put(f"{one}0", {"job_title": "Editor"})
    there.put(f"{other}1", {"job_title": "Writer"})
    for half, name in ((book, one), (there, other)):
        half.put(f"{name}2", {"job_title": f"Of {name}"})
    there.remove(f"{other}3")
    book.remove(f"{one}4")
    there.put("new", person(20))
    for full in (False, True, False):
        assert world.run(full_read=full).ok
    assert book.writes == 0
    assert there.writes > 0
    assert there.contacts()[f"{other}0"]["job_title"] == "Editor"


# ---- cursors


class Cut(Memory):
    """Its listings break off after the first page."""

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        yield replace(next(super().pull(start)), last=False, cursor=None)
        raise BadListing("The second page cannot be read.")


@pytest.mark.parametrize("broken", list(Side))
@pytest.mark.parametrize("full", [False, True], ids=["delta", "complete"])
def test_no_cursor_moves_where_one_page_of_one_side_failed(tmp_path: Path, broken: Side, full: bool) -> None:
    world = linked(tmp_path)
    cursors = [world.known.cursor(world.spec.id, side) for side in Side]
    writes = world.writes()
    world.left.put("l0", {"job_title": "Editor"})
    world.right.put("r1", {"job_title": "Writer"})
    books(world, *(Cut if side is broken else Memory for side in Side))
    with pytest.raises(BadListing):
        world.run(full_read=full)
    assert [world.known.cursor(world.spec.id, side) for side in Side] == cursors
    assert world.writes() == writes
    world.open_app = None
    assert world.run().ok
    assert world.right.contacts()["r0"]["job_title"] == "Editor"
    assert world.left.contacts()["l1"]["job_title"] == "Writer"
