"""The state of a Freshsales account: contacts, Recycle Bin, settings, views, bulk jobs. The caller holds the lock."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contactsync.sandbox.freshsales_fields import Record, Settings, new_settings

_BIN_SECONDS = 90 * 24 * 3600
Wrote = Callable[[str, Record | None], None]


@dataclass
class Job:
    """A bulk job: done once `due`; `work` says how many records succeeded and what failed."""

    id: int
    due: float
    work: Callable[[], tuple[int, list[Record]]]
    result: tuple[int, list[Record]] | None = None


class Store:
    """Everything an account holds. `wrote` hears of every write, with the record as it was."""

    def __init__(self, account: int, wrote: Wrote) -> None:
        dice = random.Random(account)  # nosec B311 # noqa: S311 - made-up ids, no secret
        self._base = 402_000_000_000 + dice.randrange(10**9) * 1000
        self._wrote = wrote
        self._last = 0
        self._by_email: dict[str, int] = {}
        self.version = 0
        self.record_type = 2**60 + dice.randrange(2**40)  # past 2^53: a float would change it
        self.records: dict[int, Record] = {}
        self.deleted: dict[int, float] = {}
        self.invisible: set[int] = set()
        self.jobs: dict[int, Job] = {}
        self.settings: Settings = new_settings(self._base)
        names = ("My Contacts", "New Contacts", "All Contacts", "Recycle Bin", "My Territory Contacts")
        self.views = {self._base + 600 + dice.randrange(1, 50) + 60 * n: name for n, name in enumerate(names)}

    def new_id(self) -> int:
        """An id never given before."""
        self._last += 1
        return self._base + 10_000 + self._last

    def live(self, id_: int) -> Record:
        """A contact that is there for the key's user; KeyError otherwise."""
        if id_ in self.deleted or id_ in self.invisible:
            raise KeyError(id_)
        return self.records[id_]

    def lives(self) -> Iterator[Record]:
        """All contacts outside the Recycle Bin."""
        return (record for id_, record in self.records.items() if id_ not in self.deleted)

    def holder(self, email: str) -> int | None:
        """The contact outside the Recycle Bin that has an e-mail address, whatever its case."""
        return self._by_email.get(email.casefold())

    def save(self, record: Record) -> None:
        """Puts a contact into the account, new or changed."""
        before = self.records.get(record["id"])
        self._noted(record["id"], before)
        self.records[record["id"]] = record
        self._index(record)

    def bin(self, id_: int, now: float) -> None:
        """Moves a contact to the Recycle Bin."""
        before = self.records[id_]
        self._noted(id_, before)
        self.records[id_] = {**copy.deepcopy(before), "is_deleted": True, "updated_at": int(now)}
        self.deleted[id_] = now

    def restore(self, id_: int, now: float) -> None:
        """Takes a contact out of the Recycle Bin."""
        before = self.records[id_]
        self._noted(id_, before)
        del self.deleted[id_]
        self.records[id_] = {**copy.deepcopy(before), "is_deleted": False, "updated_at": int(now)}
        self._index(self.records[id_])

    def purge(self, id_: int) -> None:
        """Removes a contact without a trace."""
        self._noted(id_, self.records[id_])
        del self.records[id_]
        self.deleted.pop(id_, None)

    def hide(self, id_: int) -> None:
        """Takes a contact out of the sight of the key's user."""
        self.invisible.add(id_)
        self.version += 1

    def show(self, id_: int) -> None:
        """Brings a hidden contact back into sight."""
        self.invisible.discard(id_)
        self.version += 1

    def purge_old(self, now: float) -> None:
        """Empties the Recycle Bin of what lay there for 90 days."""
        for id_ in [id_ for id_, at in self.deleted.items() if now - at > _BIN_SECONDS]:
            self.purge(id_)

    def settle(self, now: float) -> None:
        """Does the work of bulk jobs that are due."""
        for job in self.jobs.values():
            if job.result is None and now >= job.due:
                job.result = job.work()

    def _noted(self, id_: int, before: Record | None) -> None:
        self.version += 1
        self._wrote(str(id_), before)
        for mail in before["emails"] if before else ():
            if self._by_email.get(mail["value"].casefold()) == id_:
                del self._by_email[mail["value"].casefold()]

    def _index(self, record: Record) -> None:
        for mail in record["emails"]:
            self._by_email[mail["value"].casefold()] = record["id"]
