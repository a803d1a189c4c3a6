"""A real Radicale with one address book on it, and the phone of somebody who uses it."""

from __future__ import annotations

import re
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

import requests

from contactsync.demo.cast import full_name
from contactsync.demo.hands import Entry
from contactsync.demo.processes import DemoError, Program, free_port, listening
from contactsync.demo.vcards import Line, card_of, read, with_text
from contactsync.sandbox.people_data import Person

USER = "team"
_SECONDS = 30.0
_START = 20.0
_CONFIG = """\
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[logging]
level = info
"""
_REQUEST = re.compile(r"(\w+) request for '[^']*' received from \S+ .*using '([^']*)'")
_READS = {"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"}
PHONE = "phone-of-the-demo"  # how our own requests are told apart in the server's log


class Radicale:
    """The server process. Its files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port(5232)
        self.password = secrets.token_urlsafe(12)
        config = str(folder / "config")
        self.program = Program(
            "Radicale", [sys.executable, "-m", "radicale", "--config", config], folder, folder / "log"
        )

    @property
    def url(self) -> str:
        """The server's root."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start and wait until it listens. Errors: DemoError."""
        self.folder.mkdir(parents=True)
        (self.folder / "config").write_text(_CONFIG.format(port=self.port, folder=self.folder))
        (self.folder / "users").write_text(f"{USER}:{self.password}\n")
        self.program.start()
        until = time.monotonic() + _START
        while not listening([self.port]):
            self.program.check()
            if time.monotonic() > until:
                raise DemoError(f"Radicale was not ready after {_START:g} s.\n{self.program.tail()}")
            time.sleep(0.1)

    def writes(self) -> int:
        """Mutating requests so far, those of the demo's own phone left out; the server's log has them all."""
        return sum(method not in _READS and PHONE not in agent for method, agent in self._requests())

    def _requests(self) -> Iterator[tuple[str, str]]:
        for line in self.program.log.read_text(errors="replace").splitlines():
            found = _REQUEST.search(line)
            if found:
                yield found[1], found[2]


class AddressBook:
    """The team's address book, as a phone shows it; a `Hand`."""

    app = "Address book"

    def __init__(self, server: Radicale) -> None:
        self.server = server
        self.url = f"{server.url}{USER}/contacts/"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (USER, server.password)
        self.session.headers["User-Agent"] = PHONE

    def seed(self, persons: Sequence[Person], extra: Sequence[str]) -> None:
        """Make the book of these persons; all their cards have some extra lines."""
        cards = "".join(card_of(p, f"demo-{p.number}", extra) for p in persons)
        self._send("PUT", "", cards)

    def entries(self) -> list[Entry]:
        """All contacts."""
        return [_entry(name, card) for name, card in self.cards().items()]

    def cards(self) -> dict[str, str]:
        """File name -> card."""
        reply = self._send("PROPFIND", "", Depth="1")
        hrefs = re.findall(r"<href>([^<]+\.vcf)</href>", reply.text)
        names = [unquote(href).rpartition("/")[2] for href in hrefs]
        return {name: self._send("GET", name).content.decode() for name in names}

    def retitle(self, key: str, title: str) -> None:
        """Type another job title."""
        card = self._send("GET", key).content.decode()
        self._send("PUT", key, with_text(card, "TITLE", title))

    def add(self, person: Person) -> None:
        """Type a new contact."""
        uid = f"demo-{person.number}"
        self._send("PUT", f"{uid}.vcf", card_of(person, uid))

    def delete(self, key: str) -> None:
        """Delete a contact."""
        self._send("DELETE", key)

    def writes(self) -> int:
        """Mutating requests of others so far."""
        return self.server.writes()

    def _send(self, method: str, name: str, body: str = "", **headers: str) -> requests.Response:
        given = {"Content-Type": "text/vcard; charset=utf-8", **headers}
        reply = self.session.request(method, self.url + name, data=body.encode(), headers=given, timeout=_SECONDS)
        reply.raise_for_status()
        return reply


def _entry(name: str, card: str) -> Entry:
    lines = read(card)
    family, given, *_ = [*_first(lines, "N").parts, "", ""]
    emails = frozenset(line.text.casefold() for line in lines if line.name == "EMAIL")
    return Entry(name, full_name(given, family), _first(lines, "TITLE").text, emails)


def _first(lines: Sequence[Line], name: str) -> Line:
    return next((line for line in lines if line.name == name), Line(name, "", ""))
