"""How soon an edit in one app arrives in the other, at a schedule of one minute under Airflow's own scheduler.

Freshsales <-> Google Contacts as shipped, LocalExecutor, PostgreSQL for Airflow's metadata, servers of this process
that speak the vendors' APIs. People edit job titles in both apps in turn, at random moments, each contact once.

    python bench/bench_latency.py        12 edits, about four minutes; a number after it: so many edits
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from contactsync.demo.airflow_server import AirflowServer
from contactsync.ledger.migrate import upgrade
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.people import PeopleSandbox
from contactsync.sandbox.server import PERMITTED
from live_airflow import LOOK, PATIENCE, SHIPPED, live_airflow, shipped, until

DAG = f"contactsync__{SHIPPED}"
APART = 10.0  # seconds between two edits, on average


@dataclass
class Apps:
    """Both accounts, and who edits there."""

    freshsales: FreshsalesSandbox
    google: PeopleSandbox
    edited: dict[str, tuple[str, float]] = field(default_factory=dict)  # title -> (where, when)

    def fill(self, people: int) -> None:
        """So many persons in Freshsales."""
        for n in range(people):
            self.freshsales.add_contact(
                {"first_name": f"Uma{n}", "last_name": "Beispiel", "emails": f"uma{n}@example.org"}
            )

    def edit(self, number: int, to: str) -> None:
        """Somebody gives a person a title that nobody has."""
        title = f"title {number}"
        mail = f"uma{number}@example.org"
        if to == "google":
            (one,) = (c for c in self.freshsales.contacts() if c["emails"][0]["value"] == mail)
            self.freshsales.edit_contact(str(one["id"]), {"job_title": title})
        else:
            (one,) = (c for c in self.google.contacts() if c["emailAddresses"][0]["value"] == mail)
            self.google.edit_contact(one["resourceName"], {"organizations": [{"title": title}]})
        self.edited[title] = (to, time.monotonic())

    def titles(self, where: str) -> set[str]:
        """All job titles of an app."""
        if where == "google":
            return {c["organizations"][0]["title"] for c in self.google.contacts() if c.get("organizations")}
        return {c["job_title"] for c in self.freshsales.contacts() if c["job_title"]}

    def connections(self) -> dict[str, dict[str, Any]]:
        """As Airflow has them."""
        google = self.google.credentials()
        extra = {"refresh_token": google["refresh_token"], "token_url": google["token_uri"], **PERMITTED}
        return {
            "freshsales_acme": {
                "conn_type": "freshsales",
                "host": self.freshsales.url,
                "password": self.freshsales.api_key,
                "extra": PERMITTED,
            },
            "google_alex": {
                "conn_type": "google_contacts",
                "host": self.google.url,
                "login": google["client_id"],
                "password": google["client_secret"],
                "extra": extra,
            },
        }


def main(edits: int) -> None:
    """Prints how long edits took, and whether the goal is met."""
    chance = random.Random(7)
    temporary = tempfile.TemporaryDirectory(prefix="contactsync-latency-")
    with temporary as folder, FreshsalesSandbox() as crm, PeopleSandbox() as google:
        apps = Apps(crm, google)
        apps.fill(edits)
        sync = shipped()
        sync["dag"]["schedule"] = "* * * * *"
        with live_airflow(Path(folder), [sync], apps.connections()) as server:
            took = measured(server, apps, edits, chance)
    tell(took)


def measured(server: AirflowServer, apps: Apps, edits: int, chance: random.Random) -> list[float]:
    """Seconds from each edit to its arrival."""
    server.start()
    server.ledger.parent.mkdir()
    upgrade(f"sqlite:///{server.ledger}")
    server.await_healthy([DAG], print, PATIENCE)
    server.rest.pause(DAG, paused=False)
    until(lambda: len(apps.google.contacts()) == edits, server)
    took: list[float] = []
    due, number = time.monotonic(), 0
    while len(took) < edits:
        if number < edits and time.monotonic() >= due:
            apps.edit(number, ("google", "freshsales")[number % 2])
            number, due = number + 1, time.monotonic() + chance.uniform(0, 2 * APART)
        for title, (where, at) in list(apps.edited.items()):
            if title in apps.titles(where):
                took.append(time.monotonic() - at)
                del apps.edited[title]
        if any(time.monotonic() - at > PATIENCE for _, at in apps.edited.values()):
            raise SystemExit(f"an edit did not arrive within {PATIENCE:g} s\n{server.program.tail()}")
        time.sleep(LOOK)
    return took


def tell(took: list[float]) -> None:
    """The figures."""
    cuts = quantiles(took, n=20, method="inclusive")
    print(f"{len(took)} edits at a schedule of 60 s: median {median(took):.0f} s, p95 {cuts[-1]:.0f} s, "
          f"longest {max(took):.0f} s, shortest {min(took):.0f} s; goal: p95 <= 80 s")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
