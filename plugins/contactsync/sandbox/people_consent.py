"""Google's consent page: a person allows or denies, and the client gets a code that is good once and for minutes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode, urlsplit

from contactsync.sandbox.people_oauth import EMAIL, READ_ONLY, READ_WRITE, refused
from contactsync.sandbox.people_pages import consent_page, error_page
from contactsync.sandbox.wire import Refused, Reply

AUTHORISE_PATH = "/o/oauth2/v2/auth"
DECISION_PATH = f"{AUTHORISE_PATH}/decision"
USERINFO_PATH = "/v1/userinfo"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# People may leave these out one by one; what tells who they are comes with signing in.
TICKED = (READ_WRITE, READ_ONLY)
SCOPES = {"openid": "openid", "email": EMAIL, EMAIL: EMAIL, READ_WRITE: READ_WRITE, READ_ONLY: READ_ONLY}
CHALLENGES = ("S256", "plain", "")


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client. `redirects`: those registered for a web client; none = a desktop client, any loopback one."""

    id: str
    secret: str
    redirects: tuple[str, ...] = ()

    def takes(self, redirect: str) -> bool:
        """Whether an answer may be sent there."""
        if self.redirects:
            return redirect in self.redirects
        parts = urlsplit(redirect)
        return parts.scheme == "http" and parts.hostname in LOOPBACK and not parts.fragment


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks a person for."""

    client: Client
    redirect: str
    state: str
    scopes: tuple[str, ...]
    challenge: str
    method: str
    offline: bool
    prompt: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    """A person's consent, until the client has fetched its tokens."""

    asked: Asked
    user: str
    scopes: frozenset[str]
    until: float


@dataclass
class ConsentDesk:
    """Consents that are being asked for, and codes that wait to be used."""

    clients: list[Client]
    asked: dict[str, Asked] = field(default_factory=dict)
    codes: dict[str, Allowed] = field(default_factory=dict)

    def page(self, query: Mapping[str, list[str]], user: str) -> Reply:
        """The page for what a client asks. A faulty request gets an error page and is never sent back."""
        given = {key: values[0] for key, values in query.items()}
        asked = self._asked(given)
        number = secrets.token_urlsafe(12)
        self.asked[number] = asked
        choices = [(scope, scope in TICKED) for scope in asked.scopes]
        return consent_page(DECISION_PATH, number, user, asked.client.id, choices)

    def decision(self, form: Mapping[str, list[str]], user: str, until: float) -> Reply:
        """What the person pressed: back to the client with a code, or with the refusal."""
        asked = self.asked.pop(form.get("request", [""])[0], None)
        if asked is None:
            raise Refused(error_page(400, "invalid_request", "This page was already answered."))
        ticked = {s for s in form.get("scope", []) if s in asked.scopes}
        scopes = frozenset(s for s in asked.scopes if s not in TICKED or s in ticked)
        if form.get("decision", [""])[0] != "allow" or not scopes:
            return _back(asked, error="access_denied")
        code = f"4/sandbox-{secrets.token_urlsafe(24)}"
        self.codes[code] = Allowed(asked, user, scopes, until)
        return _back(asked, code=code, scope=" ".join(sorted(scopes)))

    def redeem(self, form: Mapping[str, str], now: float) -> Allowed:
        """The consent behind a code, which is used up by this, whatever comes of it."""
        client = next((c for c in self.clients if c.id == form.get("client_id")), None)
        if client is None or form.get("client_secret") != client.secret:
            raise refused(401, "invalid_client", "Unauthorized" if client else "The OAuth client was not found.")
        found = self.codes.pop(form.get("code", ""), None)
        if found is None or found.until <= now or found.asked.client != client:
            raise refused(400, "invalid_grant", "Bad Request")
        if form.get("redirect_uri") != found.asked.redirect:
            raise refused(400, "redirect_uri_mismatch", "Bad Request")
        _check_verifier(found.asked, form.get("code_verifier", ""))
        return found

    def _asked(self, given: Mapping[str, str]) -> Asked:
        client = next((c for c in self.clients if c.id == given.get("client_id")), None)
        if client is None:
            raise Refused(error_page(401, "invalid_client", "The OAuth client was not found."))
        redirect = given.get("redirect_uri", "")
        if not client.takes(redirect):
            raise Refused(error_page(400, "redirect_uri_mismatch", "The redirect URI is not registered."))
        if given.get("response_type") != "code":
            raise Refused(error_page(400, "invalid_request", "Only response_type=code is served here."))
        names = given.get("scope", "").split()
        if not names or any(name not in SCOPES for name in names):
            raise Refused(error_page(400, "invalid_scope", "Some requested scopes were invalid."))
        method = given.get("code_challenge_method", "plain" if given.get("code_challenge") else "")
        if method not in CHALLENGES:
            raise Refused(error_page(400, "invalid_request", "Invalid code_challenge_method."))
        asked = Asked(
            client, redirect, given.get("state", ""), (), given.get("code_challenge", ""), method, False, False
        )
        return replace(
            asked,
            scopes=tuple(dict.fromkeys(SCOPES[name] for name in names)),
            offline=given.get("access_type") == "offline",
            prompt="consent" in given.get("prompt", "").split(),
        )


def _back(asked: Asked, **answer: str) -> Reply:
    query = {**answer, **({"state": asked.state} if asked.state else {})}
    joint = "&" if urlsplit(asked.redirect).query else "?"
    return Reply(302, headers={"Location": f"{asked.redirect}{joint}{urlencode(query)}", "Cache-Control": "no-store"})


def _check_verifier(asked: Asked, verifier: str) -> None:
    if not asked.challenge:
        return
    if not verifier:
        raise refused(400, "invalid_grant", "Missing code verifier.")
    made = verifier
    if asked.method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not hmac.compare_digest(made.encode(), asked.challenge.encode()):
        raise refused(400, "invalid_grant", "Invalid code verifier.")
