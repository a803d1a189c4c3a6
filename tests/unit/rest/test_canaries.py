"""Whatever a vendor answers, neither errors nor logs, at any level, hold a contact or a secret that was near."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import pytest
import requests
from canaries import found
from contactsync.errors import ContactsyncError
from contactsync.rest.auth import TokenAuth
from contactsync.rest.services import Services
from contactsync.rest.session import Api
from contactsync.rest.wire import Timeouts

from .conftest import answer, drop

CONTACT = {"name": "Wilhelmina Przykład-Ørsted", "mail": "wilhelmina.canary+x@example.org", "phone": "+49 30 555 0173"}
KEY = "kEy/with+odd=signs~71"
BROKEN = f'{{"contacts": [{{"first_name": "{CONTACT["name"]}", "email": {CONTACT["mail"]}'
ECHO = {"errors": {"message": [f"{CONTACT['mail']} is taken by {CONTACT['name']}"], "email": [CONTACT["mail"]]}}
PAGE = f"<!DOCTYPE html><html><p>No {CONTACT['name']} &lt;{CONTACT['mail']}&gt; for key {KEY}</p></html>"
DAV = f'<d:error xmlns:d="DAV:"><d:need>{CONTACT["name"]} {CONTACT["mail"]}</d:need></d:error>'

ANSWERS = {
    "echo_400": answer(400, ECHO),
    "echo_401": answer(401, ECHO),
    "echo_403": answer(403, {"error": {"message": CONTACT["mail"], "details": [CONTACT]}}),
    "echo_422": answer(422, {"errors": [{"value": CONTACT["mail"], "message": f'"{CONTACT["name"]}" is no name'}]}),
    "echo_429": answer(429, ECHO, Retry_After="1"),
    "page_404": answer(404, PAGE, Content_Type="text/html"),
    "page_200": answer(200, PAGE, Content_Type="text/html"),
    "page_500": answer(500, PAGE, Content_Type="text/html"),
    "dav_409": answer(409, DAV, Content_Type="application/xml"),
    "broken_json": answer(200, BROKEN, Content_Type="application/json"),
    "redirect": answer(302, "", Location=f"https://elsewhere.example/?mail={CONTACT['mail']}"),
    "damaged_head": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n: " + CONTACT["mail"].encode() + b"\r\nnonsense\r\n\r\n{}"
    ),
    "dropped": drop,
}


def read(api: Api) -> str:
    reply = api.read("GET", "contacts", params={"q": CONTACT["mail"], "n": CONTACT["name"]})
    return api.words(reply, CONTACT.values()) if reply.status >= 400 else str(reply.json())


def write(api: Api) -> str:
    reply = api.write("POST", f"contacts?q={CONTACT['mail']}", json=CONTACT)
    return api.words(reply, CONTACT.values())


@pytest.mark.parametrize("act", [read, write])
@pytest.mark.parametrize("given", ANSWERS)
def test_no_canary_in_what_is_raised_said_or_logged(
    server, services, caplog, given: str, act: Callable[[Api], str]
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    server.will(ANSWERS[given])
    try:
        told = act(api_of(server, services))
    except ContactsyncError as error:
        told = "".join(traceback.format_exception(error)) + repr(error)
    kept = {"told": told.encode(), "log": caplog.text.encode()}
    assert server.seen
    assert found([*CONTACT.values(), KEY], kept) == []


def api_of(server, services: Services) -> Api:
    return Api(
        requests.Session(),
        services,
        base_url=f"{server.url}/crm",
        account="acc",
        auth=TokenAuth(f"Token token={KEY}"),
        secrets=(KEY,),
        timeouts=Timeouts(connect=2.0, read=2.0, whole=2.0),
    )


def test_the_requests_of_others_are_logged_as_ever(server, services, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    server.will(answer(200, "{}"))
    api_of(server, services).read("GET", "contacts")
    assert "GET /" not in caplog.text
    requests.get(f"{server.url}/theirs", timeout=2)
    assert "GET /theirs" in caplog.text
