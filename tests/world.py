"""Whole runs of syncs without Airflow: accounts, a ledger and a clock.

World   one sync between two memory books, or between other apps given by `open_app`
Hub     the shipped syncs over the local servers: one Freshsales, a Google account, an address book on Radicale
"""

from __future__ import annotations

import functools
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.apps.memory import BOOKS, Book
from contactsync.ledger.connect import make_engine
from contactsync.ledger.metadata import LedgerMetadata
from contactsync.ledger.migrate import upgrade
from contactsync.ledger.rates import LedgerBudget
from contactsync.ledger.store import Ledger
from contactsync.ledger.tokens import LedgerTokens
from contactsync.mapping.loader import load_sync
from contactsync.model.ledger import RunRow
from contactsync.model.plan import Hold
from contactsync.model.spec import DagSpec, Limit, Limits, ProjectSpec, Side, SideSpec, SyncSpec
from contactsync.model.stages import Artefacts, RunKind, RunRequest, Summary
from contactsync.orchestration.shipped_apps import ShippedApps
from contactsync.pipeline import Workplace, run_sync
from contactsync.rest.services import MemoryMetadata, Services
from contactsync.sandbox.freshsales import FreshsalesKnobs, FreshsalesSandbox
from contactsync.sandbox.people import PeopleSandbox
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.server import Sandbox
from local_artefacts import LocalArtefacts
from radicale_server import PASSWORD, RadicaleBook

ENDLESS = Limit(10**6)
WIDE = Limits(ENDLESS, ENDLESS, ENDLESS, ENDLESS, ENDLESS)
MAPPINGS = Path(__file__).parent.parent / "include" / "mappings"
FERNET_KEY = "c2l4dGVlbi1ieXRlcy1zaXh0ZWVuLWJ5dGVzLXRlc3Q="


@dataclass
class Clock:
    """A clock that moves only when told: by a test, by each run, by whoever sleeps."""

    now: datetime = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **kwargs: float) -> None:
        self.now += timedelta(**kwargs)

    def sleep(self, seconds: float) -> None:
        self.forward(seconds=seconds)

    def seconds(self) -> float:
        return self.now.timestamp()


_NAMES = itertools.count(1)


@dataclass
class World:
    """One sync. `step`: seconds that pass before each run."""

    root: Path
    spec: SyncSpec = field(default_factory=lambda: memory_spec())
    clock: Clock = field(default_factory=Clock)
    ledger: Ledger | None = None
    services: Services | None = None
    open_app: Callable[[Side], App] | None = None
    artefacts: Artefacts | None = None
    project: ProjectSpec = field(default_factory=ProjectSpec)
    step: float = 60.0
    number: int = 0

    def __post_init__(self) -> None:
        if self.ledger is None:
            self.ledger = new_ledger(self.root / "ledger.db", self.clock)
        self.services = self.services or Services(metadata=MemoryMetadata(), clock=self.clock, sleep=self.clock.sleep)
        self.artefacts = self.artefacts or LocalArtefacts(self.root)
        for side in Side:
            connection = self.spec.side(side).connection
            if self.spec.side(side).app == "memory" and connection not in BOOKS:
                BOOKS[connection] = Book(clock=self.clock)

    @property
    def known(self) -> Ledger:
        assert self.ledger is not None
        return self.ledger

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
        assert self.services is not None
        return kind(Access(half.connection, {}, services=self.services), kind.Options(**half.options))

    def place(self, *, ended: bool = True) -> Workplace:
        assert self.artefacts is not None
        return Workplace(
            self.spec, self.project, self.app, self.known, self.artefacts, self.clock, lambda _owner: ended
        )

    def request(self, **asked: Any) -> RunRequest:
        """The next run; the clock moves on by `step`."""
        self.number += 1
        self.clock.forward(seconds=self.step)
        run_id = f"{self.spec.id}-{self.number}"
        return RunRequest(run_id, f"test {run_id}", RunKind.CLI, **asked)

    def run(self, **asked: Any) -> Summary:
        return run_sync(self.place(), self.request(**asked))

    def writes(self) -> int:
        return self.left.writes + self.right.writes

    def last(self) -> RunRow:
        return self.known.runs(self.spec.id, 1)[0]

    def held(self) -> list[Hold]:
        return [hold for hold, _ in self.known.holds(self.spec.id)]

    def with_spec(self, **changes: Any) -> None:
        self.spec = replace(self.spec, **changes)


