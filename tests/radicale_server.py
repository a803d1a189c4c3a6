"""A real Radicale on a free port of 127.0.0.1, and address books on it, for tests that need a CardDAV server.

def test_it(radicale):  # a pytest plugin: one server a module, a fresh user for each `home()`
    book = radicale.home().book()
    book.put("uma", card("uma", "FN:Uma Muster", "N:Muster;Uma;;;"))
"""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from xml.sax.saxutils import escape

import pytest
import requests

USERS = 200
PASSWORD = "sécret-für-tests"  # beyond ASCII, as real ones are
_CONFIG = """\
[server]
hosts = 127.0.0.1:{port}
max_resource_size = 100000000
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[logging]
level = warning
"""
_MKCOL = (
    '<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop>'
    "<resourcetype><collection/><C:addressbook/></resourcetype><displayname>{title}</displayname>"
    "</prop></set></mkcol>"
)


def card(uid: str, *lines: str) -> str:
    """A vCard 3.0 of these lines."""
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", *lines, "END:VCARD", ""])


@dataclass
class RadicaleBook:
    """One address book, handled as a person's phone would: without the code under test."""

    url: str
    user: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.auth = (self.user.encode(), PASSWORD.encode())

    def request(self, method: str, name: str = "", body: str = "", **headers: str) -> requests.Response:
        """One request below the book; underscores in header names become dashes."""
        given = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.session.request(method, self.url + name, data=body.encode(), headers=given, timeout=30)

    def put(self, name: str, text: str) -> str:
        """Store a card as NAME.vcf; its etag."""
        reply = self.request("PUT", f"{name}.vcf", text, Content_Type="text/vcard")
        reply.raise_for_status()
        return reply.headers["ETag"]

    def get(self, name: str) -> str:
        """The text of NAME.vcf."""
        reply = self.request("GET", f"{name}.vcf")
        reply.raise_for_status()
        return reply.content.decode()

    def delete(self, name: str) -> None:
        """Remove NAME.vcf."""
        self.request("DELETE", f"{name}.vcf").raise_for_status()

    def names(self) -> set[str]:
        """The names of all cards, without .vcf."""
        reply = self.request("PROPFIND", Depth="1")
        hrefs = [part.split("<", 1)[0] for part in reply.text.split("<href>")[1:]]
        return {href.rpartition("/")[2].removesuffix(".vcf") for href in hrefs if href.endswith(".vcf")}


@dataclass
class Home:
    """One user of the server."""

    url: str
    user: str

    def book(self, name: str = "contacts", title: str = "Contacts") -> RadicaleBook:
        """A new empty address book."""
        book = RadicaleBook(f"{self.url}{name}/", self.user)
        book.request(
            "MKCOL", body=_MKCOL.format(title=escape(title)), Content_Type="application/xml"
        ).raise_for_status()
        return book

    def seeded(self, cards: Sequence[str], name: str = "contacts") -> RadicaleBook:
        """A new address book of many cards, by one PUT."""
        book = RadicaleBook(f"{self.url}{name}/", self.user)
        book.request("PUT", body="".join(cards), Content_Type="text/vcard").raise_for_status()
        return book


class RadicaleServer:
    """The server process; a context manager. Its files lie in a temporary folder."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="radicale-")
        self._numbers = itertools.count(1)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        folder = Path(self._folder.name)
        (folder / "config").write_text(_CONFIG.format(port=self.port, folder=folder))
        (folder / "users").write_text("".join(f"user{n}:{PASSWORD}\n" for n in range(1, USERS + 1)))
        command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
        with (folder / "log").open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._await(folder / "log")
        return self

    def _await(self, log: Path) -> None:
        for _ in range(300):
            if self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        self._process.kill()
        raise RuntimeError(f"Radicale did not start:\n{log.read_text()[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # nothing of it is kept, and on a busy machine a polite end takes long
        self._process.wait(timeout=60)
        self._folder.cleanup()

    def home(self) -> Home:
        """A user whom nobody has used yet, without any address book."""
        user = f"user{next(self._numbers)}"
        return Home(f"{self.url}{user}/", user)


@pytest.fixture(scope="module")
def radicale() -> Iterator[RadicaleServer]:
    """One server for the tests of a module."""
    with RadicaleServer() as server:
        yield server
