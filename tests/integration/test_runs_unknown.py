"""Creates whose answers were lost, and what people did to the new contacts before anybody saw them (core 21)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from contactsync.apps.base import Access
from contactsync.apps.memory import Memory
from contactsync.errors import ServerTrouble
from contactsync.model.app import Adopt, AppInfo
from contactsync.model.decisions import Answer, hold_id
from contactsync.model.exchange import Cursor, Fetched, Op, Page, Record, Ref, Result, State, Verb, Window
from contactsync.model.link import LinkStatus
from contactsync.model.plan import HoldReason
from contactsync.model.spec import Side
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.knobs import Fault, Trouble
from contactsync.sandbox.people_data import people
from contactsync.stages.deciding import Judge, decide
from odd_books import books
from views import differences, links
from world import World, hub_of, mail, memory_spec


class Marking(Memory):
    """A book that marks what it creates. The answer to its first create is lost on the way."""

    creates = 0
    dead = False

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        results = list(self.written(ops))
        self.creates += ops[0].verb is Verb.CREATE
        if self.dead or (self.creates == 1 and ops[0].verb is Verb.CREATE):
            raise ServerTrouble("The line is dead.")
        yield from results

    def written(self, ops: Sequence[Op]) -> Iterator[Result]:
        return super().push(ops)


class Unique(Marking):
    """One that marks nothing: creates are looked up by their e-mail address."""

    info: ClassVar[AppInfo] = replace(
        Memory.info, caps=replace(Memory.info.caps, adopt=Adopt.UNIQUE_KEY, unique_keys=("email",))
    )

    def look_up(self, op: Op) -> Iterator[Record]:
        yield from self.find({"email": op.keys.get("email", ())})


class Dropping(Unique):
    """One whose first create is lost on the way there, and that is asked for it only later."""

    asked = 0

    def written(self, ops: Sequence[Op]) -> Iterator[Result]:
        yield from () if self.creates == 0 and ops[0].verb is Verb.CREATE else super().written(ops)

    def look_up(self, op: Op) -> Iterator[Record]:
        self.asked += 1
        yield from super().look_up(op) if self.asked > 1 else ()


class Choosing(Marking):
    """One in which we choose the ids."""

    info: ClassVar[AppInfo] = replace(Memory.info, caps=replace(Memory.info.caps, adopt=Adopt.CLIENT_ID))

    def own_id(self, key: str) -> str:
        return f"own-{key}"

    def written(self, ops: Sequence[Op]) -> Iterator[Result]:
        if ops[0].verb is not Verb.CREATE:
            yield from super().written(ops)
            return
        for op in ops:
            self.book.put(self.own_id(op.key), op.patch)
        yield from (Result(op.key, State.UNKNOWN, self.own_id(op.key)) for op in ops)

    def look_up(self, op: Op) -> Iterator[Record]:
        yield from (a.record for a in self.fetch([Ref(self.own_id(op.key))]) if a.record is not None)


LAG = timedelta(minutes=20)


def ada(n: int) -> dict[str, object]:
    return {"names.given": f"Ada {n}", "emails": mail(f"ada{n}@example.org")}


def with_right(world: World, kind: type[Marking]) -> Marking:
    """Let the right side be such a book."""
    left, right = (
        app(Access(world.spec.side(side).connection, {}, services=world.services), Memory.Options())
        for app, side in ((Memory, Side.LEFT), (kind, Side.RIGHT))
    )
    assert isinstance(right, Marking)
    world.open_app = lambda side: left if side is Side.LEFT else right
    return right


def lost(tmp_path: Path, kind: type[Marking]) -> tuple[World, Marking, str]:
    """Somebody was created on the right, the answer was lost; the new contact's id there."""
    world = World(tmp_path, memory_spec(), step=300.0)
    right = with_right(world, kind)
    world.right.put("r1", ada(1))
    world.run()
    world.left.put("l2", ada(2))
    world.run()
    assert [r.outcome.state for r in world.known.unfolded(world.spec.id)] == [State.UNKNOWN]
    (made,) = world.right.contacts().keys() - {"r1"}
    return world, right, made


APPS = pytest.mark.parametrize("kind", [Marking, Unique, Choosing])


@APPS
def test_what_was_made_is_found_again(tmp_path: Path, kind: type[Marking]) -> None:
    world, right, made = lost(tmp_path, kind)
    for _ in range(2):
        assert world.run().ok
    assert right.creates == 1
    assert ("l2", made) in {(k.left.contact_id, k.right.contact_id) for k in links(world)}
    assert differences(world) == {}


def test_whoever_was_held_as_a_possible_result_is_free_once_it_turned_out_to_be_it(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(), step=300.0)
    right = books(world, right=Dropping)
    world.left.put("l2", ada(2))
    world.run()
    world.right.put("by hand", ada(2))
    world.right.put("another", ada(3))
    assert world.run(full_read=True).ok  # too early for a look-up to settle it
    assert {h.contact_id for h in world.held()} == {"by hand", "another"}
    for _ in range(2):
        assert world.run(full_read=True).ok
    assert (world.held(), right.creates, len(world.right.contacts())) == ([], 1, 2)


