"""A person's consent in a browser: the authorisation code grant with PKCE (RFC 7636), answered on loopback (RFC 8252).

    consent = begin(oauth, client.id, redirect)        the person opens consent.url
    code = consent.code_in(what came back)             by the loopback receiver, or pasted
    tokens = exchange(session, services, oauth, client, consent, code)

The code alone opens nothing: the token endpoint wants the verifier, which never leaves this process before.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import requests

from contactsync.errors import AuthError
from contactsync.model.app import OAuthInfo
from contactsync.rest.reply import host_of
from contactsync.rest.services import Services
from contactsync.rest.token_endpoint import ask, error_code, granted
from contactsync.rest.wire import Timeouts

AGAIN = "start the command again"
CODE_HINTS = {
    "invalid_client": "check client id and client secret; both must be of the same client",
    "unauthorized_client": "register a client that may use the authorisation code grant (Google: a desktop app)",
    "invalid_grant": "start the command again: a code is good once, for minutes, and for the attempt that asked for it",
    "redirect_uri_mismatch": "register the address that the command names, or use a client for desktop apps",
}


@dataclass(frozen=True)
class Client:
    """An OAuth client of the user's own."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Consent:
    """One attempt: the page to open, and what proves that an answer is the answer to it."""

    url: str = field(repr=False)
    redirect: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    def code_in(self, answer: str) -> str:
        """The code in the address that the browser was sent to, or in what a person pasted of it.

        Errors: AuthError (denied, an answer to another attempt, no code).
        """
        text = answer.strip()
        if any(mark in text for mark in ("://", "code=", "error=")):
            return self._code_of_address(text)
        # Copied out of an address by hand: without a state to compare, the verifier still binds it to this attempt.
        return _usable(unquote(text))

    def _code_of_address(self, text: str) -> str:
        # Not urlsplit: it stumbles over hosts that a slip of the hand has mutilated.
        query = text.partition("?")[2].partition("#")[0] or text
        given = {name: values[0] for name, values in parse_qs(query).items()}
        if not hmac.compare_digest(given.get("state", "").encode("utf-8", "replace"), self.state.encode()):
            raise AuthError(
                "The answer belongs to another attempt, or was made up (its state is not the one that was asked with).",
                next_step=f"{AGAIN}, and open only the address that it prints",
            )
        if "error" in given:
            raise _denied(given["error"])
        return _usable(given.get("code", ""))


@dataclass(frozen=True)
class Tokens:
    """What a code bought. `scopes`: as granted, empty where the vendor does not say."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    scopes: frozenset[str]


def begin(oauth: OAuthInfo, client_id: str, redirect: str) -> Consent:
    """A new attempt; the answer will come to `redirect`."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    asked = {
        "client_id": client_id,
        "redirect_uri": redirect,
        "response_type": "code",
        "scope": " ".join((*oauth.scopes, *oauth.identity)),
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        **dict(oauth.parameters),
    }
    joint = "&" if urlsplit(oauth.authorise_url).query else "?"
    return Consent(f"{oauth.authorise_url}{joint}{urlencode(asked)}", redirect, state, verifier)


def challenge(verifier: str) -> str:
    """PKCE's S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def exchange(
    session: requests.Session,
    services: Services,
    oauth: OAuthInfo,
    client: Client,
    consent: Consent,
    code: str,
    timeouts: Timeouts | None = None,
) -> Tokens:
    """Buy tokens with a code. Asked once only: the endpoint forgets the code with the first request.

    Errors: AuthError (refused, no refresh token, a needed scope left out), NotTheApi, ServerTrouble, RateLimited.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": consent.redirect,
        "client_id": client.id,
        "client_secret": client.secret,
        "code_verifier": consent.verifier,
    }
    answer = granted(ask(session, services, oauth.token_url, form, timeouts or Timeouts()), CODE_HINTS)
    scope = answer.get("scope")
    tokens = Tokens(
        answer["access_token"],
        str(answer.get("refresh_token") or ""),
        frozenset(scope.split() if isinstance(scope, str) else ()),
    )
    _check(tokens, oauth)
    return tokens


def _check(tokens: Tokens, oauth: OAuthInfo) -> None:
    missing = [scope for scope in oauth.scopes if scope not in tokens.scopes] if tokens.scopes else []
    if missing:
        raise AuthError(
            f"The person did not allow what a sync needs: {', '.join(missing)}.",
            next_step=f"{AGAIN} and leave every box on the page ticked",
        )
    if not tokens.refresh:
        raise AuthError(
            f"{host_of(oauth.token_url)} gave no refresh token, so access would end within the hour.",
            next_step="remove the client's access in the account's security settings, then start the command again",
        )


def _denied(code: str) -> AuthError:
    if code == "access_denied":
        return AuthError(
            "Access was denied on the consent page (access_denied).",
            next_step=f"{AGAIN} and press Allow; while a Google project is in testing, its test users alone may",
        )
    return AuthError(f"The consent page answered with an error ({error_code(code, 'unreadable')}).", next_step=AGAIN)


def _usable(code: str) -> str:
    if not re.fullmatch(r"[!-~]{1,4096}", code):
        raise AuthError(
            "There is no code in the answer.",
            next_step="paste the whole address that the browser shows after Allow was pressed",
        )
    return code
