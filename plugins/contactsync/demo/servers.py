"""The three apps of the demo, up and seeded, and how Airflow is to reach them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contactsync.demo.address_book import USER, AddressBook, Radicale
from contactsync.demo.cast import Cast, first_cast
from contactsync.demo.hands import FreshsalesHand, GoogleHand, Hand
from contactsync.demo.processes import Program
from contactsync.demo.sandboxes import Sandboxes
from contactsync.demo.vcards import KEPT
from contactsync.sandbox.server import PERMITTED

Json = dict[str, Any]


@dataclass(frozen=True)
class Apps:
    """Freshsales, Google and the address book, with those who use them."""

    freshsales: FreshsalesHand
    google: GoogleHand
    book: AddressBook
    facts: Json
    cast: Cast
    programs: tuple[Program, ...]

    @property
    def hands(self) -> tuple[Hand, ...]:
        """All three."""
        return (self.freshsales, self.google, self.book)

    def writes(self) -> dict[str, int]:
        """Mutating requests so far, by app."""
        return {hand.app: hand.writes() for hand in self.hands}

    def connections(self) -> dict[str, Json]:
        """The Airflow connections that the shipped syncs name."""
        crm, google = self.facts["freshsales"], self.facts["google"]
        extra = {"refresh_token": google["refresh_token"], "token_url": google["token_uri"], **PERMITTED}
        return {
            "freshsales_acme": {
                "conn_type": "freshsales",
                "host": crm["url"],
                "password": crm["api_key"],
                "extra": PERMITTED,
            },
            "google_alex": {
                "conn_type": "google_contacts",
                "host": google["url"],
                "login": google["client_id"],
                "password": google["client_secret"],
                "extra": extra,
            },
            "carddav_team": {
                "conn_type": "carddav",
                "host": self.book.server.url,
                "login": USER,
                "password": self.book.server.password,
                "extra": PERMITTED,
            },
        }

    def secrets(self) -> list[str]:
        """What must be found nowhere."""
        google = self.facts["google"]
        own = [self.facts["freshsales"]["api_key"], self.book.server.password]
        return [*own, google["client_secret"], google["refresh_token"]]

    def ports(self) -> list[int]:
        """The ports they listen on."""
        urls = (self.facts["freshsales"]["url"], self.facts["google"]["url"], self.book.server.url)
        return [port for url in urls if (port := urlsplit(url).port)]


def start_apps(folder: Path, stack: ExitStack) -> Apps:
    """Start and seed them; `stack` stops them. Errors: DemoError."""
    sandboxes, radicale, cast = Sandboxes(folder), Radicale(folder / "radicale"), first_cast()
    stack.callback(sandboxes.program.stop)
    stack.callback(radicale.program.stop)
    facts = sandboxes.start()
    radicale.start()
    book = AddressBook(radicale)
    book.seed(cast.book, KEPT)
    hands = FreshsalesHand(facts["freshsales"]["url"]), GoogleHand(facts["google"]["url"])
    return Apps(*hands, book, facts, cast, (sandboxes.program, radicale.program))
