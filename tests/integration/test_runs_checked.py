"""What is looked at just before a write, and what is made of a run that was cleared (core 4, 19, 21, 23, 26)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contactsync.apps.memory import Memory
from contactsync.errors import BadListing, ServerTrouble
from contactsync.model.app import AppInfo, Check
from contactsync.model.exchange import Cursor, Fetched, Op, Page, Presence, Record, Ref, Result, State, Window
from contactsync.model.spec import Side
from contactsync.model.stages import RunRequest
from contactsync.pipeline import Workplace, extract_side, load_side, open_run, reconcile, record, run_sync, transform
from odd_books import OddBook, books, linked
from views import differences, links
from world import World, mail, memory_spec

ADA = {"names.given": "Ada", "emails": mail("ada@example.org")}


def outcomes(world: World) -> list[State]:
    return [r.outcome.state for r in world.known.journal(world.spec.id, world.last().run_id)]


# ---- one more delta pull before each chunk


class Checked(OddBook):
    """Checked by one more delta pull, before which somebody does something."""

    info: ClassVar[AppInfo] = replace(Memory.info, caps=replace(Memory.info.caps, check=Check.DELTA))
    meanwhile: Callable[[], object] = staticmethod(lambda: None)
    cut = False
    pulls = 0

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        self.pulls += 1
        if self.pulls == 2:
            self.meanwhile()
        for page in super().pull(start):
            yield replace(page, last=False, cursor=None) if self.cut and self.pulls == 2 else page


def edited(tmp_path: Path) -> tuple[World, Checked]:
    """An edit on the left waits to be written to the right."""
    world = World(tmp_path, memory_spec())
    linked(world)
    right: Checked = books(world, right=Checked)
    world.left.put("l0", {"names.given": "From the left"})
    return world, right


def test_whom_the_check_cannot_read_is_not_overwritten(tmp_path: Path) -> None:
    world, right = edited(tmp_path)

    def edit() -> None:
        world.right.put("r0", {"names.given": "From the right"})
        right.unreadable = ["r0"]

    right.meanwhile = edit
    world.run()
    assert outcomes(world) == [State.NOT_SENT]
    assert world.right.contacts()["r0"]["names.given"] == "From the right"
    right.unreadable = ()
    for _ in range(3):
        assert world.run().ok
    assert differences(world) == {}
    lost = [c.right for _, _, c in world.known.conflicts("pair") if c.field == "names.given"]
    assert "From the right" in lost


def test_a_check_without_its_end_proves_nothing(tmp_path: Path) -> None:
    world, right = edited(tmp_path)
    right.cut = True
    right.meanwhile = lambda: world.right.put("r0", {"names.given": "From the right"})
    with pytest.raises(BadListing):
        world.run()
    assert world.right.contacts()["r0"]["names.given"] == "From the right"
    for _ in range(2):
        assert world.run().ok
    assert differences(world) == {}


@pytest.mark.parametrize("new_id", ["", "r9"], ids=["deleted", "moved"])
def test_whom_the_check_finds_gone_is_not_written(tmp_path: Path, new_id: str) -> None:
    world, right = edited(tmp_path)
    fields = world.right.contacts()["r0"]

    def away() -> None:
        world.right.remove("r0")
        if new_id:
            world.right.put(new_id, fields)
            right.moved = {"r0": new_id}

    right.meanwhile = away
    assert world.run().ok
    assert outcomes(world) == [State.OVERTAKEN]
    for _ in range(2):
        assert world.run().ok
    assert differences(world) == {}
    there = {i: c["names.given"] for i, c in world.right.contacts().items()}
    assert there.get("r9") == ("From the left" if new_id else None)
    assert len(world.left.contacts()) == 3


# ---- versions as the condition, of contacts that have none


class Unversioned(OddBook):
    """Writes go on versions, but this server gives no usable ones; somebody edits once the run has read."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def record(self, contact_id: str, row: Mapping[str, Any]) -> Record:
        return replace(super().record(contact_id, row), version=None)

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        yield from list(super().pull(start))
        self.meanwhile()