def new_ledger(path: Path, clock: Clock) -> Ledger:
    path.write_bytes(empty_ledger())
    return Ledger(make_engine(f"sqlite:///{path}"), clock)


@functools.cache
def empty_ledger() -> bytes:
    """Migrating takes longer than most runs."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/ledger.db")
        upgrade(engine)
        engine.dispose()
        return Path(folder, "ledger.db").read_bytes()


def lose_the_ledger(world: World) -> None:
    """The database is gone; the state file beside the artefacts is still there."""
    world.known._engine.dispose()
    for file in world.root.glob("ledger.db*"):
        file.unlink()
    world.ledger = new_ledger(world.root / "ledger.db", world.clock)
    assert world.services is not None
    world.services = replace(world.services, metadata=MemoryMetadata())


def services_on(ledger: Ledger, clock: Clock) -> Services:
    """Budget, tokens and metadata in the ledger, as in production, on the test's clock."""
    engine = ledger._engine
    return Services(
        budget=LedgerBudget(engine, clock),
        tokens=LedgerTokens(engine, FERNET_KEY),
        metadata=LedgerMetadata(engine, clock),
        clock=clock,
        sleep=clock.sleep,
    )


def open_app(spec: SyncSpec, side: Side, credentials: Mapping[str, Mapping[str, str]], services: Services) -> App:
    """The app of a side; `credentials` by app."""
    half = spec.side(side)
    kind = load_app(half.app)
    return kind(Access(half.connection, credentials.get(half.app, {}), services=services), kind.Options(**half.options))


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


# ---- the shipped syncs


def shipped(name: str) -> SyncSpec:
    """A sync of include/mappings, as its file says but for the limits of the Freshsales plan and of changes."""
    spec = load_sync(MAPPINGS / f"{name}.yaml", MAPPINGS, ShippedApps())
    roomy = {"minute_limit": 100_000, "hourly_limit": 100_000}  # as an account with a larger plan
    return replace(spec, left=replace(spec.left, options={**spec.left.options, **roomy}), limits=WIDE)


@dataclass
class Hub:
    """One Freshsales account that two syncs share. Its servers, ledger and services run on one clock."""

    root: Path
    clock: Clock
    freshsales: FreshsalesSandbox
    google: PeopleSandbox
    book: RadicaleBook | None = None
    step: float = 900.0

    def __post_init__(self) -> None:
        self.ledger = new_ledger(self.root / "ledger.db", self.clock)
        self.services = services_on(self.ledger, self.clock)

    def world(self, name: str, **changes: Any) -> World:
        """The shipped sync of that name (`freshsales-google`, `freshsales-carddav`)."""
        world = World(
            self.root, replace(shipped(name), **changes), self.clock, self.ledger, self.services, step=self.step
        )
        world.open_app = lambda side: open_app(world.spec, side, self.credentials(), self.services)
        return world

    def credentials(self) -> dict[str, Mapping[str, str]]:
        """By app."""
        google = self.google.credentials()
        given: dict[str, Mapping[str, str]] = {
            "freshsales": {"subdomain": f"{self.freshsales.url}/crm/sales", "api_key": self.freshsales.api_key},
            "google_contacts": {**google, "token_url": google["token_uri"], "host": self.google.url},
        }
        if self.book is not None:
            given["carddav"] = {"host": self.book.url, "login": self.book.user, "password": PASSWORD}
        return given

    @property
    def servers(self) -> tuple[Sandbox, ...]:
        return (self.freshsales, self.google)

    def reset_counters(self) -> None:
        for server in self.servers:
            server.reset_counters()

    def writes(self) -> int:
        """Mutating requests since the last reset."""
        return sum(server.counters.writes for server in self.servers)


@contextmanager
def hub_of(
    root: Path,
    *,
    freshsales: FreshsalesKnobs | None = None,
    google: PeopleKnobs | None = None,
    book: RadicaleBook | None = None,
) -> Iterator[Hub]:
    """A hub whose servers run as long as the block."""
    clock = Clock()
    with (
        FreshsalesSandbox(knobs=freshsales, clock=clock.seconds) as crm,
        PeopleSandbox(knobs=google, clock=clock.seconds) as people,
    ):
        yield Hub(root, clock, crm, people, book)
