"""The CardDAV app against a real Radicale."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
from contactsync.apps.base import Access
from contactsync.apps.carddav import CardDav, CardDavOptions
from contactsync.errors import AuthError, BadListing, ConfigError, CursorExpired, NotTheApi, StopError
from contactsync.model.exchange import Op, Page, Presence, Record, Ref, State, Verb, Window
from contactsync.rest.services import Services
from radicale_server import PASSWORD, Home, RadicaleBook, RadicaleServer, card

UMA = ("FN:Uma Muster", "N:Muster;Uma;;;", "EMAIL;TYPE=WORK:uma@muster.example")
NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


def opened(
    url: str, user: str, *, password: str = PASSWORD, book: str = "", services: Services | None = None
) -> CardDav:
    credentials = {"host": url, "login": user, "password": password}
    services = services or Services(clock=lambda: NOON, sleep=lambda _: None)
    return CardDav(Access("carddav_test", credentials, requests.Session(), services), CardDavOptions(book=book))


def app_of(book: RadicaleBook) -> CardDav:
    return opened(book.url, book.user)


def records(pages: list[Page]) -> dict[str, Record]:
    return {r.id: r for page in pages for r in page.records}


def everything(app: CardDav) -> tuple[dict[str, Record], Page]:
    pages = list(app.pull(None))
    assert [p.last for p in pages] == [False] * (len(pages) - 1) + [True]
    assert all(p.complete for p in pages)
    return records(pages), pages[-1]


def since(app: CardDav, last: Page) -> tuple[dict[str, Record], Page]:
    assert last.cursor is not None
    pages = list(app.pull(last.cursor))
    assert not any(p.complete for p in pages)
    return records(pages), pages[-1]


def update(record: Record, **patch: object) -> Op:
    fields = {name.replace("__", "."): value for name, value in patch.items()}
    before = {name: record.fields[name] for name in fields}
    return Op("op-1", Verb.UPDATE, record.id, fields, before, record.version, record.ref)


@pytest.fixture
def book(radicale: RadicaleServer) -> RadicaleBook:
    return radicale.home().book()


@pytest.fixture
def home(radicale: RadicaleServer) -> Home:
    return radicale.home()


# ---- discovery


@pytest.mark.parametrize(
    "place", ["", "/", "{user}", "{user}/", "{user}/contacts", "{user}/contacts/", ".well-known/carddav"]
)
def test_the_book_is_found_from_the_server_the_home_and_the_book(
    home: Home, radicale: RadicaleServer, place: str
) -> None:
    home.book().put("uma", card("uma", *UMA))
    app = opened(radicale.url.rstrip("/") + "/" + place.format(user=home.user).lstrip("/"), home.user)
    account = app.account()
    assert account.id == f"127.0.0.1:{radicale.port}/{home.user}/contacts/"
    assert (account.contacts, account.owner) == (1, home.user)
    assert set(everything(app)[0]) == {"uma"}


def test_of_several_books_one_must_be_named(home: Home) -> None:
    home.book("one", "Private")
    home.book("two", "Work & Büro").put("uma", card("uma", *UMA))
    with pytest.raises(ConfigError) as failed:
        opened(home.url, home.user).account()
    assert failed.value.allowed == (f"Private (/{home.user}/one/)", f"Work & Büro (/{home.user}/two/)")
    for word in ("work & büro", "two", f"/{home.user}/two/"):
        assert opened(home.url, home.user, book=word).account().contacts == 1
    with pytest.raises(ConfigError, match="no address book 'three'"):
        opened(home.url, home.user, book="three").account()


def test_a_user_without_any_book_is_told(home: Home) -> None:
    with pytest.raises(ConfigError, match="no address book"):
        opened(home.url, home.user).account()


def test_a_wrong_password_is_an_auth_error(book: RadicaleBook) -> None:
    with pytest.raises(AuthError):
        opened(book.url, book.user, password="wrong").account()


def test_discovery_is_remembered(book: RadicaleBook) -> None:
    services = Services(clock=lambda: NOON)
    first = opened(book.url, book.user, services=services)
    everything(first)
    again = opened(book.url, book.user, services=services)
    assert again._book == first._book
    assert services.metadata.get(again._dav.account, f"book {book.url} ") == {"url": book.url, "title": "Contacts"}


# ---- reading


def test_a_complete_read_then_only_what_changed(book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA, "REV:2026-02-28T10:00:00Z"))
    book.put("ada", card("ada", "FN:Ada Beispiel", "N:Beispiel;Ada;;;"))
    app = app_of(book)
    found, last = everything(app)
    assert set(found) == {"uma", "ada"}
    assert found["uma"].fields["N.family"] == "Muster"
    assert found["uma"].modified_at == datetime(2026, 2, 28, 10, tzinfo=UTC)
    assert found["ada"].modified_at is None

    nothing, same = since(app, last)
    assert (nothing, list(same.deleted), same.cursor) == ({}, [], last.cursor)

    etag = book.put("ada", card("ada", "FN:Ada Probe", "N:Probe;Ada;;;"))
    book.delete("uma")
    book.put("new", card("new", "FN:Ben Neu", "N:Neu;Ben;;;"))
    changed, last = since(app, same)
    assert set(changed) == {"ada", "new"}
    assert changed["ada"].version == etag
    assert changed["ada"].raw != found["ada"].raw
    assert list(last.deleted) == ["uma"]


def test_the_first_listing_tells_of_no_deletions(book: RadicaleBook) -> None:
    book.put("old", card("old", *UMA))
    everything(app_of(book))
    book.delete("old")
    found, last = everything(app_of(book))
    assert (found, list(last.deleted)) == ({}, [])


def test_a_deletion_is_told_as_uid_whatever_the_href_was(book: RadicaleBook) -> None:
    book.put("a name of its own", card("urn:uuid:4711/x", *UMA))
    book.put("plain", card("plain", *UMA))
    app = app_of(book)
    _, last = everything(app)
    assert last.cursor is not None
    assert last.cursor["uids"] == {"a name of its own.vcf": "urn:uuid:4711/x"}  # and not the usual UID.vcf
    book.delete("a name of its own")
    book.delete("plain")
    _, last = since(app, last)
    assert set(last.deleted) == {"urn:uuid:4711/x", "plain"}
    assert last.cursor is not None
    assert last.cursor["uids"] == {}


def test_a_card_at_a_new_href_is_the_same_contact(book: RadicaleBook) -> None:
    book.put("here", card("uma", *UMA))
    app = app_of(book)
    found, last = everything(app)
    book.delete("here")
    book.put("there", card("uma", *UMA))
    changed, last = since(app, last)
    assert list(last.deleted) == []
    assert changed["uma"].ref["href"].endswith("/there.vcf")
    # The old ref still leads to it, with its new place.
    (answer,) = app.fetch([Ref("uma", found["uma"].ref)])
    assert answer.presence is Presence.PRESENT
    assert answer.record is not None
    assert answer.record.ref["href"].endswith("/there.vcf")


def test_an_unknown_token_is_an_expired_cursor(book: RadicaleBook) -> None:
    cursor = {"token": "http://radicale.org/ns/sync/" + "0" * 64, "uids": {}}
    with pytest.raises(CursorExpired):
        list(app_of(book).pull(cursor))


def test_a_window_is_refused(book: RadicaleBook) -> None:
    with pytest.raises(StopError):
        list(app_of(book).pull(Window(NOON, NOON + timedelta(days=1))))


def test_groups_are_no_contacts(book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA))
    book.put("group", card("group", "FN:Friends", "N:Friends;;;;", "X-ADDRESSBOOKSERVER-KIND:group"))
    assert set(everything(app_of(book))[0]) == {"uma"}


def test_a_book_that_vanished_is_an_error_not_an_empty_page(book: RadicaleBook) -> None:
    app = app_of(book)
    _, last = everything(app)
    book.request("DELETE")
    with pytest.raises(BadListing, match="not there any more"):
        since(app, last)
    with pytest.raises(BadListing):
        everything(app)


def test_fetch_tells_present_from_gone(book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA))
    book.put("ada", card("ada", *UMA))
    app = app_of(book)
    found, _ = everything(app)
    book.delete("ada")
    refs = [Ref("uma", found["uma"].ref), Ref("ada", found["ada"].ref), Ref("uma-by-id"), Ref("uma")]
    answers = [(a.id, a.presence) for a in app.fetch(refs[:3])]
    assert sorted(answers) == [("ada", Presence.GONE), ("uma", Presence.PRESENT), ("uma-by-id", Presence.GONE)]
    (by_id,) = app.fetch([Ref("uma")])
    assert by_id.record == found["uma"]


def test_find_by_every_key(book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA, "TEL:+49 30 123456", "ORG:Muster AG;Labor"))
    book.put("ada", card("ada", "FN:Ada", "N:;Ada;;;", "EMAIL:ada@beispiel.example"))
    app = app_of(book)
    for key, value in [
        ("email", "uma@muster.example"),
        ("phone", "+4930123456"),
        ("full_name", "uma muster"),
    ]:
        assert [r.id for r in app.find({key: ["nobody@example.org", value]})] == ["uma"], key
    assert list(app.find({"email": ["muster.example"]})) == []


def test_a_thousand_contacts_are_listed_in_seconds(home: Home) -> None:
    cards = [
        card(f"c{n}", f"FN:Person {n}", f"N:{n};Person;;;", f"EMAIL:p{n}@example.org", f"TEL;TYPE=CELL:+49 30 {n:06}")
        for n in range(1000)
    ]
    book = home.seeded(cards)
    app = app_of(book)
    begun = time.process_time()
    found, last = everything(app)
    assert len(found) == 1000
    nothing, _ = since(app, last)
    assert nothing == {}
    assert time.process_time() - begun < 5  # of this process: the server's work and other load do not count


# ---- writing


def test_create_then_the_same_again(book: RadicaleBook) -> None:
    app = app_of(book)
    op = Op(
        "key ä-1",
        Verb.CREATE,
        patch={"N.given": "Ada", "N.family": "Beispiel", "EMAIL": [{"value": "ada@example.org"}]},
    )
    (made,) = app.push([op])
    assert (made.state, made.created, made.id) == (State.DONE, True, "contactsync-key ä-1")
    (read,) = app.fetch([Ref(made.id, made.ref)])
    assert read.record is not None
    assert read.record.version == made.version
    assert read.record.fields["FN"] == "Ada Beispiel"

    (again,) = app.push([op])
    assert (again.state, again.created, again.id) == (State.UNKNOWN, False, made.id)
    assert [r.id for r in app.look_up(op)] == [made.id]
    assert list(app.look_up(Op("other", Verb.CREATE))) == []
    assert len(book.names()) == 1


def test_our_own_card_moved_to_another_href_is_no_second_create(book: RadicaleBook) -> None:
    book.put("moved", card("contactsync-k1", *UMA))
    op = Op("k1", Verb.CREATE, patch={"N.given": "Uma"})
    (result,) = app_of(book).push([op])
    assert result.state is State.UNKNOWN
    assert [r.id for r in app_of(book).look_up(op)] == ["contactsync-k1"]


def test_an_update_keeps_every_foreign_line(book: RadicaleBook) -> None:
    foreign = (
        "PHOTO;ENCODING=b;TYPE=JPEG:" + "QUJD" * 100,
        "X-SOCIALPROFILE;TYPE=twitter:https://social.example/uma",
        "item1.X-ABDATE:2020-02-02",
        "item1.X-ABLABEL:_$!<Anniversary>!$_",
        "IMPP;X-SERVICE-TYPE=Jabber:xmpp:uma@muster.example",
        "TEL;TYPE=WORK:+49 30 1",
    )
    book.put("uma", card("uma", *UMA, *foreign))
    before = book.get("uma")
    app = app_of(book)
    record = everything(app)[0]["uma"]
    (done,) = app.push([update(record, TITLE="Chemikerin", N__family="Muster-Probe")])
    assert (done.state, done.created) == (State.DONE, False)
    after = book.get("uma")
    gone = set(before.split("\r\n")) - set(after.split("\r\n"))
    new = set(after.split("\r\n")) - set(before.split("\r\n"))
    assert gone == {"N:Muster;Uma;;;", "FN:Uma Muster"}
    assert new == {"N:Muster-Probe;Uma;;;", "FN:Uma Muster-Probe", "TITLE:Chemikerin"}
    assert everything(app)[0]["uma"].version == done.version


def test_custom_labels_survive_and_new_ones_are_read_back(book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA, "item1.TEL:+49 30 1", "item1.X-ABLabel:Hütte", "TEL;TYPE=CELL:+49 170 2"))
    app = app_of(book)
    record = everything(app)[0]["uma"]
    hut, mobile = record.fields["TEL"]
    assert (hut["label"], mobile["label"]) == ("Hütte", "mobile")
    wanted = [{**hut, "primary": True}, {"value": "+49 30 3", "label": "Boot, blau", "primary": False}]
    (done,) = app.push([update(record, TEL=wanted)])
    assert done.state is State.DONE
    after = everything(app)[0]["uma"].fields["TEL"]
    assert {(t["value"], t["label"], t["primary"]) for t in after} == {
        ("+49 30 1", "Hütte", True),
        ("+49 30 3", "Boot, blau", False),
    }


def test_a_card_changed_meanwhile_is_not_overwritten(book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA))
    app = app_of(book)
    record = everything(app)[0]["uma"]
    book.put("uma", card("uma", "FN:Uma Neu", "N:Neu;Uma;;;"))
    text = book.get("uma")
    for op in (
        update(record, TITLE="Chemikerin"),
        Op("op-2", Verb.DELETE, "uma", version=record.version, ref=record.ref),
    ):
        (result,) = app.push([op])
        assert result.state is State.OVERTAKEN
        assert result.record is not None
        assert result.record.fields["N.family"] == "Neu"
        assert book.get("uma") == text


def test_a_card_deleted_meanwhile_is_overtaken_and_deleting_it_is_done(book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA))
    app = app_of(book)
    record = everything(app)[0]["uma"]
    book.delete("uma")
    (result,) = app.push([update(record, TITLE="Chemikerin")])
    assert (result.state, result.record, result.reason) == (State.OVERTAKEN, None, "gone")
    (result,) = app.push([Op("op-2", Verb.DELETE, "uma", version=record.version, ref=record.ref)])
    assert result.state is State.DONE
    assert book.names() == set()


def test_delete(book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA))
    app = app_of(book)
    record = everything(app)[0]["uma"]
    (result,) = app.push([Op("op-2", Verb.DELETE, "uma", version=record.version, ref=record.ref)])
    assert result.state is State.DONE
    assert book.names() == set()


def test_deleting_a_card_that_was_moved_deletes_nothing(book: RadicaleBook) -> None:
    book.put("here", card("uma", *UMA))
    app = app_of(book)
    record = everything(app)[0]["uma"]
    book.delete("here")
    book.put("there", card("uma", *UMA))
    (result,) = app.push([Op("op-2", Verb.DELETE, "uma", version=record.version, ref=record.ref)])
    assert result.state is State.OVERTAKEN
    assert book.names() == {"there"}


def test_a_card_with_a_large_photo_is_read_again_before_it_is_changed(book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA, "PHOTO;ENCODING=b;TYPE=JPEG:" + "QUJD" * 10_000))
    app = app_of(book)
    record = everything(app)[0]["uma"]
    assert "card" not in record.ref
    (done,) = app.push([update(record, TITLE="Chemikerin")])
    assert done.state is State.DONE
    assert book.get("uma").replace("\r\n ", "").count("QUJD") == 10_000
    (late,) = app.push([update(record, TITLE="Ärztin")])
    assert late.state is State.OVERTAKEN
    assert late.record is not None
    assert late.record.fields["TITLE"] == "Chemikerin"


def test_a_write_by_id_alone_finds_the_card(book: RadicaleBook) -> None:
    book.put("somewhere", card("uma", *UMA))
    app = app_of(book)
    (done,) = app.push([Op("op-1", Verb.UPDATE, "uma", {"TITLE": "Chemikerin"})])
    assert done.state is State.DONE
    assert "TITLE:Chemikerin" in book.get("somewhere")


def test_every_field_comes_back_as_it_was_sent(book: RadicaleBook) -> None:
    patch = {
        "N.prefix": "Dr.",
        "N.given": "Uma; Ümit",
        "N.additional": "Ada, Eva",
        "N.family": "Mu\\ster",
        "N.suffix": "jr.",
        "NICKNAME": "Umi, die Erste",
        "EMAIL": [{"value": "uma@muster.example", "label": "work", "primary": True}],
        "TEL": [{"value": "+49 170 5550100", "label": "mobile", "primary": False}],
        "ADR": [
            {
                "value": {"street": "Weg 1\nHaus; 2", "city": "Köln", "postal_code": "50667", "country": "DE"},
                "label": "home",
                "primary": False,
            }
        ],
        "ORG.name": "Muster, Söhne & Co; KG",
        "ORG.unit": "Labor",
        "TITLE": "Chefin 👩‍🔬",
        "BDAY": "--02-29",
        "NOTE": "eins\nzwei, drei; vier \\n fünf\n" + "lang " * 60 + "Ende \u2028 \x85 <&>",
        "URL": [{"value": "https://muster.example/a,b;c?d=1&e=2", "label": "", "primary": False}],
        "CATEGORIES": [{"value": "Kunden, wichtig"}, {"value": "VIP"}],
    }
    app = app_of(book)
    (made,) = app.push([Op("k", Verb.CREATE, patch=patch)])
    assert made.state is State.DONE, made.reason
    (read,) = app.fetch([Ref(made.id, made.ref)])
    assert read.record is not None
    assert {name: read.record.fields[name] for name in patch} == patch


def test_control_characters_do_not_spoil_the_book(book: RadicaleBook) -> None:
    """XML cannot hold them: a card that has them would make every answer of the server unreadable."""
    book.put("fine", card("fine", *UMA))
    app = app_of(book)
    (made,) = app.push([Op("k", Verb.CREATE, patch={"N.given": "U\x0bma\x00", "NOTE": "a\x1bb\ud800"})])
    assert made.state is State.DONE
    found, _ = everything(app)
    assert found[made.id].fields["N.given"] == "Uma"
    assert found[made.id].fields["NOTE"] == "ab\ufffd"


def test_a_poisoned_card_spoils_only_itself(book: RadicaleBook) -> None:
    book.put("fine", card("fine", *UMA))
    book.put("bad", card("bad", "FN:Bad", "N:Bad;;;;", "NOTE:bell\x07rings"))
    found, _ = everything(app_of(book))
    assert set(found) == {"fine", "bad"}


def test_the_book_may_not_be_written_by_another_user(radicale: RadicaleServer, book: RadicaleBook) -> None:
    book.put("uma", card("uma", *UMA))
    record = everything(app_of(book))[0]["uma"]
    stranger = replace(book, user=radicale.home().user, session=requests.Session())
    with pytest.raises((AuthError, NotTheApi, ConfigError)):
        opened(book.url, stranger.user).account()
    assert record.id == "uma"
