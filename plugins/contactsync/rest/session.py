"""One account's wire: reads that are retried, writes that never are once their outcome is unknown."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from contactsync.errors import (
    AuthError,
    BadListing,
    ContactsyncError,
    NothingSent,
    NotTheApi,
    OutcomeUnknown,
    RateLimited,
    ServerTrouble,
    WritesForbidden,
)
from contactsync.model.app import Rate
from contactsync.rest.auth import BearerAuth
from contactsync.rest.choke import send_mutating
from contactsync.rest.deadline import time_left
from contactsync.rest.origin import absolute, redirected
from contactsync.rest.patience import PATIENCE, hint, repeated
from contactsync.rest.redaction import vendor_words
from contactsync.rest.reply import Reply as Reply
from contactsync.rest.reply import host_of
from contactsync.rest.services import Services
from contactsync.rest.wire import Call, Lost, NoAuth, Timeouts, TooLarge, Unreached, finish, prepare, send

log = logging.getLogger(__name__)

MAX_REDIRECTS = 5
MAX_BUDGET_WAITS = 1000
LONGEST_QUEUE = 900.0  # seconds a request waits for the account's rate budget before the task gives its slot back


class Api:
    """Requests to one account.

    A relative `path` is appended to `base_url`, with or without a leading slash. An absolute one (a next-link, or an
    href joined with `Reply.url`) must have the scheme, host and port of `base_url`.
    """

    def __init__(
        self,
        session: requests.Session,
        services: Services,
        *,
        base_url: str,
        account: str,
        auth: AuthBase | None = None,
        rates: Sequence[Rate] = (),
        secrets: Sequence[str] = (),
        reset_header: str = "",
        timeouts: Timeouts | None = None,
    ) -> None:
        """`reset_header`: the vendor's header that says when its limit ends. `secrets`: kept out of `words`."""
        self.base_url = base_url
        self.account = account
        self.secrets = tuple(secrets)
        self.last_headers: Mapping[str, str] = {}  # of the last answer: what is left of the limit, for the Test button
        self._session = session
        self._services = services
        self._auth = auth or _session_auth(session)
        self._rates = tuple(rates)
        self._reset_header = reset_header
        self._timeouts = timeouts or Timeouts()
        self._host = host_of(base_url)

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """A request that may be repeated. Answers of 4xx other than 401 and 429 are returned, for the app to read.

        Errors: AuthError (401), RateLimited and ServerTrouble (after all tries), NotTheApi (leads to another host),
        BadListing (a link to another host, or more than 64 MiB).
        """
        call = Call(method, absolute(self.base_url, path), params, json, data, headers)
        self._ready()
        for _ in range(MAX_REDIRECTS + 1):
            reply = repeated(
                partial(self._read, call),
                self._services,
                on=(RateLimited, ServerTrouble),
                limited=self._blocked,
            )
            target = redirected(method, call.url, reply)
            if target is None:
                return reply
            call = replace(call, url=target, params=None)  # the new address brings its own query
        raise NotTheApi(f"{self._host} redirects more than {MAX_REDIRECTS} times.", next_step="check the connection")

    def write(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """A mutating request. Returns answers below 500 other than 401 and 429.

        Errors: NothingSent (connection refused, 401, 429 after all tries, no token, no rate budget; the cause says
        which); OutcomeUnknown (time-out, lost connection, 5xx).
        """
        try:
            self._permitted()
            call = Call(method, absolute(self.base_url, path), params, json, data, headers)
            self._ready()
            # Only a 429 is tried again: it says that nothing was done.
            return repeated(partial(self._write, call), self._services, on=(RateLimited,), limited=self._blocked)
        except (OutcomeUnknown, NothingSent):
            raise
        except ContactsyncError as error:
            raise NothingSent(
                f"{self._host}: nothing was written. {error.message}", next_step=error.next_step
            ) from error

    def _permitted(self) -> None:
        if not self._services.writes:
            raise WritesForbidden(
                "in this environment nothing is written to any account.",
                next_step="set CONTACTSYNC_ENV to an environment of contactsync.yaml with writes: allowed",
            )

    def words(self, reply: Reply, values: Iterable[str] = ()) -> str:
        """The vendor's words about an error, without secrets and contact data; `values`: what was sent."""
        return vendor_words(reply, (*self.secrets, *values))

    def _read(self, call: Call) -> Reply:
        trouble: ContactsyncError
        try:
            reply = self._exchange(call, writes=False)
        except TooLarge as fault:
            trouble = BadListing(f"{self._host}: {fault}.", next_step="ask for smaller pages")
        except (Unreached, Lost) as fault:
            trouble = ServerTrouble(f"{self._host}: {fault}.", next_step="check that the host can be reached")
        else:
            if reply.status < 500:
                return reply
            trouble = ServerTrouble(f"{self._host} answered HTTP {reply.status}.", retry_after=self._hint(reply))
        raise trouble

    def _write(self, call: Call) -> Reply:
        trouble: ContactsyncError
        try:
            self._in_time(0.0)
            reply = self._exchange(call, writes=True)
        except Unreached as fault:
            trouble = NothingSent(f"{self._host}: {fault}.", next_step="check that the host can be reached")
        except (Lost, TooLarge) as fault:
            trouble = OutcomeUnknown(f"{self._host}: {fault}; whether {call.method} took effect is not known.")
        else:
            if reply.status < 500:
                return reply
            trouble = OutcomeUnknown(f"{self._host} answered HTTP {reply.status} to {call.method}.")
        level = self._services.few.level("not written", logging.WARNING)
        log.log(level, "%s %s: %s", call.method, self._host, type(trouble).__name__)
        raise trouble

    def _exchange(self, call: Call, *, writes: bool) -> Reply:
        """One answer, with the token renewed once on 401. Errors: AuthError, RateLimited, and the faults of wire."""
        reply, shown = self._send(call, writes=writes)
        if reply.status == 401 and isinstance(self._auth, BearerAuth):
            self._auth.renew(shown)
            reply, _ = self._send(call, writes=writes)  # a request answered 401 was not carried out
        if reply.status == 401:
            raise AuthError(
                f"{self._host} refused the credentials (HTTP 401).",
                next_step="enter valid credentials in the connection and press Test",
            )
        if _limited(reply):
            asked = self._hint(reply)
            if asked:
                self._blocked(asked)
            raise RateLimited(f"{self._host}: too many requests (HTTP 429).", retry_after=asked)
        return reply

    def _send(self, call: Call, *, writes: bool) -> tuple[Reply, str]:
        """The answer, and the `Authorization` header that it answers."""
        self._take(writes=writes)
        prepared = prepare(self._session, call, self._auth)

        def head() -> requests.Response:
            return send(self._session, prepared, self._timeouts)

        def rest(response: requests.Response) -> Reply:
            return finish(response, self._timeouts)

        reply = send_mutating(head, rest) if writes else rest(head())
        self.last_headers = reply.headers
        self._services.heard(reply.headers)
        log.debug("%s %s: HTTP %d", call.method, self._host, reply.status)
        return reply, prepared.headers.get("Authorization", "")

    def _take(self, *, writes: bool) -> None:
        services, queued, wait = self._services, 0.0, 0.0
        for _ in range(MAX_BUDGET_WAITS):
            wait = services.budget.take(self.account, self._rates, share=services.rate_share, writes=writes)
            if wait <= 0.0:
                return
            if writes:
                self._in_time(wait)
            queued += wait
            if queued > LONGEST_QUEUE or wait > PATIENCE:
                break
            services.waited(wait)
            services.sleep(wait)
        # Above PATIENCE, so that the loop around this does not queue again.
        raise RateLimited(
            f"{self._host}: the rate budget of this account is used up.", retry_after=max(wait, PATIENCE + 1)
        )

    def _in_time(self, wait: float) -> None:
        """Errors: NothingSent where a write could only leave after its journal entry went stale."""
        if wait <= time_left():
            return
        limit = RateLimited(f"{self._host}: the rate budget of this account is used up.", retry_after=max(wait, 1.0))
        raise NothingSent(f"{self._host}: nothing was written in time; it is tried again.") from limit

    def _ready(self) -> None:
        if isinstance(self._auth, BearerAuth):
            self._auth.token()

    def _hint(self, reply: Reply) -> float | None:
        return hint(reply, self._services.clock, self._reset_header)

    def _blocked(self, seconds: float) -> None:
        self._services.budget.blocked(self.account, seconds)


def _limited(reply: Reply) -> bool:
    """Freshsales wraps a 429 of a service behind it in a 400."""
    if reply.status != 400:
        return reply.status == 429
    text = reply.text.lower()
    return "429" in text and "too many requests" in text


def _session_auth(session: requests.Session) -> AuthBase:
    """The session's own, if it has one."""
    if isinstance(session.auth, tuple):
        return HTTPBasicAuth(*session.auth)
    return session.auth if isinstance(session.auth, AuthBase) else NoAuth()
