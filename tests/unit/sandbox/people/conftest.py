"""A Google sandbox with a clock that stands still, and a caller with a valid access token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from contactsync.sandbox.people import PeopleSandbox

ADA = {
    "names": [{"givenName": "Ada", "familyName": "Beispiel"}],
    "emailAddresses": [{"value": "ada@example.org", "type": "work"}, {"value": "ada.home@example.org", "type": "home"}],
    "phoneNumbers": [{"value": "+49 30 23125 001", "type": "mobile"}],
}
BO = {"names": [{"givenName": "Bo", "familyName": "Muster"}]}
ALL = "names,emailAddresses,phoneNumbers,memberships,metadata"


@dataclass
class Caller:
    """Calls the sandbox as a client with a token would."""

    google: PeopleSandbox
    token: str
    session: requests.Session = field(default_factory=requests.Session)

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.session.request(method, f"{self.google.url}/v1/{path}", json=body, params=query, headers=headers)

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        response = self.send(method, path, body, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """The error of a refused call; its code is the HTTP status."""
        response = self.send(method, path, body, **query)
        error = response.json()["error"]
        assert error["code"] == response.status_code
        return error

    def listed(self, **query: Any) -> dict[str, Any]:
        return self.ok("GET", "people/me/connections", **{"personFields": ALL, **query})

    def full(self, **query: Any) -> str:
        """A full listing; its sync token."""
        return self.listed(requestSyncToken="true", **query)["nextSyncToken"]

    def delta(self, token: str, **query: Any) -> dict[str, Any]:
        return self.listed(syncToken=token, requestSyncToken="true", **query)

    def person(self, name: str, fields: str = ALL) -> dict[str, Any]:
        return self.ok("GET", name, personFields=fields)

    def base(self, name: str) -> dict[str, Any]:
        """What an update must send of the person it is based on."""
        person = self.person(name)
        return {"etag": person["etag"], "metadata": {"sources": person["metadata"]["sources"]}}

    def update(self, name: str, mask: str, /, **fields: Any) -> dict[str, Any]:
        body = self.base(name) | fields
        return self.ok("PATCH", f"{name}:updateContact", body, updatePersonFields=mask, personFields=ALL)


@pytest.fixture
def clock() -> list[float]:
    return [1_790_000_000.0]


@pytest.fixture
def google(clock: list[float]) -> Iterator[PeopleSandbox]:
    with PeopleSandbox(clock=lambda: clock[0]) as sandbox:
        yield sandbox


@pytest.fixture
def api(google: PeopleSandbox) -> Iterator[Caller]:
    with requests.Session() as session:
        yield Caller(google, google.access_token(), session)


@pytest.fixture
def ada(google: PeopleSandbox) -> str:
    return google.add_contact(ADA)["resourceName"]


@pytest.fixture
def bo(google: PeopleSandbox) -> str:
    return google.add_contact(BO)["resourceName"]
