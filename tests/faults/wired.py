"""The shipped syncs with a faulty wire to one of the three apps, and somebody who types into the other one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contactsync.errors import ContactsyncError
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.model.spec import DeletionPolicy, Side
from faulty_wire import FaultyWire
from radicale_server import RadicaleServer
from views import differences, links, waiting
from world import Hub, World, hub_of, open_app, services_on

APPS = ("freshsales", "google", "carddav")
CREATE = {"freshsales": "POST .*/contacts", "google": "POST .*batchCreateContacts", "carddav": "PUT .*vcf"}
UPDATE = {"freshsales": "PUT .*/contacts", "google": "POST .*batchUpdateContacts", "carddav": "PUT .*vcf"}
DELETE = {"freshsales": "DELETE .*/contacts", "google": "POST .*batchDeleteContacts", "carddav": "DELETE .*vcf"}
READ = {
    "freshsales": "(GET|POST) .*/(contacts/view|filtered_search)",
    "google": "GET .*/connections",
    "carddav": "REPORT",
}


@dataclass
class Wired:
    """A sync that writes to `app` over `wire`."""

    app: str
    hub: Hub
    wire: FaultyWire
    world: World
    given: Mapping[str, Mapping[str, str]]  # credentials over the wire, by app

    # ---- whoever types into the other app

    @property
    def from_google(self) -> bool:
        return self.app == "freshsales"

    def add(self, name: str) -> None:
        address = f"{name.replace(' ', '-')}@example.org"
        if self.from_google:
            self.hub.google.add_contact({"names": [{"givenName": name}], "emailAddresses": [{"value": address}]})
        else:
            self.hub.freshsales.add_contact({"first_name": name, "last_name": "Muster", "emails": address})

    def entitle(self, name: str) -> None:
        """Give a person the name as a job title."""
        if self.from_google:
            self.hub.google.edit_contact(self.source(name), {"organizations": [{"title": name}]})
        else:
            self.hub.freshsales.edit_contact(self.source(name), {"job_title": name})

    def remove(self, name: str) -> None:
        server = self.hub.google if self.from_google else self.hub.freshsales
        server.delete_contact(self.source(name))

    def source(self, name: str) -> str:
        """The id of a person in the app that is typed into."""
        if self.from_google:
            found = [c["resourceName"] for c in self.hub.google.contacts() if c["names"][0]["givenName"] == name]
        else:
            found = [str(c["id"]) for c in self.hub.freshsales.contacts() if c["first_name"] == name]
        (one,) = found
        return one

    # ---- what the app behind the wire holds

    def there(self) -> list[str]:
        """The given names in the app, sorted."""
        if self.app == "freshsales":
            return sorted(c["first_name"] for c in self.hub.freshsales.contacts())
        if self.app == "google":
            return sorted(c["names"][0]["givenName"] for c in self.hub.google.contacts())
        return sorted(_line(card, "N").split(";")[1] for card in self.cards())

    def titles(self) -> list[str]:
        """The job titles in the app, sorted."""
        if self.app == "freshsales":
            return sorted(c["job_title"] for c in self.hub.freshsales.contacts() if c["job_title"])
        if self.app == "google":
            return sorted(c["organizations"][0]["title"] for c in self.hub.google.contacts() if c.get("organizations"))
        return sorted(title for card in self.cards() if (title := _line(card, "TITLE")))

    def cards(self) -> list[str]:
        assert self.hub.book is not None
        return [self.hub.book.get(name) for name in self.hub.book.names()]

    # ---- runs

    def run(self, **asked: Any) -> ContactsyncError | None:
        """A run, and the error that it ended with."""
        try:
            self.world.run(**asked)
        except ContactsyncError as error:
            return error
        return None

    def rest(self, runs: int = 8) -> None:
        """Runs on a sound wire until nothing is open; then one more, which writes nothing."""
        self.wire.mend()
        for _ in range(runs):
            assert self.run() is None
            if not waiting(self.world):
                break
        assert not waiting(self.world)
        assert differences(self.world) == {}
        before = self.state()
        assert self.run() is None
        assert self.state() == before

    def state(self) -> list[Any]:
        cards = sorted(self.cards()) if self.app == "carddav" else []
        return [self.hub.freshsales.contacts(), self.hub.google.contacts(), cards]

    def assert_once(self, names: list[str]) -> None:
        """Each of these is in the app once, linked, and nobody else."""
        assert self.there() == sorted(names)
        assert len(links(self.world)) == len(names)
        assert not self.world.held()


@contextmanager
def wired(root: Path, app: str, radicale: RadicaleServer, *, patience: float = 30.0) -> Iterator[Wired]:
    """Empty accounts; deletions are carried over, those in Freshsales by its Recycle Bin.

    `patience`: seconds for which a run waits for a locked ledger.
    """
    book = radicale.home().book() if app == "carddav" else None
    with hub_of(root, book=book) as hub:
        hub.ledger = Ledger(make_engine(f"sqlite:///{root / 'ledger.db'}?timeout={patience}"), hub.clock)
        hub.services = services_on(hub.ledger, hub.clock)
        target = {"freshsales": hub.freshsales.url, "google": hub.google.url, "carddav": book.url if book else ""}[app]
        with FaultyWire(target) as wire:
            name = "freshsales-carddav" if app == "carddav" else "freshsales-google"
            world = hub.world(name, deletions=dict.fromkeys(Side, DeletionPolicy.DELETE))
            bin_read = {**world.spec.left.options, "recycle_bin": "Recycle Bin"}
            world.with_spec(left=replace(world.spec.left, options=bin_read))
            given = over(wire, app, hub)
            world.open_app = lambda side: open_app(world.spec, side, given, hub.services)
            yield Wired(app, hub, wire, world, given)


def over(wire: FaultyWire, app: str, hub: Hub) -> dict[str, Mapping[str, str]]:
    """The hub's credentials with the wire in place of one server."""
    given = hub.credentials()
    match app:
        case "freshsales":
            given["freshsales"] = {**given["freshsales"], "subdomain": f"{wire.url}/crm/sales"}
        case "google":
            given["google_contacts"] = {**given["google_contacts"], "host": wire.url}
        case "carddav":
            given["carddav"] = {**given["carddav"], "host": wire.url}
    return given


def _line(card: str, name: str) -> str:
    found = [line for line in card.splitlines() if line.split(":")[0].split(";")[0] == name]
    return found[0].partition(":")[2] if found else ""
