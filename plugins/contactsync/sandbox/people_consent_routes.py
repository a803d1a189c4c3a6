"""The routes of signing in: the consent page, the token endpoint, and whose token it is."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs

from contactsync.sandbox.people_consent import AUTHORISE_PATH, DECISION_PATH, USERINFO_PATH, Client, ConsentDesk
from contactsync.sandbox.people_errors import unauthenticated
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.people_oauth import EMAIL, Access, TokenDesk
from contactsync.sandbox.server import Sandbox
from contactsync.sandbox.wire import Refused, Reply, Request, Traffic, route

# These are asked without an access token, or look at it themselves.
OPEN = frozenset({"/token", AUTHORISE_PATH, DECISION_PATH, USERINFO_PATH})


class ConsentRoutes(Sandbox):
    """Accounts, clients and tokens. `signed_in` is who sits before the browser."""

    google: PeopleKnobs
    desk: TokenDesk
    consents: ConsentDesk
    signed_in: str

    @property
    def token_uri(self) -> str:
        """The address of the token endpoint."""
        return f"{self.url}/token"

    @property
    def authorise_uri(self) -> str:
        """The address of the consent page."""
        return f"{self.url}{AUTHORISE_PATH}"

    @property
    def userinfo_uri(self) -> str:
        """The address that tells whose an access token is."""
        return f"{self.url}{USERINFO_PATH}"

    def register(self, client_id: str, client_secret: str, redirects: tuple[str, ...] = ()) -> None:
        """Knows another OAuth client; with redirect addresses it is a web client."""
        self.consents.clients.append(Client(client_id, client_secret, redirects))

    @route("GET", AUTHORISE_PATH, Traffic.TOKEN)
    def authorise_page(self, request: Request) -> Reply:
        """The consent page."""
        return self.consents.page(request.query, self.signed_in)

    @route("POST", DECISION_PATH, Traffic.TOKEN)
    def decide(self, request: Request) -> Reply:
        """Allow or Deny was pressed."""
        form = parse_qs(request.body.decode(), keep_blank_values=True)
        return self.consents.decision(form, self.signed_in, self.now() + self.google.code_seconds)

    @route("POST", r"/token", Traffic.TOKEN)
    def token(self, request: Request) -> Reply:
        """Google's token endpoint."""
        form = request.form()
        if form.get("grant_type") == "authorization_code":
            found = self.consents.redeem(form, self.now())
            asked = found.asked
            first = not self.desk.has_granted(found.user, asked.client.id)
            keep = asked.offline and (asked.prompt or first) and not self.google.withhold_refresh_token
            return self.desk.redeemed(
                found.user, (asked.client.id, asked.client.secret), found.scopes, self._life(), keep=keep
            )
        if self.google.invalid_grant:
            text = "Token has been expired or revoked."
            raise Refused(Reply(400, {"error": "invalid_grant", "error_description": text}))
        seconds, rotate = self.google.access_token_seconds, self.google.rotate_refresh_tokens
        return self.desk.answer(form, self.token_uri, self.now(), seconds, rotate=rotate)

    @route("GET", USERINFO_PATH, Traffic.TOKEN)
    def userinfo(self, request: Request) -> Reply:
        """OpenID Connect's userinfo: the e-mail comes with its scope only."""
        access = self.access_of(request)
        if access is None or access.until <= self.now():
            raise unauthenticated()
        if not {"openid", EMAIL} & access.scopes:
            text = {
                "error": "insufficient_scope",
                "error_description": "Request had insufficient authentication scopes.",
            }
            raise Refused(Reply(403, text))
        body: dict[str, Any] = {"sub": subject_number(access.user)}
        if EMAIL in access.scopes:
            body |= {"email": access.user, "email_verified": True}
        return Reply(body=body)

    def access_of(self, request: Request) -> Access | None:
        """What the request's access token opens, expired or not; None for an unknown one."""
        kind, _, token = (request.headers.get("Authorization") or "").partition(" ")
        return self.desk.access.get(token) if kind == "Bearer" else None

    def _life(self) -> tuple[float, float]:
        return self.now(), self.google.access_token_seconds


def subject_number(user: str) -> str:
    """The stable number of an account: `sub` in userinfo, and the name of people/me."""
    return f"1{int.from_bytes(hashlib.sha256(user.encode()).digest()[:8], 'big'):020d}"
