"""Two syncs of one Freshsales account, each run by four processes at once: what the account's server sees of them."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.apps.memory import Book
from contactsync.errors import LockBusy
from contactsync.ledger.connect import make_engine
from contactsync.ledger.metadata import LedgerMetadata
from contactsync.ledger.rates import LedgerBudget
from contactsync.ledger.store import Ledger
from contactsync.model.app import Rate
from contactsync.model.exchange import Ref
from contactsync.model.spec import ProjectSpec, Side, SideSpec, SyncSpec
from contactsync.model.stages import RunKind, RunRequest
from contactsync.pipeline import Workplace, run_sync
from contactsync.rest.services import Services, utc_now
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.wire import Reply, Request
from ledger_rows import in_processes
from local_artefacts import LocalArtefacts
from world import mail, memory_spec

SYNCS, PROCESSES, ADDED, READ = 2, 4, 2, 6
WINDOW, LIMIT, SHARE = 2.0, 16, 0.75  # of the account; its limits of an hour and a minute, in small
BY = "X-Run"


class Watched(FreshsalesSandbox):
    """An account that notes by which run each writing request came."""

    def start(self) -> Watched:
        self.writers: list[str] = []
        return super().start()

    def admit(self, request: Request) -> Reply | None:
        if request.method != "GET" and "filtered_search" not in request.path:
            self.writers.append(request.headers.get(BY) or "nobody")
        return super().admit(request)


class Artefacts(LocalArtefacts):
    """A run's own files; only the state file is shared."""

    def __init__(self, root: Path, run: str) -> None:
        super().__init__(root)
        self.run = run

    def write(self, name: str, frame: Any, header: Any) -> Any:
        return super().write(f"{self.run}-{name}", frame, header)


def spec_of(root: Path, sync: int) -> SyncSpec:
    left = SideSpec("freshsales", "crm", {"lag_seconds": 0})
    right = SideSpec("memory", f"book_{sync}", {"path": str(root / f"book_{sync}.json")})
    return replace(memory_spec(left=left, right=right), id=f"sync-{sync}")


def place_of(root: Path, sync: int, url: str, crm: dict[str, str], run: str) -> Workplace:
    """As a process of its own has it: it knows nothing but what lies in the ledger."""
    engine = make_engine(url)
    services = Services(
        budget=LedgerBudget(engine),
        metadata=LedgerMetadata(engine, utc_now),
        rate_share=SHARE,
        sleep=lambda seconds: time.sleep(min(seconds, 0.2)),  # who waits half a minute for an account waits shorter
    )
    spec = spec_of(root, sync)
    session = requests.Session()
    session.headers[BY] = run

    def app(side: Side) -> App:
        half = spec.side(side)
        kind = load_app(half.app)
        access = Access(half.connection, crm if half.app == "freshsales" else {}, session, services)
        opened = kind(access, kind.Options(**half.options))
        if half.app == "freshsales":
            vars(opened)["info"] = replace(opened.info, caps=replace(opened.info.caps, rates=(Rate(LIMIT, WINDOW),)))
        else:
            added_to(Book(root / f"book_{sync}.json"), opened, run)
        return opened

    return Workplace(spec, ProjectSpec(), app, Ledger(engine, utc_now), Artefacts(root, run), utc_now, lambda _: False)


def added_to(book: Book, app: App, run: str) -> None:
    """Somebody adds contacts to the book just before this run reads it."""
    pull = app.pull

    def add_and_pull(start: Any) -> Any:
        for n in range(ADDED):
            address = f"{run}-{n}@example.org"
            book.put(f"{run}-{n}", {"names.given": "Ada", "names.family": run, "emails": mail(address)})
        return pull(start)

    vars(app)["pull"] = add_and_pull


def one_run(root: Path, sync: int, url: str, crm: dict[str, str], run: str) -> str:
    """Reads, which need no lease, and a run; one that finds its sync busy comes again."""
    place = place_of(root, sync, url, crm, run)
    for _ in range(READ):
        list(place.app(Side.LEFT).fetch([Ref("1")]))
    until = time.monotonic() + 50
    while time.monotonic() < until:
        try:
            return "ok" if run_sync(place, RunRequest(run, run, RunKind.CLI)).ok else "failed"
        except LockBusy:
            time.sleep(0.1)
    return "never had its turn"


def fullest_window(server: FreshsalesSandbox) -> int:
    """The most requests that arrived within any window, wherever it begins."""
    times = sorted(seen.at for seen in server.counters.log)
    return max(sum(begin <= at < begin + WINDOW for at in times) for begin in times)


def test_eight_processes_keep_an_accounts_limit_and_write_one_run_after_the_other(
    tmp_path: Path, ledger_url: str
) -> None:
    with Watched() as server:
        server.knobs.update({"per_window": LIMIT, "window_seconds": WINDOW})
        crm = {"subdomain": f"{server.url}/crm/sales", "api_key": server.api_key}
        runs = [(sync, f"s{sync}p{n}") for n in range(PROCESSES) for sync in range(SYNCS)]
        orders: list[tuple[Any, ...]] = [(tmp_path, sync, ledger_url, crm, run) for sync, run in runs]

        assert in_processes(one_run, orders) == ["ok"] * SYNCS * PROCESSES

        assert server.counters.throttled == 0
        assert fullest_window(server) <= LIMIT
        turns = [run for run, _ in itertools.groupby(server.writers)]
        assert len(turns) == len(set(turns)), "two loads wrote to one account in turn"
        emails = [c["email"] for c in server.contacts()]
        assert len(emails) == len(set(emails)) == ADDED * len(runs)
        assert set(turns) == {run for _, run in runs}
