"""Waits on 127.0.0.1 for the one request with which a browser brings the answer of a consent page."""

from __future__ import annotations

import contextlib
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from contactsync.errors import AuthError, ConfigError

HOST = "127.0.0.1"
IDLE_SECONDS = 10.0
LONGEST_TARGET = 16_384
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>contactsync</title>'
    '<meta name="viewport" content="width=device-width">'
    "<style>:root {{ color-scheme: light dark }} body {{ font: 1.2rem/1.5 sans-serif; margin: 15vh auto; "
    'max-width: 32rem; padding: 0 1rem }}</style></head><body><p id="told">{told}</p></body></html>'
)
RECEIVED = "contactsync has received the answer. Close this window and look at the terminal."
REFUSED = "Access was not given. Close this window and look at the terminal."
ANOTHER = "This answer belongs to another attempt, or was made up. Use the page that the terminal named last."


def redirect_to(port: int) -> str:
    """The address on this machine that a browser is sent to."""
    return f"http://{HOST}:{port}/"


class Receiver:
    """Listens from its making until its end; use it as a context manager. `port` 0 takes a free one."""

    def __init__(self, port: int = 0) -> None:
        """Errors: ConfigError where the port is taken."""
        try:
            self._server = _Server(port)
        except OSError as error:
            raise ConfigError(
                f"Port {port} on {HOST} cannot be used ({type(error).__name__}: {error.strerror}).",
                next_step="name another one with --port, or none for a free one",
            ) from None

    @property
    def redirect(self) -> str:
        """Where the browser is to bring the answer."""
        return redirect_to(int(self._server.server_address[1]))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def expect(self, state: str) -> None:
        """From now on only an answer with this state counts: any page or process may guess the port."""
        self._server.state = state

    def wait(self, seconds: float) -> str:
        """The address that the browser asked for. Errors: AuthError where none came in time."""
        try:
            return self._server.answers.get(timeout=seconds)
        except queue.Empty:
            raise AuthError(
                f"No answer came within {seconds:g} seconds.",
                next_step="start the command again and press Allow. If the page itself showed an error "
                f"(redirect_uri_mismatch): use a client for desktop apps, or register {self.redirect} and name its "
                "port with --port. If the browser runs on another machine: use --no-browser",
            ) from None


class _Server(ThreadingHTTPServer):
    """Threads, for browsers open connections ahead that they may never use."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int) -> None:
        self.answers: queue.Queue[str] = queue.Queue(1)
        self.state: str | None = None
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = IDLE_SECONDS
    server_version = "contactsync"
    sys_version = ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        given = parse_qs(parts.query)
        if parts.path != "/" or not {"code", "error"} & set(given) or len(self.path) > LONGEST_TARGET:
            self._show(404, "There is nothing here.")  # a browser also asks for an icon
            return
        if self.server.state is not None and given.get("state") != [self.server.state]:
            self._show(400, ANOTHER)
            return
        self._show(200, REFUSED if "error" in given else RECEIVED)
        with contextlib.suppress(queue.Full):  # the first answer counts
            self.server.answers.put_nowait(self.path)

    def _show(self, status: int, told: str) -> None:
        page = PAGE.format(told=told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the address holds the code."""
