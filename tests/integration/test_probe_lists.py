"""Every question that docs/unconfirmed.md calls open has a line in what a probe prints, asked or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from contactsync.apps.base import Access, App
from contactsync.apps.freshsales import Freshsales
from contactsync.apps.google_contacts import GoogleContacts
from contactsync.model.probe import Verdict
from contactsync.rest.services import MemoryMetadata, Services
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, PeopleSandbox
from probes import probed, told

PAGE = Path(__file__).parents[2] / "docs" / "unconfirmed.md"
NEVER = {
    "Freshsales": {"no_right", "too_many", "bulk_create", "bulk_busy"},
    "Google Contacts": {"expired_token", "write_quota", "no_right", "full_account"},
}


def listed(title: str) -> list[set[str]]:
    """The findings that the page names for an app, a set for each open question."""
    part = PAGE.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line.split("|") for line in part.splitlines() if line.startswith("| ")][2:]
    return [set(re.findall(r"`(\w+)`", row[3])) for row in rows]


@pytest.fixture(params=["Freshsales", "Google Contacts"])
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[str, App]]:
    services = Services(metadata=MemoryMetadata(), sleep=lambda _: None)
    if request.param == "Freshsales":
        with FreshsalesSandbox() as crm:
            given = {"api_key": crm.api_key, "subdomain": f"{crm.url}/crm/sales"}
            yield request.param, Freshsales(Access("crm", given, services=services), Freshsales.Options())
    else:
        with PeopleSandbox() as google:
            given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
            given |= {"host": google.url, "token_url": google.token_uri}
            access = Access("alex", given, services=services)
            yield request.param, GoogleContacts(access, GoogleContacts.Options(rate_per_minute=5))


def test_each_open_question_is_printed_and_where_it_is_not_asked_the_reason(opened: tuple[str, App]) -> None:
    title, app = opened
    questions = listed(title)
    assert len(questions) > 5
    reading, writing = probed(app), probed(app, write=True)
    for ids in questions:
        assert ids
        assert ids <= reading.keys(), ids - reading.keys()
        assert ids <= writing.keys(), ids - writing.keys()
    assert told(writing, Verdict.UNCHECKED) == NEVER[title] <= set().union(*questions)
    assert all(writing[one].seen for one in NEVER[title])
    only = told(reading, Verdict.UNCHECKED) - NEVER[title]
    assert only
    assert all("--write" in reading[one].seen for one in only)
