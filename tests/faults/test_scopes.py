"""What a vendor no longer lets anybody read: a whole account, or one contact."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from contactsync.errors import ContactsyncError
from faulty_wire import Answer
from radicale_server import RadicaleServer
from wired import Wired, wired

NAMES = ["Ada", "Uma", "Eva"]
DAV = "{DAV:}"
CARDS = "{urn:ietf:params:xml:ns:carddav}"


@pytest.fixture
def app() -> str:
    return "google"


@pytest.fixture
def sync(app: str, tmp_path: Path, radicale: RadicaleServer) -> Iterator[Wired]:
    with wired(tmp_path, app, radicale) as sync:
        for name in NAMES:
            sync.add(name)
        yield sync


# ---- no longer to be read


def refused(_head: bytes, _body: bytes) -> tuple[bytes, bytes]:
    """HTTP 403, whatever was asked."""
    words = json.dumps({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "insufficient scopes"}})
    return b"HTTP/1.1 403 Any\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n", words.encode()


@pytest.mark.parametrize("app", ["google", "carddav"])
@pytest.mark.parametrize("full", [False, True], ids=["delta", "complete"])
def test_f18_a_whole_account_that_may_no_longer_be_read_stops_the_run_and_changes_nothing(
    sync: Wired, full: bool
) -> None:
    sync.rest()
    sync.entitle("Ada")
    before = sync.state()
    sync.wire.breaks(".*", refused, times=1000)
    for _ in range(2):
        assert isinstance(sync.run(full_read=full), ContactsyncError)
    assert sync.wire.broken
    assert sync.state() == before
    sync.rest()
    sync.assert_once(NAMES)
    assert sync.titles() == ["Ada"]


def without_person(name: str) -> Answer:
    """Google lists everybody else, and refuses a read of this one by id."""

    def hers(person: Any) -> bool:
        return [n.get("givenName") for n in person.get("names", [])] == [name]

    def answer(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        said = json.loads(body)
        if "connections" in said:
            said["connections"] = [person for person in said["connections"] if not hers(person)]
        for one in said.get("responses", []):
            if hers(one.get("person", {})):
                del one["person"]
                one.update(httpStatusCode=403, status={"code": 7, "message": "not for you"})
        return head, json.dumps(said).encode()

    return answer


@pytest.mark.parametrize("app", ["google"])
def test_f18_a_contact_that_may_no_longer_be_read_is_neither_deleted_nor_cleared(sync: Wired) -> None:
    sync.rest()
    before = sync.hub.freshsales.contacts()
    sync.wire.breaks("GET .*", without_person("Ada"), times=1000)
    for full in (True, False, True):
        assert sync.run(full_read=full) is None
        assert sync.hub.freshsales.contacts() == before
    assert sync.wire.broken
    sync.rest()
    sync.assert_once(NAMES)
    sync.entitle("Ada")
    sync.rest()
    assert sync.titles() == ["Ada"]


def without_card(name: str, listed: bool) -> Answer:
    """The server refuses to show this card; `listed`: its path stays in listings."""

    def answer(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        zipped = body.startswith(b"\x1f\x8b")
        tree = ElementTree.fromstring(gzip.decompress(body) if zipped else body)
        for found in tree.findall(f"{DAV}response"):
            if not (found.findtext(f"{DAV}href") or "").endswith(f"/{name}.vcf"):
                continue
            if found.find(f".//{CARDS}address-data") is not None:
                for kept in found.findall(f"{DAV}propstat"):
                    found.remove(kept)
                ElementTree.SubElement(found, f"{DAV}status").text = "HTTP/1.1 403 Forbidden"
            elif not listed:
                tree.remove(found)
        changed = ElementTree.tostring(tree)
        return head, gzip.compress(changed) if zipped else changed

    return answer


@pytest.mark.parametrize("app", ["carddav"])
@pytest.mark.parametrize("edited", [False, True], ids=["as it was", "edited"])
@pytest.mark.parametrize("listed", [False, True], ids=["not listed", "listed"])
def test_f18_a_card_that_may_no_longer_be_read_is_neither_deleted_nor_cleared(
    sync: Wired, listed: bool, edited: bool
) -> None:
    sync.rest()
    assert sync.hub.book is not None
    book, before = sync.hub.book, sync.hub.freshsales.contacts()
    name = next(one for one in book.names() if "Ada" in book.get(one))
    sync.wire.breaks(f"GET .*{name}", refused, times=1000)
    sync.wire.breaks("(REPORT|PROPFIND) .*", without_card(name, listed), times=1000)
    if edited:
        book.put(name, book.get(name).replace("END:VCARD", "TITLE:Captain\r\nEND:VCARD"))
    cards = sorted(sync.cards())
    for full in (False, True, False, True):
        assert sync.run(full_read=full) is None
        assert (sync.hub.freshsales.contacts(), sorted(sync.cards())) == (before, cards)
    assert sync.wire.broken
    sync.wire.mend()
    assert sync.run(full_read=True) is None
    sync.rest()
    sync.assert_once(NAMES)
    titles = {str(one["job_title"]) for one in sync.hub.freshsales.contacts() if one["job_title"]}
    assert titles == ({"Captain"} if edited else set())
