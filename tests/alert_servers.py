"""Stand-ins for Slack and for a mail server, on loopback: what is sent there is kept, and they can be out of order."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Heard:
    """What arrived, as text. broken: the server answers with an error."""

    port: int = 0
    texts: list[str] = field(default_factory=list)
    broken: bool = False


@contextmanager
def slack() -> Iterator[Heard]:
    """An incoming webhook, and chat.postMessage of the API."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if heard.broken:
                self.send_response(503)
                self.end_headers()
                return
            heard.texts.append(body)
            api = "chat.postMessage" in self.path
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if api else "text/plain")
            self.end_headers()
            self.wfile.write(b'{"ok": true}' if api else b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        yield from _served(server, heard)


@contextmanager
def mail() -> Iterator[Heard]:
    """A mail server without TLS or login."""
    heard = Heard()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.answer("554 not today" if heard.broken else "220 here")
            while line := self.rfile.readline():
                word = line.decode().strip().upper()
                if word == "DATA":
                    self.answer("354 go on")
                    heard.texts.append(self.text())
                self.answer("221 bye" if word == "QUIT" else "250 ok")
                if word == "QUIT":
                    return

        def answer(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def text(self) -> str:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line)
            letter = message_from_bytes(b"".join(lines))
            parts = [part.get_payload(decode=True) or b"" for part in letter.walk() if not part.is_multipart()]
            return f"To: {letter['To']}\nFrom: {letter['From']}\nSubject: {letter['Subject']}\n" + "".join(
                part.decode() for part in parts
            )

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        yield from _served(server, heard)


def _served(server: Any, heard: Heard) -> Iterator[Heard]:
    heard.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown()
