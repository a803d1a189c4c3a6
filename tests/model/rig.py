"""Runs of one sync in this process, cheap enough for thousands of histories: ledger and artefacts in memory.

The ledger is the real one on SQLite. A process that is killed does nothing more: neither a request nor a commit.
"""

from __future__ import annotations

import itertools
import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
from connector import Connector, Faults
from contactsync import load
from contactsync.apps.base import Access
from contactsync.errors import ContactsyncError
from contactsync.ledger import transactions
from contactsync.ledger.store import Ledger
from contactsync.model.ledger import RunRow
from contactsync.model.spec import ProjectSpec, Side, SyncSpec
from contactsync.model.stages import ArtefactRef, RunKind, RunRequest, Summary
from contactsync.model.undo import UndoOrder
from contactsync.pipeline import Workplace, run_sync, undo_sync
from contactsync.rest import deadline
from contactsync.rest.services import MemoryMetadata, Services
from one_connection import OneEngine
from sqlalchemy import Engine
from vendor import Vendor
from world import Clock, empty_ledger


class Killed(BaseException):
    """The process is dead."""


@cache
def _database() -> tuple[sqlite3.Connection, Engine, bytes]:
    """One connection and one engine for all histories: what SQLAlchemy has compiled is used again."""
    image = bytearray(empty_ledger())
    image[18] = image[19] = 1  # no write-ahead log in memory
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    return connection, cast(Engine, OneEngine(connection)), bytes(image)


class Opened(Ledger):
    """The real ledger on that database, whose schema is the newest."""

    def check(self) -> None:
        """Nothing to look for."""


