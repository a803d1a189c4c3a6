"""The Test button of a saved connection that has no port, in the Airflow versions where it does not work.

From 3.3.1 on Airflow refuses to lend a stored password to another address than the stored one, and its page sends the
port 0 for a connection that has none: so every Test of a connection without a port ended with "Bad Request". The
versions after 3.3.2 take 0 for none, as this does before them; there it changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = "/api/v2/connections/test"


class BlankPort:
    """ASGI middleware. Requests other than that of the Test button pass through untouched."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].endswith(PATH):
            await self.app(scope, receive, send)
            return
        body = without_port(await _whole(receive))
        await self.app({**scope, "headers": _sized(scope["headers"], body)}, _first(body, receive), send)


def without_port(body: bytes) -> bytes:
    """The same request with no port in place of the port 0; anything that is not such a request as it came."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(asked, dict) or asked.get("port") != 0:
        return body
    return json.dumps({**asked, "port": None}).encode()


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):  # a disconnect has neither: the app then sees what came, and refuses it
            return b"".join(parts)


def _sized(headers: list[tuple[bytes, bytes]], body: bytes) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name.lower() not in (b"content-length", b"transfer-encoding")]
    return [*kept, (b"content-length", str(len(body)).encode())]


def _first(body: bytes, receive: Receive) -> Receive:
    """Hands out the body once, then what else the connection has to say."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message
