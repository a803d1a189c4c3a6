"""One request to a vendor's token endpoint, and what its answer means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from contactsync.errors import AuthError, NotTheApi, RateLimited, ServerTrouble
from contactsync.rest.patience import hint
from contactsync.rest.reply import Reply, host_of
from contactsync.rest.services import Services
from contactsync.rest.wire import Call, Fault, NoAuth, Timeouts, finish, prepare, send

AUTHORISE_AGAIN = "authorise again and enter the new credentials in the connection"
CHECK_CLIENT = "check the client id, client secret and scope in the connection"
CHECK_URL = "check the token URL of the connection, where it names one"
REACH = "check that the host can be reached from here (DNS, proxy, firewall); the task is tried again"
WAIT = "wait, and look at the vendor's status page; the task is tried again"


def ask(
    session: requests.Session, services: Services, token_url: str, form: Mapping[str, str], timeouts: Timeouts
) -> Reply:
    """One try. Answers of 4xx other than 429 are returned. Errors: RateLimited, ServerTrouble."""
    host = host_of(token_url)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    call = Call("POST", token_url, data=urlencode(form).encode(), headers=headers)
    try:
        prepared = prepare(session, call, NoAuth(), foreign=True)
        reply = finish(send(session, prepared, timeouts), timeouts)
    except Fault as fault:
        trouble = ServerTrouble(f"{host} (token endpoint): {fault}.", next_step=REACH)
    else:
        asked = hint(reply, services.clock, "")
        if reply.status == 429:
            raise RateLimited(f"{host} (token endpoint): too many requests.", next_step=WAIT, retry_after=asked)
        if reply.status < 500:
            return reply
        words = f"{host} (token endpoint) answered HTTP {reply.status}."
        trouble = ServerTrouble(words, next_step=WAIT, retry_after=asked)
    raise trouble


def granted(reply: Reply, hints: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The tokens of an answer. `hints`: what to do next, by the vendor's error code, instead of what is said here.

    Errors: AuthError where the endpoint refuses, NotTheApi where the answer is none.
    """
    answer = reply.json()
    if not isinstance(answer, dict):
        raise NotTheApi(f"{reply.host} (token endpoint) answered with no JSON object.", next_step=CHECK_URL)
    if reply.status >= 300 or "error" in answer:
        raise _refused(reply, str(answer.get("error", "")), hints or {})
    token = answer.get("access_token")
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        words = f"{reply.host} (token endpoint) answered without a usable access token."
        raise NotTheApi(words, next_step=CHECK_URL)
    return answer


def error_code(text: str, otherwise: str) -> str:
    """An OAuth error code that may be shown; anything else might be anything."""
    return text if re.fullmatch(r"[a-z_]{1,40}", text) else otherwise


def _refused(reply: Reply, code: str, hints: Mapping[str, str]) -> AuthError:
    if code in hints:
        return AuthError(f"{reply.host} refused ({code}).", next_step=hints[code])
    if code == "invalid_grant":
        return AuthError(
            f"{reply.host} no longer accepts the authorisation (invalid_grant): expired, revoked or already used.",
            next_step=AUTHORISE_AGAIN,
        )
    named = error_code(code, f"HTTP {reply.status}")
    return AuthError(f"{reply.host} refused the client's credentials ({named}).", next_step=CHECK_CLIENT)
