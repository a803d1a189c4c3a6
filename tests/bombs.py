"""What is made to fill a host's memory or to keep it busy: tried each in a process of its own, within bounds.

python tests/bombs.py [WORD]      prints one JSON line a bomb: its name, seconds, MiB, and what came of it
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contactsync.apps._carddav_cards import reading
from contactsync.apps._carddav_reports import Stored
from contactsync.apps._webdav import multistatus
from contactsync.apps._xml_bounds import XmlError
from contactsync.errors import ConfigError, NotTheApi
from contactsync.mapping.loader import load_sync
from contactsync.mapping.snapshots import read_snapshot
from contactsync.orchestration.shipped_apps import ShippedApps
from contactsync.rest.reply import Reply

MIB = 1024 * 1024
ROOM = 512 * MIB
GIVE_UP = 20  # seconds
NOW = datetime(2026, 1, 5, tzinfo=UTC)
Bomb = tuple[str, Callable[[], Any], Callable[[Any], Any]]


def json_body(body: bytes) -> Any:
    """An answer of an API."""
    return Reply(200, {}, body, "https://crm.example/contacts").json()


def xml_body(inner: bytes) -> Any:
    """An answer of a CardDAV server."""
    head = b'<?xml version="1.0"?><multistatus xmlns="DAV:">'
    body = inner if inner.startswith(b"<?xml") else head + inner + b"</multistatus>"
    return multistatus(Reply(207, {}, body, "https://dav.example/book/")).members


def card(lines: str) -> Any:
    """A card with these lines."""
    text = f"BEGIN:VCARD\nVERSION:3.0\nUID:u\nFN:Uma\n{lines}\nEND:VCARD\n"
    return reading(Stored("/book/u.vcf", '"1"', text), NOW)


def sync_file(lines: str) -> Any:
    """A sync file with these lines."""
    sides = "left: {app: memory, connection: a}\nright: {app: memory, connection: b}\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "some.yaml")
        path.write_text(f"version: 1\ndag: {{schedule: null}}\n{sides}{lines}", "utf-8")
        return load_sync(path, path.parent, ShippedApps())


def snapshot_file(text: str) -> Any:
    """A snapshot of an account's field list."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "some.json")
        path.write_text(text, "utf-8")
        return read_snapshot(path)


ENTITIES = b"".join(b'<!ENTITY e%d "%s">' % (n + 1, b"&e%d;" % n * 10) for n in range(10))
ENDLESS = (
    '{"connection":"a","app":"b","account":"c","fields":[{"name":"n","kind":"text","title":"","max_length":1e999}]}'
)
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY e0 "ha">' + ENTITIES + b']><multistatus xmlns="DAV:">&e10;'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:">&e;'


