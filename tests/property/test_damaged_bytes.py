"""Bytes damaged on their way, or made to look like something: each reader gives a value or an error of ours.

Valid texts are cut, doubled, mixed and sprinkled with what is special in their format. `make fuzz` tries each reader
fifty times as often, with other damage each day; what fails is printed whole.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from bombs import card, json_body, snapshot_file, sync_file, xml_body
from canned_apps import APPS, CALLS, opened
from contactsync.apps._xml_bounds import XmlError
from contactsync.contact import Kind
from contactsync.errors import ContactsyncError
from contactsync.mapping.snapshots import text_of as text_of_snapshot
from contactsync.model.app import FieldInfo
from contactsync.model.snapshot import Snapshot

SHORT, LONG = 300, 15_000
SEED = os.environ.get("FUZZ_SEED", "1")
SLOW = 2.0  # seconds of this process
SPECIAL = {
    "json": [b'"', b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[", b"]", b":", b",", b"null", b"-", b"1e999", b"NaN"],
    "xml": [
        b"<",
        b">",
        b"</",
        b"&",
        b"&#0;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<?",
        b'"',
        b"xmlns=",
        b"<!DOCTYPE",
    ],
    "vcard": [
        b":",
        b";",
        b",",
        b"=",
        b"\\",
        b"\\n",
        b"\r\n ",
        b"\n",
        b"BEGIN:VCARD\n",
        b"END:VCARD\n",
        b'"',
        b"=\n",
        b"TYPE=",
    ],
    "yaml": [
        b"\n",
        b": ",
        b"- ",
        b"{",
        b"}",
        b"[",
        b"]",
        b"&a ",
        b"*a",
        b"!!python/object:os.system ",
        b"<<: ",
        b"|\n",
        b"'",
    ],
}
ANY = [
    b"",
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    "\u202e".encode(),
    "\U0001f642".encode(),
    b" " * 99,
]
XML = b"""<response><href>/book/u.vcf</href><propstat><prop><getetag>"1"</getetag><address-data
 xmlns="urn:ietf:params:xml:ns:carddav">BEGIN:VCARD&#13;
VERSION:3.0
END:VCARD</address-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>"""
CARD = """N:Beispiel;Uma;;Dr.;
ORG:Muster AG;Vertrieb
EMAIL;TYPE=work,pref:uma@x.example
item1.TEL;TYPE="cell":+49 30 5
item1.X-ABLabel:_$!<Mobile>!$_
ADR;TYPE=home;CHARSET=UTF-8:;;Weg 1;Musterstadt;;12345;
NOTE;ENCODING=QUOTED-PRINTABLE:eins=0D=0Azwei
BDAY;VALUE=date:1990-05-01
CATEGORIES:vip,kunde"""
FILE = """rules: {left_to_right: [{name: a, if: [has_title], then: {actions: [{add_tag: x}]}}]}
fields: {exclude: [tags], pairs: [{left: nickname, right: department, options: {Gold: gold}}]}
limits: {deletes: {count: 5, percent: 5}}
match: {keys: [email, [full_name, company]]}"""
SNAPSHOT = text_of_snapshot(
    Snapshot(
        "a",
        "freshsales",
        "0123",
        (FieldInfo("cf_tier", Kind.TEXT, "Tier", max_length=9, choices=("Gold", "Silver"), custom=True),),
    )
)


def text_of(body: bytes) -> str:
    return body.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode("utf-8", "replace")


def pages_of(name: str, path: str) -> Callable[[bytes], Any]:
    def read(body: bytes) -> Any:
        app = opened(name, {**APPS[name], path: body})
        return [CALLS[call](app) for call in ("pull", "fetch")]

    return read


Reader = tuple[str, bytes, Callable[[bytes], Any]]
READERS: dict[str, Reader] = {
    "an answer in JSON": ("json", json.dumps(APPS["freshsales"]).encode(), json_body),
    "a page of Freshsales": (
        "json",
        json.dumps(APPS["freshsales"]["contacts/view"]).encode(),
        pages_of("freshsales", "contacts/view"),
    ),
    "a page of Google": (
        "json",
        json.dumps(APPS["google_contacts"]["connections"]).encode(),
        pages_of("google_contacts", "connections"),
    ),
    "an answer in XML": ("xml", XML, xml_body),
    "a card": ("vcard", CARD.encode(), lambda body: card(text_of(body))),
    "a sync file": ("yaml", FILE.encode(), lambda body: sync_file(text_of(body))),
    "a snapshot": ("json", SNAPSHOT.encode(), lambda body: snapshot_file(text_of(body))),
}


def damaged(body: bytes, special: list[bytes], chance: random.Random) -> bytes:
    """A few changes, each at a place of its own."""
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, end = sorted(chance.randrange(len(body) + 1) for _ in range(2))
        end = chance.choice((at, at + 1, end))
        put = chance.choice((b"", body[at:end] * 2, chance.choice(special), chance.choice(ANY), chance.randbytes(2)))
        body = body[:at] + put + body[end:]
    return body


@pytest.mark.parametrize("name", READERS)
def test_each_reader_gives_a_value_or_an_error_of_ours_at_once(name: str, full: bool) -> None:
    kind, whole, read = READERS[name]
    chance = random.Random(f"{name} {SEED}")
    for _ in range(LONG if full else SHORT):
        body = damaged(whole, SPECIAL[kind], chance)
        began = time.process_time()
        try:
            with suppress(ContactsyncError, XmlError):
                read(body)
        except Exception as error:
            pytest.fail(f"{name}: {type(error).__name__}: {error}\n{body!r}")
        assert time.process_time() - began < SLOW, body


@pytest.mark.parametrize("name", READERS)
def test_each_reads_what_is_not_damaged(name: str) -> None:
    _, whole, read = READERS[name]
    try:
        read(whole)
    except (ContactsyncError, XmlError) as error:
        pytest.fail(f"{name}: {error}")
