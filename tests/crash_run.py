"""One run of a sync in a process of its own, which may be told to die at a point of it."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing import forkserver
from pathlib import Path

from contactsync.errors import ContactsyncError
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.model.spec import SyncSpec
from contactsync.model.stages import RunKind
from contactsync.model.undo import UndoOrder
from contactsync.pipeline import undo_sync
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
    undo: UndoOrder | None = None  # what it takes back; None = an ordinary run
    ledger: str = ""  # its database's URL


def crash(world: World, at: str, hub: Hub | None = None, undo: UndoOrder | None = None) -> int:
    """The next run of this world in another process, or an undo; its exit code (KILLED: it reached the crash point)."""
    world.request()  # number and clock move on here as they do there
    credentials = hub.credentials() if hub is not None else {}
    ledger = world.known._engine.url.render_as_string(hide_password=False)
    order = Order(world.root, world.spec, world.clock.now, world.number - 1, at, credentials, undo, ledger)
    context = multiprocessing.get_context("forkserver")
    _ready()
    process = context.Process(target=_run, args=(order,))
    process.start()
    process.join(60)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError("the run did not end within a minute")
    return process.exitcode


def _ready() -> None:
    """Start the server that forks: it has imported everything, and unlike this process runs no threads."""
    forkserver.set_forkserver_preload(["crash_run", "pandas", "pyarrow.parquet", "contactsync.mapping.fields"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)  # Python 3.11 preloads with no other path
    try:
        forkserver.ensure_running()
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


def _run(order: Order) -> None:
    os.environ[CRASH_AT] = order.crash_at
    clock = Clock(order.now)
    ledger = Ledger(make_engine(order.ledger), clock)
    services = services_on(ledger, clock)
    world = World(order.root, order.spec, clock, ledger, services, number=order.number, step=0.0)
    world.open_app = lambda side: open_app(order.spec, side, order.credentials, services)
    try:
        if order.undo is None:
            world.run()
        else:
            undo_sync(world.place(), replace(world.request(), kind=RunKind.UNDO), order.undo)
    except ContactsyncError:
        os._exit(FAILED)