def bombs() -> Iterator[Bomb]:
    """(name, its text, what reads it), by reader; each as large as that reader is ever handed, or just let in."""
    yield "JSON: a hundred thousand levels", lambda: b"[" * 100_000 + b"]" * 100_000, json_body
    yield "JSON: levels without end", lambda: b"[" * 100_000, json_body
    yield "JSON: levels, as many as are let in", lambda: b"[" * 490_000 + b"]" * 490_000, json_body
    yield "JSON: levels, 60 MiB", lambda: b"[" * (30 * MIB) + b"]" * (30 * MIB), json_body
    yield "JSON: empty objects, 60 MiB", lambda: b'{"contacts":[' + b"{}," * (20 * MIB) + b"{}]}", json_body
    yield "JSON: objects, as many as are let in", lambda: b"[" + b'{"a":1},' * 240_000 + b"1]", json_body
    yield "JSON: short texts, 60 MiB", lambda: b"[" + b'"aa",' * (12 * MIB) + b"1]", json_body
    yield "JSON: one letter that makes all wide", lambda: b'["' + b"a" * (31 * MIB) + "🙂".encode() + b'"]', json_body
    yield "JSON: one number, 31 MiB", lambda: b"1" * (31 * MIB), json_body
    yield "JSON: numbers past all numbers", lambda: b"[" + b"1e99999999," * 490_000 + b"-1e9999999]", json_body
    yield "XML: a billion laughs", lambda: LAUGHS, xml_body
    yield "XML: an entity outside", lambda: OUTSIDE, xml_body
    yield "XML: levels, 56 MiB", lambda: b"<a>" * (8 * MIB) + b"</a>" * (8 * MIB), xml_body
    yield "XML: attributes, 60 MiB", lambda: b"<a " + b" ".join(b'a%d=""' % n for n in range(6 * MIB)) + b"/>", xml_body
    yield "XML: a name of a million letters, repeated", lambda: _long_namespace(), xml_body
    yield "XML: attributes in a long namespace", lambda: _named_attributes(20_000, 200_000), xml_body
    yield "XML: attributes in a namespace just let in", lambda: _named_attributes(240_000, 99), xml_body
    yield "XML: one letter that makes a namespace wide", lambda: _named_attributes(240_000, 95, "🙂"), xml_body
    yield "XML: the start of a namespace, repeated", lambda: b"xmlns" * 12 * MIB, xml_body
    yield "XML: spaces after the start of a namespace", lambda: b" xmlns" + b" " * (60 * MIB), xml_body
    yield "XML: tags just below the longest, 9 MiB", lambda: _tags(490), xml_body
    yield "XML: different tags in a namespace just let in", lambda: _tags(99), xml_body
    yield "XML: UTF-16", lambda: _named_attributes(20_000, 200_000).decode().encode("utf-16"), xml_body
    yield "XML: an alphabet of its own", lambda: _in_cp037(_named_attributes(20_000, 200_000)), xml_body
    yield "XML: addresses, 10 MiB", lambda: b"<response>" + b"<href>x</href>" * 780_000 + b"</response>", xml_body
    yield "XML: addresses, as many as are let in", lambda: b"<response><href>x</href></response>" * 119_000, xml_body
    yield "XML: text, 60 MiB", lambda: b"<response><href>" + b"a" * (60 * MIB) + b"</href></response>", xml_body
    yield "XML: a comment, 57 MiB", lambda: b"<!--" + b"a" * (57 * MIB) + b"-->", xml_body
    yield "XML: dashes in a comment, 57 MiB", lambda: b"<!--" + b"- " * (28 * MIB) + b"-->", xml_body
    yield "XML: comments, 57 MiB", lambda: b"<!---->" * (8 * MIB), xml_body
    yield "XML: comments without an end, 57 MiB", lambda: b"<!--" * (14 * MIB), xml_body
    yield "XML: an instruction, 57 MiB", lambda: b"<?a " + b"b" * (57 * MIB) + b"?>", xml_body
    yield "XML: sections of text without an end, 57 MiB", lambda: b"<![CDATA[" * (6 * MIB), xml_body
    yield "XML: sections of text beside a comment", lambda: b"<!---->" + b"<![CDATA[]]>" * (4 * MIB), xml_body
    yield "XML: sections beside a comment, as many as are let in", lambda: _sections(299_000), xml_body
    yield "XML: markup in a section of text, 57 MiB", lambda: b"<![CDATA[" + b"<!--<? =" * (7 * MIB) + b"]]>", xml_body
    yield "XML: short tags with an attribute, 60 MiB", lambda: b"<a b=''/>" * (6 * MIB), xml_body
    yield "XML: the same, as many as are looked at", lambda: b"<a b=''/>" * 1_500_000, xml_body
    yield "XML: quotes without an end, 57 MiB", lambda: b'<a b="' * (8 * MIB), xml_body
    yield "XML: an address that is none", lambda: b"<response><href>http://[</href></response>", xml_body
    yield "vCard: empty lines, 60 MiB", lambda: "\n" * (60 * MIB), card
    yield "vCard: properties, 8 MiB", lambda: "X:1\n" * (2 * MIB), card
    yield (
        "vCard: as many e-mails as are let in",
        lambda: "".join(f"EMAIL:u{n}@x.example\n" for n in range(9_900)),
        card,
    )
    yield "vCard: as many phones as are let in", lambda: "".join(f"TEL:+4930{n}\n" for n in range(9_900)), card
    yield "vCard: parts of an address, as many as are let in", lambda: "ADR:" + ";" * 99_000, card
    yield "vCard: parameters, 4 MiB", lambda: "EMAIL" + ";a=b" * MIB + ":u@x.example", card
    yield "vCard: quotes, 15 MiB", lambda: "TEL;A=" + '"a"' * (5 * MIB) + ":1", card
    yield "vCard: quotes, as many as are let in", lambda: "TEL;A=" + '"a"' * 49_000 + ":1", card
    yield "vCard: line ends in a note, 20 MiB", lambda: "NOTE:" + "\\n" * (10 * MIB), card
    yield "vCard: line ends in a note, as many as are let in", lambda: "NOTE:" + "\\n" * 990_000, card
    yield (
        "vCard: categories, as many as are let in",
        lambda: "CATEGORIES:" + ",".join(f"c{n}" for n in range(99_000)),
        card,
    )
    yield "vCard: a photo of 20 MiB", lambda: "PHOTO;ENCODING=b:" + "\n ".join(["A" * 74] * 360_000), card
    yield "vCard: cards in cards, 4 MiB", lambda: "BEGIN:VCARD\n" * 200_000 + "END:VCARD\n" * 200_000, card
    yield "vCard: a charset that takes its time, 4 MiB", lambda: _in_charset("punycode", "b-" + "9" * 4 * MIB), card
    yield "vCard: another one, 4 MiB", lambda: _in_charset("IDNA", "xn--" + "a" * 4 * MIB), card
    yield "vCard: a soft end in each line", lambda: "NOTE;ENCODING=QUOTED-PRINTABLE:" + "=\n" * 390_000, card
    yield "YAML: keys", lambda: "".join(f"k{n}: b\n" for n in range(90_000)), sync_file
    yield "YAML: one key, often", lambda: "a: b\n" * 200_000, sync_file
    yield "YAML: levels", lambda: "title: " + "[" * 1_000_000, sync_file
    yield "YAML: aliases", lambda: "a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a,*a]\n" for n in range(30)), sync_file
    yield (
        "YAML: conditions",
        lambda: "rules: {left_to_right: [{name: a, if: [" + "has_title," * 90_000 + "]}]}",
        sync_file,
    )
    yield "YAML: choices", lambda: _many_choices(), sync_file
    yield "YAML: a value of a million letters", lambda: f"title: {'a' * 1_000_000}", sync_file
    yield "a snapshot: a length past all numbers", lambda: ENDLESS, snapshot_file
    yield "a snapshot: levels", lambda: "[" * 100_000, snapshot_file
    yield "a snapshot: a number of ten thousand digits", lambda: f'{{"fields": [{"1" * 10_000}]}}', snapshot_file


