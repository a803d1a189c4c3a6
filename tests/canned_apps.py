"""Freshsales and Google Contacts as apps, on answers that stand here instead of a server."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from contactsync.apps import load_app
from contactsync.apps.base import Access, App
from contactsync.model.exchange import Op, Ref, Verb
from contactsync.rest.services import MemoryMetadata, Services
from requests.adapters import BaseAdapter

NOW = datetime(2026, 1, 5, tzinfo=UTC)
Answers = Mapping[str, Any]

CONTACT = {
    "id": 17, "first_name": "Ada", "last_name": "Muster", "job_title": "Buyer", "lead_score": 5, "owner_id": 9,
    "emails": [{"id": 5, "value": "ada@x.example", "is_primary": True}], "mobile_number": "+49 30 5", "tags": ["vip"],
    "address": "Weg 1", "city": "Musterstadt", "updated_at": "2026-01-01T10:00:00Z", "is_deleted": False,
    "sales_accounts": [{"id": 1, "name": "Muster", "is_primary": True}], "custom_field": {"cf_tier": "Gold"},
}  # fmt: skip
FRESHSALES: Answers = {
    "filters": {"filters": [{"id": 1, "name": "All Contacts"}]},
    "settings": {"fields": [{"name": "cf_tier", "type": "dropdown", "label": "Tier", "choices": [{"value": "Gold"}]}]},
    "owners": {"users": [{"id": 9, "email": "uma@x.example", "display_name": "Uma"}]},
    "lookup": {"contacts": {"contacts": [{"id": 17}]}},
    "contacts/17": {"contact": CONTACT, "users": [{"id": 9, "email": "uma@x.example"}]},
    "contacts/view": {"contacts": [CONTACT, {**CONTACT, "id": 18}], "meta": {"total": 2, "total_pages": 1}},
    "filtered_search": {"contacts": [CONTACT], "meta": {"total": 1, "total_pages": 1}},
}
SOURCE = {"type": "CONTACT", "id": "1", "etag": "e", "updateTime": "2026-01-01T10:00:00.123456789Z"}
PERSON = {
    "resourceName": "people/c1", "etag": "e", "metadata": {"sources": [SOURCE], "previousResourceNames": ["people/c0"]},
    "names": [{"givenName": "Ada", "familyName": "Muster", "metadata": {"primary": True, "source": SOURCE}}],
    "emailAddresses": [{"value": "ada@x.example", "type": "work"}], "phoneNumbers": [{"value": "+49 30 5"}],
    "addresses": [{"streetAddress": "Weg 1", "city": "Musterstadt"}], "organizations": [{"name": "A", "title": "B"}],
    "birthdays": [{"date": {"year": 1990, "month": 5, "day": 1}}], "userDefined": [{"key": "Tier", "value": "Gold"}],
    "memberships": [{"contactGroupMembership": {"contactGroupResourceName": "contactGroups/f1"}}],
}  # fmt: skip
GOOGLE: Answers = {
    "token": {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"},
    "contactGroups": {"contactGroups": [{"resourceName": "contactGroups/f1", "name": "VIP", "groupType": "USER"}]},
    "batchGet": {"responses": [{"requestedResourceName": "people/c1", "person": PERSON, "httpStatusCode": 200}]},
    "connections": {"connections": [PERSON], "totalItems": 1, "nextSyncToken": "s"},
    "people/me": {"resourceName": "people/c9", "emailAddresses": [{"value": "u@x.example", "metadata": {}}]},
}


class Canned(BaseAdapter):
    """Answers each request by what its path holds: JSON, or bytes as they are."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self.answers = answers

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        path = urlsplit(str(request.url)).path
        found = next((answer for name, answer in self.answers.items() if name in path), {})
        answer = requests.Response()
        answer.status_code, answer.url = 200, str(request.url)
        answer.headers["Date"] = "Mon, 05 Jan 2026 00:00:00 GMT"
        answer.raw = urllib3.HTTPResponse(
            io.BytesIO(found if isinstance(found, bytes) else json.dumps(found).encode()), preload_content=False
        )
        return answer

    def close(self) -> None:
        """Nothing is open."""


def opened(name: str, answers: Answers) -> App:
    credentials = {
        "freshsales": {"subdomain": "https://acme.freshsales.io/crm/sales/api", "api_key": "k"},
        "google_contacts": {"client_id": "i", "client_secret": "s", "refresh_token": "r"},
    }[name]
    session = requests.Session()
    session.mount("https://", Canned(answers))
    kind = load_app(name)
    services = Services(metadata=MemoryMetadata(), clock=lambda: NOW, sleep=lambda _: None)
    return kind(Access("test", credentials, session, services), kind.Options())


CALLS: Mapping[str, Callable[[App], Any]] = {
    "pull": lambda app: list(app.pull(None)),
    "account": lambda app: app.account(),
    "fields": lambda app: app.describe(),
    "fetch": lambda app: list(app.fetch([Ref("17" if app.info.name == "freshsales" else "people/c1")])),
    "look_up": lambda app: list(app.look_up(Op("k", Verb.CREATE, patch={"emails": [{"value": "ada@x.example"}]}))),
}
APPS: Mapping[str, Answers] = {"freshsales": FRESHSALES, "google_contacts": GOOGLE}
