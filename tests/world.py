"""Two accounts, a ledger and a clock: whole runs of a sync without Airflow."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.apps.memory import BOOKS, Book
from contactsync.ledger.connect import make_engine
from contactsync.ledger.migrate import upgrade
from contactsync.ledger.store import Ledger
from contactsync.model.ledger import RunRow
from contactsync.model.spec import DagSpec, Limit, Limits, ProjectSpec, Side, SideSpec, SyncSpec
from contactsync.model.stages import RunKind, RunRequest, Summary
from contactsync.pipeline import Workplace, run_sync
from contactsync.rest.services import MemoryMetadata, Services
from tests.local_artefacts import LocalArtefacts

WIDE = Limits(Limit(10**6), Limit(10**6), Limit(10**6), Limit(10**6))


@dataclass
class Clock:
    """A clock that moves only when told, or by one second with each run."""

    now: datetime = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **kwargs: float) -> None:
        self.now += timedelta(**kwargs)


_NAMES = itertools.count(1)


@dataclass
class World:
    """A sync between two memory books (or other apps given by `open_app`)."""

    root: Path
    spec: SyncSpec = field(default_factory=lambda: memory_spec())
    clock: Clock = field(default_factory=Clock)
    ledger: Ledger | None = None
    open_app: Callable[[Side], App] | None = None
    number: int = 0

    def __post_init__(self) -> None:
        if self.ledger is None:
            url = f"sqlite:///{self.root / 'ledger.db'}"
            engine = make_engine(url)
            upgrade(engine)
            self.ledger = Ledger(engine, self.clock)
        self.services = Services(metadata=MemoryMetadata(), clock=self.clock, sleep=lambda s: self.clock.forward(seconds=s))
        self.artefacts = LocalArtefacts(self.root)
        for side in Side:
            connection = self.spec.side(side).connection
            if self.spec.side(side).app == "memory":
                BOOKS[connection] = Book(clock=self.clock)

    def book(self, side: Side) -> Book:
        return BOOKS[self.spec.side(side).connection]

    @property
    def left(self) -> Book:
        return self.book(Side.LEFT)

    @property
    def right(self) -> Book:
        return self.book(Side.RIGHT)

    def app(self, side: Side) -> App:
        if self.open_app is not None:
            return self.open_app(side)
        half = self.spec.side(side)
        kind = load_app(half.app)
        return kind(Access(half.connection, {}, services=self.services), kind.Options(**half.options))

    def place(self) -> Workplace:
        assert self.ledger is not None
        return Workplace(
            self.spec, ProjectSpec(), self.app, self.ledger, self.artefacts, self.clock, lambda _owner: True
        )

    def run(self, **asked: Any) -> Summary:
        self.number += 1
        self.clock.forward(seconds=60)
        run_id = f"run-{self.number}"
        return run_sync(self.place(), RunRequest(run_id, f"test {run_id}", RunKind.CLI, **asked))

    def writes(self) -> int:
        return self.left.writes + self.right.writes

    def last(self) -> RunRow:
        assert self.ledger is not None
        return self.ledger.runs(self.spec.id, 1)[0]

    def with_spec(self, **changes: Any) -> None:
        self.spec = replace(self.spec, **changes)


def memory_spec(**changes: Any) -> SyncSpec:
    n = next(_NAMES)
    spec = SyncSpec(
        id="pair",
        left=SideSpec("memory", f"left_{n}"),
        right=SideSpec("memory", f"right_{n}"),
        dag=DagSpec(None),
        limits=WIDE,
    )
    return replace(spec, **changes)


def mail(*addresses: str, label: str = "work") -> list[dict[str, Any]]:
    return [{"value": a, "label": label, "primary": n == 0} for n, a in enumerate(addresses)]
