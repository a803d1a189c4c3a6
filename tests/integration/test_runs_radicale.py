"""An address book that other programs write too: what they wrote survives whatever comes from the other side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contactsync.errors import ServerTrouble
from radicale_server import RadicaleBook, RadicaleServer, card
from views import differences, links
from world import Hub, World, hub_of

FOREIGN = (
    "X-PHONETIC-LAST-NAME:Moos-ter",
    "X-SOCIALPROFILE;TYPE=mastodon:https://social.example/@uma",
    "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAEBAQEBAQEBAQEBAQ==",
    "IMPP;X-SERVICE-TYPE=XMPP:xmpp:uma@muster.example",
    "GEO:52.5;13.4",
    "KEY;ENCODING=b:AAAA",
    "item1.TEL:+49 30 1111111",
    "item1.X-ABLABEL:Allotment",
    "item2.X-ABDATE;TYPE=pref:2015-06-01",
    "item2.X-ABLABEL:_$!<Anniversary>!$_",
)
UMA = (
    "FN:Uma Muster",
    "N:Muster;Uma;;;",
    "EMAIL;TYPE=WORK:uma@muster.example",
    "TEL;TYPE=CELL:+49 170 2222222",
    "TEL;TYPE=WORK,FAX:+49 30 3333333",
    "TITLE:Editor",
    "NOTE:Likes tea",
)


@pytest.fixture
def book(radicale: RadicaleServer) -> RadicaleBook:
    return radicale.home().book()


@pytest.fixture
def hub(tmp_path: Path, book: RadicaleBook) -> Iterator[Hub]:
    with hub_of(tmp_path, book=book) as hub:
        yield hub


def met(hub: Hub, book: RadicaleBook) -> World:
    """The card is known to the sync, and its person in Freshsales too."""
    book.put("uma", card("uma", *UMA, *FOREIGN))
    world = hub.world("freshsales-carddav")
    for _ in range(2):
        assert world.run().ok
    assert len(links(world)) == len(hub.freshsales.contacts()) == 1
    return world


def unfolded(text: str) -> set[str]:
    return set(text.replace("\r\n ", "").replace("\r\n", "\n").splitlines())


def test_everything_foreign_survives_a_change_from_freshsales(hub: Hub, book: RadicaleBook) -> None:
    world = met(hub, book)
    before = unfolded(book.get("uma"))
    crm = links(world)[0].left.contact_id
    hub.freshsales.edit_contact(crm, {"job_title": "Chief editor", "mobile_number": "+49 170 9999999"})
    assert world.run().ok
    after = unfolded(book.get("uma"))
    assert set(FOREIGN) <= after
    assert "TITLE:Chief editor" in after
    gone = {line for line in before - after if not line.startswith("REV")}
    assert gone == {"TITLE:Editor", "TEL;TYPE=CELL:+49 170 2222222"}
    assert any(line.startswith("TEL") and line.endswith("+49 170 9999999") for line in after)
    assert "TEL;TYPE=WORK,FAX:+49 30 3333333" in after
    assert "NOTE:Likes tea" in after
    assert len([line for line in after if "TEL" in line.split(":")[0]]) == 3
    assert differences(world) == {}
    text = book.get("uma")
    for full in (False, True):
        assert world.run(full_read=full).ok
    assert book.get("uma") == text


def test_a_phone_edits_the_card_meanwhile_and_nothing_is_lost(hub: Hub, book: RadicaleBook) -> None:
    world = met(hub, book)
    text = book.get("uma").replace("TITLE:Editor", "TITLE:Writer").replace("GEO:52.5;13.4", "GEO:48.1;11.6")
    book.put("uma", text)
    hub.freshsales.edit_contact(links(world)[0].left.contact_id, {"last_name": "Muster-Beispiel"})
    for _ in range(2):
        assert world.run().ok
    after = unfolded(book.get("uma"))
    assert {"GEO:48.1;11.6", "TITLE:Writer", *FOREIGN} - {"GEO:52.5;13.4"} <= after
    assert "N:Muster-Beispiel;Uma;;;" in after
    assert hub.freshsales.contacts()[0]["job_title"] == "Writer"
    assert differences(world) == {}


def test_a_card_at_another_href_stays_the_same_contact(hub: Hub, book: RadicaleBook) -> None:
    world = met(hub, book)
    text = book.get("uma")
    book.delete("uma")
    book.put("renamed", text.replace("TITLE:Editor", "TITLE:Writer"))
    for _ in range(2):
        assert world.run().ok
    assert len(links(world)) == len(hub.freshsales.contacts()) == 1
    assert hub.freshsales.contacts()[0]["job_title"] == "Writer"
    hub.freshsales.edit_contact(links(world)[0].left.contact_id, {"job_title": "Captain"})
    assert world.run().ok
    assert "TITLE:Captain" in book.get("renamed")
    assert book.names() == {"renamed"}


def test_a_server_that_is_down_fails_the_run_and_loses_nothing(tmp_path: Path) -> None:
    with RadicaleServer() as server:
        book = server.home().book()
        with hub_of(tmp_path, book=book) as hub:
            world = met(hub, book)
            hub.freshsales.edit_contact(links(world)[0].left.contact_id, {"job_title": "Captain"})
            server._process.kill()
            server._process.wait()

            with pytest.raises(ServerTrouble):
                world.run()
            assert "extract_right failed" in world.last().message
