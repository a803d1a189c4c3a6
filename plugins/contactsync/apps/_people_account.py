"""Whose Google account a connection leads to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from contactsync.apps._people_facts import API_ROOT, IDENTITY_SCOPES, SOURCE, USERINFO_URL
from contactsync.apps._people_problem import refused_read
from contactsync.apps._people_reading import CONNECTIONS
from contactsync.apps.base import Access
from contactsync.errors import BadListing, ConnectionMissing
from contactsync.model.app import Account
from contactsync.rest.auth import BearerAuth
from contactsync.rest.origin import origin
from contactsync.rest.session import Api

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Whose:
    """Asks the API who the person is, and where that is not told, OpenID Connect's userinfo."""

    api: Api
    auth: BearerAuth
    access: Access

    def account(self) -> Account:
        """The person behind the credentials, and how many contacts there are."""
        asked = {"personFields": "metadata", "sources": SOURCE, "pageSize": 1}
        reply = self.api.read("GET", CONNECTIONS, params=asked)
        if reply.status != 200:
            raise refused_read(reply)
        body = reply.json()
        if not isinstance(body, dict):
            raise BadListing("Google's list of contacts is not one.", next_step="check the connection's host.")
        name, email = self._person()
        subject = self.access.credentials.get("subject", "")
        host = urlsplit(self.api.base_url).netloc
        total = body.get("totalItems")
        count = total if isinstance(total, int) and not isinstance(total, bool) else 0
        return Account(name or self._stand_in(), host, count, email or subject)

    def _person(self) -> tuple[str, str]:
        """Resource name and e-mail of whose credentials these are, '' for what nobody tells."""
        name, email = self._me()
        if (name and email) or not self._may_ask_userinfo():
            return name, email
        number, told = self._userinfo()
        # The number of an account in OpenID Connect is the one that its resource name ends in.
        return name or (f"people/{number}" if number else ""), email or told

    def _me(self) -> tuple[str, str]:
        """From the People API, as far as the scope reaches."""
        reply = self.api.read("GET", "v1/people/me", params={"personFields": "emailAddresses,metadata"})
        body = reply.json() if reply.status == 200 else None
        if not isinstance(body, dict):
            return "", ""
        found = body.get("emailAddresses")
        emails = [e for e in found if isinstance(e, dict) and e.get("value")] if isinstance(found, list) else []
        primary = [e for e in emails if isinstance(e.get("metadata"), dict) and e["metadata"].get("primary")]
        name = str(body.get("resourceName") or "")
        return ("" if name == "people/me" else name), str((primary or emails or [{}])[0].get("value", ""))

    def _may_ask_userinfo(self) -> bool:
        """Asked only where the answer can be more than a refusal, and never with another issuer's token."""
        return bool(self._userinfo_url) and bool(IDENTITY_SCOPES & self.auth.scopes())

    @property
    def _userinfo_url(self) -> str:
        given = self.access.credentials
        googles = "token_url" not in given and "service_account" not in given
        return given.get("userinfo_url", "") or (USERINFO_URL if googles else "")

    def _userinfo(self) -> tuple[str, str]:
        """Number and e-mail; an address that Google has not verified could be anybody's."""
        address = root(self._userinfo_url)
        api = Api(self._session(), self.access.services, base_url=address, account=self.api.account, auth=self.auth)
        reply = api.read("GET", "")
        body: Any = reply.json() if reply.status == 200 else {}
        if not isinstance(body, dict):
            return "", ""
        number, email = str(body.get("sub") or ""), str(body.get("email") or "")
        return number if number.isalnum() else "", email if body.get("email_verified") is True else ""

    def _session(self) -> requests.Session:
        """The connection's TLS settings and proxies; its extra headers and cookies are for the API alone."""
        given, session = self.access.session, requests.Session()
        session.verify, session.cert, session.proxies = given.verify, given.cert, given.proxies
        session.adapters = given.adapters  # they know where the connection may lead
        return session

    def _stand_in(self) -> str:
        """What tells accounts apart where Google does not: the person acted for, else the authorisation itself.

        A new refresh token may be another person's, so it counts as another account until a person relinks it.
        """
        given = self.access.credentials
        who = given.get("subject") or given.get("refresh_token", "")
        digest = hashlib.sha256("\n".join((given.get("client_id", ""), who)).encode()).hexdigest()
        return f"authorisation/{digest[:32]}"


def root(host: str) -> str:
    """The API's root, or another address of Google's. Errors: ConnectionMissing where tokens would be sent in clear."""
    entered = host.strip().rstrip("/") or API_ROOT
    local = entered.startswith(LOOPBACK)
    address = entered if "://" in entered else f"{'http' if local else 'https'}://{entered}"
    place = origin(address)
    if place is None or (place[0] == "http" and "." in place[1] and place[1] not in LOOPBACK):
        raise ConnectionMissing(
            "The Google Contacts connection's host is not an address that may be given a token.",
            next_step=f"leave it empty, or enter an https address such as {API_ROOT}.",
        )
    return address