@pytest.mark.parametrize("kind", [Marking, Unique])
def test_who_may_have_been_deleted_there_is_held_and_not_made_again(tmp_path: Path, kind: type[Marking]) -> None:
    world, right, made = lost(tmp_path, kind)
    world.right.remove(made)
    for n in range(6):
        world.left.put("l2", {"nickname": f"Adi {n}"})
        assert world.run(full_read=n == 4).ok
    assert right.creates == 1
    assert set(world.right.contacts()) == {"r1"}
    assert not world.known.unfolded(world.spec.id)
    (hold,) = world.held()
    assert (hold.side, hold.contact_id, hold.reason) == (Side.LEFT, "l2", HoldReason.MAY_BE_DELETED)
    assert made in hold.detail
    world.right.put("by hand", ada(2))  # a person decides
    for _ in range(3):
        assert world.run().ok
    assert ("l2", "by hand") in {(k.left.contact_id, k.right.contact_id) for k in links(world)}
    assert not world.held()
    assert differences(world) == {}


@pytest.mark.parametrize("kind", [Marking, Unique])
def test_a_person_may_say_that_it_is_to_be_created_after_all(tmp_path: Path, kind: type[Marking]) -> None:
    world, right, made = lost(tmp_path, kind)
    world.right.remove(made)
    for _ in range(4):
        assert world.run().ok
    (hold,) = world.held()
    decide(Judge(world.place(), world.request(by="maria.sample")), hold_id(hold), Answer.RECREATE)
    for _ in range(2):
        assert world.run().ok
    assert right.creates == 2
    assert len(world.right.contacts()) == 2 == len(links(world))
    assert not world.held()
    assert differences(world) == {}


@pytest.mark.parametrize("kind", [Marking, Unique])
def test_a_deletion_that_was_told_before_anything_could_be_settled_still_counts(
    tmp_path: Path, kind: type[Marking]
) -> None:
    kind = type("Late", (kind,), {"info": replace(kind.info, caps=replace(kind.info.caps, lag=LAG))})
    world, right, made = lost(tmp_path, kind)
    world.right.remove(made)
    assert world.run().ok
    assert world.known.unfolded(world.spec.id)  # within the lag no listing proves anything
    world.clock.forward(hours=1)
    for _ in range(5):
        assert world.run().ok
    assert right.creates == 1
    assert [h.contact_id for h in world.held()] == ["l2"]


def test_what_we_made_under_our_own_id_is_parted_where_a_person_deleted_it(tmp_path: Path) -> None:
    world, right, made = lost(tmp_path, Choosing)
    world.right.remove(made)
    for n in range(4):
        world.left.put("l2", {"nickname": f"Adi {n}"})
        assert world.run(full_read=n == 2).ok
    assert right.creates == 1
    assert set(world.right.contacts()) == {"r1"}
    assert "l2" in world.left.contacts()
    (parted,) = links(world, LinkStatus.PARTED)
    assert (parted.left.contact_id, parted.right.contact_id) == ("l2", made)
    assert not world.held()
    assert not world.known.unfolded(world.spec.id)


def test_a_google_contact_deleted_before_its_create_was_answered_is_not_made_again(tmp_path: Path) -> None:
    persons = [replace(p, tags=()) for p in people(5, 8) if p.emails and p.number % 2]
    with hub_of(tmp_path) as hub:
        seed_freshsales(hub.freshsales, persons[:-1])
        world = hub.world("freshsales-google")
        for _ in range(3):
            world.run()
        before = {c["resourceName"] for c in hub.google.contacts()}
        hub.google.knobs.faults = [Fault(Trouble.DROP_AFTER, "POST", "batchCreateContacts")]
        seed_freshsales(hub.freshsales, persons[-1:])
        world.run()
        (made,) = {c["resourceName"] for c in hub.google.contacts()} - before
        hub.google.delete_contact(made)
        for _ in range(6):
            assert world.run().ok
        assert {c["resourceName"] for c in hub.google.contacts()} == before
        assert [h.reason for h in world.held()] == [HoldReason.MAY_BE_DELETED]


@APPS
@pytest.mark.parametrize("step", [30.0, 300.0])
def test_an_edit_made_while_the_outcome_was_unknown_is_not_lost(
    tmp_path: Path, kind: type[Marking], step: float
) -> None:
    world, _, made = lost(tmp_path, kind)
    world.step = step
    world.left.put("l2", {"nickname": "Adi"})
    for _ in range(2):
        assert world.run().ok
    world.clock.forward(minutes=10)
    for _ in range(3):
        assert world.run().ok
    assert world.right.contacts()[made]["nickname"] == "Adi"
    assert differences(world) == {}


