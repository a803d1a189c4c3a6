"""One request on the wire: prepared, sent, its answer read whole. No retries, no redirects, no meaning of a status."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.auth import AuthBase

from contactsync.rest.quiet import quiet
from contactsync.rest.reply import Reply, bare_url

MAX_BODY = 64 * 1024 * 1024
CHUNK = 64 * 1024

# Only a handshake fails for these; any other TLS fault may strike after the request left.
HANDSHAKE_REASONS = frozenset(
    {
        "CERTIFICATE_VERIFY_FAILED",
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "UNSUPPORTED_PROTOCOL",
        "NO_PROTOCOLS_AVAILABLE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "TLSV1_UNRECOGNIZED_NAME",
    }
)
# InvalidHeader is not among them: requests also raises it for an answer with two lengths.
UNREACHED = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


class Fault(Exception):
    """Why no whole answer came. The text names no address: queries hold contact data."""


class Unreached(Fault):
    """Nothing left this host: no connection, or a request that cannot be built."""


class Lost(Fault):
    """The request may have arrived: time-out, lost connection, damaged or short answer."""


class TooLarge(Fault):
    """The answer is larger than MAX_BODY."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, from the head of an answer to its end."""

    connect: float = 10.0
    read: float = 60.0
    whole: float = 120.0


@dataclass(frozen=True)
class Call:
    """A request before authentication."""

    method: str
    url: str
    params: Any = None
    json: Any = None
    data: bytes | None = None
    headers: Mapping[str, str] | None = None


class NoAuth(AuthBase):
    """Without it requests would look into the netrc of whoever runs this."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add nothing."""
        return r


def prepare(
    session: requests.Session, call: Call, auth: AuthBase, *, foreign: bool = False
) -> requests.PreparedRequest:
    """Errors: Unreached. `foreign`: another host than the connection's, so its headers and cookies stay here."""
    request = requests.Request(
        call.method, call.url, params=call.params, json=call.json, data=call.data, headers=call.headers, auth=auth
    )
    try:
        return request.prepare() if foreign else session.prepare_request(request)
    except (requests.RequestException, UnicodeError) as error:
        fault = Unreached(f"the request cannot be built ({type(error).__name__})")
    raise fault


def send(session: requests.Session, prepared: requests.PreparedRequest, timeouts: Timeouts) -> requests.Response:
    """Send, and return once the head of the answer is there. Errors: Unreached, Lost.

    Goes to the adapter itself: Session.send reads the whole body of a redirect, however large.
    """
    url = prepared.url or ""
    settings: Any = session.merge_environment_settings(url, {}, True, None, None)
    try:
        with quiet():
            return session.get_adapter(url).send(prepared, timeout=(timeouts.connect, timeouts.read), **settings)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        fault = _fault(error)
    except UnicodeError as error:  # a header that is not latin-1; all headers are written before anything is sent
        fault = Unreached(f"the request cannot be built ({type(error).__name__})")
    # Raised outside the handler, so that no traceback prints the address with its query.
    raise fault


def finish(response: requests.Response, timeouts: Timeouts) -> Reply:
    """Read the answer whole. Errors: Lost, TooLarge."""
    try:
        body = _body(response, time.monotonic() + timeouts.whole)
        return Reply(response.status_code, response.headers, body, bare_url(response.url))
    except (urllib3.exceptions.HTTPError, OSError) as error:
        fault = Lost(f"the answer broke off ({type(error).__name__})")
    finally:
        response.close()
    raise fault


def _body(response: requests.Response, deadline: float) -> bytes:
    body = bytearray()
    # read1 hands back what came, so a server that sends a byte a minute meets the deadline.
    while piece := response.raw.read1(CHUNK, decode_content=True):
        body += piece
        if len(body) > MAX_BODY:
            raise TooLarge(f"the answer is larger than {MAX_BODY // 1024**2} MiB")
        if time.monotonic() > deadline:
            raise Lost("the answer took too long")
    return bytes(body)


def _fault(error: Exception) -> Fault:
    reason = _reason(error)
    name = type(reason or error).__name__
    unreached = isinstance(error, UNREACHED) or isinstance(reason, urllib3.exceptions.NewConnectionError)
    if unreached or _handshake(reason):
        return Unreached(f"no connection ({name})")
    return Lost(f"time-out or lost connection ({name})")


def _reason(error: Exception) -> BaseException | None:
    """What urllib3 gave as the reason: requests wraps it in its own error."""
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    return reason if isinstance(reason, BaseException) else None


def _handshake(reason: BaseException | None) -> bool:
    inner = reason.args[0] if isinstance(reason, urllib3.exceptions.SSLError) and reason.args else None
    return isinstance(inner, ssl.SSLError) and inner.reason in HANDSHAKE_REASONS
