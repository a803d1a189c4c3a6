"""The socket side of a sandbox: HTTP/1.1 with keep-alive, and answers that break on purpose."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from contactsync.sandbox.wire import Reply, Request

_MAX_BODY = 32 * 1024 * 1024
_IDLE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to put on the wire: a reply, half of it, or nothing and a closed connection."""

    reply: Reply | None
    halved: bool = False


Answer = Callable[[Request], Outcome]


class LoopbackServer(ThreadingHTTPServer):
    """A threading server on 127.0.0.1 whose open connections can be closed at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, port: int, answer: Answer, clock: Callable[[], float]) -> None:
        self.answer = answer
        self.clock = clock
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def opened(self, connection: socket.socket) -> None:
        """Notes a connection so that `close_all` finds it."""
        self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forgets a connection."""
        self._open.discard(connection)

    def close_all(self) -> None:
        """Closes every connection that a client keeps alive."""
        for connection in list(self._open):
            _shut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is shown."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, ValueError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet, else each answer waits for a delayed ACK
    timeout = _IDLE_SECONDS
    server: LoopbackServer

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` of an answer, by the account's clock."""
        return super().date_time_string(self.server.clock() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the sandbox keeps its own log, without bodies."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= _MAX_BODY:
            self._send(Outcome(Reply(413)))
            self.close_connection = True
            return
        headers: Message = self.headers
        request = Request.parse(self.command, self.path, headers, self.rfile.read(length))  # type: ignore[arg-type]
        self._send(self.server.answer(request))

    def _send(self, outcome: Outcome) -> None:
        if outcome.reply is None:
            self.close_connection = True
            _shut(self.connection)
            return
        payload = outcome.reply.payload()
        self.send_response(outcome.reply.status)
        if payload:
            self.send_header("Content-Type", outcome.reply.content_type)
        for name, value in outcome.reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload[: len(payload) // 2] if outcome.halved else payload)
        self.wfile.flush()
        if outcome.halved:
            self.close_connection = True
            _shut(self.connection)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
