"""Memory books whose listings and answers are as odd as vendors' are, and worlds over them."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from contactsync.apps.base import Access
from contactsync.apps.memory import Memory
from contactsync.model.app import AppInfo, Check
from contactsync.model.exchange import Cursor, Fetched, Page, Presence, Ref, Unreadable, Window
from contactsync.model.spec import SIDES, Side
from world import World, mail


class OddBook(Memory):
    """moved: old id -> new id; unreadable: ids whose rows cannot be read."""

    moved: Mapping[str, str] = {}
    tells: bool = True  # of who moved, at the end of each listing; whoever is asked for by id is told in any case
    unreadable: Collection[str] = ()
    older: Any = None  # listings show this state of the book
    asked: Sequence[str] = ()  # ids of the last point reads

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        now = self.book.state
        self.book.state = self.older or now
        try:
            pages = list(super().pull(start))
        finally:
            self.book.state = now
        yield from (self._oddly(page) for page in pages)

    def _oddly(self, page: Page) -> Page:
        return replace(
            page,
            records=[r for r in page.records if r.id not in self.unreadable],
            unreadable=[Unreadable(r.id, "odd") for r in page.records if r.id in self.unreadable],
            deleted=[i for i in page.deleted if i not in self.moved],
            moved=self.moved if page.last and self.tells else {},
        )

    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        self.asked = [r.id for r in refs]
        for answer in super().fetch([replace(r, id=self.moved.get(r.id, r.id)) for r in refs]):
            hidden = answer.id in self.unreadable
            former = {new: old for old, new in self.moved.items()}.get(answer.id)
            shown = Fetched(former, Presence.MOVED, answer.record) if former in self.asked else answer
            yield Fetched(answer.id, Presence.FORBIDDEN) if hidden else shown


class LateBook(OddBook):
    """A book whose listings follow behind its writes for up to five minutes (`older` plays that)."""

    info: ClassVar[AppInfo] = replace(
        Memory.info, caps=replace(Memory.info.caps, lag=timedelta(minutes=5), check=Check.FETCH)
    )

    def stay_behind(self) -> None:
        """Listings go on showing the book as it is now."""
        self.older = copy.deepcopy(self.book.state)


def books(world: World, left: type[Memory] = Memory, right: type[Memory] = OddBook) -> Any:
    """The right app of the world, after both sides became apps of these kinds."""
    made = {
        side: kind(Access(world.spec.side(side).connection, {}, services=world.services), Memory.Options())
        for side, kind in zip(SIDES, (left, right), strict=True)
    }
    world.open_app = lambda side: made[side]
    return made[Side.RIGHT]


def linked(world: World, n: int = 3) -> None:
    """n persons in both books, l0 and r0 the first, linked."""
    for k in range(n):
        for side in SIDES:
            person = {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org")}
            world.book(side).put(f"{side.value[0]}{k}", person)
    assert world.run().ok