def test_a_contact_without_a_version_is_read_again_before_it_is_written(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    right: Unversioned = books(world, right=Unversioned)
    linked(world)
    for given in ("Ada of the left", "Ada again"):
        world.left.put("l0", {"names.given": given})
        assert world.run().ok
        assert world.right.contacts()["r0"]["names.given"] == given
    world.left.put("l0", {"names.given": "From the left"})
    right.meanwhile = lambda: world.right.put("r0", {"names.given": "From the right"})
    assert world.run().ok
    assert outcomes(world) == [State.OVERTAKEN]
    assert world.right.contacts()["r0"]["names.given"] == "From the right"


# ---- what other syncs of the account made meanwhile


class Silent(OddBook):
    """Cannot be asked who has an address."""

    info: ClassVar[AppInfo] = replace(
        Memory.info, caps=replace(Memory.info.caps, batch=replace(Memory.info.caps.batch, find=0))
    )


class Behind(Silent):
    """The same, and its listings follow behind."""

    info: ClassVar[AppInfo] = replace(Silent.info, caps=replace(Silent.info.caps, lag=timedelta(minutes=1)))


@pytest.mark.parametrize("kind", [Silent, Behind])
@pytest.mark.parametrize("minutes", [0, 30])
def test_whom_another_sync_made_since_this_run_read_is_not_made_again(
    tmp_path: Path, kind: type[Memory], minutes: int
) -> None:
    """Both syncs of a hub read before either writes; the second waits long for its turn."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one = World(tmp_path / "one", memory_spec(id="one"))
    two = World(tmp_path / "two", memory_spec(id="two"), clock=one.clock, ledger=one.ledger)
    two.with_spec(right=one.spec.right)
    for world in (one, two):
        books(world, right=kind)
        world.left.put("l0", ADA)
    rest = [_halfway(world.place(), world.request()) for world in (one, two)]
    for finish in rest:
        finish()
        one.clock.forward(minutes=minutes)
    assert len(one.right.contacts()) == 1
    assert [len(links(world)) for world in (one, two)] == [1, 1]
    for world in (one, two, one, two):
        assert world.run().ok
    assert len(one.left.contacts()) == len(two.left.contacts()) == len(one.right.contacts()) == 1


def _halfway(place: Workplace, request: RunRequest) -> Callable[[], object]:
    """A run up to its plan; calling what comes back does the rest."""
    opened = open_run(place, request)
    reads = {side: extract_side(place, request, opened, side) for side in Side}
    frames = transform(place, request, opened, reads[Side.LEFT].ref, reads[Side.RIGHT].ref)
    planned = reconcile(place, request, opened, frames)

    def finish() -> None:
        loaded = {side: load_side(place, request, opened, planned, side) for side in Side}
        record(place, request, opened, reads, planned, loaded, [])

    return finish


# ---- what is read back after a write


class Blind(OddBook):
    """Answers a write without the contact; before it is read back somebody may do something."""

    info: ClassVar[AppInfo] = replace(Memory.info, caps=replace(Memory.info.caps, returns_record=False))
    meanwhile: Callable[[], object] = staticmethod(lambda: None)
    form: Callable[[str], str] = staticmethod(str)  # how the book keeps a name
    tells_version = True

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        kept = {f: self.form(v) for f, v in ops[0].patch.items() if isinstance(v, str)}
        for result in super().push([replace(ops[0], patch={**ops[0].patch, **kept})]):
            yield replace(result, record=None, version=result.version if self.tells_version else None)
        self.meanwhile()


def blind(tmp_path: Path) -> tuple[World, Blind]:
    world = World(tmp_path, memory_spec())
    linked(world)
    right: Blind = books(world, right=Blind)
    world.left.put("l0", {"names.given": "From the left"})
    return world, right


def lost(world: World) -> list[tuple[str, str | None, str | None, object]]:
    return [(c.field, c.left, c.right, c.winner) for _, _, c in world.known.conflicts("pair")]


@pytest.mark.parametrize("told", [True, False])
def test_whoever_edits_before_our_write_is_read_back_keeps_his_value_and_both_are_kept(
    tmp_path: Path, told: bool
) -> None:
    world, right = blind(tmp_path)
    right.tells_version = told
    right.meanwhile = lambda: world.right.put("r0", {"names.given": "From the right"})
    assert world.run().ok
    assert lost(world) == [("names.given", "From the left", "From the right", None)]
    right.meanwhile = lambda: None
    for full in (False, True, False):
        assert world.run(full_read=full).ok
    assert world.left.contacts()["l0"]["names.given"] == "From the left"
    assert world.right.contacts()["r0"]["names.given"] == "From the right"
    world.right.put("r0", {"names.given": "Edited again"})
    assert world.run().ok
    assert world.left.contacts()["l0"]["names.given"] == "Edited again"


@pytest.mark.parametrize("told", [True, False])
def test_a_form_of_its_own_is_no_loss_where_the_version_proves_that_it_is_ours(tmp_path: Path, told: bool) -> None:
    world, right = blind(tmp_path)
    right.tells_version, right.form = told, str.upper
    assert world.run().ok
    assert [name for name, *_ in lost(world)] == ([] if told else ["names.given"])
    writes = world.writes()
    for full in (False, True):
        assert world.run(full_read=full).ok
    assert world.writes() == writes
    assert world.left.contacts()["l0"]["names.given"] == "From the left"


# ---- what was not answered


class Moving(OddBook):
    """The answer to its first write is lost, and the contact has another id when it is asked for again."""

    lost = False

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        results = list(super().push(ops))
        if not self.lost:
            self.lost = True
            fields = self.book.contacts()["r0"]
            self.book.remove("r0")
            self.book.put("r9", fields)
            self.moved = {"r0": "r9"}
            raise ServerTrouble("The line is dead.")
        yield from results

    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        for ref in refs:
            for answer in super().fetch([Ref(self.moved.get(ref.id, ref.id))]):
                moved = ref.id in self.moved and answer.record is not None
                yield Fetched(ref.id, Presence.MOVED if moved else answer.presence, answer.record)


def test_an_unanswered_update_of_a_contact_that_moved_is_settled_under_its_new_id(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    linked(world)
    books(world, right=Moving)
    world.left.put("l0", {"job_title": "Editor"})
    world.run()
    world.clock.forward(minutes=10)
    for _ in range(3):
        assert world.run().ok
    assert world.right.contacts()["r9"]["job_title"] == "Editor"
    assert ("l0", "r9") in [(k.left.contact_id, k.right.contact_id) for k in links(world)]
    assert world.known.known("pair", Side.RIGHT, ["r9"])["r9"].link_id is not None
    assert (world.held(), differences(world)) == ([], {})
    assert len(world.left.contacts()) == len(world.right.contacts()) == 3


# ---- a run that is cleared, and starts once more from its first task


class KilledError(BaseException):
    """The process is gone."""


class Dying(OddBook):
    """The process dies right after its first write."""

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        list(super().push(ops))
        raise KilledError


@pytest.mark.parametrize("minutes", [0, 10], ids=["at once", "later"])
@pytest.mark.parametrize("what", ["update", "create"])
def test_a_run_that_is_cleared_goes_on_from_what_it_had_done(tmp_path: Path, what: str, minutes: int) -> None:
    world = World(tmp_path, memory_spec())
    linked(world)
    if what == "update":
        world.left.put("l0", {"job_title": "Editor"})
    world.left.put("l9", {"names.given": "Uma", "emails": mail("uma@example.org")})
    books(world, right=Dying)
    request = world.request()
    with pytest.raises(KilledError):
        run_sync(world.place(), request)
    world.open_app = None
    world.clock.forward(minutes=minutes)
    assert run_sync(world.place(), request).ok
    if minutes:
        assert world.last().counts["left_to_right"]["failed"] == 0
    world.clock.forward(minutes=10)
    for _ in range(4):
        assert world.run().ok
    assert differences(world) == {}
    assert len(world.left.contacts()) == len(world.right.contacts()) == len(links(world)) == 4
    assert world.known.unfolded("pair") == []
