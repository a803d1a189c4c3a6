"""What a listing cannot prove is asked for by id, and who cannot be read is asked for again (core 2, 5, 6, 25)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from contactsync.apps.memory import Memory
from contactsync.model.exchange import Cursor, Page, State, Window
from contactsync.model.link import LinkStatus
from contactsync.model.plan import HoldReason
from contactsync.model.spec import ConflictPolicy, DeletionPolicy, Side
from odd_books import LateBook, OddBook, books, linked
from views import QUIET_TABLES, changed_tables, differences, links
from world import World, mail, memory_spec

DELETE = {Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE}
UMA = {"names.given": "Uma", "emails": mail("uma@example.org")}


def pair(tmp_path: Path, kind: type[Memory] = OddBook, **changes: object) -> tuple[World, OddBook]:
    """Three persons in both books, and the right book."""
    world = World(tmp_path, memory_spec(**changes), step=30.0)
    right = books(world, right=kind)
    linked(world)
    return world, right


# ---- listings that follow behind


def test_whom_we_deleted_does_not_come_back_with_a_listing_that_follows_behind(tmp_path: Path) -> None:
    world, right = pair(tmp_path, LateBook, deletions=DELETE)
    right.stay_behind()
    world.left.remove("l0")
    assert world.run().counts["left_to_right"]["deleted"] == 1
    assert world.run(full_read=True).ok
    assert right.asked == ["r0"]
    assert world.held() == []
    assert len(links(world, LinkStatus.CLOSED)) == 1


def test_whom_they_deleted_comes_back_only_when_asked_for_by_id(tmp_path: Path) -> None:
    world, right = pair(tmp_path, LateBook)
    fields = world.right.contacts()["r0"]
    world.right.remove("r0")
    assert world.run().ok
    right.stay_behind()
    right.older["contacts"]["r0"] = {**right.older["contacts"]["r1"], "fields": fields}
    assert world.run(full_read=True).ok
    assert len(links(world, LinkStatus.PARTED)) == 1
    world.right.put("r0", {**fields, "job_title": "Back again"})
    right.older = None
    assert world.run().ok
    assert world.left.contacts()["l0"]["job_title"] == "Back again"


def test_an_edit_that_was_read_by_id_is_not_taken_back_by_an_older_listing(tmp_path: Path) -> None:
    """The check before a write saw it, and nothing was written there."""
    world, right = pair(tmp_path, LateBook, conflicts=ConflictPolicy.RIGHT)
    right.stay_behind()
    world.left.put("l0", {"names.given": "From the left"})
    world.clock.forward(seconds=1)
    world.right.put("r0", {"names.given": "From the right"})
    writes = world.right.writes
    assert world.run().ok
    assert [r.outcome.state for r in world.known.journal("pair", world.last().run_id)] == [State.OVERTAKEN]
    for full in (False, True, True):
        assert world.run(full_read=full).ok
        assert world.left.contacts()["l0"]["names.given"] == "From the right"
    assert world.right.writes == writes
    right.older = None
    assert world.run(full_read=True).ok
    assert differences(world) == {}


class Twofold(OddBook):
    """Tells of a change and of a deletion of the same contact in one listing."""

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        for page in super().pull(start):
            yield Page(page.records, [*page.deleted, *(r.id for r in page.records)], last=page.last, cursor=page.cursor)


@pytest.mark.parametrize("there", [False, True], ids=["gone", "there"])
def test_who_is_shown_and_told_deleted_at_once_is_asked_for(tmp_path: Path, there: bool) -> None:
    world, _ = pair(tmp_path)
    right = books(world, right=Twofold)
    right.older = None
    world.right.put("r0", {"job_title": "Editor"})
    if not there:
        right.older = {**world.right.state, "contacts": dict(world.right.state["contacts"])}
        world.right.remove("r0")
    summary = world.run()
    assert summary.ok
    assert summary.counts["right_to_left"]["read"] == 1
    assert right.asked == ["r0"]
    assert len(links(world)) == (3 if there else 2)
    assert world.left.contacts()["l0"].get("job_title") == ("Editor" if there else None)


# ---- rows that cannot be read


def test_who_could_not_be_read_is_asked_for_again_though_no_listing_shows_it(tmp_path: Path) -> None:
    world, right = pair(tmp_path)
    world.right.put("r0", {"job_title": "Editor"})
    world.right.put("r9", UMA)
    right.unreadable = ["r0", "r9"]
    summary = world.run()
    assert (summary.ok, summary.counts["right_to_left"]["held"]) == (True, 2)
    assert world.run().counts["right_to_left"]["held"] == 2  # asked for by id, and still not to be read
    right.unreadable = ()
    for _ in range(2):
        assert world.run().ok
    assert world.left.contacts()["l0"]["job_title"] == "Editor"
    assert len(world.left.contacts()) == 4
    assert world.held() == []


@pytest.mark.parametrize("reason", ["unreadable", "hidden"])
def test_who_stays_unreadable_is_asked_for_ever_more_rarely_and_runs_between_are_quiet(
    tmp_path: Path, reason: str
) -> None:
    world, right = pair(tmp_path)
    right.unreadable = ["r0"]
    if reason == "hidden":
        right.older = {**world.right.state, "contacts": dict(world.right.state["contacts"])}
        del right.older["contacts"]["r0"]
        assert world.run(full_read=True).ok  # not listed: asked for by the next run
        right.older = None
    else:
        world.right.put("r0", {"job_title": "Editor"})
    asked = []
    for _ in range(16):
        right.asked, dump = (), world.known.dump()
        assert world.run().ok
        asked.append(bool(right.asked))
        if not right.asked and len(asked) > 1:
            assert changed_tables(dump, world.known.dump()) <= QUIET_TABLES
        assert [(h.contact_id, h.reason) for h in world.held()] == [("r0", HoldReason.UNREADABLE)]
    assert [n for n, was in enumerate(asked) if was] == [0, 1, 3, 7, 15][reason != "hidden" :]
    world.clock.forward(days=1)
    right.unreadable = ()
    for _ in range(2):
        assert world.run().ok
    assert world.held() == []


# ---- long readings


class Slow(OddBook):
    """One contact a page, and minutes pass with each."""

    world: World
    expiries: tuple[datetime, ...] = ()

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        for page in super().pull(start):
            for record in page.records:
                yield self._after_a_while(Page([record]))
            yield self._after_a_while(Page([], last=True, cursor=page.cursor, complete=page.complete))

    def _after_a_while(self, page: Page) -> Page:
        lease = self.world.known.lock(self.world.spec.id)
        assert lease is not None
        self.expiries = (*self.expiries, lease.expires_at)
        self.world.clock.forward(minutes=2)
        time.sleep(0.002)  # a lock ends by the database's clock, which counts milliseconds
        return page


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_lock_is_renewed_with_every_page_but_not_by_a_dry_run(tmp_path: Path, dry_run: bool) -> None:
    world, _ = pair(tmp_path)
    right = books(world, right=Slow)
    right.world = world
    if dry_run:
        world.known.take_lock(world.spec.id, "another run", ended=lambda _: False)
    assert world.run(full_read=True, dry_run=dry_run).ok
    assert len(right.expiries) == 4
    assert len({*right.expiries}) == (1 if dry_run else 4)
