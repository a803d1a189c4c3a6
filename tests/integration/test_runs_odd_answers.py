"""Servers that keep less than they were sent without a word, and answers in odd wrappings, through whole runs."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.model.link import ApartReason
from contactsync.model.spec import Side
from contactsync.sandbox.freshsales_knobs import FreshsalesKnobs
from requests.adapters import HTTPAdapter
from views import differences, links
from world import Hub, World, hub_of

FAMILY = "👩‍👩‍👧"  # five code points, 18 bytes


def google_person(hub: Hub, given: str, title: str) -> str:
    person = {
        "names": [{"givenName": given, "familyName": "Muster"}],
        "emailAddresses": [{"value": f"{given.lower()}@example.org"}],
        "organizations": [{"title": title}],
    }
    return str(hub.google.add_contact(person)["resourceName"])


def titles(hub: Hub) -> dict[str, str]:
    return {c["first_name"]: c["job_title"] for c in hub.freshsales.contacts()}


def quiet(hub: Hub, world: World) -> bool:
    hub.reset_counters()
    assert world.run().ok
    return hub.writes() == 0


def test_what_a_server_cuts_without_a_word_stays_whole_where_it_came_from(tmp_path: Path) -> None:
    """The cut falls within a letter of several code points; a bystander has a short title."""
    knobs = FreshsalesKnobs(lengths={"job_title": 12}, too_long="truncate")
    with hub_of(tmp_path, freshsales=knobs) as hub:
        whole = {"Ada": FAMILY * 3, "Uma": "ä" * 40, "Eva": "Buyer"}
        names = {given: google_person(hub, given, title) for given, title in whole.items()}
        world = hub.world("freshsales-google")
        assert world.run().ok
        assert world.run().ok
        assert quiet(hub, world)
        assert titles(hub) == {"Ada": (FAMILY * 3)[:12], "Uma": "ä" * 12, "Eva": "Buyer"}
        for given, name in names.items():
            assert hub.google.contact(name)["organizations"][0]["title"] == whole[given]
        apart = {link.right.contact_id: link.apart.get("job_title") for link in links(world)}
        assert {i for i, found in apart.items() if found} == {names["Ada"], names["Uma"]}
        assert {found.reason for found in apart.values() if found} == {ApartReason.UNPROVEN}
        assert differences(world) == {}

        # An edit where it was cut is a person's; one where it is whole is tried again.
        ada = next(c for c in hub.freshsales.contacts() if c["first_name"] == "Ada")
        hub.freshsales.edit_contact(str(ada["id"]), {"job_title": "Buyer"})
        hub.google.edit_contact(names["Uma"], {"organizations": [{"title": "Chef"}]})
        assert world.run().ok
        assert world.run().ok
        assert quiet(hub, world)
        assert hub.google.contact(names["Ada"])["organizations"][0]["title"] == "Buyer"
        assert titles(hub) == {"Ada": "Buyer", "Uma": "Chef", "Eva": "Buyer"}


class Rewrapped(HTTPAdapter):
    """Wraps the body of each answer of JSON."""

    def __init__(self, wrap: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self.wrap = wrap
        self.wrapped = 0

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:  # type: ignore[override]
        answer = super().send(request, **settings)
        body = answer.raw.read(decode_content=True)
        if body[:1] == b"{":
            body, self.wrapped = self.wrap(body), self.wrapped + 1
        headers = {k: v for k, v in answer.headers.items() if k not in ("Content-Length", "Content-Encoding")}
        answer.raw = urllib3.HTTPResponse(io.BytesIO(body), headers, answer.status_code, preload_content=False)
        return answer


def utf16(body: bytes) -> bytes:
    return body.decode().encode("utf-16")


def with_mark(body: bytes) -> bytes:
    return b"\xef\xbb\xbf" + body


def doubled(body: bytes) -> bytes:
    """Each job title twice in its object, the first of them another; the later one counts, as everywhere."""
    return body.replace(b'"job_title":', b'"job_title": "Ghost", "job_title":')


@pytest.mark.parametrize("wrap", [utf16, with_mark, doubled])
def test_answers_in_odd_wrappings_say_the_same(tmp_path: Path, wrap: Callable[[bytes], bytes]) -> None:
    with hub_of(tmp_path) as hub:
        google_person(hub, "Ada", f"Buyer {FAMILY}")
        hub.freshsales.add_contact({"first_name": "Uma", "emails": ["uma@example.org"], "job_title": "Chef ä"})
        world, adapter = hub.world("freshsales-google"), Rewrapped(wrap)

        def opened(side: Side) -> App:
            half = world.spec.side(side)
            kind, session = load_app(half.app), requests.Session()
            session.mount("http://", adapter)
            access = Access(half.connection, hub.credentials()[half.app], session, hub.services)
            return kind(access, kind.Options(**half.options))

        world.open_app = opened
        assert world.run().ok
        assert world.run().ok
        assert quiet(hub, world)
        assert adapter.wrapped > 5
        assert titles(hub) == {"Ada": f"Buyer {FAMILY}", "Uma": "Chef ä"}
        assert world.held() == []
        assert differences(world) == {}
        assert len(links(world)) == 2