class Shelf:
    """Artefacts of this process. What is read is a copy: nobody changes what another stage wrote."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[pd.DataFrame, bytes]] = {}
        self.states: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count(1)

    def write(self, name: str, frame: pd.DataFrame, header: Mapping[str, Any]) -> ArtefactRef:
        """Keep it."""
        uri = f"{next(self.numbers)}-{name}"
        self.kept[uri] = (frame, pickle.dumps(header))
        return ArtefactRef(uri, uri, len(frame))

    def read(self, ref: ArtefactRef) -> tuple[pd.DataFrame, dict[str, Any]]:
        """What was kept."""
        frame, header = self.kept[ref.uri]
        return frame.copy(deep=False), pickle.loads(header)

    def write_pieces(self, name: str, pieces: Iterable[pd.DataFrame], header: Mapping[str, Any]) -> ArtefactRef:
        """Keep it, as a whole."""
        return self.write(name, pd.concat(pieces, ignore_index=True), header)

    def read_pieces(self, ref: ArtefactRef) -> tuple[Iterator[pd.DataFrame], dict[str, Any]]:
        """What was kept."""
        frame, header = self.read(ref)
        return iter([frame]), header

    def read_state(self, name: str) -> dict[str, Any] | None:
        """The small file beside the runs."""
        return self.states.get(name)

    def write_state(self, name: str, value: Mapping[str, Any]) -> None:
        """Replace it."""
        self.states[name] = dict(value)


@dataclass
class Process:
    """One run's process: where it dies, where another one comes in between, and how often it got there.

    dies      (place, n): at the n-th request or commit of that kind
    meanwhile  n -> what happens just before the n-th request of any kind
    """

    dies: tuple[str, int] | None = None
    meanwhile: dict[int, Callable[[], None]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    dead: bool = False
    overtaken: bool = False  # another process runs the sync now

    def reach(self, place: str) -> None:
        """At a choke point. Errors: Killed."""
        if self.dead:
            raise Killed
        self.counts[place] = self.counts.get(place, 0) + 1
        if self.dies == (place, self.counts[place]):
            self.dead = True
            raise Killed

    def pause(self) -> None:
        """Before any request: whatever else is to happen just now."""
        if self.dead:
            raise Killed
        self.counts["any"] = self.counts.get("any", 0) + 1
        action = self.meanwhile.pop(self.counts["any"], None)
        if action is not None:
            action()


@dataclass(repr=False)
class Rig:
    """A sync between two vendors, its ledger, and the process that runs it just now."""

    spec: SyncSpec
    clock: Clock
    vendors: Mapping[Side, Vendor]
    faults: Mapping[Side, Faults]
    shelf: Shelf = field(default_factory=Shelf)
    processes: list[Process] = field(default_factory=list)
    ended: bool = True  # what Airflow says of the run that holds a lock
    number: int = 0
    stopped: BaseException | None = None  # what ended the last run that did not see its end

    def __post_init__(self) -> None:
        connection, engine, image = _database()
        connection.deserialize(image)
        self.ledger = Opened(engine, self.clock)
        self.services = Services(metadata=MemoryMetadata(), clock=self.clock, sleep=self.clock.sleep)

    # ---- what the connectors call

    def reading(self, side: str) -> None:
        """A request of any kind is about to leave."""
        self.processes[-1].pause()

    def choke(self, place: str) -> None:
        """A mutating request is under way."""
        if self.processes[-1].overtaken and place == "before":
            raise AssertionError("one writer: a run that lost its lock sends a request that changes something")
        self.processes[-1].reach(f"request:{place}")

    # ---- runs

    def run(self, process: Process | None = None, **asked: Any) -> Summary | str:
        """One run; the name of what stopped it, or `Killed`."""
        return self._guarded(process, lambda request: run_sync(self._place(), request), RunKind.CLI, asked)

    def undo(self, order: UndoOrder, process: Process | None = None) -> Summary | str:
        """An undo, as a run of its own."""
        return self._guarded(
            process, lambda request: undo_sync(self._place(), request, order).summary, RunKind.UNDO, {"by": "somebody"}
        )

    def _guarded(
        self, process: Process | None, work: Callable[[RunRequest], Summary], kind: RunKind, asked: Mapping[str, Any]
    ) -> Summary | str:
        self.number += 1
        request = RunRequest(f"run-{self.number:03d}", f"owner {self.number}", kind, **asked)
        self.processes.append(process or Process())
        try:
            with _hooked(self):
                return work(request)
        except (ContactsyncError, Killed) as error:
            self.stopped = error
            return type(error).__name__
        finally:
            self.processes.pop()

    def _place(self) -> Workplace:
        return Workplace(
            self.spec, ProjectSpec(), self._open, self.ledger, self.shelf, self.clock, lambda _owner: self.ended
        )

    def _open(self, side: Side) -> Connector:
        access = Access(self.spec.side(side).connection, {}, services=self.services)
        return Connector(access, self.vendors[side], self, self.faults[side])

    # ---- the ledger

    def snapshot(self) -> bytes:
        """A backup of the ledger as it is."""
        return _database()[0].serialize()

    def restore(self, backup: bytes) -> None:
        """The ledger as it was then; the files beside it stay."""
        _database()[0].deserialize(backup)

    def last(self) -> RunRow:
        """The newest run."""
        return self.ledger.runs(self.spec.id, 1)[0]

    def writes(self) -> int:
        """Mutating requests so far."""
        return sum(vendor.writes for vendor in self.vendors.values())

    def quiet_since(self, writes: int, refusals: int, listings: int) -> bool:
        """Nothing was written since; what is refused is tried again with every complete listing, and only then."""
        tried = self.count("refusals") - refusals if self.count("listings") > listings else 0
        return self.writes() - tried == writes

    def count(self, what: str) -> int:
        """Refusals or complete listings so far."""
        return sum(getattr(vendor, what) for vendor in self.vendors.values())

    def counts(self) -> tuple[int, int, int]:
        """What `quiet_since` compares with."""
        return self.writes(), self.count("refusals"), self.count("listings")


@contextmanager
def _hooked(rig: Rig) -> Iterator[None]:
    """The ledger's choke point and the processes' clock are the rig's while something runs."""

    def at_commit(here: str) -> None:
        rig.processes[-1].reach(here.rpartition(":")[0])

    time = SimpleNamespace(monotonic=rig.clock.seconds, sleep=rig.clock.sleep)
    kept = transactions._crash, deadline.time, load.time
    transactions._crash, deadline.time, load.time = at_commit, time, time  # type: ignore[assignment]
    try:
        yield
    finally:
        transactions._crash, deadline.time, load.time = kept  # type: ignore[assignment]