def test_an_edit_made_while_an_update_was_unanswered_is_not_lost(tmp_path: Path) -> None:
    world, right, made = lost(tmp_path, Marking)
    for _ in range(3):
        assert world.run().ok
    world.left.put("l2", {"nickname": "Adi"})
    right.dead = True
    world.run()
    right.dead = False
    world.step = 30.0  # too early to ask what became of it
    world.left.put("l2", {"job_title": "Editor"})
    world.right.put(made, {"company": "Muster AG"})
    assert world.run().ok
    world.clock.forward(minutes=10)
    for _ in range(3):
        assert world.run().ok
    assert {"nickname": "Adi", "job_title": "Editor"}.items() <= world.right.contacts()[made].items()
    assert world.left.contacts()["l2"]["company"] == "Muster AG"
    assert differences(world) == {}


class Merging(Marking):
    """One that tells once which contacts became another; only listings show its marks."""

    moved: ClassVar[dict[str, str]] = {}

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        for page in super().pull(start):
            gone = [i for i in page.deleted if i not in self.moved]
            yield replace(page, deleted=gone, moved=dict(self.moved)) if page.last else page
        self.moved.clear()

    def look_up(self, op: Op) -> Iterator[Record]:
        return iter(())


def test_who_was_merged_into_what_a_create_made_keeps_its_partner_and_the_source_is_held_with_both_names(
    tmp_path: Path,
) -> None:
    world, right, made = lost(tmp_path, Merging)
    (partner,) = (k.left.contact_id for k in links(world))
    world.right.remove("r1")
    world.right.put(made, {"company": "Muster AG"})
    Merging.moved.update({"r1": made})
    assert world.run().ok
    (held,) = (h for h in world.held() if h.contact_id == "l2")
    assert (held.side, held.reason) == (Side.LEFT, HoldReason.MAY_BE_DELETED)
    assert {"r1", made} <= set(re.split(r"[ (),]+", held.detail))
    for n in range(3):
        assert world.run(full_read=n == 1).ok
        assert "l2" in {h.contact_id for h in world.held()}
        assert [(k.left.contact_id, k.right.contact_id) for k in links(world)] == [(partner, made)]
    assert right.creates == 1
    assert set(world.right.contacts()) == {made}
    assert not world.known.unfolded(world.spec.id)


# ---- updates


@pytest.mark.parametrize("soon", [False, True])
def test_an_update_that_a_run_has_seen_since_was_done_though_somebody_took_it_back(tmp_path: Path, soon: bool) -> None:
    """soon: another run comes before an update without an answer would be settled by asking."""
    world = World(tmp_path, memory_spec(), step=60.0)
    right = with_right(world, Marking)
    world.left.put("l1", {**ada(1), "job_title": "Old"})
    right.creates = 1
    world.run()
    world.run()
    (made,) = world.right.contacts()
    right.dead = True
    world.left.put("l1", {**ada(1), "job_title": "New"})
    world.run()
    right.dead = False
    assert [r.outcome.state for r in world.known.unfolded(world.spec.id)] == [State.UNKNOWN]
    world.run()
    world.right.put(made, {**world.right.contacts()[made], "job_title": "Old"})
    if soon:
        world.run()
    world.clock.forward(minutes=10)
    for _ in range(2):
        assert world.run().ok
    assert world.left.contacts()["l1"]["job_title"] == world.right.contacts()[made]["job_title"] == "Old"
    assert world.held() == []


class Versionless(Marking):
    """One that tells no versions. While it is dead, nothing reaches it."""

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        for page in super().pull(start):
            yield replace(page, records=[replace(record, version=None) for record in page.records])

    def fetch(self, refs: Sequence[Ref]) -> tuple[Fetched, ...]:
        found = super().fetch(refs)
        return tuple(replace(one, record=one.record and replace(one.record, version=None)) for one in found)

    def written(self, ops: Sequence[Op]) -> Iterator[Result]:
        yield from () if self.dead else super().written(ops)


class Versioned(Versionless):
    """The same with versions."""

    pull = Marking.pull
    fetch = Marking.fetch


def labelled(label: str) -> dict[str, object]:
    return {"names.given": "Ada", "emails": mail("ada@example.org", label=label)}


@pytest.mark.parametrize("kind", [Versionless, Versioned])
@pytest.mark.parametrize("edit", [{"company": "Muster AG"}, labelled("other")])
def test_an_update_of_a_label_that_never_came_is_not_taken_for_done(
    tmp_path: Path, kind: type[Versionless], edit: dict[str, object]
) -> None:
    """An address of another label is the same address: that it is there tells nothing."""
    world = World(tmp_path, memory_spec(), step=60.0)
    right = with_right(world, kind)
    right.creates = 1
    world.left.put("l1", labelled("work"))
    world.run()
    world.run()
    (made,) = world.right.contacts()
    right.dead = True
    world.left.put("l1", labelled("home"))
    world.run()
    right.dead = False
    world.right.put(made, {**world.right.contacts()[made], **edit})
    assert world.run().ok  # too early to ask what became of it
    world.clock.forward(minutes=10)
    for _ in range(3):
        assert world.run().ok
    assert world.held() == []
    assert world.left.contacts()["l1"]["emails"] == world.right.contacts()[made]["emails"]
    lost = [conflict.field for _, _, conflict in world.known.conflicts(world.spec.id)]
    assert lost == (["emails"] if "emails" in edit else [])
