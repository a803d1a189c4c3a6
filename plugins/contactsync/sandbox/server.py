"""The base of every sandbox: a server on 127.0.0.1 with routes, one lock, counters, knobs and scheduled faults.

A vendor's sandbox subclasses `Sandbox`, marks methods with `route`, keeps its state in attributes, and implements
the five *_contact(s) methods that act as a person in the vendor's app. Use it as a context manager:

    with FreshsalesSandbox() as sandbox:
        requests.get(sandbox.url + "/api/contacts/filters")
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Self

from contactsync.errors import ConfigError
from contactsync.sandbox import control
from contactsync.sandbox.counters import Counters, Seen
from contactsync.sandbox.knobs import Fault, Knobs, Trouble
from contactsync.sandbox.lag import Lag
from contactsync.sandbox.limits import Allowance, Limit, Windows
from contactsync.sandbox.transport import LoopbackServer, Outcome
from contactsync.sandbox.wire import Refused, Reply, Request, Route, Traffic, html, route, routes_of

__all__ = ["Fault", "Knobs", "Record", "Refused", "Reply", "Request", "Sandbox", "Traffic", "Trouble", "html", "route"]

Record = dict[str, Any]
PERMITTED = {"allow_http": "true", "allow_private": "true", "allow_host": "127.0.0.1"}
"""The extras by which a connection permits itself to lead to a sandbox."""

_LISTING = (Trouble.EMPTY_LISTING, Trouble.TRUNCATED_LISTING, Trouble.REPEATED_PAGE, Trouble.LOOPING_LISTING)
_UNKNOWN = "(no route)"


class Sandbox(ABC):
    """One local server. `port` 0 takes a free one; `clock` tells the server's time in seconds since 1970."""

    name = "sandbox"

    def __init__(self, *, port: int = 0, knobs: Knobs | None = None, clock: Callable[[], float] = time.time) -> None:
        self.knobs = knobs if knobs is not None else Knobs()
        self.counters = Counters()
        self.lock = threading.RLock()
        self.lag = Lag()
        self._windows = Windows()
        self._clock = clock
        self._advanced = 0.0
        self._port = port
        self._routes: Sequence[Route] = routes_of(type(self))
        self._server: LoopbackServer | None = None
        self._stopping = threading.Event()

    # ---- life

    def start(self) -> Self:
        """Binds the port and serves in a thread. Errors: ConfigError where the port is taken."""
        self._stopping.clear()
        try:
            self._server = LoopbackServer(self._port, self._answer, self.now)
        except OSError as error:
            raise ConfigError(
                f"{self.name} cannot have port {self._port} on 127.0.0.1 ({error.strerror}).",
                next_step="name another one, or none for a free one",
            ) from None
        self._port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name=self.name, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stops serving, closes every connection; the state stays, and `start` serves it again on the same port."""
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.close_all()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens; known once started."""
        return f"http://127.0.0.1:{self._port}"

    def now(self) -> float:
        """The server's time."""
        return self._clock() + self._advanced

    def advance(self, seconds: float) -> float:
        """Moves the server's time on."""
        self._advanced += seconds
        return self.now()

    # ---- what a vendor's sandbox fills in

    @abstractmethod
    def contacts(self) -> list[Record]:
        """All live contacts in the vendor's form, at once and without lag."""

    @abstractmethod
    def contact(self, key: str) -> Record:
        """One live contact; KeyError when there is none."""

    @abstractmethod
    def add_contact(self, data: Record) -> Record:
        """Adds a contact as a person would."""

    @abstractmethod
    def edit_contact(self, key: str, data: Record) -> Record:
        """Changes the given keys of a contact as a person would."""

    @abstractmethod
    def delete_contact(self, key: str) -> None:
        """Deletes a contact as a person would."""

    def hint(self) -> str:
        """What else a client needs to connect, for people to read."""
        return ""

    def act(self, key: str, action: str, data: Record) -> Record:  # noqa: ARG002 - for subclasses
        """Does something else a person can do with a contact, where the vendor's app has it (restore, merge ...)."""
        raise ValueError(f"{self.name} has no action {action!r}")

    def local_path(self, request: Request) -> str | None:
        """The path that routes are matched on; None where the vendor would not know the address at all."""
        return request.path

    def admit(self, request: Request) -> Reply | None:  # noqa: ARG002 - for subclasses
        """The refusal of a request without valid credentials, None to let it in."""
        return None

    def unrouted(self, request: Request) -> Reply:  # noqa: ARG002 - for subclasses
        """The answer to an unknown address."""
        return Reply(404, {"error": "not found"})

    def limits(self, request: Request, traffic: Traffic) -> list[Limit]:  # noqa: ARG002 - for subclasses
        """The limits a request counts against; by default per_window, per_minute and per_hour over all requests."""
        knobs = self.knobs
        pairs = ((knobs.per_window, knobs.window_seconds), (knobs.per_minute, 60.0), (knobs.per_hour, 3600.0))
        return [Limit("all", maximum, seconds) for maximum, seconds in pairs if maximum > 0]

    def too_many(self, allowance: Allowance) -> Reply:  # noqa: ARG002 - for subclasses
        """The answer when a limit is spent."""
        return Reply(429, {"error": "too many requests"})

    def decorate(self, reply: Reply, allowances: list[Allowance]) -> Reply:  # noqa: ARG002 - for subclasses
        """Adds the vendor's limit headers to a reply."""
        return reply

    # ---- measuring

    def describe(self) -> Record:
        """State, counters and knobs as JSON data."""
        with self.lock:
            return {
                "name": self.name,
                "url": self.url,
                "now": self.now(),
                "contacts": len(self.contacts()),
                "counters": self.counters.as_json(),
                "knobs": self.knobs.as_json(),
            }

    def reset_counters(self) -> None:
        """Starts counting anew; limits and state stay."""
        with self.lock:
            self.counters = Counters()

    # ---- one request

    def _answer(self, request: Request) -> Outcome:
        if request.path.startswith(control.PREFIX):
            with self.lock:
                return Outcome(control.control(self, request))
        found = self._find(request)
        template, traffic = (found.template, found.traffic) if found else (_UNKNOWN, _by_method(request.method))
        with self.lock:
            self.counters.arrived(traffic, request.method, template)
            fault = self.knobs.fault_for(request.method, request.path)
            at = self.now()
        self._stopping.wait(self.knobs.latency)
        outcome = self._outcome(request, found, traffic, fault)
        with self.lock:
            self.counters.answered(Seen(at, request.method, template, outcome.reply.status if outcome.reply else 0))
        return outcome

    def _find(self, request: Request) -> Route | None:
        path = self.local_path(request)
        if path is None:
            return None
        for candidate in self._routes:
            if candidate.method == request.method and (match := candidate.pattern.fullmatch(path)):
                request.params = match.groups()
                return candidate
        return None

    def _outcome(self, request: Request, found: Route | None, traffic: Traffic, fault: Fault | None) -> Outcome:
        if fault is not None and (early := self._before(fault)) is not None:
            return early
        if fault is not None and fault.trouble in _LISTING:
            request.fault = fault
        reply = self._effect(request, found, traffic)
        return self._after(fault, reply)

    def _before(self, fault: Fault) -> Outcome | None:
        match fault.trouble:
            case Trouble.ERROR_BEFORE:
                return Outcome(_error(fault))
            case Trouble.DROP_BEFORE:
                return Outcome(None)
            case Trouble.HANG_BEFORE:
                self._stopping.wait(fault.seconds)
                return Outcome(None)
            case Trouble.HTML_PAGE:
                return Outcome(html(200, fault.text or "<!DOCTYPE html><html><body>Please sign in</body></html>"))
            case Trouble.CALL if fault.action is not None:
                fault.action()
        return None

    def _after(self, fault: Fault | None, reply: Reply) -> Outcome:
        match fault.trouble if fault is not None else None:
            case Trouble.ERROR_AFTER if fault is not None:
                return Outcome(_error(fault))
            case Trouble.DROP_AFTER:
                return Outcome(None)
            case Trouble.HANG_AFTER if fault is not None:
                self._stopping.wait(fault.seconds)
                return Outcome(None)
            case Trouble.TRUNCATED_BODY:
                return Outcome(reply, halved=True)
        return Outcome(reply)

    def _effect(self, request: Request, found: Route | None, traffic: Traffic) -> Reply:
        with self.lock:
            allowances = self._windows.take(self.limits(request, traffic), self.now())
            spent = [allowance for allowance in allowances if allowance.refused]
            if spent:
                return self.decorate(self._throttle(max(spent, key=lambda a: a.reset)), allowances)
            return self.decorate(self._routed(request, found), allowances)

    def _routed(self, request: Request, found: Route | None) -> Reply:
        try:
            if found is None:
                return self.unrouted(request)
            return self.admit(request) or found.handler(self, request)
        except Refused as refused:
            return refused.reply

    def _throttle(self, allowance: Allowance) -> Reply:
        reply = self.too_many(allowance)
        if not self.knobs.retry_after:
            return reply
        text = str(int(allowance.reset) + 1) if self.knobs.retry_after == "reset" else self.knobs.retry_after
        return Reply(reply.status, reply.body, {**reply.headers, "Retry-After": text}, reply.raw, reply.content_type)


def _error(fault: Fault) -> Reply:
    headers = dict(fault.headers)
    kind = headers.pop("Content-Type", "text/plain; charset=utf-8")
    return Reply(fault.status, headers=headers, raw=fault.text.encode(), content_type=kind)


def _by_method(method: str) -> Traffic:
    return Traffic.READ if method in ("GET", "HEAD") else Traffic.WRITE
