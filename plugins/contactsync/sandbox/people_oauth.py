"""Google's token endpoint: refresh tokens and service accounts in, short-lived access tokens out."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from contactsync.sandbox.wire import Refused, Reply

READ_WRITE = "https://www.googleapis.com/auth/contacts"
READ_ONLY = "https://www.googleapis.com/auth/contacts.readonly"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
_LONGEST_ASSERTION = 3660
_KIND = "Bearer"
# google-auth signs for this address, wherever its token_uri points to
_GOOGLES_OWN = "https://oauth2.googleapis.com/token"


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token opens, and until when."""

    user: str
    scopes: frozenset[str]
    until: float


@dataclass(slots=True)
class Grant:
    """A person's consent to one client; `tokens` are its refresh tokens, the last one is the valid one."""

    user: str
    client_id: str
    client_secret: str
    scopes: frozenset[str]
    tokens: list[str]
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An account of a program; it may act for people only with domain-wide delegation."""

    email: str
    public_key: bytes
    delegated: bool


@dataclass
class TokenDesk:
    """All grants and access tokens. `reused` counts refresh tokens that came back after their rotation."""

    grants: list[Grant] = field(default_factory=list)
    service_accounts: dict[str, ServiceAccount] = field(default_factory=dict)
    access: dict[str, Access] = field(default_factory=dict)
    reused: int = 0
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def issue(self, user: str, scopes: frozenset[str], until: float) -> str:
        """A new access token."""
        token = f"ya29.sandbox-{next(self._numbers)}"
        self.access[token] = Access(user, scopes, until)
        return token

    def has_granted(self, user: str, client_id: str) -> bool:
        """Whether this user's consent to that client still stands."""
        return any(g.user == user and g.client_id == client_id and not g.revoked for g in self.grants)

    def redeemed(
        self, user: str, client: tuple[str, str], scopes: frozenset[str], life: tuple[float, float], *, keep: bool
    ) -> Reply:
        """The answer to a good code; `keep`: with a refresh token. `life`: the time now, and seconds from now."""
        body = self._body(user, scopes, *life)
        if keep:
            self.grants.append(Grant(user, *client, scopes, [f"1//sandbox-refresh-{next(self._numbers)}"]))
            body["refresh_token"] = self.grants[-1].tokens[-1]
        return Reply(body=body)

    def revoke(self, user: str) -> None:
        """Ends a user's consents and access tokens, as a person does in the account's settings."""
        for grant in self.grants:
            grant.revoked |= grant.user == user
        self.access = {token: access for token, access in self.access.items() if access.user != user}

    def answer(self, form: Mapping[str, str], audience: str, now: float, seconds: float, *, rotate: bool) -> Reply:
        """Answers one request to the token endpoint."""
        match form.get("grant_type"):
            case "refresh_token":
                grant = self._granted(form)
                scopes = frozenset(form.get("scope", "").split()) or grant.scopes
                if not scopes <= grant.scopes:
                    raise refused(400, "invalid_scope", "Some requested scopes were invalid.")
                body = self._body(grant.user, scopes, now, seconds)
                return Reply(body=body | ({"refresh_token": self._rotated(grant)} if rotate else {}))
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                claims = self._claims(form.get("assertion", ""), audience)
                user = str(claims.get("sub") or claims["iss"])
                return Reply(body=self._body(user, frozenset(str(claims.get("scope", "")).split()), now, seconds))
        raise refused(400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")

    def _body(self, user: str, scopes: frozenset[str], now: float, seconds: float) -> dict[str, Any]:
        token = self.issue(user, scopes, now + seconds)
        scope = " ".join(sorted(scopes))
        return {"access_token": token, "expires_in": int(seconds), "scope": scope, "token_type": _KIND}

    def _granted(self, form: Mapping[str, str]) -> Grant:
        token = form.get("refresh_token", "")
        grant = next((g for g in self.grants if token in g.tokens), None)
        if grant is None:
            raise refused(400, "invalid_grant", "Bad Request")
        if (form.get("client_id"), form.get("client_secret")) != (grant.client_id, grant.client_secret):
            raise refused(401, "invalid_client", "Unauthorized")
        if token != grant.tokens[-1] and not grant.revoked:
            self.reused += 1
            self.revoke(grant.user)
        if grant.revoked:
            raise refused(400, "invalid_grant", "Token has been expired or revoked.")
        return grant

    def _rotated(self, grant: Grant) -> str:
        grant.tokens.append(f"1//sandbox-refresh-{next(self._numbers)}")
        return grant.tokens[-1]

    def _claims(self, assertion: str, audience: str) -> dict[str, Any]:
        claims, signed, signature = _opened(assertion)
        account = self.service_accounts.get(str(claims.get("iss")))
        if account is None:
            raise refused(400, "invalid_grant", "Invalid grant: account not found")
        if not _verifies(account.public_key, signed, signature):
            raise refused(400, "invalid_grant", "Invalid JWT Signature.")
        timely = 0 < claims.get("exp", 0) - claims.get("iat", 0) <= _LONGEST_ASSERTION
        if claims.get("aud") not in (audience, _GOOGLES_OWN) or not timely:
            raise refused(400, "invalid_grant", "Invalid JWT: check the aud, iat and exp values in the claim.")
        if claims.get("sub", account.email) != account.email and not account.delegated:
            text = "Client is unauthorized to retrieve access tokens using this method, or client not authorized"
            raise refused(401, "unauthorized_client", f"{text} for any of the scopes requested.")
        return claims


def _opened(assertion: str) -> tuple[dict[str, Any], bytes, bytes]:
    try:
        head, payload, signature = assertion.split(".")
        return json.loads(_decoded(payload)), f"{head}.{payload}".encode(), _decoded(signature)
    except (ValueError, binascii.Error) as wrong:
        raise refused(400, "invalid_grant", "Invalid JWT: it must have three parts.") from wrong


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _verifies(public_key: bytes, signed: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(public_key)
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def refused(status: int, error: str, description: str) -> Refused:
    """The answer of the token endpoint to a faulty request."""
    return Refused(Reply(status, {"error": error, "error_description": description}))
