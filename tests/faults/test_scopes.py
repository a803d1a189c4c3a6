"""What a vendor no longer lets anybody read: a whole account, or one contact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ContactsyncError
from faulty_wire import Answer
from radicale_server import RadicaleServer
from wired import Wired, wired

NAMES = ["Ada", "Uma", "Eva"]
DAV = "{DAV:}"


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
