"""How a request proves who it is for: a fixed token, or a bearer token that is fetched, kept and renewed."""

from __future__ import annotations

import hashlib
import json
import threading
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import requests
from requests.auth import AuthBase

from contactsync.errors import RateLimited, ServerTrouble
from contactsync.rest.patience import LONGEST_WAIT, repeated
from contactsync.rest.reply import Reply
from contactsync.rest.services import Services
from contactsync.rest.token_endpoint import ask, granted
from contactsync.rest.wire import Timeouts

EARLY = 60.0  # seconds before its end at which a token counts as used up
DEFAULT_LIFE = 3600.0
TOKEN_TRIES = 3  # they run in the token store's turn, for whose end other processes wait
TOKEN_TIMEOUTS = Timeouts(connect=10.0, read=20.0, whole=30.0)
LONGEST_REFRESH = TOKEN_TRIES * (10.0 + 20.0 + 30.0) + (TOKEN_TRIES - 1) * LONGEST_WAIT


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
        entered: str = "",
        timeouts: Timeouts | None = None,
    ) -> None:
        """`identity`: what the stored tokens belong to; other credentials in the connection start anew.

        `entered`: the refresh token in the connection, good until the vendor replaces it.
        """
        self._session = session
        self._services = services
        self._connection = connection
        self._entered = entered
        self._token_url = token_url
        self._fingerprint = hashlib.sha256(json.dumps([token_url, *identity]).encode()).hexdigest()[:32]
        self._timeouts = timeouts or TOKEN_TIMEOUTS
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

    def scopes(self) -> frozenset[str]:
        """What the token of now opens, as far as the vendor said; asks for a token where there is none yet."""
        self.token()
        return frozenset(str(self._kept.get("scope", "")).split())

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
        answer = granted(self._ask(self._form(stored)))
        life = answer.get("expires_in")
        seconds = float(life) if isinstance(life, (int, float)) and 0 < life < 10**8 else DEFAULT_LIFE
        # Kept only where it is another than the one entered, which stands in the connection anyway.
        newest = answer.get("refresh_token") or stored.get("refresh_token") or ""
        until = self._now().timestamp() + max(seconds - EARLY, seconds / 2)
        tokens: dict[str, Any] = {"access_token": answer["access_token"], "until": until}
        if isinstance(answer.get("scope"), str):
            tokens["scope"] = answer["scope"]
        return {**tokens, "refresh_token": newest} if newest not in ("", self._entered) else tokens

    def _good(self, tokens: Mapping[str, Any]) -> bool:
        return bool(tokens.get("access_token")) and self._now().timestamp() < tokens.get("until", 0.0)

    def _now(self) -> datetime:
        return self._services.clock()

    def _ask(self, form: dict[str, str]) -> Reply:
        return repeated(
            partial(ask, self._session, self._services, self._token_url, form, self._timeouts),
            self._services,
            on=(RateLimited, ServerTrouble),
            limited=lambda _: None,  # the endpoint's limit is not the account's
            tries=TOKEN_TRIES,
        )


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
        self._scope = {"scope": scope} if scope else {}
        identity = (client_id, refresh_token, scope)
        super().__init__(
            session,
            services,
            connection=connection,
            token_url=token_url,
            identity=identity,
            entered=refresh_token,
            timeouts=timeouts,
        )

    def _form(self, stored: Mapping[str, Any]) -> dict[str, str]:
        current = str(stored.get("refresh_token") or self._entered)
        return {"grant_type": "refresh_token", "refresh_token": current, **self._client, **self._scope}
