"""How a request proves who it is for: a fixed token, or a bearer token that is fetched, kept and renewed."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import requests
from requests.auth import AuthBase

from contactsync.errors import AuthError, NotTheApi, RateLimited, ServerTrouble
from contactsync.rest.patience import hint, repeated
from contactsync.rest.reply import Reply, host_of
from contactsync.rest.services import Services
from contactsync.rest.wire import Call, Fault, NoAuth, Timeouts, finish, prepare, send

EARLY = 60.0  # seconds before its end at which a token counts as used up
DEFAULT_LIFE = 3600.0
TOKEN_TRIES = 3  # they run under the token store's lock, where other processes wait
AUTHORISE_AGAIN = "authorise again and enter the new credentials in the connection"


class TokenAuth(AuthBase):
    """A fixed `Authorization` header, such as `Token token=KEY` or `Bearer KEY`."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header."""
        r.headers["Authorization"] = self._value
        return r


class BearerAuth(AuthBase):
    """An access token from a token endpoint, kept in the token store until shortly before its end.

    One process at a time fetches a token; the others take what it stored. Token requests are not counted as writes.
    """

    def __init__(
        self,
        session: requests.Session,
        services: Services,
        *,
        connection: str,
        token_url: str,
        identity: tuple[str, ...],
        timeouts: Timeouts | None = None,
    ) -> None:
        """`identity`: what the stored tokens belong to; other credentials in the connection start anew."""
        self._session = session
        self._services = services
        self._connection = connection
        self._token_url = token_url
        self._fingerprint = hashlib.sha256(json.dumps([token_url, *identity]).encode()).hexdigest()[:32]
        self._timeouts = timeouts or Timeouts()
        self._kept: dict[str, Any] = {}
        self._lock = threading.Lock()  # the token store keeps processes apart, not the threads of this one

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header."""
        r.headers["Authorization"] = f"Bearer {self.token()}"
        return r

    def token(self) -> str:
        """A token that is still good. Errors: AuthError, NotTheApi, RateLimited, ServerTrouble."""
        with self._lock:
            if not self._good(self._kept):
                self._kept = self._services.tokens.get(self._connection, self._fingerprint) or {}
            if not self._good(self._kept):
                self._refresh(refused="")
            return str(self._kept["access_token"])

    def renew(self, refused: str) -> None:
        """The vendor answered 401 to this `Authorization` header: get another token, unless somebody already did."""
        with self._lock:
            self._refresh(refused=refused.removeprefix("Bearer "))

    @abstractmethod
    def _form(self, stored: Mapping[str, Any]) -> dict[str, str]:
        """What is posted to the token endpoint, given the tokens stored before."""

    def _refresh(self, *, refused: str) -> None:
        renew = partial(self._renewed, refused=refused)
        self._kept = self._services.tokens.refresh(self._connection, self._fingerprint, renew)

    def _renewed(self, stored: dict[str, Any] | None, *, refused: str) -> dict[str, Any]:
        stored = stored or {}
        if self._good(stored) and stored["access_token"] != refused:
            return stored
        answer = _checked(self._ask(self._form(stored)))
        life = answer.get("expires_in")
        seconds = float(life) if isinstance(life, (int, float)) and 0 < life < 10**8 else DEFAULT_LIFE
        rotated = answer.get("refresh_token") or stored.get("refresh_token")
        until = self._now().timestamp() + max(seconds - EARLY, seconds / 2)
        tokens: dict[str, Any] = {"access_token": answer["access_token"], "until": until}
        return {**tokens, "refresh_token": rotated} if rotated else tokens

    def _good(self, tokens: Mapping[str, Any]) -> bool:
        return bool(tokens.get("access_token")) and self._now().timestamp() < tokens.get("until", 0.0)

    def _now(self) -> datetime:
        return self._services.clock()

    def _ask(self, form: dict[str, str]) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        call = Call("POST", self._token_url, data=urlencode(form).encode(), headers=headers)
        return repeated(
            partial(self._once, call),
            self._services,
            on=(RateLimited, ServerTrouble),
            limited=lambda _: None,  # the endpoint's limit is not the account's
            tries=TOKEN_TRIES,
        )

    def _once(self, call: Call) -> Reply:
        host = host_of(self._token_url)
        try:
            prepared = prepare(self._session, call, NoAuth(), foreign=True)
            reply = finish(send(self._session, prepared, self._timeouts), self._timeouts)
        except Fault as fault:
            trouble = ServerTrouble(f"{host} (token endpoint): {fault}.")
        else:
            asked = hint(reply, self._services.clock, "")
            if reply.status == 429:
                raise RateLimited(f"{host} (token endpoint): too many requests.", retry_after=asked)
            if reply.status < 500:
                return reply
            trouble = ServerTrouble(f"{host} (token endpoint) answered HTTP {reply.status}.", retry_after=asked)
        raise trouble


class OAuthRefresh(BearerAuth):
    """The refresh_token grant. A refresh token that the vendor rotates is kept in the token store."""

    def __init__(
        self,
        session: requests.Session,
        services: Services,
        *,
        connection: str,
        token_url: str,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        scope: str = "",
        timeouts: Timeouts | None = None,
    ) -> None:
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._first = refresh_token
        self._scope = {"scope": scope} if scope else {}
        identity = (client_id, refresh_token, scope)
        super().__init__(
            session, services, connection=connection, token_url=token_url, identity=identity, timeouts=timeouts
        )

    def _form(self, stored: Mapping[str, Any]) -> dict[str, str]:
        current = str(stored.get("refresh_token") or self._first)
        return {"grant_type": "refresh_token", "refresh_token": current, **self._client, **self._scope}


def _checked(reply: Reply) -> dict[str, Any]:
    """The answer of a token endpoint. Errors: AuthError where it refuses, NotTheApi where it is none."""
    answer = reply.json()
    if not isinstance(answer, dict):
        raise NotTheApi(f"{reply.host} (token endpoint) answered with no JSON object.")
    if reply.status >= 300 or "error" in answer:
        raise _refused(reply, str(answer.get("error", "")))
    token = answer.get("access_token")
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        raise NotTheApi(f"{reply.host} (token endpoint) answered without a usable access token.")
    return answer


def _refused(reply: Reply, code: str) -> AuthError:
    named = code if re.fullmatch(r"[a-z_]{1,40}", code) else f"HTTP {reply.status}"
    if code == "invalid_grant":
        return AuthError(
            f"{reply.host} no longer accepts the authorisation (invalid_grant): expired, revoked or already used.",
            next_step=AUTHORISE_AGAIN,
        )
    return AuthError(
        f"{reply.host} refused the client's credentials ({named}).",
        next_step="check the client id, client secret and scope in the connection",
    )
