"""One run of a sync in a process of its own, which may be told to die at a point of it."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from contactsync.errors import ContactsyncError
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.model.spec import SyncSpec
from contactsync.rest.choke import CRASH_AT
from world import Clock, Hub, World, open_app, services_on

KILLED = -9
FAILED = 3


@dataclass(frozen=True)
class Order:
    """Which run of what, when, and where it dies ('' = nowhere)."""

    root: Path
    spec: SyncSpec
    now: datetime
    number: int
    crash_at: str = ""
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def crash(world: World, at: str, hub: Hub | None = None) -> int:
    """The next run of this world in another process; its exit code (KILLED where it reached the crash point)."""
    request = world.request()
    order = Order(
        world.root, world.spec, world.clock.now, world.number - 1, at, hub.credentials() if hub is not None else {}
    )
    del request
    # A server that forks: it has imported everything, and unlike this process runs no threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crash_run", "pandas", "pyarrow.parquet", "contactsync.mapping.fields"])
    process = context.Process(target=_run, args=(order,))
    process.start()
    process.join(60)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError("the run did not end within a minute")
    return process.exitcode


def _run(order: Order) -> None:
    os.environ[CRASH_AT] = order.crash_at
    clock = Clock(order.now)
    ledger = Ledger(make_engine(f"sqlite:///{order.root / 'ledger.db'}"), clock)
    services = services_on(ledger, clock)
    world = World(order.root, order.spec, clock, ledger, services, number=order.number, step=0.0)
    world.open_app = lambda side: open_app(order.spec, side, order.credentials, services)
    try:
        world.run()
    except ContactsyncError:
        os._exit(FAILED)