def _long_namespace() -> bytes:
    named = b"".join(b"<p:a%d/>" % n for n in range(500))
    return b'<?xml version="1.0"?><m xmlns:p="' + b"u" * MIB + b'">' + named + b"</m>"


def _named_attributes(number: int, length: int, last: str = "") -> bytes:
    named = b"".join(b'<y a:x%d=""/>' % n for n in range(number))
    return b'<?xml version="1.0"?><x xmlns:a="' + b"n" * length + last.encode() + b'">' + named + b"</x>"


def _in_cp037(body: bytes) -> bytes:
    return body.decode().replace('version="1.0"', 'version="1.0" encoding="cp037"').encode("cp037")


def _sections(number: int) -> bytes:
    return b"<!---->" + b"<a/>" * 250_001 + b"<![CDATA[<!-- a='b' -->]]>" * number


def _tags(length: int) -> bytes:
    named = b"".join(b"<a:x%d/>" % n for n in range(780_000))
    return b'<?xml version="1.0"?><x xmlns:a="' + b"n" * length + b'">' + named + b"</x>"


def _in_charset(name: str, text: str) -> str:
    return f"NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET={name}:{text}"


def _many_choices() -> str:
    choices = ",".join(f"a{n}: b{n}" for n in range(60_000))
    return f"fields: {{pairs: [{{left: nickname, right: department, options: {{{choices}}}}}]}}"


def tried(bomb: Bomb) -> dict[str, Any]:
    """What became of it in a process that may take ROOM beyond what it has with the text in its hands."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, json.dumps(_here(bomb)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = answers.read()
    _, status = os.waitpid(child, 0)
    return {"name": bomb[0], **(json.loads(answer) if answer else {"said": f"died ({status})"})}


def _here(bomb: Bomb) -> dict[str, Any]:
    _, make, read = bomb
    text = make()
    before, began = _resident(), time.process_time()
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
    resource.setrlimit(resource.RLIMIT_CPU, (GIVE_UP, GIVE_UP))
    try:
        said = type(read(text)).__name__
    except (ConfigError, NotTheApi, XmlError) as error:
        said = f"{type(error).__name__}: {str(error)[:300]}"
    except BaseException as error:  # whatever else comes out of a reader is the finding
        said = f"crash: {type(error).__name__}"
    took = time.process_time() - began
    return {"said": said, "seconds": took, "mib": (_resident() - before) / MIB}


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for each in [*bombs()] if wanted != "proof" else [("proof", lambda: None, lambda _: bytearray(2 * ROOM))]:
        if wanted in each[0]:
            print(json.dumps(tried(each)), flush=True)
