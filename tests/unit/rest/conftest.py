"""A server that answers byte for byte what a test scripts, and a clock that moves by sleeping."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import requests
from contactsync.rest.services import Services
from contactsync.rest.session import Api
from contactsync.rest.wire import Timeouts

Answer = bytes | Callable[[socket.socket], None]


def answer(status: int = 200, body: bytes | str | dict | list = b"", **headers: str) -> bytes:
    """A whole HTTP answer; header names are written with underscores."""
    if isinstance(body, dict | list):
        body = json.dumps(body)
    raw = body.encode() if isinstance(body, str) else body
    fields = {"Content-Length": str(len(raw)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Any\r\n{head}\r\n".encode() + raw


def drop(connection: socket.socket) -> None:
    """Read the request, then hang up."""
    connection.close()


@dataclass
class Seen:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class ScriptedServer:
    """Gives each request the next scripted answer; the last one is repeated."""

    script: deque[Answer] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def will(self, *answers: Answer) -> None:
        self.script = deque(answers)

    def silent(self, connection: socket.socket) -> None:
        """Never answer."""
        self.done.wait(20)
        connection.close()

    def close(self) -> None:
        self.done.set()
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        try:
            while connection.fileno() >= 0 and (seen := _request(stream)):
                self.seen.append(seen)
                step = self.script.popleft() if len(self.script) > 1 else self.script[0]
                if callable(step):
                    stream.close()
                    step(connection)
                    return
                connection.sendall(step)
        except OSError:
            pass
        finally:
            connection.close()


def _request(stream) -> Seen | None:
    first = stream.readline().decode().split()
    if len(first) != 3:
        return None
    headers = {}
    while (line := stream.readline().decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Seen(first[0], first[1], headers, stream.read(int(headers.get("content-length", 0))))


@dataclass
class VirtualTime:
    """Sleeping moves the clock and takes no time."""

    now: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@dataclass
class RecordingBudget:
    """Demands the scripted waits, then none."""

    waits: deque[float] = field(default_factory=deque)
    taken: list[tuple[str, float, bool]] = field(default_factory=list)
    blocks: list[tuple[str, float]] = field(default_factory=list)

    def take(self, account, rates, *, share, writes) -> float:
        self.taken.append((account, share, writes))
        return self.waits.popleft() if self.waits else 0.0

    def blocked(self, account, seconds) -> None:
        self.blocks.append((account, seconds))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    started = ScriptedServer()
    yield started
    started.close()


@pytest.fixture
def elsewhere() -> Iterator[ScriptedServer]:
    """A second host, which must never hear of the first one's credentials."""
    started = ScriptedServer()
    started.will(answer(200, "{}"))
    yield started
    started.close()


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def budget() -> RecordingBudget:
    return RecordingBudget()


@pytest.fixture
def services(time, budget) -> Services:
    return Services(budget=budget, clock=time.clock, sleep=time.sleep)


@pytest.fixture
def patient_api(server, services) -> Api:
    """With time-outs that a busy machine does not reach: for answers that are large, not late."""
    return Api(
        requests.Session(),
        services,
        base_url=f"{server.url}/crm/api",
        account="acc",
        timeouts=Timeouts(connect=10.0, read=30.0, whole=60.0),
    )


@pytest.fixture
def api(server, services) -> Api:
    return Api(
        requests.Session(),
        services,
        base_url=f"{server.url}/crm/api",
        account="acc",
        reset_header="X-RateLimit-Reset",
        timeouts=Timeouts(connect=2.0, read=0.3, whole=0.9),
    )
