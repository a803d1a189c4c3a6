"""A stretch of wire between a connector and a server, on which requests and answers break.

with FaultyWire(server.url) as wire:
    wire.breaks("POST", Break.IN_ANSWER)     # the next POST, once
    ... a client that asks wire.url instead of server.url
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Self
from urllib.parse import urlsplit

Answer = Callable[[bytes, bytes], tuple[bytes, bytes]]
"""Makes another answer of the head and the body of one."""


class Break(StrEnum):
    """Where the wire breaks, seen from the server: without the request, with a part of it, or with all of it."""

    BEFORE_REQUEST = "before the request"
    IN_REQUEST = "in the request"
    BEFORE_ANSWER = "before the answer"
    RESET = "reset before the answer"
    IN_HEAD = "in the head of the answer"
    IN_ANSWER = "in the body of the answer"
    TOO_LONG = "a length beyond the answer's end"
    TOO_SHORT = "a length before the answer's end"
    STALL = "silence instead of the answer"
    DRIP = "an answer by single bytes"
    ERROR_BEFORE = "503 instead of the request"
    ERROR_AFTER = "503 after the request"
    TWICE = "the request is handed on twice"


EFFECTLESS = (Break.BEFORE_REQUEST, Break.IN_REQUEST, Break.ERROR_BEFORE)
_ERROR = b"HTTP/1.1 503 Any\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\n", b"later"
_LENGTH = re.compile(rb"(?im)^content-length: *(\d+)")


@dataclass
class Planned:
    """A fault for the next request whose 'METHOD /path' matches."""

    where: re.Pattern[str]
    what: Break | Answer
    times: int = 1


@dataclass
class FaultyWire:
    """Listens on a free port of 127.0.0.1 and hands everything on to `target`, an http address."""

    target: str
    broken: list[str] = field(default_factory=list)  # 'METHOD /path' of each request that met its fault
    heard: int = 0  # requests
    tls: ssl.SSLContext | None = None
    seconds: float = 30.0  # how long a silent answer stays silent at most

    def __post_init__(self) -> None:
        parts = urlsplit(self.target)
        self._server = (parts.hostname or "", parts.port or 80)
        self._path = parts.path
        self._planned: list[Planned] = []
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        """What the client is told instead of `target`."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self._socket.getsockname()[1]}{self._path}"

    def breaks(self, where: str, what: Break | Answer, times: int = 1) -> None:
        """The next requests (`times`) whose 'METHOD /path' contains the pattern meet this; earlier plans come first."""
        self._planned.append(Planned(re.compile(where), what, times))

    def mend(self) -> None:
        """Forget what was planned and did not happen."""
        self._planned.clear()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """One connection of the client; each of its requests gets a connection of its own to the server."""
        client.settimeout(120)
        with contextlib.suppress(OSError), client:
            secured = self.tls.wrap_socket(client, server_side=True) if self.tls else client
            with secured, secured.makefile("rb") as stream:
                self._requests(secured, stream)

    def _requests(self, client: socket.socket, stream: BinaryIO) -> None:
        while request := _message(stream):
            self.heard += 1
            what = self._fault(request[0])
            if not self._answered(client, request, what):
                return

    def _fault(self, head: bytes) -> Break | Answer | None:
        line = " ".join(head.split(b"\r\n")[0].decode().split()[:2])
        with self._lock:
            for plan in self._planned:
                if plan.where.search(line):
                    plan.times -= 1
                    self._planned = [p for p in self._planned if p.times > 0]
                    self.broken.append(line)
                    return plan.what
        return None

    def _answered(self, client: socket.socket, request: tuple[bytes, bytes], what: Break | Answer | None) -> bool:
        """False where the connection ends with it."""
        match what:
            case Break.BEFORE_REQUEST:
                return False
            case Break.IN_REQUEST:
                self._send_half(*request)
                return False
            case Break.ERROR_BEFORE:
                client.sendall(b"".join(_ERROR))
                return True
            case Break.TWICE:
                self._forward(request)
        head, body = self._forward(request)
        if not isinstance(what, Break | None):
            head, body = what(head, body)
            head = _with_length(head, len(body))
        return self._hand_back(client, head, body, what if isinstance(what, Break) else None)

    def _forward(self, request: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        with socket.create_connection(self._server, timeout=60) as server, server.makefile("rb") as stream:
            server.sendall(b"".join(request))
            return _message(stream) or (b"", b"")

    def _send_half(self, head: bytes, body: bytes) -> None:
        whole = head + body
        with socket.create_connection(self._server, timeout=60) as server:
            server.sendall(whole[: len(head) + len(body) // 2 if body else len(head) // 2])

    def _hand_back(self, client: socket.socket, head: bytes, body: bytes, what: Break | None) -> bool:
        match what:
            case Break.BEFORE_ANSWER:
                return False
            case Break.RESET:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            case Break.IN_HEAD:
                client.sendall(head[: len(head) // 2])
                return False
            case Break.IN_ANSWER:
                client.sendall(head + body[: len(body) // 2] if body else head[:-2])
                return False
            case Break.TOO_LONG:
                client.sendall(_with_length(head, len(body) + 10) + body)
                return False
            case Break.TOO_SHORT:
                client.sendall(_with_length(head, max(len(body) - 10, 0)) + body)
                return False
            case Break.STALL:
                self._done.wait(self.seconds)
                return False
            case Break.DRIP:
                self._drip(client, head, body)
                return False
            case Break.ERROR_AFTER:
                head, body = _ERROR
        client.sendall(head + body)
        return True

    def _drip(self, client: socket.socket, head: bytes, body: bytes) -> None:
        client.sendall(head)
        until = time.monotonic() + self.seconds
        for n in range(len(body)):
            if self._done.wait(0.1) or time.monotonic() > until:
                return
            client.sendall(body[n : n + 1])


def _message(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """Head and body of a request or answer; None where the other side has hung up."""
    lines = [stream.readline()]
    while lines[-1] not in (b"\r\n", b""):
        lines.append(stream.readline())
    head = b"".join(lines)
    if not head.strip():
        return None
    length = _LENGTH.search(head)
    return head, stream.read(int(length[1])) if length else b""


def _with_length(head: bytes, length: int) -> bytes:
    return _LENGTH.sub(b"Content-Length: %d" % length, head)
